"""The directory in SQL: opens the names of a practice's records and asks the core what the listing means.

Linear in the number of records, and correct: what comes faster behind the same port is measured against it.
"""

from typing import Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database
from vantrexia_adapters.sql.patients import FIRST, LAST, MRN
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.statements import Row, Statement
from vantrexia_adapters.sql.tables import patient, practice_head
from vantrexia_core.kernel import PracticeId
from vantrexia_core.patients import DirectoryEntry, Found, Listing, Status, find
from vantrexia_core.protection import Place

# One statement, so that head and records are of one moment: the answer says what it rests on.
_ENTRIES: Final = (
    sa.select(
        practice_head.c.seq,
        patient.c.id,
        patient.c.status,
        patient.c.created_at,
        patient.c.sealed_version,
        patient.c.last_name,
        patient.c.first_name,
        patient.c.mrn,
    )
    .select_from(
        practice_head.outerjoin(
            patient,
            sa.and_(
                patient.c.practice_id == practice_head.c.practice_id,
                patient.c.status == sa.bindparam("of_status", type_=sa.Text()),
            ),
        )
    )
    .where(practice_head.c.practice_id == sa.bindparam("practice", type_=sa.Uuid()))
)
_ALL: Final = Statement(_ENTRIES)
_ONLY: Final = Statement(_ENTRIES.where(patient.c.id == sa.bindparam("patient", type_=sa.Uuid())))


@attrs.frozen
class SqlDirectory:
    """Implements the core's ``PatientDirectory``, on a connection of its own: it sees what is committed."""

    _database: Database
    _protection: Protection

    def find(self, practice_id: PracticeId, listing: Listing) -> Found:
        """See `PatientDirectory`."""
        parameters = {"practice": practice_id, "of_status": listing.status.value}
        if listing.only is None:
            rows = self._database.alone(_ALL, parameters)
        else:
            rows = self._database.alone(_ONLY, {**parameters, "patient": listing.only})
        entries = [self._entry(practice_id, row) for row in rows if row[1] is not None]
        count, ids = find(entries, listing)
        return Found(count, ids, as_of=rows[0][0] if rows else 0)

    def _entry(self, practice_id: PracticeId, row: Row) -> DirectoryEntry:
        _, id_, status, created_at, sealed_version, last, first, mrn = row
        cipher, place = self._protection.cipher, Place(practice_id, id_, sealed_version)
        return DirectoryEntry.of(
            id_,
            Status(status),
            created_at,
            last=LAST.open(cipher, place, last),
            first=FIRST.open(cipher, place, first),
            mrn=MRN.open(cipher, place, mrn),
        )
