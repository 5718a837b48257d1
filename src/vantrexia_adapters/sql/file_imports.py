"""Files that are taken in, in SQL."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Parameters, Row, Statement, first
from vantrexia_adapters.sql.tables import file_import
from vantrexia_core.kernel import Phi, UserId
from vantrexia_core.patients import FileImport
from vantrexia_core.protection import FieldName

_FINGERPRINT: Final = FieldName("file_import", "fingerprint")

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_MOVING: Final = ("updated_at", "lines", "imported", "skipped", "refused", "is_done")
_COLUMNS: Final = tuple(file_import.c[name] for name in ("id", "by_user", "at", *_MOVING))
_IS_ONE: Final = sa.and_(
    file_import.c.practice_id == _PRACTICE, file_import.c.id == sa.bindparam("import", type_=sa.Uuid())
)

_ADD: Final = Statement(sa.insert(file_import))
_FIND: Final = Statement(
    sa.select(*_COLUMNS)
    .where(
        file_import.c.practice_id == _PRACTICE,
        file_import.c.fingerprint_bix == sa.bindparam("fingerprint", type_=sa.LargeBinary()),
    )
    .order_by(file_import.c.at.desc(), file_import.c.id.desc())
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)
_GET_TO_CHANGE: Final = Statement(sa.select(*_COLUMNS).where(_IS_ONE).with_for_update())
_SAVE: Final = Statement(
    sa.update(file_import)
    .where(_IS_ONE)
    .values(
        {file_import.c[name]: sa.bindparam(f"new_{name}", type_=file_import.c[name].type) for name in _MOVING}
    )
)


class SqlFileImports:
    """Implements the core's ``FileImportStore``."""

    __slots__ = ("_index", "_practice_id", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._index = scope.protection.index

    def add(self, file: FileImport, fingerprint: Phi[bytes] | None) -> None:
        """See `FileImportStore`."""
        row = {name: getattr(file, name) for name in ("id", "at", *_MOVING)}
        digest = None if fingerprint is None else self._digest(fingerprint)
        more = {"practice_id": self._practice_id, "by_user": file.by, "fingerprint_bix": digest}
        self._transaction.change(_ADD, row | more)

    def find(self, fingerprint: Phi[bytes]) -> FileImport | None:
        """See `FileImportStore`."""
        parameters = self._here({"fingerprint": self._digest(fingerprint), "row_limit": 1})
        rows = self._transaction.read(_FIND, parameters)
        return self._file(rows[0]) if rows else None

    def get_to_change(self, import_id: UUID) -> FileImport:
        """See `FileImportStore`."""
        return self._file(first(self._transaction.rows(_GET_TO_CHANGE, self._here({"import": import_id}))))

    def save(self, file: FileImport) -> None:
        """See `FileImportStore`."""
        changes = {f"new_{name}": getattr(file, name) for name in _MOVING}
        self._transaction.change(_SAVE, self._here({"import": file.id, **changes}))

    def _file(self, row: Row) -> FileImport:
        id_, by, at, updated_at, lines, imported, skipped, refused, is_done = row
        return FileImport(
            id=id_,
            practice_id=self._practice_id,
            by=UserId(by),
            at=at,
            updated_at=updated_at,
            lines=lines,
            imported=imported,
            skipped=skipped,
            refused=refused,
            is_done=bool(is_done),
        )

    def _digest(self, fingerprint: Phi[bytes]) -> bytes:
        return self._index.digest(_FINGERPRINT, self._practice_id, fingerprint.reveal())

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}
