"""What every adapter promises of accounts."""

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest

from vantrexia_contracts.given.builders import (
    NOW,
    a_name,
    a_new_user,
    a_patient_id,
    a_user_id,
    an_actor,
    an_email,
)
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.identity import EmailTakenError, LastAdministratorError, NewUser, User, change_user
from vantrexia_core.kernel import Email, NotFoundError, Phone, PracticeId, Role

HASH = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g"


def _hire(
    stores: Stores, new: NewUser | None = None, *, practice_id: PracticeId | None = None, password: str = HASH
) -> User:
    with stores.desk.begin(practice_id or stores.here) as work:
        user = work.users.add(new or a_new_user(), password)
        work.commit()
    return user


CHANGES: dict[str, Any] = {
    "email": an_email("moved"),
    "name": a_name("Tova", "Berg"),
    "phone": Phone("555-0188"),
    "role": Role.ADMIN,
    "is_active": False,
    "is_2fa_enabled": True,
}

FIXED: dict[str, Any] = {
    "patient_id": a_patient_id(9),
    "last_login_at": NOW,
    "is_genuine": False,
}


class UserStoreContract(StoresContract):
    """Accounts, within a practice and across all."""

    def test_an_account_is_read_back_as_it_was_opened(self, stores: Stores) -> None:
        """Every way of looking gives the same account: within the practice, by id, by address."""
        user = _hire(stores, a_new_user(Role.PATIENT, patient_id=a_patient_id(7)))
        with stores.desk.begin(stores.here) as work:
            assert work.users.get(user.id) == user
            assert list(work.users.all()) == [user]
        account = stores.desk.accounts.by_email(user.email)
        assert stores.desk.accounts.by_id(user.id) == user
        assert account is not None
        assert (account.user, account.password_hash) == (user, HASH)

    @pytest.mark.parametrize("role", list(Role))
    def test_an_account_can_have_any_role(self, stores: Stores, role: Role) -> None:
        """The store takes every role that the core knows."""
        user = _hire(stores, a_new_user(role))
        assert stores.desk.accounts.by_id(user.id) == user

    def test_ids_begin_at_one(self, stores: Stores) -> None:
        """Zero is the operator at the console and never an account."""
        assert _hire(stores).id == 1

    @pytest.mark.parametrize("typed", ["NEW.NURSE@EXAMPLE.ORG", "New.Nurse@Example.org"])
    def test_an_address_is_found_whatever_its_case(self, stores: Stores, typed: str) -> None:
        """Nobody remembers how they wrote it the first time; it is shown as it was."""
        user = _hire(stores)
        account = stores.desk.accounts.by_email(Email(typed))
        assert account is not None
        assert account.user.email == user.email

    @pytest.mark.parametrize("elsewhere", [False, True])
    def test_an_address_is_taken_over_all_practices(self, stores: Stores, *, elsewhere: bool) -> None:
        """An address signs in to one account; its case makes no difference."""
        _hire(stores)
        practice_id = stores.elsewhere if elsewhere else stores.here
        with stores.desk.begin(practice_id) as work:
            with pytest.raises(EmailTakenError):
                work.users.add(a_new_user(email="New.NURSE@example.org"), HASH)
            other = work.users.add(a_new_user(email="somebody.else@example.org"), HASH)
            work.commit()
        assert stores.desk.accounts.by_id(other.id) == other

    def test_of_many_who_take_an_address_one_gets_it(self, stores: Stores) -> None:
        """Simultaneous openings leave one account."""
        results = at_once([lambda: _hire(stores) for _ in range(5)])
        assert sum(isinstance(result, EmailTakenError) for result in results) == 4

    def test_unknown_accounts_are_nobody(self, stores: Stores) -> None:
        """Looking up gives None: who signs in must not learn which addresses exist."""
        assert stores.desk.accounts.by_email(an_email("nobody")) is None
        assert stores.desk.accounts.by_id(a_user_id(99)) is None

    def test_an_account_of_another_practice_is_not_found(self, stores: Stores) -> None:
        """It cannot be read, listed or changed from here."""
        user = _hire(stores)
        with stores.desk.begin(stores.elsewhere) as work:
            assert list(work.users.all()) == []
            for deed in (
                lambda: work.users.get(user.id),
                lambda: work.users.save(attrs.evolve(user, is_active=False)),
                lambda: work.users.set_password(user.id, "stolen"),
            ):
                with pytest.raises(NotFoundError):
                    deed()
            work.commit()
        account = stores.desk.accounts.by_email(user.email)
        assert account is not None
        assert (account.user, account.password_hash) == (user, HASH)

    @pytest.mark.parametrize("field", CHANGES)
    def test_what_can_change_about_an_account_is_stored(self, stores: Stores, field: str) -> None:
        """One field at a time: it is another one for the next who looks, and nothing else is."""
        user = _hire(stores)
        changed = attrs.evolve(user, **{field: CHANGES[field]})
        with stores.desk.begin(stores.here) as work:
            work.users.save(attrs.evolve(changed, **FIXED))
            assert work.users.get(user.id) == changed
            work.commit()
        account = stores.desk.accounts.by_email(changed.email)
        assert account is not None
        assert (account.user, account.password_hash) == (changed, HASH)

    def test_an_account_that_moved_is_found_at_its_new_address_alone(self, stores: Stores) -> None:
        """And the old one is free."""
        user = _hire(stores)
        with stores.desk.begin(stores.here) as work:
            work.users.save(attrs.evolve(user, email=an_email("moved")))
            work.commit()
        assert stores.desk.accounts.by_email(user.email) is None
        assert _hire(stores).id != user.id

    def test_an_account_does_not_move_to_an_address_that_is_taken(self, stores: Stores) -> None:
        """Not even at the moment at which somebody else takes it; its own, spelt otherwise, it may have."""
        user = _hire(stores)
        other = _hire(stores, a_new_user(email="taken@example.org"), practice_id=stores.elsewhere)
        with stores.desk.begin(stores.here) as work, pytest.raises(EmailTakenError):
            work.users.save(attrs.evolve(user, email=Email("TAKEN@example.org")))
        assert stores.desk.accounts.by_id(user.id) == user
        spelt = attrs.evolve(user, email=Email(user.email.reveal().upper()))
        with stores.desk.begin(stores.here) as work:
            work.users.save(spelt)
            work.commit()
        assert stores.desk.accounts.by_id(user.id) == spelt
        assert stores.desk.accounts.by_id(other.id) == other

    def test_of_an_opening_and_a_move_to_one_address_one_succeeds(self, stores: Stores) -> None:
        """An address has one owner, whoever comes at once."""
        users = [_hire(stores, a_new_user(email=f"{name}@example.org")) for name in ("ann", "max", "zoe")]

        def move(user: User) -> None:
            with stores.desk.begin(stores.here) as work:
                work.users.save(attrs.evolve(user, email=an_email("wanted")))
                work.commit()

        calls: list[Callable[[], object]] = [partial(move, user) for user in users]
        results = at_once([lambda: _hire(stores, a_new_user(email="wanted@example.org")), *calls])
        assert sum(isinstance(result, EmailTakenError) for result in results) == 3

    def test_a_password_is_replaced(self, stores: Stores) -> None:
        """The new hash counts, the account is otherwise the same."""
        user = _hire(stores)
        with stores.desk.begin(stores.here) as work:
            work.users.set_password(user.id, HASH + "2")
            work.commit()
        account = stores.desk.accounts.by_email(user.email)
        assert account is not None
        assert (account.user, account.password_hash) == (user, HASH + "2")

    def test_the_last_passwords_are_remembered_newest_first(self, stores: Stores) -> None:
        """Five with the present one, of this account alone."""
        user, other = (
            _hire(stores),
            _hire(stores, a_new_user(email="other@example.org"), password=HASH + "other"),
        )
        for number in range(1, 8):
            with stores.desk.begin(stores.here) as work:
                work.users.set_password(user.id, HASH + str(number))
                work.commit()
            with stores.desk.begin(stores.here) as work:
                expected = [HASH + str(n) for n in range(number, 0, -1)] + [HASH]
                assert list(work.users.password_hashes(user.id)) == expected[:5]
                assert list(work.users.password_hashes(other.id)) == [HASH + "other"]

    def test_of_passwords_set_at_once_each_is_remembered(self, stores: Stores) -> None:
        """The second change remembers what the first one set, whoever came first."""
        user = _hire(stores)

        def change(number: int) -> None:
            with stores.desk.begin(stores.here) as work:
                work.users.set_password(user.id, HASH + str(number))
                work.commit()

        at_once([partial(change, number) for number in range(4)])
        with stores.desk.begin(stores.here) as work:
            kept = work.users.password_hashes(user.id)
        assert sorted(kept) == sorted([HASH, *(HASH + str(number) for number in range(4))])
        assert kept[-1] == HASH

    def test_passwords_of_another_practices_account_are_not_found(self, stores: Stores) -> None:
        """Nor those of nobody."""
        user = _hire(stores)
        with stores.desk.begin(stores.elsewhere) as work, pytest.raises(NotFoundError):
            work.users.password_hashes(user.id)
        with stores.desk.begin(stores.here) as work, pytest.raises(NotFoundError):
            work.users.password_hashes(a_user_id(99))

    def test_accounts_are_listed_by_id(self, stores: Stores) -> None:
        """In the order of their making, whatever changed since."""
        users = [_hire(stores, a_new_user(email=f"{name}@example.org")) for name in ("zoe", "ann", "max")]
        with stores.desk.begin(stores.here) as work:
            work.users.save(attrs.evolve(users[0], role=Role.MA))
            work.commit()
        with stores.desk.begin(stores.here) as work:
            assert [user.id for user in work.users.all()] == [user.id for user in users]

    def test_administrators_are_those_who_can_act_as_such(self, stores: Stores) -> None:
        """By id; nobody of another role, whose account is closed, or of another practice."""
        zoe, left, _, ann = (
            _hire(stores, a_new_user(role, email=f"{name}@example.org"))
            for name, role in (
                ("zoe", Role.ADMIN),
                ("left", Role.ADMIN),
                ("max", Role.CLINICAL_MANAGER),
                ("ann", Role.ADMIN),
            )
        )
        with stores.desk.begin(stores.here) as work:
            work.users.save(attrs.evolve(left, is_active=False))
            work.commit()
        with stores.desk.begin(stores.here) as work:
            assert list(work.users.administrators()) == [zoe, ann]
        with stores.desk.begin(stores.elsewhere) as work:
            assert list(work.users.administrators()) == []

    def test_uncommitted_accounts_are_nobody(self, stores: Stores) -> None:
        """Nobody signs in with an account that is not there yet, nor with one that never was."""
        with stores.desk.begin(stores.here) as work:
            user = work.users.add(a_new_user(), HASH)
            assert stores.desk.accounts.by_id(user.id) is None
            assert stores.desk.accounts.by_email(user.email) is None
        assert stores.desk.accounts.by_id(user.id) is None

    def test_two_administrators_cannot_dismiss_each_other_at_once(self, stores: Stores) -> None:
        """One of them stays: what each was refused or allowed rests on the other's committed change."""
        admins = [
            _hire(stores, a_new_user(Role.ADMIN, email=f"admin{number}@example.org")) for number in (1, 2)
        ]
        actors = [an_actor(user_id=admin.id) for admin in admins]
        results = at_once(
            [
                partial(change_user, stores.desk, by, whom.id, is_active=False)
                for by, whom in zip(actors, reversed(admins), strict=True)
            ]
        )
        assert sum(isinstance(result, LastAdministratorError) for result in results) == 1
