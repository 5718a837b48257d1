"""A letter as a mail of RFC 5322."""

from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from vantrexia_core.identity import Letter
from vantrexia_core.kernel import Clock, Email, IdSource


def as_message(letter: Letter, sender: Email, clock: Clock, ids: IdSource) -> EmailMessage:
    """The mail. Its id is made of chance and the sender's domain: it says nothing about the letter."""
    # RFC 6531 where an address needs it: not every server speaks it.
    is_plain = sender.reveal().isascii() and letter.to.reveal().isascii()
    message = EmailMessage(policy=SMTP if is_plain else SMTPUTF8)
    message["From"] = sender.reveal()
    message["To"] = letter.to.reveal()
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{ids.new_id().hex}@{sender.reveal().rpartition('@')[2]}>"
    # RFC 3834: no out-of-office answer to a machine.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text.reveal())
    return message
