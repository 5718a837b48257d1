"""The unit of work in SQL: one transaction, one practice, all stores."""

from vantrexia_adapters.sql.audit import SqlTrail, TrailWriter
from vantrexia_adapters.sql.clients import SqlClientStore, SqlUsedAssertions
from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.ehr import SqlEhrRecords, SqlImportJobs
from vantrexia_adapters.sql.emergencies import SqlEmergencies, SqlEmergencyNotices
from vantrexia_adapters.sql.exports import SqlExports
from vantrexia_adapters.sql.file_imports import SqlFileImports
from vantrexia_adapters.sql.identity import SqlSignIns, SqlUsers
from vantrexia_adapters.sql.lockouts import SqlLockouts
from vantrexia_adapters.sql.merges import SqlMerges
from vantrexia_adapters.sql.patients import SqlPatients
from vantrexia_adapters.sql.receipts import SqlReceipts
from vantrexia_adapters.sql.resets import SqlResetRequests, SqlResetTokens
from vantrexia_adapters.sql.scope import Protection, Scope
from vantrexia_adapters.sql.second_factors import SqlSecondFactors
from vantrexia_adapters.sql.sessions import SqlSessions
from vantrexia_adapters.sql.suspicions import SqlSuspicions
from vantrexia_adapters.sql.trail_search import SqlTrailSearch
from vantrexia_adapters.sql.uncompared import SqlUncompared
from vantrexia_core.kernel import Clock, IdSource


class SqlSignInWork:
    """A unit of work of no practice: the trail, accounts, sessions and failed sign-ins."""

    __slots__ = ("_clock", "_protection", "_trail", "_transaction", "_writer")

    def __init__(
        self, transaction: Transaction, writer: TrailWriter, protection: Protection, clock: Clock
    ) -> None:
        self._transaction = transaction
        self._writer = writer
        self._protection = protection
        self._clock = clock
        self._trail = SqlTrail(transaction)

    @property
    def trail(self) -> SqlTrail:
        """See `RecordedWork`."""
        self._transaction.check_not_over()
        return self._trail

    @property
    def accounts(self) -> SqlSignIns:
        """See `SignInWork`."""
        return SqlSignIns(self._transaction, self._protection)

    @property
    def sessions(self) -> SqlSessions:
        """See `SignInWork`."""
        return SqlSessions(self._transaction)

    @property
    def used_assertions(self) -> SqlUsedAssertions:
        """See `SignInWork`."""
        return SqlUsedAssertions(self._transaction, self._protection)

    @property
    def emergency_notices(self) -> SqlEmergencyNotices:
        """See `SignInWork`."""
        return SqlEmergencyNotices(self._transaction, self._protection.seal)

    @property
    def lockouts(self) -> SqlLockouts:
        """See `SignInWork`."""
        return SqlLockouts(self._transaction, self._protection, self._clock)

    @property
    def second_factors(self) -> SqlSecondFactors:
        """See `SignInWork`."""
        return SqlSecondFactors(self._transaction, self._protection)

    @property
    def reset_requests(self) -> SqlResetRequests:
        """See `SignInWork`."""
        return SqlResetRequests(self._transaction, self._protection)

    @property
    def reset_tokens(self) -> SqlResetTokens:
        """See `UserWork`."""
        return SqlResetTokens(self._transaction, self._protection)

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

    __slots__ = ("_ehr_records", "_ids", "_import_jobs", "_patients", "_receipts", "_scope", "_users")

    def __init__(self, scope: Scope, writer: TrailWriter, clock: Clock, ids: IdSource) -> None:
        super().__init__(scope.transaction, writer, scope.protection, clock)
        self._scope = scope
        self._ids = ids
        self._patients: SqlPatients | None = None
        self._receipts: SqlReceipts | None = None
        self._users: SqlUsers | None = None
        self._ehr_records: SqlEhrRecords | None = None
        self._import_jobs: SqlImportJobs | None = None

    @property
    def patients(self) -> SqlPatients:
        """See `PatientWork`."""
        if self._patients is None:
            self._patients = SqlPatients(self._scope)
        return self._patients

    @property
    def uncompared(self) -> SqlUncompared:
        """See `PatientWork`."""
        return SqlUncompared(self._scope)

    @property
    def merges(self) -> SqlMerges:
        """See `PatientWork`."""
        return SqlMerges(self._scope, self.patients)

    @property
    def suspicions(self) -> SqlSuspicions:
        """See `PatientWork`."""
        return SqlSuspicions(self._scope)

    @property
    def trail_search(self) -> SqlTrailSearch:
        """See `TrailWork`."""
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

    @property
    def emergencies(self) -> SqlEmergencies:
        """See `UserWork`."""
        return SqlEmergencies(self._scope)

    @property
    def file_imports(self) -> SqlFileImports:
        """See `PatientWork`."""
        return SqlFileImports(self._scope)

    @property
    def exports(self) -> SqlExports:
        """See `PatientWork`."""
        return SqlExports(self._scope)

    @property
    def clients(self) -> SqlClientStore:
        """See `ClientWork`."""
        return SqlClientStore(self._scope)

    @property
    def ehr_records(self) -> SqlEhrRecords:
        """See `EhrWork`."""
        if self._ehr_records is None:
            self._ehr_records = SqlEhrRecords(self._scope)
        return self._ehr_records

    @property
    def import_jobs(self) -> SqlImportJobs:
        """See `EhrWork`."""
        if self._import_jobs is None:
            self._import_jobs = SqlImportJobs(self._scope)
        return self._import_jobs
