"""Whatever is done to a backup is noticed before anything is written, and it shows nothing of anybody."""

import struct
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.backups.deployment import KEY, OLDER, Backup, EmptyPlace, frames_of, outline_at, sealed
from tests.adapters.sql.everything import another_process
from tests.builders import NOW, an_actor
from tests.marks import MARKS, a_marked_new_patient
from vantrexia_adapters.backups import NoPracticesError, read_backup
from vantrexia_adapters.backups.content import SAID_BYTES_MAX, End, FrameKind, Manifest, encode_file
from vantrexia_adapters.backups.reading import Sum
from vantrexia_adapters.crypto import (
    BackupFileError,
    BackupKey,
    DamagedBackupError,
    NewerBackupError,
    NotABackupError,
    SealedReader,
    SealedWriter,
    WrongBackupKeyError,
)
from vantrexia_adapters.crypto.sealed_stream import CHUNK_BYTES, MAGIC, STREAM_HEADER_BYTES, TAG_BYTES
from vantrexia_adapters.sql import Outline, TableOutline, check_fillable, outline
from vantrexia_adapters.sql.copying import OtherTablesError
from vantrexia_adapters.sql.migrations import REVISIONS
from vantrexia_core.patients import register_patient

SEALED = CHUNK_BYTES + TAG_BYTES
PLACES = {
    "magic": 0,
    "format": len(MAGIC),
    "key id": len(MAGIC) + 1,
    "salt": STREAM_HEADER_BYTES - 1,
    "first chunk": STREAM_HEADER_BYTES,
    "tag of the first chunk": STREAM_HEADER_BYTES + SEALED - 1,
    "second chunk": STREAM_HEADER_BYTES + SEALED,
    "last byte": -1,
}


def _flipped(at: int) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        changed = bytearray(raw)
        changed[at] ^= 1
        return bytes(changed)

    return change


def _chunks(raw: bytes) -> list[bytes]:
    body = raw[STREAM_HEADER_BYTES:]
    return [body[at : at + SEALED] for at in range(0, len(body), SEALED)]


def _with(arrange: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:STREAM_HEADER_BYTES] + b"".join(arrange(_chunks(raw)))


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    **{f"flip {name}": _flipped(at) for name, at in PLACES.items()},
    "nothing": lambda _: b"",
    "header only": lambda raw: raw[:STREAM_HEADER_BYTES],
    "half a header": lambda raw: raw[:20],
    "cut in a chunk": lambda raw: raw[:-7],
    "cut after a chunk": _with(lambda chunks: chunks[:-1]),
    "cut after the first chunk": _with(lambda chunks: chunks[:1]),
    "first chunk gone": _with(lambda chunks: chunks[1:]),
    "swap two chunks": _with(lambda chunks: [chunks[1], chunks[0], *chunks[2:]]),
    "repeat a chunk": _with(lambda chunks: [chunks[0], *chunks]),
    "repeat the last chunk": _with(lambda chunks: [*chunks, chunks[-1]]),
    "append a byte": lambda raw: raw + b"\x00",
    "append a chunk": lambda raw: raw + bytes(SEALED),
    "append itself": lambda raw: raw + raw,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_refused_before_anything_is_written(
    change: str, sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """Each region flipped, cut anywhere, chunks moved, repeated, appended."""
    raw = sqlite_backup.path.read_bytes()
    assert len(_chunks(raw)) > 3
    path = tmp_path / "changed.backup"
    path.write_bytes(CHANGES[change](raw))
    with pytest.raises(BackupFileError):
        sqlite_place.restore(path)
    assert sqlite_place.is_untouched()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_counts(data: st.DataObject, sqlite_backup: Backup) -> None:
    """One bit, anywhere."""
    raw = sqlite_backup.path.read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    path = sqlite_backup.path.with_name("bit.backup")
    path.write_bytes(_flipped(at)(raw))
    with pytest.raises((DamagedBackupError, NotABackupError, NewerBackupError, WrongBackupKeyError)):
        read_backup(path, KEY)


@pytest.mark.parametrize(
    "name", ["days/../../keyring.json", "days/20261122", "days/2026-11-22/x", "/pwned", "vantrexia.toml", ""]
)
def test_a_file_of_another_name_is_damage(
    name: str, sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """Whoever has the backup key could make one; a restore would write to where the name leads."""
    note = sqlite_backup.contents.files["checkpoint"]
    inside = frames_of(sqlite_backup.path)
    inside.insert(1, (FrameKind.FILE, encode_file(name, note)))
    path = sealed(inside, tmp_path / "forged.backup")
    with pytest.raises(DamagedBackupError):
        sqlite_place.restore(path)
    assert sqlite_place.is_untouched()


def _without(name: str) -> Callable[[list[TableOutline]], None]:
    def change(tables: list[TableOutline]) -> None:
        tables[:] = [table for table in tables if table.name != name]

    return change


def _adding(table: TableOutline) -> Callable[[list[TableOutline]], None]:
    return lambda tables: tables.append(table)


def _without_a_column(tables: list[TableOutline]) -> None:
    tables[0] = attrs.evolve(tables[0], columns=tables[0].columns[:-1])


def _with_one_twice(tables: list[TableOutline]) -> None:
    tables.append(tables[0])


OTHER_TABLES: dict[str, Callable[[list[TableOutline]], None]] = {
    "no patients": _without("patient"),
    "no practices": _without("practice"),
    "sessions": _adding(TableOutline("user_session", (("id", "uuid"),), ("id",))),
    "a table of nobody's": _adding(TableOutline("audit_copy", (("id", "uuid"),), ("id",))),
    "a column less": _without_a_column,
    "one twice": _with_one_twice,
}


@pytest.mark.parametrize("change", OTHER_TABLES)
def test_tables_that_its_version_does_not_copy_are_refused(change: str, sqlite_place: EmptyPlace) -> None:
    """One that is missing would be restored in silence; a session would let somebody in."""
    tables = list(outline().tables)
    check_fillable(sqlite_place.engine, Outline(REVISIONS[-1], tuple(tables)))
    OTHER_TABLES[change](tables)
    with pytest.raises(OtherTablesError):
        check_fillable(sqlite_place.engine, Outline(REVISIONS[-1], tuple(tables)))


@pytest.mark.parametrize("change", ["no patients", "sessions"])
def test_an_older_version_is_no_way_around_it(change: str, sqlite_place: EmptyPlace) -> None:
    """Its tables are known too."""
    tables = list(outline_at(OLDER).tables)
    OTHER_TABLES[change](tables)
    with pytest.raises(OtherTablesError):
        check_fillable(sqlite_place.engine, Outline(OLDER, tuple(tables)))


def test_a_backup_of_nobody_is_refused_before_anything_is_marked(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """There is nobody whom the restore could be recorded for."""
    (_, manifest), *others = frames_of(sqlite_backup.path)
    names = [table.name for table in Manifest.decode(manifest).outline.tables]
    theirs = names.index("practice").to_bytes(2, "big")
    inside = [(kind, raw) for kind, raw in others if kind is not FrameKind.ROWS or raw[:2] != theirs]
    end = End.decode(inside.pop()[1])
    end = attrs.evolve(end, tables={**end.tables, "practice": Sum().result})
    whole = [(FrameKind.MANIFEST, manifest), *inside, (FrameKind.END, end.encode())]
    with pytest.raises(NoPracticesError):
        sqlite_place.restore(sealed(whole, tmp_path / "forged.backup"))
    assert sqlite_place.is_untouched()


HOSTILE: dict[str, tuple[FrameKind, bytes]] = {
    "too many rows": (FrameKind.ROWS, struct.pack(">HI", 0, 501) + b"\x01" + bytes(63)),
    "a bit beyond them": (FrameKind.ROWS, struct.pack(">HI", 0, 1) + b"\x01\x40"),
    "deep": (FrameKind.END, b"[" * 200_000),
    "infinite": (FrameKind.END, b'{"tables":{},"trail":{"size":1e999,"root":""}}'),
    "long": (FrameKind.END, b'{"tables":{},"trail":{"size":0,"root":""}}' + b" " * SAID_BYTES_MAX),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_only_use_up_memory_is_damage(name: str, tmp_path: Path) -> None:
    """A small sealed file that was made to be much when it is read, and no fault of the program."""
    small = Outline("0001", (TableOutline("t", (("a", "boolean"),), ("a",)),))
    manifest = (FrameKind.MANIFEST, Manifest(NOW, "tests", "origin", "sqlite", small).encode())
    path = sealed([manifest, HOSTILE[name]], tmp_path / "forged.backup")
    read: list[int] = []
    with pytest.raises(DamagedBackupError):
        read_backup(path, KEY, progress=read.append)
    # The frame itself is refused, not what is missing behind it.
    assert read == [len(manifest[1])]


def test_a_manifest_that_is_deep_is_damage(tmp_path: Path) -> None:
    """Not a fault of the program either."""
    path = sealed([(FrameKind.MANIFEST, b"[" * 200_000)], tmp_path / "forged.backup")
    with pytest.raises(DamagedBackupError):
        read_backup(path, KEY)


def test_another_key_is_named_as_such(sqlite_backup: Backup, sqlite_place: EmptyPlace) -> None:
    """Not 'damaged': whoever restores looks for the right key then."""
    with pytest.raises(WrongBackupKeyError, match="--key-file"):
        sqlite_place.restore(sqlite_backup.path, key=BackupKey(bytes(32)))
    assert sqlite_place.is_untouched()


def test_chunks_of_another_backup_do_not_fit(sqlite_backup: Backup, tmp_path: Path) -> None:
    """Under the same backup key every file has a key of its own."""
    other, _ = sqlite_backup.here.back_up(f"{tmp_path.name}.backup")
    ours, theirs = sqlite_backup.path.read_bytes(), _chunks(other.read_bytes())
    path = tmp_path / "mixed.backup"
    path.write_bytes(ours[:STREAM_HEADER_BYTES] + b"".join([theirs[0], *_chunks(ours)[1:]]))
    with pytest.raises(DamagedBackupError):
        read_backup(path, KEY)


def test_a_backup_shows_nothing_of_anybody(sqlite_backup: Backup, tmp_path: Path) -> None:
    """Marked values in every field, and no trace of one: plain, UTF-16, hex, base64. Nor of the keys."""
    here = sqlite_backup.here
    register_patient(another_process(here.site, tmp_path.name), an_actor(), a_marked_new_patient())
    path, _ = here.back_up(f"{tmp_path.name}.backup")
    raw = path.read_bytes()
    ring = here.sources.ring_path.read_text(encoding="ascii")
    secrets = [line.split('"')[3] for line in ring.splitlines() if '"wrapped"' in line or '"key"' in line]
    assert len(secrets) > 4
    for text in (*MARKS, *secrets):
        plain = text.encode()
        forms = (plain, text.encode("utf-16-le"), plain.hex().encode(), b64encode(plain)[:-4])
        assert not any(form in raw for form in forms)
    assert bytes.fromhex(secrets[0]) not in raw
    assert path.stat().st_mode & 0o077 == 0


@given(st.integers(0, 3 * CHUNK_BYTES + 1), st.integers(1, 2 * CHUNK_BYTES))
def test_what_is_sealed_opens_again(size: int, portion: int) -> None:
    """However it is portioned; also nothing at all, and whole chunks."""
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    file = BytesIO()
    writer = SealedWriter(file, KEY)
    for at in range(0, size, portion):
        writer.write(content[at : at + portion])
    writer.finish()
    assert len(file.getvalue()) == STREAM_HEADER_BYTES + size + TAG_BYTES * max(1, -(-size // CHUNK_BYTES))
    file.seek(0)
    reader = SealedReader(file, KEY)
    assert reader.read(size) == content
    reader.finish()
