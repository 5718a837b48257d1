"""Secrets that an operator keeps in a file: a password, a token."""

from pathlib import Path

from vantrexia_core.kernel import Phi


class SecretFileError(Exception):
    """The file cannot be used. The text names it and says what to do, never what it holds."""


def read_secret(path: Path) -> Phi[str]:
    """The file's text without the line end.

    Raises:
        SecretFileError: it cannot be read, or others than its owner can read it too.
    """
    try:
        if path.stat().st_mode & 0o077:
            message = f"{path} can be read by others than its owner. Give it mode 0600."
            raise SecretFileError(message)
        return Phi(path.read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError):
        message = f"{path} cannot be read."
        raise SecretFileError(message) from None
