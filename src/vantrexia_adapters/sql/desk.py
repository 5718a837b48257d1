"""Where work in SQL is begun."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from vantrexia_adapters.directory import CandidateKeeper, DirectoryKeeper
from vantrexia_adapters.sql.audit import TrailWriter
from vantrexia_adapters.sql.candidates import SqlCandidateStore
from vantrexia_adapters.sql.clients import SqlClients
from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.directory import SqlDirectoryStore
from vantrexia_adapters.sql.ehr import SqlImportQueue
from vantrexia_adapters.sql.identity import SqlAccounts
from vantrexia_adapters.sql.scope import Protection, Scope
from vantrexia_adapters.sql.search_tokens import SqlSearchTokens
from vantrexia_adapters.sql.work import SqlSignInWork, SqlWork
from vantrexia_core.ehr import EhrRoster, NoRoster
from vantrexia_core.identity import ClientProofs, NoClientProofs, Passwords, Tokens
from vantrexia_core.kernel import Clock, IdSource, PracticeId, SecretSource
from vantrexia_core.patients import CandidateStore, DirectoryStore
from vantrexia_core.protection import BlindIndex, FieldCipher, RowSeal, SnapshotCipher


class SqlDesk:
    """All of the core's desks over one database. Safe to share between threads; make one for a process."""

    def __init__(
        self,
        *,
        engine: sa.Engine,
        cipher: FieldCipher,
        index: BlindIndex,
        seal: RowSeal,
        clock: Clock,
        ids: IdSource,
        secrets: SecretSource,
        passwords: Passwords,
        tokens: Tokens,
        snapshots: SnapshotCipher,
        keeper: Callable[[DirectoryStore], DirectoryKeeper] = DirectoryKeeper,
        candidate_keeper: Callable[[CandidateStore], CandidateKeeper] = CandidateKeeper,
        rosters: Mapping[PracticeId, EhrRoster] | None = None,
        proofs: ClientProofs | None = None,
    ) -> None:
        self.clock = clock
        self.ids = ids
        self.secrets = secrets
        self.passwords = passwords
        self.tokens = tokens
        self.proofs = proofs or NoClientProofs()
        self._database = Database(engine)
        self._writer = TrailWriter(self._database)
        self._protection = Protection(cipher, index, seal)
        self.directory = keeper(SqlDirectoryStore(self._database, self._protection, snapshots, ids))
        self.candidacy = candidate_keeper(SqlCandidateStore(self._database, self._protection, snapshots, ids))
        self.search_tokens = SqlSearchTokens(cipher, ids)
        self.clients = SqlClients(self._database, self._protection)
        self.accounts = SqlAccounts(self._database, self._protection)
        self.import_queue = SqlImportQueue(self._database)
        self._rosters = dict(rosters or {})

    def roster(self, practice_id: PracticeId) -> EhrRoster:
        """See `EhrDesk`."""
        return self._rosters.get(practice_id) or NoRoster()

    @contextmanager
    def begin(self, practice_id: PracticeId) -> Iterator[SqlWork]:
        """See `Desk`. Nothing is asked of the database before the work's first statement."""
        transaction = Transaction(self._database)
        try:
            yield SqlWork(
                Scope(transaction, practice_id, self._protection), self._writer, self.clock, self.ids
            )
        finally:
            transaction.close()

    @contextmanager
    def begin_sign_in(self) -> Iterator[SqlSignInWork]:
        """See `SignInDesk`."""
        transaction = Transaction(self._database)
        try:
            yield SqlSignInWork(transaction, self._writer, self._protection, self.clock)
        finally:
            transaction.close()
