"""Digests of unique values, made anew under the newest version of a practice's index key.

Until the last one is, a practice uses two versions: its head names the one that digests are written under and
the one before. Whoever stores a record holds the head's lock, so nobody can be of another mind, and looks for
the value under both; the unique constraint holds among those of one version. A reader looks under every
version that its key ring holds.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.counting import counted
from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.patient_identifiers import EXTERNAL_ID_BIX, MRN_BIX
from vantrexia_adapters.sql.patient_rows import EXTERNAL_ID, MRN
from vantrexia_adapters.sql.rounds import ROWS_AT_ONCE, in_rounds
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.statements import Parameters, Row, Statement
from vantrexia_adapters.sql.tables import patient, practice_head
from vantrexia_core.kernel import PracticeId
from vantrexia_core.protection import Need, Place, UnreadableError

NOTICE_SECONDS: Final = 3.0
"""Before the first digest is changed: by then every process looks for values under both versions."""

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_VERSION: Final = sa.bindparam("index_now", type_=sa.Integer())
_OURS: Final = practice_head.c.practice_id == _PRACTICE
_BEHIND: Final = sa.and_(patient.c.practice_id == _PRACTICE, patient.c.index_version != _VERSION)

_HEAD: Final = Statement(
    sa.select(practice_head.c.index_version, practice_head.c.index_before).where(_OURS).with_for_update()
)
_WINDOW: Final = Statement(sa.select(practice_head.c.index_before).where(_OURS))
_OPEN: Final = Statement(
    sa.update(practice_head)
    .where(_OURS)
    .values(
        {practice_head.c.index_before: practice_head.c.index_version, practice_head.c.index_version: _VERSION}
    )
)
_CLOSE: Final = Statement(
    sa.update(practice_head)
    .where(_OURS, ~sa.select(patient.c.id).where(_BEHIND).exists())
    .values({practice_head.c.index_before: sa.null()})
)
_page: Final = (
    sa.select(patient.c.id, patient.c.sealed_version, patient.c.mrn, patient.c.external_id)
    .where(_BEHIND, patient.c.id > sa.bindparam("after", type_=sa.Uuid()))
    .order_by(patient.c.id)
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)
_PAGE: Final = Statement(_page.with_for_update(key_share=True, skip_locked=True), sqlite=_page)
_REWRITE: Final = Statement(
    sa.update(patient)
    .where(
        patient.c.id == sa.bindparam("is_id", type_=sa.Uuid()),
        # As it was read: a record that changed meanwhile has digests of its own making.
        patient.c.mrn == sa.bindparam("old_mrn", type_=sa.LargeBinary()),
    )
    .values(
        {
            patient.c[name]: sa.bindparam(f"new_{name}", type_=patient.c[name].type)
            for name in ("mrn_bix", "external_id_bix", "index_version")
        }
    )
)
_BEFORE_ALL: Final = UUID(int=0)


@attrs.frozen
class Redigesting:
    """A practice's digests, and which versions of its index key they were made under."""

    _database: Database
    _protection: Protection
    practice_id: PracticeId
    _sleep: Callable[[float], None] = time.sleep

    def begin(self, version: int) -> bool:
        """Write digests under this version from now on; False if the version before is not done with.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
        """
        transaction = Transaction(self._database)
        try:
            head = transaction.row(_HEAD, self._here({}))
            if head is None or head[0] == version:
                return True
            if head[1] is not None:
                return False
            transaction.change(_OPEN, self._here({"index_now": version}))
            transaction.commit()
        finally:
            transaction.close()
        return True

    def is_open(self) -> bool:
        """Whether the practice still looks for values under the version before.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        rows = self._database.alone(_WINDOW, self._here({}))
        return bool(rows) and rows[0][0] is not None

    def needs(self, versions: Sequence[int]) -> Sequence[Need]:
        """What was made under one of these versions: records, and the practice that still looks for them.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        counts = (
            sa.select(patient.c.index_version, sa.func.count())
            .where(patient.c.practice_id == self.practice_id)
            .group_by(patient.c.index_version)
        )
        # The practice first: once it is done with a version, no record is under it, nor will be.
        waiting = self._database.alone(_WINDOW, self._here({}))
        found = [Need(patient.name, version, count) for version, count in counted(self._database, counts)]
        found += [Need(practice_head.name, before, 1) for (before,) in waiting if before is not None]
        return [need for need in found if need.version in versions]

    def redigest(self, active: int) -> Iterator[int]:
        """Make every digest anew that is not under the active version; yields the rows of each transaction.

        Raises:
            UnavailableError: the database cannot be reached or is busy for too long. What is done is kept.
        """
        if self.needs(range(1, active)):
            self._sleep(NOTICE_SECONDS)
        yield from in_rounds(lambda: self._round(active), self._sleep)
        self._close(active)

    def _close(self, active: int) -> None:
        transaction = Transaction(self._database)
        try:
            # The head is locked: nobody stores a record between the look and the change.
            head = transaction.row(_HEAD, self._here({}))
            if head is not None and head[0] == active:
                transaction.change(_CLOSE, self._here({"index_now": active}))
                transaction.commit()
        finally:
            transaction.close()

    def _round(self, active: int) -> Iterator[tuple[int, int]]:
        after: Any = _BEFORE_ALL
        while True:
            transaction = Transaction(self._database)
            try:
                read = transaction.read if transaction.has_one_writer else transaction.rows
                parameters = {"index_now": active, "after": after, "row_limit": ROWS_AT_ONCE}
                rows = read(_PAGE, self._here(parameters))
                if not rows:
                    return
                changes = [change for row in rows if (change := self._change(row, active))]
                if changes:
                    transaction.change_all(_REWRITE, changes)
                    transaction.commit()
            finally:
                transaction.close()
            yield len(rows), len(changes)
            after = rows[-1][0]

    def _change(self, row: Row, active: int) -> Parameters | None:
        id_, sealed_version, mrn, external_id = row
        cipher, index = self._protection.cipher, self._protection.index
        place = Place(self.practice_id, id_, sealed_version)
        try:
            number = MRN.open(cipher, place, mrn).encode()
            link = None if external_id is None else EXTERNAL_ID.open(cipher, place, external_id).encode()
        except UnreadableError:
            return None
        return {
            "is_id": id_,
            "old_mrn": mrn,
            "new_mrn_bix": index.digest(MRN_BIX, self.practice_id, number, version=active),
            "new_external_id_bix": None
            if link is None
            else index.digest(EXTERNAL_ID_BIX, self.practice_id, link, version=active),
            "new_index_version": active,
        }

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self.practice_id, **parameters}
