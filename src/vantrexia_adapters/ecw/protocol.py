"""How eCW is spoken to, without a socket: token flow, reads, searches, repetition, paging.

Each public method is a flow: a generator that yields a `Step` and is sent the answer to it. It decides what
to call, when to repeat and when to give up; whoever drives it (`vantrexia_adapters.ecw.roster`) makes the
calls, sleeps, and lets one thread at a time renew the token.

Rules: SMART Backend Services; RFC 6749; FHIR R4 (4.0.1) read and search; eCW's 250 calls a clock minute,
token calls included, and its 429 without a ``Retry-After``.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from vantrexia_adapters.ecw.answers import (
    LOGICAL_ID,
    OAUTH_ADVICE,
    Found,
    MalformedError,
    is_about_access,
    read_found,
    read_grant,
    read_matches,
    read_oauth_error,
    read_token_endpoint,
    told_of,
)
from vantrexia_adapters.ecw.assertion import ClientAssertions
from vantrexia_adapters.ecw.calls import Breaker, CallBudget
from vantrexia_adapters.ecw.client_keys import ClientKeyError
from vantrexia_adapters.ecw.connection import EcwConnection
from vantrexia_adapters.ecw.exchange import Flow, Pause, Renew, T, Token
from vantrexia_adapters.http import Request, Response, Trouble
from vantrexia_adapters.settings import EcwIdRule
from vantrexia_core.ehr import CANDIDATES_MAX, EhrPatient, EhrQuery, EhrUnavailableError, Fault, Missed
from vantrexia_core.kernel import BrokenPromiseError, Clock, InvalidValueError
from vantrexia_core.patients import ExternalId

ANSWER_SECONDS_MAX: Final = 20.0
ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
"""A Patient may carry a photograph; a page of a search carries several patients."""
SEARCH_BYTES_MAX: Final = 8 * 1024 * 1024
"""What all pages of a search may have together."""
TOKEN_BYTES_MAX: Final = 64 * 1024
ATTEMPTS_MAX: Final = 3
BACK_OFF_SECONDS: Final = (0.5, 2.0)
"""Before the second and the third attempt, each lengthened by up to as much again."""
RETRY_AFTER_SECONDS_MAX: Final = 60
PAGES_MAX: Final = 10
RENEW_EARLY_SECONDS: Final = 60
DISCOVERY_LIFE: Final = timedelta(hours=1)

_FHIR_JSON: Final = "application/fhir+json"
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TROUBLE_FAULT: Final = MappingProxyType(
    {
        Trouble.UNREACHABLE: Fault.FAILED,
        Trouble.UNTRUSTED: Fault.FAILED,
        Trouble.TIMED_OUT: Fault.TIMED_OUT,
        Trouble.CUT_OFF: Fault.FAILED,
        Trouble.TOO_LARGE: Fault.MALFORMED,
        Trouble.GARBLED: Fault.MALFORMED,
    }
)
_WORTH_REPEATING: Final = frozenset({Trouble.UNREACHABLE, Trouble.TIMED_OUT, Trouble.CUT_OFF})
_NOBODY_THERE: Final = frozenset({Trouble.UNREACHABLE, Trouble.UNTRUSTED})
_SENTENCE: Final = MappingProxyType(
    {
        Fault.REFUSED: "eClinicalWorks refuses this to our account. Compare the scopes that were registered.",
        Fault.MALFORMED: "eClinicalWorks answered with something that is not FHIR R4 as expected.",
        Fault.TIMED_OUT: "eClinicalWorks did not answer in time. Try again shortly.",
        Fault.BUSY: "The calls that eClinicalWorks grants us this minute are used up. Try again in a minute.",
        Fault.FAILED: "eClinicalWorks failed to answer. Try again shortly.",
    }
)
_NO_KEY: Final = (
    "We cannot sign in at eClinicalWorks, because our own key cannot be used. "
    "An administrator finds the reason with: vantrexia keys ecw show"
)


class FaultError(Exception):
    """A call brought nothing, for good."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault: Final = fault


class EcwProtocol:
    """One practice's EHR. Flows of several threads may run at once; what they share has locks of its own."""

    def __init__(
        self,
        connection: EcwConnection,
        assertions: ClientAssertions,
        clock: Clock,
        *,
        budget: CallBudget,
        jitter: Callable[[], float],
    ) -> None:
        """Speak over ``connection``. ``jitter`` gives a number from 0 to 1, drawn anew for each back-off."""
        self._connection: Final = connection
        self._assertions: Final = assertions
        self._clock: Final = clock
        self._budget: Final = budget
        self._jitter: Final = jitter
        self._breaker: Final = Breaker()
        self._token: Token | None = None
        self._endpoint: tuple[str, datetime] | None = None

    def fetch(self, external_id: ExternalId, until: datetime) -> Flow[EhrPatient | Missed]:
        """One patient by any of its ids. Everything that concerns this id alone is an outcome.

        Raises:
            EhrUnavailableError: there is no token, nobody at that address, or no access at all.
        """
        try:
            found = yield from self._resolved(external_id.reveal(), until)
        except FaultError as missed:
            return Missed(external_id, missed.fault)
        if found is None:
            return Missed(external_id, Fault.NOT_FOUND)
        return told_of(found, external_id)

    def search(self, query: EhrQuery, until: datetime) -> Flow[list[EhrPatient]]:
        """Patients that fit, in the order of the answer, each under the id to import it by.

        Raises:
            EhrUnavailableError: no answer, or none that makes sense.
        """
        try:
            found = yield from self._searched(_parameters(query, self._connection), until, CANDIDATES_MAX)
        except FaultError as missed:
            raise EhrUnavailableError(_SENTENCE[missed.fault]) from None
        return [told_of(one, id_) for one in found if (id_ := self._id_to_import_by(one)) is not None]

    def token(self, stale: Token | None) -> Token | None:
        """A token that is fresh and not ``stale``, if there is one."""
        token = self._token
        return None if token is None or token is stale or self._clock.now() >= token.renew_at else token

    def renew(self, until: datetime) -> Flow[Token]:
        """Ask for a new token and keep it. Let one thread at a time do this.

        Raises:
            EhrUnavailableError: none is given, or the endpoint cannot be asked.
        """
        try:
            url = yield from self._token_endpoint(until)
            asked_at = self._clock.now()
            response = yield from self._call(lambda seconds: self._token_request(url, seconds), until)
        except FaultError as failed:
            sentence = _SENTENCE[failed.fault]
            if failed.fault is not Fault.BUSY:
                self._breaker.failed(self._clock.now(), sentence)
            raise EhrUnavailableError(sentence) from None
        except ClientKeyError:
            # Its text names a file of this machine, which is for the console and not for an answer.
            raise EhrUnavailableError(_NO_KEY) from None
        if response.status != HTTPStatus.OK:
            raise EhrUnavailableError(self._refused(response))
        try:
            grant = read_grant(response.body)
        except MalformedError:
            sentence = "eClinicalWorks answered our sign-in with something that is not a token."
            self._breaker.refused(self._clock.now(), sentence)
            raise EhrUnavailableError(sentence) from None
        early = min(RENEW_EARLY_SECONDS, grant.seconds / 2)
        self._token = Token(grant.token, asked_at + timedelta(seconds=grant.seconds - early))
        return self._token

    def check(self) -> None:
        """Say whether calls may be made now, without making one.

        Raises:
            EhrUnavailableError: the last calls found nobody, or we were refused.
        """
        why = self._breaker.why_resting(self._clock.now())
        if why is not None:
            raise EhrUnavailableError(why)

    # ---- finding patients

    def _resolved(self, wanted: str, until: datetime) -> Flow[Found | None]:
        rule, own_system = self._connection.id_rule, self._connection.identifier_system
        if rule is not EcwIdRule.IDENTIFIER and _may_be_logical(wanted):
            response = yield from self._authorized(f"/Patient/{wanted}", until)
            if response.status == HTTPStatus.OK:
                return _understood(
                    partial(read_found, response.body, wanted_id=wanted, own_system=own_system)
                )
            if response.status == HTTPStatus.BAD_REQUEST:
                # Some builds answer so for an id in another form than theirs; perhaps it is an identifier.
                if is_about_access(response.body):
                    raise FaultError(Fault.REFUSED)
            elif response.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                raise FaultError(_fault_of(response.status))
        return None if rule is EcwIdRule.LOGICAL else (yield from self._identified(wanted, until))

    def _identified(self, wanted: str, until: datetime) -> Flow[Found | None]:
        parameters = [("identifier", _token_parameter(wanted, self._connection.identifier_system))]
        found = yield from self._searched(parameters, until, CANDIDATES_MAX)
        # The server may have matched somebody else's numbering, or nothing at all: we compare ourselves.
        holders = [one for one in found if wanted in one.ids]
        if len(holders) > 1:
            raise FaultError(Fault.AMBIGUOUS)
        if not holders and len(found) >= CANDIDATES_MAX:
            # It gave us everybody instead of whom we asked for.
            raise FaultError(Fault.MALFORMED)
        return holders[0] if holders else None

    def _searched(
        self, parameters: Iterable[tuple[str, str]], until: datetime, count_max: int
    ) -> Flow[list[Found]]:
        """The matches of all pages, without repetitions.

        Raises:
            FaultError: a page is malformed, leads elsewhere or in a circle, two entries contradict, or there
                is too much of it.
        """
        target: str | None = f"/Patient?{urlencode(list(parameters))}"
        own_system = self._connection.identifier_system
        seen: set[str] = set()
        found: dict[str, Found] = {}
        bytes_left = SEARCH_BYTES_MAX
        while target is not None and len(found) < count_max and len(seen) < PAGES_MAX:
            seen.add(target)
            response = yield from self._authorized(target, until, min(ANSWER_BYTES_MAX, bytes_left))
            bytes_left -= len(response.body)
            if response.status != HTTPStatus.OK:
                raise FaultError(_fault_of(response.status))
            page = _understood(partial(read_matches, response.body, own_system=own_system))
            for one in page.patients:
                if found.setdefault(one.id, one) != one:
                    raise FaultError(Fault.MALFORMED)
            target = self._next_target(page.next_url, seen)
        return list(found.values())[:count_max]

    def _next_target(self, url: str | None, seen: set[str]) -> str | None:
        if url is None:
            return None
        target = self._connection.target_of(url)
        if target is None or target in seen:
            raise FaultError(Fault.MALFORMED)
        return target

    def _id_to_import_by(self, found: Found) -> ExternalId | None:
        ids = found.ids if self._connection.id_rule is EcwIdRule.IDENTIFIER else (found.id,)
        for id_ in ids:
            with suppress(InvalidValueError):
                return ExternalId(id_)
        return None

    # ---- calling

    def _authorized(self, target: str, until: datetime, bytes_max: int = ANSWER_BYTES_MAX) -> Flow[Response]:
        """GET of our FHIR API with a token; a token that is not taken is renewed once."""
        token = self.token(None) or (yield from self._renewed(None, until))
        response = yield from self._call(
            lambda seconds: self._fhir_request(target, token, seconds, bytes_max), until
        )
        if response.status == HTTPStatus.UNAUTHORIZED:
            fresh = yield from self._renewed(token, until)
            response = yield from self._call(
                lambda seconds: self._fhir_request(target, fresh, seconds, bytes_max), until
            )
        if response.status == HTTPStatus.UNAUTHORIZED:
            sentence = (
                "eClinicalWorks gives us tokens but does not accept them for this practice. "
                "Compare ECW_BASE_URL and the scopes with what was registered."
            )
            self._breaker.refused(self._clock.now(), sentence)
            raise EhrUnavailableError(sentence)
        return response

    def _renewed(self, stale: Token | None, until: datetime) -> Flow[Token]:
        token = yield Renew(stale, until)
        if not isinstance(token, Token):
            message = "a Renew is answered with a Token"
            raise BrokenPromiseError(message)
        return token

    def _call(self, request: Callable[[float], Request], until: datetime) -> Flow[Response]:
        """One call, repeated while that may help and time is left.

        Raises:
            FaultError: nothing came of it.
            EhrUnavailableError: nobody is there.
        """
        for attempt in range(ATTEMPTS_MAX):
            yield from self._admitted(until)
            seconds = min(ANSWER_SECONDS_MAX, (until - self._clock.now()).total_seconds())
            answer = yield request(seconds)
            if not isinstance(answer, Response | Trouble):
                message = "a Request is answered with a Response or a Trouble"
                raise BrokenPromiseError(message)
            if isinstance(answer, Response) and not _is_temporary(answer.status):
                self._breaker.succeeded()
                return answer
            is_worth_it = isinstance(answer, Response) or answer in _WORTH_REPEATING
            if attempt == ATTEMPTS_MAX - 1 or not is_worth_it:
                raise self._given_up(answer)
            yield from self._backed_off(answer, attempt, until)
        message = "the last attempt returns or raises"
        raise BrokenPromiseError(message)

    def _admitted(self, until: datetime) -> Flow[None]:
        """Wait for a place in the budget. Who comes too late takes none."""
        self.check()
        if self._clock.now() >= until:
            raise FaultError(Fault.TIMED_OUT)
        while (seconds := self._budget.take(self._clock.now())) > 0:
            if self._clock.now() + timedelta(seconds=seconds) >= until:
                raise FaultError(Fault.BUSY)
            yield Pause(seconds)

    def _backed_off(self, answer: Response | Trouble, attempt: int, until: datetime) -> Flow[None]:
        now = self._clock.now()
        if isinstance(answer, Response) and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            # The next call waits for the minute's end in `_admitted`.
            self._budget.exhaust(now)
            return
        seconds = BACK_OFF_SECONDS[attempt] * (1 + self._jitter())
        if isinstance(answer, Response):
            seconds = max(seconds, _retry_after(answer))
        if now + timedelta(seconds=seconds) >= until:
            raise self._given_up(answer)
        yield Pause(seconds)

    def _given_up(self, answer: Response | Trouble) -> FaultError | EhrUnavailableError:
        now = self._clock.now()
        if isinstance(answer, Response):
            is_busy = answer.status == HTTPStatus.TOO_MANY_REQUESTS
            if is_busy:
                self._budget.exhaust(now)
            return FaultError(Fault.BUSY if is_busy else Fault.FAILED)
        if answer not in _NOBODY_THERE:
            return FaultError(_TROUBLE_FAULT[answer])
        sentence = f"eClinicalWorks cannot be reached ({answer.value}). Nothing was read from it."
        self._breaker.failed(now, sentence)
        return EhrUnavailableError(sentence)

    # ---- requests

    def _fhir_request(self, target: str, token: Token, seconds: float, bytes_max: int) -> Request:
        headers = {"Accept": _FHIR_JSON, "Authorization": f"Bearer {token.value}"}
        return Request("GET", self._connection.base_url + target, headers, b"", seconds, bytes_max)

    def _token_request(self, url: str, seconds: float) -> Request:
        # Made anew for each attempt: an assertion is used once.
        form = {
            "grant_type": "client_credentials",
            "scope": self._connection.scopes,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertions.make(url, now=self._clock.now()),
        }
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", url, headers, urlencode(form).encode("ascii"), seconds, TOKEN_BYTES_MAX)

    def _token_endpoint(self, until: datetime) -> Flow[str]:
        if self._connection.token_url is not None:
            return self._connection.token_url
        now = self._clock.now()
        if self._endpoint is not None and now < self._endpoint[1] + DISCOVERY_LIFE:
            return self._endpoint[0]
        address = f"{self._connection.base_url}/.well-known/smart-configuration"
        headers = {"Accept": "application/json"}
        response = yield from self._call(
            lambda seconds: Request("GET", address, headers, b"", seconds, TOKEN_BYTES_MAX), until
        )
        url = _endpoint_of(response)
        if url is None or not self._connection.may_sign_in_at(url):
            sentence = (
                "eClinicalWorks does not tell where to sign in, or names an address outside its domain. "
                "Compare ECW_BASE_URL, or set ECW_TOKEN_URL."
            )
            self._breaker.refused(self._clock.now(), sentence)
            raise EhrUnavailableError(sentence)
        self._endpoint = (url, now)
        return url

    def _refused(self, response: Response) -> str:
        """The sentence for a refused sign-in. Their description is not repeated: it may say anything."""
        code = read_oauth_error(response.body)
        advice = OAUTH_ADVICE[code] if code is not None else "it gives no reason that we know"
        sentence = (
            f"eClinicalWorks refuses our sign-in (HTTP {response.status}, {code or 'no code'}): {advice}."
        )
        self._breaker.refused(self._clock.now(), sentence)
        # Perhaps the endpoint has moved.
        self._endpoint = None
        return sentence


def _endpoint_of(response: Response) -> str | None:
    if response.status != HTTPStatus.OK:
        return None
    try:
        return read_token_endpoint(response.body)
    except MalformedError:
        return None


def _understood(read: Callable[[], T]) -> T:
    try:
        return read()
    except MalformedError:
        raise FaultError(Fault.MALFORMED) from None


def _may_be_logical(text: str) -> bool:
    """Whether the text can stand in a path: FHIR's form of an id, and no dots alone, which would climb."""
    return LOGICAL_ID.fullmatch(text) is not None and text.strip(".") != ""


def _parameters(query: EhrQuery, connection: EcwConnection) -> list[tuple[str, str]]:
    parameters = []
    if query.name is not None:
        parameters.append(("name", _escaped(query.name.reveal())))
    if query.date_of_birth is not None:
        parameters.append(("birthdate", query.date_of_birth.reveal().isoformat()))
    if query.identifier is not None:
        system = connection.identifier_system
        parameters.append(("identifier", _token_parameter(query.identifier.reveal(), system)))
    return parameters


def _token_parameter(value: str, system: str | None) -> str:
    return _escaped(value) if system is None else f"{_escaped(system)}|{_escaped(value)}"


def _escaped(text: str) -> str:
    r"""``\``, ``$``, ``,`` and ``|`` mean something in a search value (FHIR R4, search, 3.1.1.5)."""
    for character in "\\$,|":
        text = text.replace(character, f"\\{character}")
    return text


def _is_temporary(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _fault_of(status: int) -> Fault:
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}:
        return Fault.REFUSED
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return Fault.NOT_FOUND
    return Fault.MALFORMED


def _retry_after(response: Response) -> float:
    """The wait that they ask for in seconds (RFC 9110, section 10.2.3), bounded; a date is not read."""
    text = response.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,5}", text) is None:
        return 0.0
    return min(float(text), RETRY_AFTER_SECONDS_MAX)
