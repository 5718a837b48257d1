"""Mails by SMTP submission (RFC 6409), never without TLS (RFC 8314)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from vantrexia_adapters.mail.message import as_message
from vantrexia_adapters.settings import SmtpSecurity
from vantrexia_core.identity import Letter, MailUnavailableError
from vantrexia_core.kernel import Clock, Email, IdSource, Phi

SECONDS_MAX: Final = 15.0
"""How long any one step of a delivery may take. Far less than the minute after which it is tried again."""


@attrs.frozen
class SmtpMailer:
    """Implements the core's ``Mailer``. The server's certificate is verified, by ``authorities`` if given."""

    host: str
    port: int
    security: SmtpSecurity
    sender: Email
    clock: Clock
    ids: IdSource
    username: str | None = None
    password: Phi[str] | None = None
    authorities: Path | None = None
    seconds_max: float = SECONDS_MAX

    def send(self, letter: Letter) -> None:
        """See `Mailer`."""
        message = as_message(letter, self.sender, self.clock, self.ids)
        refusal = None
        try:
            with self._connected() as server:
                if self.username is not None and self.password is not None:
                    server.login(self.username, self.password.reveal())
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as failed:
            # What a server answers may repeat the address, and what we sent is in the frames.
            refusal = type(failed).__name__
        if refusal is not None:
            raise MailUnavailableError(f"The mail server did not take a mail ({refusal}).")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context(cafile=self.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.security is SmtpSecurity.TLS:
            with smtplib.SMTP_SSL(self.host, self.port, timeout=self.seconds_max, context=context) as server:
                yield server
            return
        with smtplib.SMTP(self.host, self.port, timeout=self.seconds_max) as server:
            # Raises where the server does not offer it: nothing is sent in clear.
            server.starttls(context=context)
            yield server
