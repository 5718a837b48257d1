"""The rows behind the directory in SQL."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import ClassVar, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.patient_rows import BORN, FIRST, GENDER, LAST, MRN
from vantrexia_adapters.sql.scope import SealedRow
from vantrexia_adapters.sql.snapshots import Changes, SnapshotTables, SqlIndexStore
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import directory_chunk, directory_snapshot, patient
from vantrexia_core.kernel import PatientId, PracticeId
from vantrexia_core.patients import (
    DIRECTORY_CHUNK_FORMAT,
    DirectoryEntry,
    Gender,
    Spelling,
    Status,
    Unlisted,
    Unreadable,
)
from vantrexia_core.protection import Place, UnreadableError

_TOLD: Final = SealedRow.of(LAST, FIRST, MRN, BORN, GENDER)
_SPELLINGS_KEPT: Final = 400_000

_LOG: Final = logging.getLogger(__name__)

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_CHANGED: Final = Changes(
    sa.select(
        patient.c.seq,
        patient.c.n,
        patient.c.id,
        patient.c.status,
        patient.c.created_at,
        patient.c.sealed_version,
        patient.c.last_name,
        patient.c.first_name,
        patient.c.mrn,
        patient.c.date_of_birth,
        patient.c.gender,
        patient.c.updated_at,
        patient.c.merged_into,
    ).where(patient.c.practice_id == _PRACTICE, patient.c.seq > sa.bindparam("after", type_=sa.BigInteger()))
)
_MERGED: Final = Statement(
    sa.select(patient.c.merged_into, patient.c.id, patient.c.sealed_version, patient.c.mrn).where(
        patient.c.practice_id == _PRACTICE, patient.c.merged_into.is_not(None)
    )
)


@attrs.frozen
class SqlDirectoryStore(SqlIndexStore):
    """Implements the core's ``DirectoryStore``."""

    _tables: ClassVar = SnapshotTables(directory_snapshot, directory_chunk, DIRECTORY_CHUNK_FORMAT)

    def entries(
        self, practice_id: PracticeId, *, after: int
    ) -> Iterator[tuple[int, DirectoryEntry | Unreadable | Unlisted]]:
        """See `DirectoryStore`."""
        cipher = self._protection.cipher
        # A million patients share some hundred thousand names: each is folded once.
        spellings: dict[str, Spelling] = {}
        unreadable = 0
        merged: dict[PatientId, list[str]] | None = None
        for row in self._changed(_CHANGED, practice_id, after=after):
            (
                seq, n, id_, status, created_at, sealed_version, last, first, mrn, born, gender, updated_at,
                merged_into,
            ) = row  # fmt: skip
            if merged_into is not None:
                yield seq, Unlisted(n)
                continue
            if merged is None:
                # Not before the rows: whoever is merged after them changes the survivor's row once more.
                merged = self._merged(practice_id)
            place = Place(practice_id, id_, sealed_version)
            try:
                last_name, first_name, number, birth, gender_text = _TOLD.open(
                    cipher, place, (last, first, mrn, born, gender)
                )
                if last_name is None or first_name is None or not (number and birth and gender_text):
                    raise UnreadableError  # noqa: TRY301 - as whatever else does not open
            except UnreadableError:
                unreadable += 1
                yield seq, Unreadable(n)
                continue
            if len(spellings) >= _SPELLINGS_KEPT:
                spellings.clear()
            for name in (last_name, first_name):
                if name not in spellings:
                    spellings[name] = Spelling.of(name)
            numbers = Spelling.of(number)
            if id_ in merged:
                numbers = numbers.also(merged[id_])
            spelled = (spellings[last_name], spellings[first_name], numbers)
            born_on, told_gender = date.fromisoformat(birth), Gender(gender_text)
            yield (
                seq,
                DirectoryEntry(
                    n, id_, Status(status), created_at, *spelled, born_on, told_gender, updated_at
                ),
            )
        if unreadable:
            _LOG.error("records that do not open are missing from a directory: %d", unreadable)

    def _merged(self, practice_id: PracticeId) -> dict[PatientId, list[str]]:
        """The record numbers of merged records, by the record that stands for them."""
        cipher = self._protection.cipher
        merged: dict[PatientId, list[str]] = {}
        for survivor_id, id_, sealed_version, mrn in self._database.alone(_MERGED, {"practice": practice_id}):
            with suppress(UnreadableError):
                number = MRN.open(cipher, Place(practice_id, id_, sealed_version), mrn)
                merged.setdefault(survivor_id, []).append(number)
        return merged
