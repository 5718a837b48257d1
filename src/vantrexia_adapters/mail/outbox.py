"""Mails as files, for a machine without a mail server: its operator reads them there."""

import os
from pathlib import Path
from typing import Final

import attrs

from vantrexia_adapters.mail.message import as_message
from vantrexia_core.identity import Letter, MailUnavailableError
from vantrexia_core.kernel import Clock, Email, IdSource

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


@attrs.frozen
class OutboxMailer:
    """Implements the core's ``Mailer``: one ``.eml`` file for each letter, readable by its owner alone.

    A file's name is its moment and chance, and tells nothing. It appears whole or not at all.
    """

    folder: Path
    clock: Clock
    ids: IdSource
    sender: Email = Email("vantrexia@localhost.invalid")  # noqa: RUF009 - a frozen value

    def send(self, letter: Letter) -> None:
        """See `Mailer`."""
        message = as_message(letter, self.sender, self.clock, self.ids)
        name = f"{self.clock.now():%Y%m%dT%H%M%S}-{self.ids.new_id().hex}"
        try:
            self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            _write(self.folder / f".{name}.part", message.as_bytes(), self.folder / f"{name}.eml")
        except OSError:
            # Its text names the file and nothing else, but the letter would be in the traceback's frames.
            raise MailUnavailableError from None


def _write(part: Path, content: bytes, whole: Path) -> None:
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(whole)
