"""No deed without a record: the one way in which use cases touch protected data.

`undertake` opens a unit of work for an `Attempt` and yields a `Deed`. The deed can only be finished together
with the fact that happened, so a change and its entry share one transaction, and a read's entry is durable
before the caller holds the answer. Everything else that can happen is recorded as well: a refusal, a failure
and an answer given again. If the trail cannot be written the call fails and shows nothing (45 CFR 164.312(b);
the manner is that of an audit device that blocks rather than lets pass).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

import attrs

from vantrexia_core.audit.entry import Action, AuditEntry, Fact, Outcome
from vantrexia_core.audit.ports import Desk, Once, RecordedWork
from vantrexia_core.audit.repeating import again_if_undone
from vantrexia_core.kernel import (
    Actor,
    BrokenPromiseError,
    ConflictError,
    PatientId,
    Permission,
    Phi,
    Reach,
    UnavailableError,
    UserId,
    VantrexiaError,
)

_NOBODY: Final = bytes(16)

W = TypeVar("W", bound=RecordedWork)
T = TypeVar("T")


class AuditUnavailableError(UnavailableError):
    """The trail cannot be written, so nothing may be read or changed."""

    code = "audit_unavailable"
    sentence = "The audit trail cannot be written, so nothing was done. Try again shortly."


class IdempotencyKeyReusedError(ConflictError):
    """The caller used one Idempotency-Key for two different requests."""

    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used for a different request. Use a fresh key."


class AlreadyAnswered(Exception):  # noqa: N818 - not an error: the first answer, given again
    """Raised instead of doing a call again: here is what it was answered the first time."""

    def __init__(self, answer: Phi[bytes]) -> None:
        super().__init__("already answered")
        self.answer = answer


@attrs.frozen
class Attempt:
    """What an actor is about to try, and the permission it needs. Recorded however it ends.

    ``patient_id`` and ``user_id`` name the patient or the account that it is about, where it is about one.
    """

    actor: Actor
    action: Action
    permission: Permission
    patient_id: PatientId | None = None
    user_id: UserId | None = None

    def entry(
        self, outcome: Outcome, at: datetime, *, fact: Fact | None = None, code: str | None = None
    ) -> AuditEntry:
        """The line for the trail."""
        return AuditEntry(
            at=at,
            action=self.action,
            outcome=outcome,
            practice_id=self.actor.practice_id,
            actor_id=self.actor.user_id,
            role=self.actor.role,
            code=code,
            patient_id=(fact.patient_id if fact else None) or self.patient_id,
            changed=fact.changed if fact else (),
            disclosed=fact.disclosed if fact else (),
            user_id=(fact.user_id if fact else None) or self.user_id,
            version=fact.version if fact else None,
            request_id=self.actor.origin.request_id,
            address=self.actor.origin.address,
            purpose=self.actor.purpose,
        )


@attrs.frozen
class Line:
    """How one part of a deed ended, where each part gets an entry of its own."""

    outcome: Outcome
    fact: Fact
    code: str | None = None


@attrs.define
class Deed(Generic[W]):
    """An attempt under way. ``now`` is read once: a deed has one present. ``reach`` is what was granted."""

    work: W
    attempt: Attempt
    now: datetime
    reach: Reach
    _once: Once | None = None
    _is_finished: bool = attrs.field(default=False, init=False)

    def finish(self, fact: Fact, answer: T) -> T:
        """Record the fact, keep the receipt if one was asked for, commit, and return ``answer``."""
        if fact.action is not self.attempt.action or self._is_finished:
            message = f"a deed of {self.attempt.action.value} ends once, with its own fact"
            raise BrokenPromiseError(message)
        self.work.trail.append(self.attempt.entry(Outcome.DONE, self.now, fact=fact))
        if self._once is not None:
            kept = _shown(fact) + self._once.render(answer)
            self.work.receipts.keep(self.attempt.actor.user_id, self._once, Phi(kept))
        self.work.commit()
        self._is_finished = True
        return answer

    def also(self, fact: Fact) -> None:
        """Record what else this attempt did, often to another record, in a separate entry.

        Call it before `finish`. The entry has the fact's action, which may differ from the attempt's.
        """
        beside = attrs.evolve(self.attempt, action=fact.action)
        self.work.trail.append(beside.entry(Outcome.DONE, self.now, fact=fact))

    def finish_all(self, lines: Sequence[Line], answer: T) -> T:
        """Record every part of a deed that has several, at least one, then commit and return ``answer``."""
        if not lines or self._once is not None or self._is_finished:
            message = f"a deed of {self.attempt.action.value} ends once, with an entry, and without a receipt"
            raise BrokenPromiseError(message)
        for line in lines:
            self.work.trail.append(self.attempt.entry(line.outcome, self.now, fact=line.fact, code=line.code))
        self.work.commit()
        self._is_finished = True
        return answer

    def replay(self, check: Callable[[W, PatientId], None] | None) -> None:
        """Answer from the receipt, if there is one and ``check`` lets its records be shown again.

        Raises:
            AlreadyAnswered: with the first answer, once the replay is on the trail.
            IdempotencyKeyReusedError: the key belongs to another request.
        """
        if self._once is None:
            return
        kept = self.work.receipts.claim(self.attempt.actor.user_id, self._once, at=self.now)
        if kept is not None:
            shown, answer = _read_shown(kept.reveal())
            subject = () if shown.patient_id is None else (shown.patient_id,)
            if check is not None:
                for patient_id in sorted({*subject, *shown.disclosed}):
                    check(self.work, patient_id)
            self.work.trail.append(self.attempt.entry(Outcome.REPLAYED, self.now, fact=shown))
            self.work.commit()
            raise AlreadyAnswered(Phi(answer))

    def check_finished(self) -> None:
        """Refuse to end without a record."""
        if not self._is_finished:
            message = f"a deed of {self.attempt.action.value} ended without a record"
            raise BrokenPromiseError(message)


def _shown(fact: Fact) -> bytes:
    """Whose record a kept answer shows: given again, it discloses again, and the trail says whom.

    ``subject 16 | n u16 | disclosed 16 × n``; a subject of zeros is none.
    """
    subject = _NOBODY if fact.patient_id is None else fact.patient_id.bytes
    return subject + len(fact.disclosed).to_bytes(2, "big") + b"".join(one.bytes for one in fact.disclosed)


def _read_shown(kept: bytes) -> tuple[Fact, bytes]:
    """The fact of showing again, and the answer behind it."""
    subject, count = kept[:16], int.from_bytes(kept[16:18], "big")
    end = 18 + 16 * count
    disclosed = tuple(PatientId(UUID(bytes=kept[at : at + 16])) for at in range(18, end, 16))
    patient_id = None if subject == _NOBODY else PatientId(UUID(bytes=subject))
    return Fact(patient_id, disclosed=disclosed), kept[end:]


@contextmanager
def undertake(
    desk: Desk[W],
    attempt: Attempt,
    once: Once | None = None,
    *,
    before_replay: Callable[[W, PatientId], None] | None = None,
) -> Iterator[Deed[W]]:
    """Open a unit of work for an attempt the actor is permitted to make.

    ``before_replay`` may refuse to show a record again: much may have happened since the first answer. It is
    asked of every record that the answer shows.

    Raises:
        PermissionDeniedError: the role lacks the permission; nothing was opened, the refusal is recorded.
        AuditUnavailableError: the trail could not be written.
        AlreadyAnswered: ``once`` was answered before.
    """
    now = desk.clock.now()
    try:
        reach = attempt.actor.require(attempt.permission, attempt.action)
        with desk.begin(attempt.actor.practice_id) as work:
            deed = Deed(work, attempt, now, reach, once)
            deed.replay(before_replay)
            yield deed
            deed.check_finished()
    except AlreadyAnswered:
        raise
    except UnavailableError:
        # The store or the trail is out of reach: a second attempt to write would only take longer to say so.
        raise
    except VantrexiaError as error:
        _record(desk, attempt, _outcome_of(error), error, now)
        raise
    except Exception:
        _record(desk, attempt, Outcome.FAILED, VantrexiaError(), now)
        raise


def check_unanswered(desk: Desk[W], attempt: Attempt, once: Once | None) -> None:
    """Look for the answer to a repeated call before work that takes more than one unit of work begins.

    Such work ends with a deed that takes ``once`` and keeps the receipt, so that of two equal calls at the
    same time the second gets the answer of the first.

    Raises:
        PermissionDeniedError: the role lacks the permission; the refusal is recorded.
        AlreadyAnswered: ``once`` was answered before.
        IdempotencyKeyReusedError: the key belongs to another request; recorded.
    """
    authorize(desk, attempt)
    if once is None:
        return
    try:
        with desk.begin(attempt.actor.practice_id) as work:
            Deed(work, attempt, desk.clock.now(), Reach.PRACTICE, once).replay(None)
            # Left without a commit: the key is claimed when there is something to keep under it.
    except IdempotencyKeyReusedError as reused:
        record_refusal(desk, attempt, reused)
        raise


def authorize(desk: Desk[W], attempt: Attempt) -> Reach:
    """Check the permission before anything is parsed or looked up, and record a refusal.

    A door in front of the use cases (HTTP, a command) calls this first, so that an actor without the
    permission learns neither whether the input was valid nor whether the record exists.

    Raises:
        PermissionDeniedError: the role lacks the permission.
    """
    try:
        return attempt.actor.require(attempt.permission, attempt.action)
    except VantrexiaError as refusal:
        record_refusal(desk, attempt, refusal)
        raise


@contextmanager
def preparing(desk: Desk[W], attempt: Attempt) -> Iterator[None]:
    """Surround slow work before a deed, such as hashing a password: no lock is held meanwhile.

    The permission is checked first, and refusals inside are recorded like those of the deed itself.

    Raises:
        PermissionDeniedError: the role lacks the permission.
        AuditUnavailableError: a refusal could not be recorded.
    """
    authorize(desk, attempt)
    try:
        yield
    except UnavailableError:
        raise
    except VantrexiaError as error:
        _record(desk, attempt, _outcome_of(error), error, desk.clock.now())
        raise
    except Exception:
        _record(desk, attempt, Outcome.FAILED, VantrexiaError(), desk.clock.now())
        raise


def record_refusal(desk: Desk[W], attempt: Attempt, refusal: VantrexiaError) -> None:
    """Record that an attempt was refused before it reached its use case (its input did not parse).

    Raises:
        AuditUnavailableError: the trail could not be written.
    """
    _record(desk, attempt, Outcome.REFUSED, refusal, desk.clock.now())


def _outcome_of(error: VantrexiaError) -> Outcome:
    # What carries no code of its own is nobody's refusal: the program or its store is at fault.
    return Outcome.FAILED if error.code == VantrexiaError.code else Outcome.REFUSED


def _record(desk: Desk[W], attempt: Attempt, outcome: Outcome, error: VantrexiaError, now: datetime) -> None:
    told = Fact(disclosed=error.disclosed) if error.disclosed else None

    def keep() -> None:
        with desk.begin(attempt.actor.practice_id) as work:
            work.trail.append(attempt.entry(outcome, now, fact=told, code=error.code))
            work.commit()

    try:
        again_if_undone(desk.clock, keep)
    except UnavailableError as unavailable:
        raise AuditUnavailableError from unavailable
