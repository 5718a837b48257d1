"""Letting machine clients in: a signed assertion for a short-lived token, and recognising that token.

SMART App Launch 2.2, "Backend Services" and "Asymmetric Client Authentication", on RFC 7523. An assertion is
valid once and for five minutes at most. A token lives five minutes and cannot be refreshed. The client is
read again on every request, so revoking it, or changing its keys or scopes, ends its tokens at once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, TypeVar

import attrs

from vantrexia_core.audit import Action, AuditEntry, Outcome, repeated_if_undone
from vantrexia_core.identity.clients import (
    AssertionClaims,
    ClientClaims,
    ClientKeys,
    ClientStatus,
    MachineClient,
)
from vantrexia_core.identity.ports import ForgedClientError, SignInDesk, TokenNotValidError
from vantrexia_core.identity.scopes import grant
from vantrexia_core.kernel import (
    Actor,
    ClientId,
    InvalidValueError,
    Machine,
    NotSignedInError,
    Origin,
    Phi,
    VantrexiaError,
)

T = TypeVar("T")

ASSERTION_LIFE_MAX: Final = timedelta(minutes=5)
"""How far ahead an assertion may expire (SMART, "Asymmetric Client Authentication")."""
CLIENT_TOKEN_LIFE: Final = timedelta(minutes=5)
"""How long a machine client's token lives: SMART's recommendation for Backend Services."""
CLOCKS_APART_MAX: Final = timedelta(minutes=1)
"""How far a client's clock may be ahead of ours where it says from when on an assertion is good."""


class Unproved(Enum):
    """Why a client was not let in: what the trail says to an administrator."""

    MALFORMED = "assertion_malformed"
    ALGORITHM = "assertion_algorithm"
    AUDIENCE = "assertion_audience"
    LIFETIME = "assertion_lifetime"
    REUSED = "assertion_reused"
    UNKNOWN = "client_unknown"
    REVOKED = "client_revoked"
    FORGED = ForgedClientError.code
    KEYS_UNAVAILABLE = "client_keys_unavailable"
    SIGNATURE = "assertion_signature"


NOT_PROVED: Final = "The client is unknown or revoked, or the assertion is not signed with one of its keys."
"""The same for everything that depends on what we know of the client: a stranger learns nothing by trying."""
_NO_CLIENTS: Final = "This service accepts no machine clients."
_REUSED: Final = "This assertion was used before. Make a new one, with a jti of its own."


class InvalidClientError(NotSignedInError):
    """The client has not proved who it is (RFC 6749, section 5.2)."""

    code = "invalid_client"
    sentence = NOT_PROVED

    def __init__(self, because: Unproved, detail: str | None = None) -> None:
        super().__init__(detail)
        self.because: Final = because


class InvalidScopeError(VantrexiaError):
    """Nothing of what was asked for can be granted to this client (RFC 6749, section 5.2)."""

    code = "invalid_scope"
    sentence = "None of these scopes can be granted to this client."


@attrs.frozen
class GrantedToken:
    """An access token, how long it lives, and what was granted."""

    access: Phi[str]
    life: timedelta
    scope: str


@repeated_if_undone
def grant_client_token(
    desk: SignInDesk,
    assertion: Phi[str],
    scope: str,
    origin: Origin,
    *,
    token_url: str,
    client_id: ClientId | None = None,
    admit: Callable[[MachineClient], None] = lambda _: None,
) -> GrantedToken:
    """Exchange an assertion for an access token. Recorded whether it succeeds or not.

    ``token_url`` is our own: what the assertion must be addressed to. ``client_id`` is what the request says
    beside it, if it does (RFC 7521, section 4.2). ``admit`` is called when it is proved
    which client asks, and may refuse it by raising: who pretends to be a client uses nothing of it up.

    Raises:
        InvalidClientError: the client has not proved who it is.
        InvalidScopeError: there is nothing that could be granted.
        AuditUnavailableError: the trail could not be written; no token was made.
    """
    now = desk.clock.now()
    asking = _Asking(desk, origin, now)
    claims = asking.refusing(None, lambda: desk.proofs.read(assertion))
    client = desk.clients.by_id(claims.client_id)
    asking.refusing(client, lambda: _check_addressed(claims, token_url, client_id, now))
    known = asking.refusing(client, lambda: _let_in(client))
    # Keys may have to be fetched, and no transaction is open meanwhile.
    asking.refusing(known, lambda: desk.proofs.check(assertion, known.keys))
    admit(known)
    with desk.begin_sign_in() as work:
        # Whatever was asked for: an assertion that was shown is used up.
        is_first = work.used_assertions.use(known, claims.jti, at=now, expires_at=claims.expires_at)
        settled = asking.granted(scope, known) if is_first else InvalidClientError(Unproved.REUSED, _REUSED)
        refusal = settled if isinstance(settled, VantrexiaError) else None
        work.trail.append(asking.entry(known, refusal))
        work.commit()
    if isinstance(settled, VantrexiaError):
        raise settled
    return settled


def recognise_client(desk: SignInDesk, claims: ClientClaims, origin: Origin, *, at: datetime) -> Actor:
    """Who acts with a machine client's token. The client is read now, not believed from the token.

    Raises:
        TokenNotValidError: there is no such client, it is revoked or was changed since the token was granted,
            or it is forged.
        AuditUnavailableError: the client is forged, and that could not be recorded.
    """
    client = desk.clients.by_number(claims.number)
    if client is None or client.id != claims.client_id:
        raise TokenNotValidError
    if not client.is_genuine:
        with desk.begin_sign_in() as work:
            forged = ForgedClientError.code
            work.trail.append(_entry(Action.ACCOUNT_FORGED, client, origin, at=at, code=forged))
            work.commit()
        raise TokenNotValidError
    if client.status is not ClientStatus.ACTIVE or client.version != claims.version:
        raise TokenNotValidError
    return client.as_actor(claims.scopes, origin)


def _check_addressed(
    claims: AssertionClaims, token_url: str, client_id: ClientId | None, now: datetime
) -> None:
    """Refuse what is not for us and for now."""
    if client_id not in {None, claims.client_id}:
        raise InvalidClientError(Unproved.UNKNOWN, "The client_id is not the one in the assertion.")
    if claims.audience != token_url:
        message = f"The assertion's aud must be {token_url}"
        raise InvalidClientError(Unproved.AUDIENCE, message)
    if not now < claims.expires_at <= now + ASSERTION_LIFE_MAX:
        message = "The assertion's exp must lie ahead, and at most five minutes. Compare your clock."
        raise InvalidClientError(Unproved.LIFETIME, message)
    if claims.not_before is not None and claims.not_before > now + CLOCKS_APART_MAX:
        message = "The assertion's nbf or iat lies ahead. Compare your clock."
        raise InvalidClientError(Unproved.LIFETIME, message)


def _let_in(client: MachineClient | None) -> MachineClient:
    if client is None:
        raise InvalidClientError(Unproved.UNKNOWN)
    if not client.is_genuine:
        raise InvalidClientError(Unproved.FORGED)
    if client.status is ClientStatus.REVOKED:
        raise InvalidClientError(Unproved.REVOKED)
    return client


@attrs.frozen
class _Asking:
    """One request for a token, and how its refusals get into the trail."""

    desk: SignInDesk
    origin: Origin
    now: datetime

    def refusing(self, client: MachineClient | None, step: Callable[[], T]) -> T:
        """Take a step, and record its refusal."""
        try:
            return step()
        except InvalidClientError as refusal:
            with self.desk.begin_sign_in() as work:
                work.trail.append(self.entry(client, refusal))
                work.commit()
            raise

    def granted(self, scope: str, client: MachineClient) -> GrantedToken | InvalidScopeError:
        """A token with as much of what is asked for as the client may have."""
        try:
            granted = grant(scope, client.scopes)
        except InvalidValueError as invalid:
            return InvalidScopeError(str(invalid))
        if not granted.scopes:
            return InvalidScopeError()
        until = self.now + CLIENT_TOKEN_LIFE
        token = self.desk.tokens.issue_to_client(client, granted.scopes, at=self.now, expires_at=until)
        return GrantedToken(token, CLIENT_TOKEN_LIFE, granted.said)

    def entry(self, client: MachineClient | None, refusal: VantrexiaError | None) -> AuditEntry:
        """The line for the trail."""
        if refusal is None:
            return _entry(Action.LOGIN_SUCCESS, client, self.origin, at=self.now)
        code = refusal.because.value if isinstance(refusal, InvalidClientError) else refusal.code
        return _entry(Action.LOGIN_FAILED, client, self.origin, at=self.now, code=code)


def _entry(
    action: Action, client: MachineClient | None, origin: Origin, *, at: datetime, code: str | None = None
) -> AuditEntry:
    return AuditEntry(
        at=at,
        action=action,
        outcome=Outcome.DONE if code is None else Outcome.REFUSED,
        practice_id=client.practice_id if client else None,
        actor_id=client.number if client else None,
        role=Machine.CLIENT,
        code=code,
        request_id=origin.request_id,
        address=origin.address,
    )


class NoClientProofs:
    """The proofs of a desk that lets no machine client in."""

    def admitted_jwks(self, text: str) -> str:
        """See `ClientProofs`. Raises `InvalidValueError`."""
        del text
        raise InvalidValueError(_NO_CLIENTS)

    def admitted_url(self, text: str) -> str:
        """See `ClientProofs`. Raises `InvalidValueError`."""
        del text
        raise InvalidValueError(_NO_CLIENTS)

    def read(self, assertion: Phi[str]) -> AssertionClaims:
        """See `ClientProofs`. Raises `InvalidClientError`."""
        del assertion
        raise InvalidClientError(Unproved.MALFORMED, _NO_CLIENTS)

    def found(self, keys: ClientKeys) -> Sequence[str]:
        """See `ClientProofs`. Raises `InvalidValueError`."""
        del keys
        raise InvalidValueError(_NO_CLIENTS)

    def check(self, assertion: Phi[str], keys: ClientKeys) -> None:
        """See `ClientProofs`. Raises `InvalidClientError`."""
        del assertion, keys
        raise InvalidClientError(Unproved.KEYS_UNAVAILABLE)
