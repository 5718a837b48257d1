"""Marked values through every flow, and then no trace of them in any byte that the database wrote."""

import traceback
from base64 import b32encode, b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import attrs
import psycopg
import pytest

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, a_password, a_patient_id, an_actor
from tests.credentials import Tray
from tests.databases import PostgresqlServer
from tests.marks import EMAIL, FIRST, LAST, MARKS, MRN, a_marked_new_patient, a_marked_reason, marks_in
from vantrexia_core.audit import Once
from vantrexia_core.identity import (
    FactorCode,
    NewUser,
    answer_resets,
    change_password,
    confirm_reset,
    create_user,
    disable_two_factor,
    finish_two_factor,
    recognise,
    request_reset,
    set_password,
    sign_in,
    start_two_factor,
)
from vantrexia_core.identity.totp import code_of, step_at
from vantrexia_core.kernel import (
    Actor,
    Email,
    NamePart,
    Origin,
    PersonName,
    Phi,
    Role,
    UserId,
    VantrexiaError,
)
from vantrexia_core.patients import (
    ExternalId,
    Listing,
    Mrn,
    Patient,
    Revision,
    archive_patient,
    delete_patient,
    find_patients,
    look_up_patient,
    register_patient,
    restore_patient,
    revise_patient,
    unarchive_patient,
)
from vantrexia_core.protection import fold

ACTOR = an_actor(email=EMAIL)
WITNESS = "Yywitnessmark"
"""What may be found: the server's files are shared by all tests of a session."""
MARKED_PASSWORD = a_password("zzpasswordmark seven lanterns")
SECRETS: list[str] = []
"""What must not be found either: passwords, tokens, codes and secrets of the flows."""
RAW: list[bytes] = []
ONCE = Once(Phi(f"key of {LAST}"), Phi(LAST.encode()), lambda found: found.name.last.reveal().encode())


def traces(mark: str) -> set[bytes]:
    """A text in every dress in which it could lie in a file."""
    texts = {mark, mark.lower(), mark.upper(), mark.casefold(), fold(mark), mark.replace("-", "")}
    plain = {text.encode(coding) for text in texts if text for coding in ("utf-8", "utf-16-le", "utf-16-be")}
    hexadecimal = {form for text in plain for form in (text.hex().encode(), text.hex().upper().encode())}
    # Base64 looks different at each of three offsets; the first and last digits mix with the neighbours.
    base64 = {b64encode(b"\0" * shift + text)[4 if shift else 0 : -4] for text in plain for shift in range(3)}
    return plain | hexadecimal | {form for form in base64 if len(form) >= 8}


def found_in(data: bytes, marks: Iterable[str] = MARKS) -> list[str]:
    """The marks that left a trace."""
    # A two-letter state occurs by chance in any file; the other marks do not.
    return [mark for mark in marks if len(mark) > 6 and any(trace in data for trace in traces(mark))]


def _flows(site: Site) -> Iterator[Callable[[], object]]:
    """Everything that can be done with a marked person, failures included."""
    desk, marked = site.desk, a_marked_new_patient()
    ids = []
    yield lambda: ids.append(register_patient(desk, ACTOR, marked, once=ONCE).id)
    yield lambda: register_patient(desk, ACTOR, marked, once=ONCE)
    yield lambda: register_patient(desk, ACTOR, marked)
    yield lambda: ids.append(register_patient(desk, ACTOR, a_new_patient()).id)
    yield lambda: revise_patient(desk, ACTOR, ids[1], Revision(mrn=Mrn(MRN)))
    yield lambda: revise_patient(desk, ACTOR, ids[1], Revision(external_id=marked.external_id))
    yield lambda: revise_patient(desk, ACTOR, ids[1], Revision(last_name=NamePart(LAST)))
    yield lambda: revise_patient(desk, ACTOR, ids[0], Revision(ssn=None), expected_version=9)
    yield lambda: archive_patient(desk, ACTOR, ids[0], a_marked_reason())
    yield lambda: archive_patient(desk, ACTOR, ids[0], a_marked_reason())
    yield lambda: unarchive_patient(desk, ACTOR, ids[0])
    yield lambda: delete_patient(desk, ACTOR, ids[0])
    yield lambda: restore_patient(desk, ACTOR, ids[0], a_marked_reason())
    yield lambda: look_up_patient(desk, ACTOR, ids[0])
    yield lambda: find_patients(desk, ACTOR, Listing(search=Phi(LAST)))
    user = NewUser(Email(EMAIL), PersonName(NamePart(FIRST), NamePart(LAST)), Role.NURSE)
    yield lambda: create_user(desk, ACTOR, user, a_password())
    yield lambda: create_user(desk, ACTOR, user, a_password())
    yield lambda: sign_in(desk, Email(EMAIL), Phi("wrong password"), Origin())
    yield lambda: _refused_row(site)
    yield from _credentials(site)


def _credentials(site: Site) -> Iterator[Callable[[], object]]:
    """Everything that is done with an account's secrets; each that could be written down is a mark."""
    desk, origin = site.desk, Origin()

    def signed_in(code: FactorCode | None = None) -> Actor:
        tokens = sign_in(desk, Email(EMAIL), MARKED_PASSWORD, origin, code).tokens
        return recognise(desk, tokens.access, origin)

    def enrol() -> None:
        actor = signed_in()
        enrolment = start_two_factor(desk, actor, MARKED_PASSWORD)
        code = FactorCode(code_of(enrolment.secret, step_at(desk.clock.now())).reveal())
        codes = finish_two_factor(desk, actor, code)
        SECRETS.extend([b32encode(enrolment.secret.reveal()).decode(), *(code.reveal() for code in codes)])
        RAW.append(enrolment.secret.reveal())
        again = signed_in(codes[0])
        disable_two_factor(desk, again, MARKED_PASSWORD, codes[0])

    def reset() -> None:
        request_reset(desk, Email(EMAIL), origin)
        tray = Tray()
        answer_resets(desk, tray)
        user_id, token = tray.token()
        SECRETS.append(token.reveal())
        confirm_reset(desk, user_id, token, a_password("qqnewmark lanterns pier"), origin)

    SECRETS.extend([MARKED_PASSWORD.reveal(), "qqnewmark lanterns pier"])
    user = NewUser(Email(EMAIL), PersonName(NamePart("Ann"), NamePart("Lee")), Role.NURSE)
    yield lambda: create_user(desk, ACTOR, user, MARKED_PASSWORD)
    yield lambda: set_password(desk, ACTOR, UserId(1), MARKED_PASSWORD)
    yield lambda: change_password(desk, signed_in(), Phi("zzwrongmark password"), a_password())
    yield enrol
    yield reset


def _refused_row(site: Site) -> None:
    # The database itself refuses the row, and a driver's error likes to repeat it whole.
    marked, _ = Patient.register(
        a_marked_new_patient(), id_=a_patient_id(9), practice_id=site.here, mrn=Mrn("9"), now=site.clock.now()
    )
    with site.desk.begin(site.here) as work:
        work.patients.add(attrs.evolve(marked, mrn=Mrn("9"), external_id=None, version=None))


def _run_all(site: Site) -> str:
    """Everything that was raised, as a careless handler would print it."""
    told = []
    for flow in _flows(site):
        try:
            flow()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked through
            told.append("".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__))
    assert told
    return "\n".join(told)


def _files(*roots: Path) -> bytes:
    """All that the database has written here."""
    parts = []
    for file in sorted(file for root in roots for file in ([root] if root.is_file() else root.rglob("*"))):
        with suppress(FileNotFoundError):  # removed meanwhile: what it held is in the log
            if file.is_file():
                # Log segments are mostly unwritten: searching zeros would take most of the time.
                parts.append(file.read_bytes().replace(bytes(64), b""))
    return b"\n".join(parts)


def _server_files(server: PostgresqlServer, site: Site) -> bytes:
    """The database's tables, the server's write-ahead log, and its log of statements and errors."""
    site.execute("SELECT pg_switch_wal()")
    ((oid,),) = site.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
    root = server.data_directory
    return _files(root / "base" / str(oid), root / "pg_wal", root / "log")


def _dump(url: str) -> bytes:
    """Every row of every table, as text and as the bytes of its columns."""
    parts = []
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        for (name,) in names:
            for form in ("text", "binary"):
                with connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT {form})") as copy:
                    parts.extend(bytes(piece) for piece in copy)
    return b"".join(parts)


def test_no_mark_is_in_the_sqlite_files(sqlite_site: Site):
    """Neither in the database nor in its write-ahead log nor in what was raised."""
    told = _run_all(sqlite_site)
    assert {file.suffix for file in sqlite_site.folder.glob("*.sqlite3*")} == {
        ".sqlite3", ".sqlite3-wal", ".sqlite3-shm",
    }  # fmt: skip
    written = _files(sqlite_site.folder)
    assert not found_in(written)
    assert not found_in(written, SECRETS)
    assert not any(secret in written for secret in RAW)
    assert len(SECRETS) > 13
    assert not marks_in(told)
    assert not any(secret in told for secret in SECRETS)


def test_no_mark_is_in_the_postgresql_database(postgresql: PostgresqlServer, postgresql_site: Site):
    """Neither in a dump, nor in the server's files, its log of statements and errors among them."""
    told = _run_all(postgresql_site)
    assert not found_in(_dump(postgresql_site.url))
    assert not found_in(_server_files(postgresql, postgresql_site))
    assert not marks_in(told)


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "hex", "base64"])
def test_the_scan_finds_what_is_there(site: Site, postgresql: PostgresqlServer, coding: str):
    """A mark that is written in clear, in any dress, does not escape."""
    name = {
        "utf-8": f"xx{WITNESS}yy",
        "utf-16-le": f"xx{WITNESS}yy".encode("utf-16-le").decode("latin-1").replace("\0", "~"),
        "hex": f"xx{WITNESS}yy".encode().hex(),
        "base64": b64encode(f"xx{WITNESS}yy".encode()).decode(),
    }[coding]
    site.execute("UPDATE practice SET name = :name", name=name)
    pieces = [_files(site.folder)] if site.is_sqlite else [_dump(site.url), _server_files(postgresql, site)]
    if coding == "utf-16-le":  # PostgreSQL refuses U+0000, so it stands in for what a file could hold
        pieces = [piece.replace(b"~", b"\0") for piece in pieces]
    assert all(found_in(piece, [WITNESS, LAST]) == [WITNESS] for piece in pieces)


def test_searching_leaves_no_trace(sqlite_site: Site):
    """What somebody looked for is PHI as well, and is in no row of the trail."""
    with suppress(VantrexiaError):
        find_patients(
            sqlite_site.desk, ACTOR, Listing(search=Phi(f"{FIRST} {LAST} {ExternalId('x').reveal()}"))
        )
    assert not found_in(_files(sqlite_site.folder))
