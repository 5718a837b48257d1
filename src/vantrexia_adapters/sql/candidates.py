"""The rows behind the index of candidates in SQL."""

import logging
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, ClassVar, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.patients import (
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
from vantrexia_adapters.sql.scope import SealedColumn
from vantrexia_adapters.sql.snapshots import SnapshotTables, SqlIndexStore
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import candidates_chunk, candidates_snapshot, patient
from vantrexia_core.kernel import Phi, PracticeId
from vantrexia_core.patients import CANDIDATES_CHUNK_FORMAT, Gender, Person, Unreadable
from vantrexia_core.protection import FieldCipher, Place, UnreadableError

_LOG: Final = logging.getLogger(__name__)

_COLUMNS: Final = (
    patient.c.seq,
    patient.c.n,
    patient.c.id,
    patient.c.sealed_version,
    patient.c.first_name,
    patient.c.last_name,
    patient.c.date_of_birth,
    patient.c.gender,
    patient.c.ssn,
    patient.c.mrn,
    patient.c.phone,
    patient.c.email,
    patient.c.line1,
    patient.c.line2,
    patient.c.city,
    patient.c.zip,
)
_CHANGED: Final = Statement(
    sa.select(*_COLUMNS).where(
        patient.c.practice_id == sa.bindparam("practice", type_=sa.Uuid()),
        patient.c.seq > sa.bindparam("after", type_=sa.BigInteger()),
    )
)


@attrs.frozen
class SqlCandidateStore(SqlIndexStore):
    """Implements the core's ``CandidateStore``."""

    _tables: ClassVar = SnapshotTables(candidates_snapshot, candidates_chunk, CANDIDATES_CHUNK_FORMAT)

    def people(
        self, practice_id: PracticeId, *, after: int
    ) -> Iterator[tuple[int, int, Person | Unreadable]]:
        """See `CandidateStore`."""
        cipher = self._protection.cipher
        unreadable = 0
        for seq, n, id_, sealed_version, *sealed in self._database.stream(
            _CHANGED, {"practice": practice_id, "after": after}
        ):
            try:
                person = _person(cipher, Place(practice_id, id_, sealed_version), sealed)
            except UnreadableError:
                unreadable += 1
                yield seq, n, Unreadable(n)
            else:
                yield seq, n, person
        if unreadable:
            _LOG.error("records that do not open are missing among the candidates: %d", unreadable)


def _person(cipher: FieldCipher, place: Place, sealed: Sequence[Any]) -> Person:
    first, last, born, gender, ssn, mrn, phone, email, line1, line2, city, zip_ = sealed

    def text(column: SealedColumn, wire: bytes | None) -> Phi[str] | None:
        return None if wire is None else Phi(column.open(cipher, place, wire))

    return Person(
        first_name=text(FIRST, first),
        last_name=text(LAST, last),
        date_of_birth=Phi(date.fromisoformat(BORN.open(cipher, place, born))),
        gender=Phi(Gender(GENDER.open(cipher, place, gender))),
        ssn=text(SSN, ssn),
        mrn=text(MRN, mrn),
        phone=text(PHONE, phone),
        email=text(EMAIL, email),
        line1=text(LINE1, line1),
        line2=text(LINE2, line2),
        city=text(CITY, city),
        zip=text(ZIP, zip_),
    )
