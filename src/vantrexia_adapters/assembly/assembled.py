"""The assembled library, from its start to its end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Self

import attrs

from vantrexia_adapters.assembly.ehr import published_keys
from vantrexia_adapters.assembly.key_rings import RingKeeper
from vantrexia_adapters.assembly.refusals import refusals
from vantrexia_adapters.backups import BackupSources
from vantrexia_adapters.checkpoints import TrailKeeper
from vantrexia_adapters.mail import Postman
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.sql import SqlDesk
from vantrexia_core.ehr import EhrRoster, NoRoster
from vantrexia_core.identity import Mailer, Round, answer_resets, tell_of_emergencies
from vantrexia_core.kernel import PracticeId
from vantrexia_core.patients import compare_left_over
from vantrexia_core.throttling import RateStore


@attrs.frozen
class Service:
    """An assembled library: the desk that every use case takes, and the practice it works for.

    A program that runs for long enters `running`, or nothing is signed and no letter leaves while it runs;
    for one that ends soon it is enough to close the service. ``trail`` keeps the trail's checkpoints,
    ``postman`` sends letters, ``ring`` shows the keys and begins new ones.
    ``roster`` is the practice's EHR, as the settings say. ``check_ehr`` raises if it is known to be out, and
    is None where there is nothing to look at.
    """

    desk: SqlDesk
    practice_id: PracticeId
    settings: Settings
    mailer: Mailer
    trail: TrailKeeper
    ring: RingKeeper = attrs.field(repr=False)
    backup_sources: BackupSources = attrs.field(repr=False)
    _rates: Callable[[], RateStore] = attrs.field(repr=False)
    _close: Callable[[], None] = attrs.field(repr=False)
    check_database: Callable[[], None] = attrs.field(repr=False)
    roster: EhrRoster = attrs.field(factory=NoRoster, repr=False)
    check_ehr: Callable[[], None] | None = attrs.field(default=None, repr=False)
    connections_in_use: Callable[[], int] = attrs.field(default=lambda: 0, repr=False)
    postman: Postman = attrs.field(init=False, repr=False)

    @postman.default
    def _(self) -> Postman:
        return Postman(self.deliver_mail)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """From the start to the end of a program that runs for long; at its end the service is closed.

        Meanwhile checkpoints are published every ``checkpoint_seconds``, so that a process which is killed
        leaves nothing older unsigned; the newest part of the trail is verified every minute; letters leave;
        and who could not be compared while the candidates were out of reach is compared when they are back.
        To be entered once.
        """
        with self:
            self.desk.candidacy.when_loaded(partial(compare_left_over, self.desk))
            self.postman.start()
            self.trail.start()
            yield self

    def open_rates(self) -> RateStore:
        """Where requests are counted, for whoever serves the library over a network. Call it once.

        Raises:
            StartRefusedError: the store that the settings name cannot be used from here.
        """
        with refusals():
            return self._rates()

    def published_keys(self) -> Sequence[Mapping[str, str]]:
        """The public halves of our keys at the EHR (RFC 7517); none before the first one was made.

        Raises:
            UnavailableError: there are keys, and they cannot be read.
        """
        return published_keys(self.settings)

    def deliver_mail(self) -> Round:
        """Send the letters that are due. While the service is `running` this happens by itself."""
        resets = answer_resets(self.desk, self.mailer, self.settings.password_reset_url)
        return resets.and_then(tell_of_emergencies(self.desk, self.mailer))

    def close(self) -> None:
        """Publish a last checkpoint; let go of the database, the store of counted requests and the EHR."""
        with ExitStack() as at_end:
            at_end.callback(self._close)
            at_end.callback(self.trail.stop)
            at_end.callback(self.postman.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
