"""``vantrexia matching list``, ``show`` and ``decide``."""

import json
from pathlib import Path

import pytest

from tests.builders import a_new_patient, a_suspicion
from tests.desks import put
from tests.marks import FIRST, LAST, marks_in
from tests.programs import run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings


@pytest.fixture
def pair(tmp_path: Path) -> str:
    """The id of a pair in the embedded database at ``tmp_path``."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        one, other = (
            put(service.desk, a_new_patient(first=FIRST, last=LAST), service.practice_id) for _ in range(2)
        )
        found = a_suspicion(one.id, other.id)
        with service.desk.begin(service.practice_id) as work:
            work.suspicions.add([found])
            work.commit()
        return str(found.id)


def test_a_pair_is_listed_compared_and_decided(tmp_path: Path, pair: str) -> None:
    """Without anybody's name; a second decision wants the version of the first."""
    listed = run(tmp_path, "matching", "list", "--json", "--grade", "probable")
    assert [(row["id"], row["decision"]) for row in json.loads(listed.out)] == [(pair, "open")]
    shown = run(tmp_path, "matching", "show", pair, "--json")
    likeness = {row["field"]: row["likeness"] for row in json.loads(shown.out)}
    assert (likeness["last_name"], likeness["mrn"]) == ("same", "differs")
    for_people = run(tmp_path, "matching", "show", pair)
    assert "4.25 bits against twins" in for_people.err
    assert marks_in(listed.out + shown.out + for_people.out + for_people.err) == []
    decided = run(tmp_path, "matching", "decide", pair, "different")
    assert (decided.status, decided.out) == (0, f"Pair {pair}: different.\n")
    assert json.loads(run(tmp_path, "matching", "list", "--json").out) == []
    refused = run(tmp_path, "matching", "decide", pair, "same")
    assert refused.status == 1
    assert "Somebody decided otherwise" in refused.err
    overruled = run(tmp_path, "matching", "decide", pair, "same", "--version", "2")
    assert overruled.status == 0


def test_who_was_there_before_is_compared_by_a_sweep(tmp_path: Path) -> None:
    """With progress and a count, and nobody's name; a second sweep finds the same, and nothing twice."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        for first in (FIRST, FIRST, "Ian"):
            put(service.desk, a_new_patient(first=first, last=LAST), service.practice_id)
    swept = [run(tmp_path, "matching", "sweep"), run(tmp_path, "matching", "sweep", "--again")]
    assert [done.status for done in swept] == [0, 0]
    assert all("Comparing records: 3 of 3" in done.err for done in swept)
    assert all("suspected" in done.out for done in swept)
    assert marks_in("".join(done.out + done.err for done in swept)) == []
    (row,) = json.loads(run(tmp_path, "matching", "list", "--json").out)
    assert row["decision"] == "open"
