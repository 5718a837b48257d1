"""What every adapter promises of receipts: a call that is repeated is answered again and not done again."""

from datetime import timedelta

import pytest

from vantrexia_contracts.given.builders import a_new_patient, a_user_id, an_actor
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.audit import RECEIPT_LIFE, AlreadyAnswered, IdempotencyKeyReusedError, Once
from vantrexia_core.kernel import BrokenPromiseError, Phi, PracticeId, UserId
from vantrexia_core.patients import Listing, MrnTakenError, Patient, register_patient

ANSWER = Phi(b'{"first_name": "Marisol"}')
NURSE, OTHER = a_user_id(4), a_user_id(5)


def a_once(key: str = "key-1", request: bytes = b"POST /patients/ ...") -> Once:
    """An Idempotency-Key and the request it came with."""
    return Once(Phi(key), Phi(request), lambda patient: patient.mrn.reveal().encode())


def _answer(
    stores: Stores, once: Once, *, by: UserId = NURSE, practice_id: PracticeId | None = None
) -> Phi[bytes] | None:
    """What is kept for this key; if nothing is, `ANSWER` is from now on."""
    with stores.desk.begin(practice_id or stores.here) as work:
        kept = work.receipts.claim(by, once, at=stores.clock.now())
        if kept is None:
            work.receipts.keep(by, once, ANSWER)
        work.commit()
        return kept


class ReceiptsContract(StoresContract):
    """Answers that are given again."""

    def test_the_first_answer_is_given_again(self, stores: Stores) -> None:
        """The first call finds nothing, every later one the very answer."""
        assert [_answer(stores, a_once()) for _ in range(3)] == [None, ANSWER, ANSWER]

    @pytest.mark.parametrize("length", [0, 65_530, 65_531, 65_532, 200_000])
    def test_an_answer_of_any_length_is_kept(self, stores: Stores, length: int) -> None:
        """A long list's answer is longer than any field: it comes back whole."""
        answer = Phi(bytes(number % 251 for number in range(length)))
        with stores.desk.begin(stores.here) as work:
            assert work.receipts.claim(NURSE, a_once(), at=stores.clock.now()) is None
            work.receipts.keep(NURSE, a_once(), answer)
            work.commit()
        assert _answer(stores, a_once()) == answer

    def test_another_request_under_the_same_key_is_refused(self, stores: Stores) -> None:
        """A key names one request; the kept answer is not shown to another one."""
        _answer(stores, a_once())
        with pytest.raises(IdempotencyKeyReusedError):
            _answer(stores, a_once(request=b"POST /patients/ something else"))
        assert _answer(stores, a_once()) == ANSWER

    def test_a_key_is_one_persons_own(self, stores: Stores) -> None:
        """Somebody else's equal key is another key, and so is an equal key in another practice."""
        _answer(stores, a_once())
        assert _answer(stores, a_once(request=b"other"), by=OTHER) is None
        assert _answer(stores, a_once(request=b"other"), practice_id=stores.elsewhere) is None

    def test_keys_differ_by_every_character(self, stores: Stores) -> None:
        """Keys are compared as they are, not folded."""
        _answer(stores, a_once("key"))
        assert [_answer(stores, a_once(key)) for key in ("Key", "key ", "kéy")] == [None, None, None]

    def test_a_claim_without_commit_leaves_the_key_free(self, stores: Stores) -> None:
        """A call that failed may be repeated, with another request even."""
        with stores.desk.begin(stores.here) as work:
            work.receipts.claim(NURSE, a_once(), at=stores.clock.now())
            work.receipts.keep(NURSE, a_once(), ANSWER)
        assert _answer(stores, a_once(request=b"corrected")) is None

    def test_an_answer_needs_a_claim(self, stores: Stores) -> None:
        """Keeping what was not claimed would overwrite somebody's answer."""
        with stores.desk.begin(stores.here) as work, pytest.raises(BrokenPromiseError):
            work.receipts.keep(NURSE, a_once(), ANSWER)

    def test_a_key_claimed_in_this_work_is_still_its_own(self, stores: Stores) -> None:
        """Claiming twice before an answer is kept gives the key twice."""
        with stores.desk.begin(stores.here) as work:
            claims = [work.receipts.claim(NURSE, a_once(), at=stores.clock.now()) for _ in range(2)]
        assert claims == [None, None]

    @pytest.mark.parametrize("size", [0, 1, 61, 62, 63, 5000])
    def test_answers_of_any_size_are_kept_exactly(self, stores: Stores, size: int) -> None:
        """No byte is added or lost, at the edges of padding either."""
        answer = Phi(bytes(range(256)) * 20)
        answer = Phi(answer.reveal()[:size])
        with stores.desk.begin(stores.here) as work:
            work.receipts.claim(NURSE, a_once(), at=stores.clock.now())
            work.receipts.keep(NURSE, a_once(), answer)
            work.commit()
        assert _answer(stores, a_once()) == answer

    def test_a_receipt_lives_its_whole_day(self, stores: Stores) -> None:
        """A microsecond before the end it is there, at the end it is not, and a new one takes its place."""
        assert _answer(stores, a_once()) is None
        stores.clock.advance(RECEIPT_LIFE - timedelta(microseconds=1))
        assert _answer(stores, a_once()) == ANSWER
        stores.clock.advance(timedelta(microseconds=1))
        assert _answer(stores, a_once(request=b"another day")) is None
        assert _answer(stores, a_once(request=b"another day")) == ANSWER

    def test_of_simultaneous_equal_calls_one_is_done(self, stores: Stores) -> None:
        """The others wait for its end and are given its answer: one record, one MRN, however many senders."""
        actor = an_actor()
        results = at_once(
            [lambda: register_patient(stores.desk, actor, a_new_patient(), once=a_once()) for _ in range(6)]
        )
        made = [result for result in results if isinstance(result, Patient)]
        again = [result.answer.reveal() for result in results if isinstance(result, AlreadyAnswered)]
        assert (len(made), again) == (1, [made[0].mrn.reveal().encode()] * 5)
        assert stores.desk.directory.find(stores.here, Listing()).count == 1

    def test_a_refused_call_frees_its_key_for_those_who_wait(self, stores: Stores) -> None:
        """When the first of several equal calls is refused, the next one is judged by itself."""
        actor = an_actor()
        register_patient(stores.desk, actor, a_new_patient(mrn="M-7"))
        results = at_once(
            [
                lambda: register_patient(stores.desk, actor, a_new_patient(mrn="M-7"), once=a_once())
                for _ in range(4)
            ]
        )
        assert all(isinstance(result, MrnTakenError) for result in results)
