"""What rests of pairs and merges: ids, grades, bits and sealed words."""

from contextlib import closing
from pathlib import Path

import attrs
import sqlalchemy as sa

from tests.builders import a_practice_id, an_actor
from tests.desks import SqlHouse
from tests.marks import a_marked_new_patient, a_marked_reason, marks_in
from vantrexia_adapters.sql.tables import patient_merge, suspicion
from vantrexia_core.patients import find_suspicions, merge_patients, register_patient, undo_merge

ACTOR = an_actor()


def test_no_mark_lies_in_the_rows_of_pairs_and_merges(tmp_path: Path) -> None:
    """Neither of the people nor of the reasons why they were merged and separated."""
    with closing(SqlHouse.on_sqlite(tmp_path)) as house:
        house.found(a_practice_id())
        desk = house.desk()
        new = a_marked_new_patient()
        again = attrs.evolve(new, mrn=None, external_id=None)
        one, other = (register_patient(desk, ACTOR, somebody) for somebody in (new, again))
        assert find_suspicions(desk, ACTOR).count == 1
        merge = merge_patients(desk, ACTOR, one.id, other.id, a_marked_reason()).merge
        undo_merge(desk, ACTOR, merge.id, a_marked_reason())
        with house.engine.connect() as connection:
            rows = [
                tuple(row)
                for table in (suspicion, patient_merge)
                for row in connection.execute(sa.select(table))
            ]
    assert len(rows) == 2
    told = "".join(
        value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in rows for value in row
    )
    assert marks_in(told) == []
