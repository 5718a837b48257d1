"""What an endpoint is given: a request, who makes it, and the few things every endpoint does with them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

import attrs

from vantrexia_core.audit import AlreadyAnswered, Attempt, Desk, Once, TrailWork, record_refusal
from vantrexia_core.ehr import EhrRoster, EhrWork, ImportQueue
from vantrexia_core.identity import (
    Accounts,
    ClientProofs,
    Clients,
    ClientWork,
    Passwords,
    SignInWork,
    Tokens,
    UserWork,
)
from vantrexia_core.kernel import (
    Actor,
    BrokenPromiseError,
    NotFoundError,
    PatientId,
    Phi,
    PracticeId,
    SecretSource,
    UserId,
    VantrexiaError,
)
from vantrexia_core.patients import Candidacy, PatientDirectory, SearchTokens
from vantrexia_web.answer import Answer
from vantrexia_web.forwarding import Network
from vantrexia_web.health import HealthReport
from vantrexia_web.throttle import Tally, Throttle
from vantrexia_web.wire.conditions import parse_expected_versions, parse_idempotency_key
from vantrexia_web.wire.request import Request

T = TypeVar("T")


class WebWork(EhrWork, UserWork, ClientWork, TrailWork, Protocol):
    """The unit of work of a desk that serves the whole API."""


class WebDesk(Desk[WebWork], Protocol):
    """Where all that the API offers is begun: a `PatientDesk`, a `SignInDesk` and an `EhrDesk` in one."""

    @property
    def directory(self) -> PatientDirectory:
        """See `PatientDesk`."""
        ...

    @property
    def search_tokens(self) -> SearchTokens:
        """How searches are written into links."""
        ...

    @property
    def candidacy(self) -> Candidacy:
        """See `MatchingDesk`."""
        ...

    @property
    def import_queue(self) -> ImportQueue:
        """See `EhrDesk`."""
        ...

    def roster(self, practice_id: PracticeId) -> EhrRoster:
        """See `EhrDesk`."""
        ...

    @property
    def accounts(self) -> Accounts:
        """See `SignInDesk`."""
        ...

    @property
    def clients(self) -> Clients:
        """See `SignInDesk`."""
        ...

    @property
    def proofs(self) -> ClientProofs:
        """See `SignInDesk`."""
        ...

    @property
    def passwords(self) -> Passwords:
        """See `SignInDesk`."""
        ...

    @property
    def secrets(self) -> SecretSource:
        """See `SignInDesk`."""
        ...

    @property
    def tokens(self) -> Tokens:
        """See `SignInDesk`."""
        ...

    def begin_sign_in(self) -> AbstractContextManager[SignInWork]:
        """See `SignInDesk`."""
        ...


@attrs.frozen(repr=False)
class Site:
    """What is the same for every request.

    ``pages`` are the answers that never change, by path; ``published_keys`` are our public keys (RFC 7517).
    """

    desk: WebDesk
    public_url: str
    health: Callable[[], HealthReport]
    pages: dict[str, Answer]
    published_keys: Callable[[], Sequence[Mapping[str, str]]]
    throttle: Throttle
    trusted_proxies: tuple[Network, ...] = ()
    wake_importer: Callable[[], None] = lambda: None


@attrs.frozen(repr=False)
class Visit:
    """A request whose sender is not known yet.

    ``tally`` counts it once the endpoint has learnt who it was.
    """

    site: Site
    request: Request
    tally: Tally


@attrs.frozen(repr=False)
class Call:
    """A request by somebody who is signed in and permitted to attempt it."""

    site: Site
    request: Request
    attempt: Attempt

    @property
    def desk(self) -> WebDesk:
        """Where the use case works."""
        return self.site.desk

    @property
    def actor(self) -> Actor:
        """Who makes the call."""
        return self.attempt.actor

    @property
    def patient_id(self) -> PatientId:
        """The patient that the path names."""
        if self.attempt.patient_id is None:
            message = "this endpoint is on a path that names no patient"
            raise BrokenPromiseError(message)
        return self.attempt.patient_id

    @property
    def user_id(self) -> UserId:
        """The account that the path names.

        Raises:
            NotFoundError: it names a number that no account has; recorded as a refused attempt.
        """
        if self.attempt.user_id is None:
            refusal = NotFoundError()
            record_refusal(self.desk, self.attempt, refusal)
            raise refusal
        return self.attempt.user_id

    @property
    def expected_versions(self) -> frozenset[int] | None:
        """The versions one of which the record must have, or None."""
        return parse_expected_versions(self.request)

    def read(self, parse: Callable[[Request], T]) -> T:
        """Parse something of the request. What does not parse is a refused attempt, and recorded as one.

        Raises:
            VantrexiaError: whatever ``parse`` has to complain about.
            AuditUnavailableError: the refusal could not be recorded.
        """
        try:
            return parse(self.request)
        except VantrexiaError as refusal:
            record_refusal(self.desk, self.attempt, refusal)
            raise

    def answer_once(self, act: Callable[[Once | None], T], render: Callable[[T], Answer]) -> Answer:
        """Act and answer; under an Idempotency-Key that was used before, give the first answer again.

        Raises:
            InvalidError: the key is malformed.
            IdempotencyKeyReusedError: the key was used for another request.
        """
        key = self.read(parse_idempotency_key)
        if key is None:
            return render(act(None))
        request = self.request
        target = f"{request.path}?{request.query}".encode(errors="surrogateescape")
        # Under another condition it is another call. No method looks like a line that names a header.
        conditions = (
            f"{name}: {value}".encode()
            for name in ("If-Match", "If-None-Exist")
            for value in request.headers_named(name)
        )
        whole = b"\n".join((*conditions, request.method.encode(), target, request.whole_body))
        try:
            return render(act(Once(key, Phi(whole), lambda result: render(result).packed())))
        except AlreadyAnswered as again:
            return Answer.unpacked(again.answer.reveal()).with_headers(Idempotency_Replayed="true")
