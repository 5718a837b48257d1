"""The page of the backup's format says what the code does."""

import hashlib
import hmac
import re
from io import BytesIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.docs.pages import DOCS
from vantrexia_adapters.crypto import BackupKey, SealedWriter
from vantrexia_adapters.sql import outline
from vantrexia_adapters.sql.copying import TYPES
from vantrexia_adapters.sql.tables import metadata

PAGE = (DOCS / "reference" / "formats" / "backup.md").read_text(encoding="utf-8")


def test_every_type_of_a_column_is_described() -> None:
    """Those that there are, and no others."""
    rows = re.findall(r"^\| (`[a-z, `]+`) \| ", PAGE, flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([a-z ]+)`", row)} == set(TYPES)


def test_the_tables_that_are_left_out_are_named() -> None:
    """All of them."""
    (listed,) = re.findall(r"^Left out, .*?\.$", PAGE, flags=re.MULTILINE | re.DOTALL)
    copied = {table.name for table in outline().tables}
    assert set(re.findall(r"`([a-z_]+)`", listed)) == set(metadata.tables) - copied


def test_a_file_opens_by_what_the_page_says() -> None:
    """Somebody with the page, a backup key and a library for AES-GCM needs nothing of ours."""
    key, content = bytes(range(32)), bytes(70_000)
    file = BytesIO()
    writer = SealedWriter(file, BackupKey(key))
    writer.write(content)
    writer.finish()
    raw = file.getvalue()
    header, salt = raw[:57], raw[25:57]
    assert header[:17] == b"vantrexia-backup\x01"
    assert header[17:25] == hmac.digest(key, b"vantrexia-backup|id", hashlib.sha256)[:8]
    gcm = AESGCM(HKDF(SHA256(), 32, salt, b"vantrexia-backup|file|" + header).derive(key))
    first, last = raw[57 : 57 + 65_552], raw[57 + 65_552 :]
    opened = gcm.decrypt(bytes(12), first, None) + gcm.decrypt(bytes(10) + b"\x01\x01", last, None)
    assert opened == content
