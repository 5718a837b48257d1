"""``vantrexia serve``: the app behind a real server."""

import ipaddress
import os
import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import attrs
import click

from vantrexia_adapters.cli.console import beginning
from vantrexia_adapters.settings import (
    RATE_STORE_AUTO,
    RATE_STORE_DATABASE,
    RATE_STORE_MEMORY,
    Settings,
    load,
)

APP = "vantrexia_web.asgi:build"
"""Named, not imported: the web stands above the adapters."""

SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library of the numbers looks for the folder that processes share."""

LOOK_SECONDS = 0.05
"""Between two looks whether the server listens."""

_LOOPBACK_NAMES = frozenset({"localhost"})


@attrs.frozen
class Binding:
    """Where and how to listen."""

    host: str
    port: int
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM chain.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM key.")
def serve(*, host: str, port: int, workers: int, tls_cert: Path | None, tls_key: Path | None) -> None:
    """Serve the API.

    Without VANTREXIA_DATABASE_URL it keeps everything in ./vantrexia-data and creates directory, keys and
    schema by itself. Without a certificate it listens on loopback only; with one it speaks TLS 1.3.

    \b
    Examples:
      vantrexia serve
      vantrexia serve --host 0.0.0.0 --port 8443 --workers 2 --tls-cert chain.pem --tls-key key.pem
    """
    if (tls_cert is None) != (tls_key is None):
        message = "--tls-cert and --tls-key go together."
        raise click.UsageError(message)
    settings = load()
    if tls_cert is None and not settings.trusted_proxies and not _is_loopback(host):
        message = (
            "Without TLS this only listens on loopback: patients' data would cross the network in clear. "
            "Give --tls-cert and --tls-key; or, behind a proxy that speaks TLS, listen on 127.0.0.1, or name "
            "the proxy's address in VANTREXIA_TRUSTED_PROXIES."
        )
        raise click.UsageError(message)
    if tls_cert is not None and tls_key is not None:
        _check_certificate(tls_cert, tls_key)
    if host in _LOOPBACK_NAMES:
        host = "127.0.0.1"
    settings = _addressed(_counted(settings, workers), host, port, is_tls=tls_cert is not None)
    prepare(settings)
    said = f"Vantrexia serves {settings.public_url}/api/v1/ on {host} port {port}."
    run(settings, Binding(host, port, workers, tls_cert, tls_key), lambda: click.echo(said, err=True))


def prepare(settings: Settings) -> None:
    """Create or check directory, keys and schema once, before any worker process starts."""
    with beginning(settings) as service:
        service.open_rates()


def check_port(host: str, port: int, *, chosen_by: str = "--port") -> None:
    """Say clearly that a port is taken, instead of failing inside a worker.

    Raises:
        ClickException: somebody listens there already, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refused:
            message = (
                f"Cannot listen on {host} port {port}: {refused.strerror}. Choose another with {chosen_by}."
            )
            raise click.ClickException(message) from None


def run(settings: Settings, binding: Binding, when_it_listens: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; answers under way are finished first.

    ``when_it_listens`` is called when somebody who connects is let in: a bound port alone refuses them.
    """
    check_port(binding.host, binding.port)
    try:
        from granian import Granian
        from granian.constants import HTTPModes, Interfaces
        from granian.http import HTTP1Settings
        from granian.log import LogLevels
    except ImportError:
        message = "The server is not installed. Install it with the extra: pip install 'vantrexia[server]'."
        raise click.ClickException(message) from None
    os.environ.update(settings.as_environment())
    server = Granian(
        APP,
        factory=True,
        interface=Interfaces.ASGI,
        address=binding.host,
        port=binding.port,
        workers=binding.workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024),
        websockets=False,
        ssl_cert=binding.tls_cert,
        ssl_key=binding.tls_key,
        log_level=LogLevels.warning,
        log_access=False,
        workers_kill_timeout=30,
        respawn_failed_workers=binding.workers > 1,
    )
    is_over = Event()
    telling = Thread(target=_tell, args=(binding, when_it_listens, is_over), daemon=True)
    with _measured(settings):
        telling.start()
        try:
            server.serve()
        finally:
            is_over.set()
            telling.join()


def _tell(binding: Binding, when_it_listens: Callable[[], None], is_over: Event) -> None:
    """Connect until a worker lets us in: it alone begins to listen, and only connecting can tell."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(binding.host, binding.host)  # noqa: S104 - compared, not bound
    while not is_over.wait(LOOK_SECONDS):
        with suppress(OSError), socket.create_connection((host, binding.port), timeout=LOOK_SECONDS):
            when_it_listens()
            return


@contextmanager
def _measured(settings: Settings) -> Iterator[None]:
    """Answer monitoring while the workers serve, if a port is set for it."""
    if settings.metrics_port is None:
        yield
        return
    check_port(settings.metrics_host, settings.metrics_port, chosen_by="VANTREXIA_METRICS_PORT")
    with TemporaryDirectory(prefix="vantrexia-metrics-") as folder:
        # Before the library is imported, which looks for it then; the workers inherit both.
        os.environ[SHARED_METRICS] = folder
        try:
            from vantrexia_adapters.observing.metrics import published
        except ImportError:
            message = (
                "VANTREXIA_METRICS_PORT is set, and what it needs is not installed. Install it with the "
                "extra: pip install 'vantrexia[metrics]'."
            )
            raise click.ClickException(message) from None
        with published(Path(folder), settings.metrics_host, settings.metrics_port):
            yield


def _check_certificate(certificate: Path, key: Path) -> None:
    status = key.stat()
    if status.st_mode & (stat.S_IWGRP | stat.S_IRWXO):
        message = (
            f"The key {key} is open to others than its owner and group. Correct it with: chmod 640 {key}; "
            "and consider it known to everybody who could read it."
        )
        raise click.ClickException(message)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as unusable:
        message = f"The certificate and key cannot be used together: {unusable.strerror or unusable}."
        raise click.ClickException(message) from None


def _counted(settings: Settings, workers: int) -> Settings:
    """The settings with the store that counts rightly for so many processes."""
    if settings.rate_store == RATE_STORE_AUTO:
        return attrs.evolve(settings, rate_store=RATE_STORE_MEMORY if workers == 1 else RATE_STORE_DATABASE)
    if settings.rate_store == RATE_STORE_MEMORY and workers > 1:
        message = (
            f"VANTREXIA_RATE_STORE=memory counts in one process, and {workers} would each grant the whole "
            "limit. Leave it at auto, or set it to database or to a Redis."
        )
        raise click.UsageError(message)
    return settings


def _addressed(settings: Settings, host: str, port: int, *, is_tls: bool) -> Settings:
    """The settings with a public URL that fits where we listen, unless somebody has set one."""
    if settings.public_url != attrs.fields(Settings).public_url.default:
        return settings
    named = f"[{host}]" if ":" in host else host
    return attrs.evolve(settings, public_url=f"{'https' if is_tls else 'http'}://{named}:{port}")


def _is_loopback(host: str) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
