"""The unit of work in SQL: one transaction, one practice, all stores."""

from vantrexia_adapters.sql.audit import SqlTrail, TrailWriter
from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.identity import SqlUsers
from vantrexia_adapters.sql.inspection import SqlTrailSearch
from vantrexia_adapters.sql.patients import SqlPatients
from vantrexia_adapters.sql.receipts import SqlReceipts
from vantrexia_adapters.sql.scope import Scope
from vantrexia_core.kernel import IdSource


class SqlSignInWork:
    """A unit of work before anybody is signed in: the trail alone."""

    __slots__ = ("_trail", "_transaction", "_writer")

    def __init__(self, transaction: Transaction, writer: TrailWriter) -> None:
        self._transaction = transaction
        self._writer = writer
        self._trail = SqlTrail(transaction)

    @property
    def trail(self) -> SqlTrail:
        """See `RecordedWork`."""
        self._transaction.check_not_over()
        return self._trail

    def commit(self) -> None:
        """See `RecordedWork`. Ends the work."""
        self._transaction.check_not_over()
        if self._transaction.has_begun:
            self._trail.flush()
            self._transaction.commit()
        else:
            # Nothing was changed: the entries are all there is to keep.
            self._transaction.close()
            self._writer.write(self._trail.taken())


class SqlWork(SqlSignInWork):
    """A unit of work of one practice; satisfies what each of the core's contexts asks of one."""

    __slots__ = ("_ids", "_patients", "_receipts", "_scope", "_users")

    def __init__(self, scope: Scope, writer: TrailWriter, ids: IdSource) -> None:
        super().__init__(scope.transaction, writer)
        self._scope = scope
        self._ids = ids
        self._patients: SqlPatients | None = None
        self._receipts: SqlReceipts | None = None
        self._users: SqlUsers | None = None

    @property
    def patients(self) -> SqlPatients:
        """See `PatientWork`."""
        if self._patients is None:
            self._patients = SqlPatients(self._scope)
        return self._patients

    @property
    def trail_search(self) -> SqlTrailSearch:
        """See `InspectionWork`."""
        return SqlTrailSearch(self._scope)

    @property
    def receipts(self) -> SqlReceipts:
        """See `RecordedWork`."""
        if self._receipts is None:
            self._receipts = SqlReceipts(self._scope)
        return self._receipts

    @property
    def users(self) -> SqlUsers:
        """See `UserWork`."""
        if self._users is None:
            self._users = SqlUsers(self._scope, self._ids)
        return self._users
