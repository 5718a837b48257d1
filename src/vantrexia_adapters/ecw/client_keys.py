"""Our RSA keys at the EHR: one PEM file for its owner's eyes, its public halves as a JWK Set (RFC 7517).

One key signs. Another may be published before it signs, because an EHR may keep our keys for a while before
it looks again; old ones stay published until nothing that they signed can be under way. A line of text before
a PEM block (RFC 7468, section 5.2 allows it) says what the key is for; without such lines the first one
signs. Each step replaces the file whole. A key is named by its thumbprint (RFC 7638), so no second file has
to remember names.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import Final

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from vantrexia_adapters.crypto import (
    KeyRingError,
    KeyRingExistsError,
    KeyRingMissingError,
    KeyRingUnsafeError,
    RingFile,
)
from vantrexia_adapters.ecw.assertion import ALGORITHM, SigningKey
from vantrexia_adapters.smart import RSA_BITS_MAX, RSA_BITS_MIN
from vantrexia_core.kernel import VantrexiaError

KEY_BITS: Final = RSA_BITS_MIN
"""What we make, and the least that we take."""
KEYS_MAX: Final = 4

_PUBLIC_EXPONENT: Final = 65537
_BLOCK: Final = re.compile(
    rb"(?:^# (?P<use>[a-z]+)[^\n]*\n)?"
    rb"^(?P<pem>-----BEGIN (?P<label>[A-Z ]+)-----\r?\n.*?^-----END (?P=label)-----)",
    re.DOTALL | re.MULTILINE,
)


class Use(Enum):
    """What a key is for; the value stands in the file."""

    SIGNS = "signs"
    NEXT = "next"
    BEFORE = "before"


class ClientKeyError(VantrexiaError):
    """The keys by which we sign in at the EHR cannot be used; an administrator must act."""

    code = "ecw_key"
    sentence = "The keys for eClinicalWorks cannot be used."


@attrs.frozen(repr=False)
class ClientKey:
    """One key of the file."""

    use: Use
    private: rsa.RSAPrivateKey

    @property
    def thumbprint(self) -> str:
        """The key's name: SHA-256 over its required members in order (RFC 7638, section 3)."""
        members = json.dumps({"e": self._exponent, "kty": "RSA", "n": self._modulus}, separators=(",", ":"))
        return _text_of(hashlib.sha256(members.encode()).digest())

    def published(self, key_id: str) -> dict[str, str]:
        """Its public half as a JSON Web Key (RFC 7517; RFC 7518, section 6.3.1)."""
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": ALGORITHM,
            "kid": key_id,
            "n": self._modulus,
            "e": self._exponent,
        }

    @property
    def _modulus(self) -> str:
        return _number(self.private.public_key().public_numbers().n)

    @property
    def _exponent(self) -> str:
        return _number(self.private.public_key().public_numbers().e)


@attrs.frozen(repr=False)
class _Loaded:
    stamp: tuple[int, ...]
    keys: tuple[ClientKey, ...]


class ClientKeyFile:
    """The keys in a file. Reads it again whenever it was replaced. Threads may share it."""

    def __init__(self, path: Path, *, key_id: str | None = None) -> None:
        """Keys in ``path``; ``key_id`` names the one that signs, where it was registered under that name."""
        self._file: Final = RingFile(path)
        self._key_id: Final = key_id
        self._lock: Final = Lock()
        self._loaded: _Loaded | None = None

    def signing(self) -> SigningKey:
        """The key that signs now.

        Raises:
            ClientKeyError: there is no file, others can read it, or it holds no key that we may use.
        """
        key = self._current()[0]
        return SigningKey(self._name(key), key.private)

    def published(self) -> Sequence[Mapping[str, str]]:
        """The public halves of all keys, the one that signs first.

        Raises:
            ClientKeyError: as for `signing`.
        """
        return [key.published(self._name(key)) for key in self._current()]

    def uses(self) -> Sequence[tuple[str, Use]]:
        """The names of all keys and what each is for.

        Raises:
            ClientKeyError: as for `signing`.
        """
        return [(self._name(key), key.use) for key in self._current()]

    def create(self) -> None:
        """Write a first key, readable by its owner only.

        Raises:
            ClientKeyError: there is a file already, or others could replace it.
        """
        with self._complaints():
            self._file.create(_pem([ClientKey(Use.SIGNS, _fresh())]))

    def prepare(self) -> None:
        """Add the next key: published from now on, signing from the next `rotate` on.

        Raises:
            ClientKeyError: one is prepared already, or as for `signing`.
        """
        with self._complaints(), self._file.locked():
            signs, *others = self._read().keys
            if any(key.use is Use.NEXT for key in others):
                message = "The next key is prepared already. Rotate when eClinicalWorks has read it."
                raise ClientKeyError(message)
            self._replace([signs, ClientKey(Use.NEXT, _fresh()), *others])

    def rotate(self) -> None:
        """Let the prepared key sign, or a fresh one if none is; the one that signed stays published.

        Raises:
            ClientKeyError: as for `signing`, or there are too many old keys.
        """
        with self._complaints(), self._file.locked():
            signed, *others = self._read().keys
            prepared = [key.private for key in others if key.use is Use.NEXT]
            before = [key for key in others if key.use is Use.BEFORE]
            signs = ClientKey(Use.SIGNS, prepared[0] if prepared else _fresh())
            self._replace([signs, ClientKey(Use.BEFORE, signed.private), *before])

    def retire(self) -> int:
        """Withdraw the old keys: they are published no longer. Say how many there were.

        Raises:
            ClientKeyError: as for `signing`.
        """
        with self._complaints(), self._file.locked():
            keys = self._read().keys
            kept = [key for key in keys if key.use is not Use.BEFORE]
            if len(kept) < len(keys):
                self._replace(kept)
            return len(keys) - len(kept)

    def __repr__(self) -> str:
        return f"ClientKeyFile({str(self._file.path)!r})"

    def _name(self, key: ClientKey) -> str:
        is_named = key.use is Use.SIGNS and self._key_id is not None
        return self._key_id if is_named and self._key_id is not None else key.thumbprint

    def _current(self) -> tuple[ClientKey, ...]:
        with self._complaints(), self._lock:
            if self._loaded is None or self._loaded.stamp != self._file.stamp():
                self._loaded = self._read()
            return self._loaded.keys

    def _read(self) -> _Loaded:
        reading = self._file.read()
        return _Loaded(reading.stamp, _parsed(reading.raw))

    def _replace(self, keys: Sequence[ClientKey]) -> None:
        if len(keys) > KEYS_MAX:
            message = f"There are {KEYS_MAX} keys already. Retire the old ones first."
            raise ClientKeyError(message)
        self._file.replace(_pem(keys))

    @contextmanager
    def _complaints(self) -> Iterator[None]:
        """The file's own complaints, in words about these keys."""
        path = self._file.path
        try:
            yield
        except KeyRingMissingError:
            message = f"There is no key for eClinicalWorks at {path}. Make one: vantrexia keys ecw create"
        except KeyRingExistsError:
            message = f"There are keys for eClinicalWorks at {path} already. They were left untouched."
        except KeyRingUnsafeError as unsafe:
            message = f"The keys for eClinicalWorks at {path} are not safe: {unsafe.why}."
        except KeyRingError:
            message = f"The file at {path} is too large to hold keys."
        except OSError as refused:
            message = f"The keys for eClinicalWorks at {path} cannot be kept: {refused.strerror}."
        else:
            return
        raise ClientKeyError(message)


def _parsed(raw: bytes) -> tuple[ClientKey, ...]:
    """The keys of a file, the one that signs first."""
    blocks = list(_BLOCK.finditer(raw))
    if not 1 <= len(blocks) <= KEYS_MAX:
        message = f"The file of keys for eClinicalWorks must hold 1 to {KEYS_MAX} private keys in PEM form."
        raise ClientKeyError(message)
    keys = [ClientKey(_use(block, place), _private(block["pem"])) for place, block in enumerate(blocks)]
    if [key.use for key in keys].count(Use.SIGNS) != 1:
        message = "The file of keys for eClinicalWorks must say of one key that it signs."
        raise ClientKeyError(message)
    order = list(Use)
    return tuple(sorted(keys, key=lambda key: order.index(key.use)))


def _use(block: re.Match[bytes], place: int) -> Use:
    try:
        return Use((block["use"] or b"").decode())
    except ValueError:
        return Use.BEFORE if place else Use.SIGNS


def _private(pem: bytes) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # A TypeError says that the key is encrypted; nobody would be there to type its passphrase.
        key = None
    if not isinstance(key, rsa.RSAPrivateKey) or not KEY_BITS <= key.key_size <= RSA_BITS_MAX:
        message = f"A key for eClinicalWorks must be RSA of {KEY_BITS} bits or more, in PEM, not encrypted."
        raise ClientKeyError(message)
    return key


def _fresh() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(_PUBLIC_EXPONENT, KEY_BITS)


def _pem(keys: Sequence[ClientKey]) -> bytes:
    return b"".join(
        b"# %b\n%b"
        % (
            key.use.value.encode(),
            key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        for key in keys
    )


def _number(value: int) -> str:
    return _text_of(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text_of(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
