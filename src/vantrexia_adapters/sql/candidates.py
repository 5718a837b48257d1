"""The rows behind the index of candidates in SQL."""

import logging
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, ClassVar, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.patient_rows import (
    BORN,
    CITY,
    EMAIL,
    FIRST,
    GENDER,
    LAST,
    LINE1,
    LINE2,
    MRN,
    PHONE,
    SSN,
    ZIP,
)
from vantrexia_adapters.sql.scope import SealedRow
from vantrexia_adapters.sql.snapshots import Changes, SnapshotTables, SqlIndexStore
from vantrexia_adapters.sql.tables import (
    candidates_chunk,
    candidates_snapshot,
    patient,
    patient_version,
)
from vantrexia_core.kernel import Phi, PracticeId
from vantrexia_core.patients import CANDIDATES_CHUNK_FORMAT, Gender, Known, Person, Unreadable
from vantrexia_core.protection import FieldCipher, Place, UnreadableError

_LOG: Final = logging.getLogger(__name__)

_SEALED: Final = SealedRow.of(FIRST, LAST, BORN, GENDER, SSN, MRN, PHONE, EMAIL, LINE1, LINE2, CITY, ZIP)


def _said(table: sa.Table, seq: sa.Column[int], *, is_former: bool) -> sa.Select[Any]:
    columns = (table.c[name] for name in ("n", "id", "sealed_version", *_SEALED.names))
    return sa.select(seq, sa.literal_column("1" if is_former else "0").label("former"), *columns).where(
        table.c.practice_id == sa.bindparam("practice", type_=sa.Uuid()),
        seq > sa.bindparam("after", type_=sa.BigInteger()),
    )


# Moves repeat what a version said: of those that say the same, the one that said it first is enough.
_CHANGED: Final = Changes(
    sa.union_all(
        _said(patient, patient.c.seq, is_former=False),
        _said(patient_version, patient_version.c.replaced_seq, is_former=True).where(
            patient_version.c.version == patient_version.c.sealed_version
        ),
    )
)


@attrs.frozen
class SqlCandidateStore(SqlIndexStore):
    """Implements the core's ``CandidateStore``."""

    _tables: ClassVar = SnapshotTables(candidates_snapshot, candidates_chunk, CANDIDATES_CHUNK_FORMAT)

    def people(self, practice_id: PracticeId, *, after: int) -> Iterator[Known]:
        """See `CandidateStore`."""
        cipher = self._protection.cipher
        unreadable = 0
        for seq, former, n, id_, sealed_version, *sealed in self._changed(_CHANGED, practice_id, after=after):
            person: Person | Unreadable
            try:
                person = _person(cipher, Place(practice_id, id_, sealed_version), sealed)
            except UnreadableError:
                unreadable += 1
                person = Unreadable(n)
            yield Known(seq, n, person, is_former=bool(former))
        if unreadable:
            _LOG.error("records that do not open are missing among the candidates: %d", unreadable)


def _person(cipher: FieldCipher, place: Place, sealed: Sequence[Any]) -> Person:
    first, last, born, gender, ssn, mrn, phone, email, line1, line2, city, zip_ = _SEALED.open(
        cipher, place, sealed
    )
    if born is None or gender is None:
        raise UnreadableError
    return Person(
        first_name=_known(first),
        last_name=_known(last),
        date_of_birth=Phi(date.fromisoformat(born)),
        gender=Phi(Gender(gender)),
        ssn=_known(ssn),
        mrn=_known(mrn),
        phone=_known(phone),
        email=_known(email),
        line1=_known(line1),
        line2=_known(line2),
        city=_known(city),
        zip=_known(zip_),
    )


def _known(text: str | None) -> Phi[str] | None:
    return None if text is None else Phi(text)
