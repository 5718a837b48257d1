"""What every clock and every source of ids and secrets promises."""

from datetime import timedelta

import pytest

from vantrexia_core.kernel import Clock, IdSource, SecretSource

READINGS = 1_000


class ClockContract:
    """The present."""

    @pytest.fixture
    def clock(self) -> Clock:
        """A clock.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `clock`: a Clock")

    def test_a_clock_shows_utc_and_never_goes_back(self, clock: Clock) -> None:
        """Aware, offset zero, and no reading before the one before."""
        readings = [clock.now() for _ in range(READINGS)]
        assert {reading.utcoffset() for reading in readings} == {timedelta(0)}
        assert readings == sorted(readings)


class IdSourceContract:
    """Fresh ids."""

    @pytest.fixture
    def ids(self) -> IdSource:
        """A source of ids.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `ids`: an IdSource")

    def test_ids_are_fresh_and_of_version_4(self, ids: IdSource) -> None:
        """RFC 9562, and none of them twice."""
        given_out = [ids.new_id() for _ in range(READINGS)]
        assert len(set(given_out)) == READINGS
        assert {(id_.version, id_.variant) for id_ in given_out} == {(4, "specified in RFC 4122")}


class SecretSourceContract:
    """Fresh secrets."""

    @pytest.fixture
    def secrets(self) -> SecretSource:
        """A source of secrets.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `secrets`: a SecretSource")

    def test_secrets_are_fresh_and_as_long_as_asked(self, secrets: SecretSource) -> None:
        """None of them twice, and none that prints itself."""
        given_out = [secrets.new_secret(32) for _ in range(READINGS)]
        assert {len(one.reveal()) for one in given_out} == {32}
        assert len({one.reveal() for one in given_out}) == READINGS
        assert given_out[0].reveal().hex() not in f"{given_out[0]!r}{given_out[0]}"
        assert len(secrets.new_secret(10).reveal()) == 10
