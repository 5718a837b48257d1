"""What every mailer promises: the letter arrives whole, or an error says that it did not and nothing else."""

import asyncio
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from aiosmtpd.smtp import SMTP as Server  # noqa: N811 - here it is the server, not the protocol
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.certificates import a_certificate
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.mail import OutboxMailer, SmtpMailer
from vantrexia_adapters.settings import SmtpSecurity
from vantrexia_contracts.mailers import LETTER, SENDER, TOKEN, MailerContract, Post
from vantrexia_core.identity import MailUnavailableError
from vantrexia_core.kernel import Phi

USERNAME, PASSWORD = "mailbox", "a mailbox's password"


class Mailbox:
    """What a real SMTP server took in."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.refuses = False

    async def handle_DATA(self, server: Server, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        """Take or refuse a mail, in words that repeat what should not be repeated."""
        if self.refuses:
            return f"554 no {envelope.rcpt_tos[0]} {TOKEN}"
        self.taken.append(envelope.content)
        return "250 taken"


def _knows(server: Server, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def _served(mailbox: Mailbox, outer: ssl.SSLContext | None, **options: Any) -> Iterator[int]:
    """A real SMTP server in a thread of its own, and its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    starting = loop.create_server(lambda: Server(mailbox, loop=loop, **options), "127.0.0.1", 0, ssl=outer)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended(server: asyncio.Server) -> None:
    """Close the server, and let what its clients have left close as well."""
    server.close()
    loop = asyncio.get_running_loop()
    # One is the loop's own; nobody tells when the others are gone.
    while len(loop._selector.get_map()) > 1:  # type: ignore[attr-defined]  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def _smtp(
    folder: Path, mailbox: Mailbox, security: SmtpSecurity, *, offers_tls: bool = True
) -> Iterator[SmtpMailer]:
    """A mailer and the server that it talks to."""
    certificate, key = a_certificate(folder, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    is_outer = security is SmtpSecurity.TLS
    # This server does not know that it is inside TLS, and warns whoever asks for passwords in clear.
    options: dict[str, Any] = {"authenticator": _knows, "auth_required": offers_tls and not is_outer}
    if is_outer or not offers_tls:
        options["auth_require_tls"] = False
    else:
        options |= {"tls_context": context, "require_starttls": True}
    with _served(mailbox, context if is_outer else None, **options) as port:
        yield SmtpMailer(
            "localhost",
            port,
            security,
            SENDER,
            ManualClock(),
            CountedIds("mails"),
            USERNAME,
            Phi(PASSWORD),
            certificate,
            seconds_max=5,
        )


class TestMailer(MailerContract):
    """The outbox, and SMTP over TLS of both kinds."""

    @pytest.fixture(params=["outbox", "starttls", "tls"])
    def post(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
        """Each mailer there is."""
        if request.param == "outbox":
            folder = tmp_path / "data" / "outbox"
            mailer = OutboxMailer(folder, ManualClock(), CountedIds("mails"), SENDER)
            yield Post(mailer, lambda: [file.read_bytes() for file in sorted(folder.glob("*.eml"))])
            return
        mailbox = Mailbox()
        with _smtp(tmp_path, mailbox, SmtpSecurity(request.param)) as mailer:
            yield Post(mailer, lambda: mailbox.taken)


# ---------------------------------------------------------------- the outbox


def test_the_outbox_is_its_owners_alone(tmp_path: Path) -> None:
    """The folder, the files, and names that say nothing."""
    folder = tmp_path / "outbox"
    OutboxMailer(folder, ManualClock(), CountedIds(), SENDER).send(LETTER)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(mark in file.name for mark in ("tova", "example", TOKEN[:8]))


def test_an_outbox_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """And repeats nothing of the letter."""
    (tmp_path / "outbox").write_text("a file in its place")
    with pytest.raises(MailUnavailableError) as caught:
        OutboxMailer(tmp_path / "outbox", ManualClock(), CountedIds(), SENDER).send(LETTER)
    assert caught.value.__cause__ is None
    assert TOKEN not in str(caught.value)


# ---------------------------------------------------------------- SMTP


@pytest.mark.parametrize("security", list(SmtpSecurity))
def test_a_mail_server_that_refuses_is_not_quoted(tmp_path: Path, security: SmtpSecurity) -> None:
    """What it says may hold the address and more."""
    mailbox = Mailbox()
    mailbox.refuses = True
    with _smtp(tmp_path, mailbox, security) as mailer:
        with pytest.raises(MailUnavailableError) as caught:
            mailer.send(LETTER)
        assert TOKEN not in str(caught.value)
        assert "tova" not in str(caught.value)
        assert caught.value.__context__ is None
    assert mailbox.taken == []


def test_nothing_is_sent_in_clear(tmp_path: Path) -> None:
    """A server without STARTTLS gets neither the password nor the letter."""
    mailbox = Mailbox()
    starttls = SmtpSecurity.STARTTLS
    with _smtp(tmp_path, mailbox, starttls, offers_tls=False) as mailer, pytest.raises(MailUnavailableError):
        mailer.send(LETTER)
    assert mailbox.taken == []


def test_a_stranger_with_the_servers_name_gets_nothing(tmp_path: Path) -> None:
    """A certificate that nobody vouches for ends the conversation."""
    mailbox = Mailbox()
    (tmp_path / "other").mkdir()
    other, _ = a_certificate(tmp_path / "other", "localhost")
    with _smtp(tmp_path, mailbox, SmtpSecurity.STARTTLS) as mailer:
        with pytest.raises(MailUnavailableError):
            attrs.evolve(mailer, authorities=other).send(LETTER)
        with pytest.raises(MailUnavailableError):
            attrs.evolve(mailer, authorities=None).send(LETTER)
        with pytest.raises(MailUnavailableError):
            attrs.evolve(mailer, host="127.0.0.1").send(LETTER)  # the certificate names another
    assert mailbox.taken == []


def test_a_wrong_mailbox_password_is_an_error_and_not_in_it(tmp_path: Path) -> None:
    """The operator learns the kind of error."""
    with _smtp(tmp_path, Mailbox(), SmtpSecurity.STARTTLS) as mailer:
        with pytest.raises(MailUnavailableError) as caught:
            attrs.evolve(mailer, password=Phi("a wrong password")).send(LETTER)
        assert "SMTPAuthenticationError" in str(caught.value)
        assert "a wrong password" not in str(caught.value)


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Nobody listens."""
    with _smtp(tmp_path, Mailbox(), SmtpSecurity.TLS) as mailer:
        gone = mailer
    with pytest.raises(MailUnavailableError):
        gone.send(LETTER)
