"""What every adapter promises of second factors."""

import attrs
import pytest

from vantrexia_contracts.given.builders import a_new_user
from vantrexia_contracts.given.sources import CountedSecrets
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.identity import FactorCode, SecondFactor, User
from vantrexia_core.identity.second_factor import backup_codes
from vantrexia_core.identity.totp import code_of, step_at
from vantrexia_core.identity.two_factor import use_code
from vantrexia_core.kernel import Phi

HASH = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g"
SECRET = Phi(b"12345678901234567890")
CODES = backup_codes(CountedSecrets().new_secret(100))


def _hire(stores: Stores, email: str = "ann@example.org") -> User:
    with stores.desk.begin(stores.here) as work:
        user = work.users.add(a_new_user(email=email), HASH)
        work.commit()
    return user


def _keep(stores: Stores, user: User, factor: SecondFactor) -> None:
    with stores.desk.begin(stores.here) as work:
        work.second_factors.keep(user, factor)
        work.second_factors.put_backup_codes(user, CODES)
        work.commit()


class SecondFactorsContract(StoresContract):
    """Second factors of accounts."""

    def test_a_factor_is_read_back_as_it_was_kept(self, stores: Stores) -> None:
        """Within the practice and at a sign-in alike; none before the first one."""
        user = _hire(stores)
        with stores.desk.begin_sign_in() as work:
            assert work.second_factors.get_to_change(user) is None
        for factor in (
            SecondFactor(SECRET),
            SecondFactor(Phi(b"x" * 20), is_confirmed=True, last_step=2**40),
        ):
            _keep(stores, user, factor)
            with stores.desk.begin(stores.here) as work:
                assert work.second_factors.get_to_change(user) == factor
            with stores.desk.begin_sign_in() as work:
                assert work.second_factors.get_to_change(user) == factor

    def test_a_removed_factor_is_gone_with_its_codes(self, stores: Stores) -> None:
        """Another account's stays."""
        user, other = _hire(stores), _hire(stores, "zoe@example.org")
        for one in (user, other):
            _keep(stores, one, SecondFactor(SECRET, is_confirmed=True))
        with stores.desk.begin(stores.here) as work:
            work.second_factors.remove(user)
            work.commit()
        with stores.desk.begin_sign_in() as work:
            assert work.second_factors.get_to_change(user) is None
            assert not work.second_factors.take_backup_code(user, CODES[0])
            assert work.second_factors.get_to_change(other) is not None
            assert work.second_factors.take_backup_code(other, CODES[0])

    def test_a_backup_code_is_taken_once(self, stores: Stores) -> None:
        """By its own account; the others stay good."""
        user, other = _hire(stores), _hire(stores, "zoe@example.org")
        _keep(stores, user, SecondFactor(SECRET))
        with stores.desk.begin_sign_in() as work:
            assert not work.second_factors.take_backup_code(other, CODES[0])
            assert work.second_factors.take_backup_code(user, CODES[0])
            work.commit()
        with stores.desk.begin_sign_in() as work:
            assert not work.second_factors.take_backup_code(user, CODES[0])
            assert all(work.second_factors.take_backup_code(user, code) for code in CODES[1:])

    def test_new_backup_codes_replace_the_old_ones(self, stores: Stores) -> None:
        """Whoever has the first sheet of paper has nothing."""
        user, others = _hire(stores), backup_codes(CountedSecrets("others").new_secret(100))
        _keep(stores, user, SecondFactor(SECRET))
        with stores.desk.begin(stores.here) as work:
            work.second_factors.put_backup_codes(user, others)
            work.commit()
        with stores.desk.begin_sign_in() as work:
            assert not any(work.second_factors.take_backup_code(user, code) for code in CODES)
            assert all(work.second_factors.take_backup_code(user, code) for code in others)

    def test_what_is_not_committed_is_not_used_up(self, stores: Stores) -> None:
        """A sign-in that fails for another reason costs no code."""
        user = _hire(stores)
        _keep(stores, user, SecondFactor(SECRET))
        with stores.desk.begin_sign_in() as work:
            assert work.second_factors.take_backup_code(user, CODES[0])
        with stores.desk.begin_sign_in() as work:
            assert work.second_factors.take_backup_code(user, CODES[0])

    @pytest.mark.parametrize("kind", ["totp", "backup"])
    def test_of_many_who_use_one_code_at_once_one_passes(self, stores: Stores, kind: str) -> None:
        """The store decides the race, and it decides it once."""
        user = _hire(stores)
        _keep(stores, user, SecondFactor(SECRET, is_confirmed=True))
        now = stores.clock.now()
        code = CODES[0] if kind == "backup" else FactorCode(code_of(SECRET, step_at(now)).reveal())

        def use() -> bool:
            with stores.desk.begin_sign_in() as work:
                is_good = use_code(work, user, code, now)
                work.commit()
            return is_good

        assert sorted(at_once([use] * 6), key=str) == [False] * 5 + [True]

    def test_an_unconfirmed_factor_lets_nobody_in(self, stores: Stores) -> None:
        """Its secret was handed out, and nobody has shown to have it."""
        user = _hire(stores)
        _keep(stores, user, SecondFactor(SECRET))
        now = stores.clock.now()
        with stores.desk.begin_sign_in() as work:
            assert not use_code(work, user, FactorCode(code_of(SECRET, step_at(now)).reveal()), now)

    def test_a_factor_belongs_to_one_account(self, stores: Stores) -> None:
        """What is kept for one is not there for another of the same practice."""
        user, other = _hire(stores), _hire(stores, "zoe@example.org")
        _keep(stores, user, SecondFactor(SECRET, is_confirmed=True))
        with stores.desk.begin(stores.here) as work:
            assert work.second_factors.get_to_change(other) is None
            assert work.second_factors.get_to_change(attrs.evolve(user, is_active=False)) is not None
