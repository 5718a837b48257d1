"""What every mailer promises: the letter arrives whole, or an error says that it did not and nothing else."""

from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

import attrs
import pytest

from vantrexia_contracts.given.builders import NOW
from vantrexia_core.identity import Letter, Mailer
from vantrexia_core.kernel import Email, Phi

SENDER: Final = Email("no-reply@practice.example")
TOKEN: Final = "f00dfeed" * 8
LETTER: Final = Letter(Email("tova@example.org"), "Set a new password", Phi(f"Line one.\n\ntoken: {TOKEN}\n"))


@attrs.frozen
class Post:
    """A mailer that sends in the name of `SENDER` at `NOW`, and how to read what it let leave."""

    mailer: Mailer
    read: Callable[[], Sequence[bytes]]


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


class MailerContract:
    """Letters that leave, as mails (RFC 5322)."""

    @pytest.fixture
    def post(self) -> Post:
        """A mailer and its post box.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `post`: a Post")

    def test_a_letter_arrives_whole(self, post: Post) -> None:
        """Sender, recipient, subject, date and every line of the text."""
        post.mailer.send(LETTER)
        (raw,) = post.read()
        message = _parsed(raw)
        assert (message["From"], message["To"], message["Subject"]) == (
            SENDER.reveal(),
            LETTER.to.reveal(),
            LETTER.subject,
        )
        assert message["Date"].datetime == NOW
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content().replace("\r\n", "\n") == LETTER.text.reveal()

    def test_each_letter_is_a_mail_of_its_own(self, post: Post) -> None:
        """With an id of its own, which tells nothing of it."""
        for _ in range(3):
            post.mailer.send(LETTER)
        ids = [_parsed(raw)["Message-ID"] for raw in post.read()]
        assert len(set(ids)) == 3
        assert all(one.endswith("@practice.example>") for one in ids)

    def test_a_long_text_and_any_script_arrive(self, post: Post) -> None:
        """Encoded on the way where it must be."""
        text = "Ein Brief über пароль, 合言葉 und sehr lange " + "Zeilen " * 300 + "\n"
        post.mailer.send(attrs.evolve(LETTER, text=Phi(text), subject="Пароль für 合言葉"))
        (raw,) = post.read()
        assert _parsed(raw).get_content().replace("\r\n", "\n") == text
        assert _parsed(raw)["Subject"] == "Пароль für 合言葉"
