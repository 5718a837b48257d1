import json
from collections import Counter
from io import StringIO

import pytest

from tests.bench.scripts import script
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.identity import NewPassword
from vantrexia_core.kernel import Email
from vantrexia_core.patients import Listing, find_archived_patients, find_patients

load = script("load")
synthetic = script("synthetic")


@pytest.fixture
def service(tmp_path):
    """An embedded service of its own."""
    with open_service(Settings(data_dir=tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
def provider(service):
    """The account that loads."""
    return load.open_account(service, Email("bench@practice.example"), NewPassword("a long pass phrase"))


def loaded(service, provider, rows):
    """What is counted when these lines are loaded."""
    lines = [json.dumps(row).encode() for row in rows]
    return load.load_lines(service, provider, lines, total=len(lines), threads=2)


def a_row(**fields):
    """A line that can be loaded, but for what is said otherwise."""
    return {
        "first_name": "Ann",
        "last_name": "Lee",
        "date_of_birth": "1958-03-15",
        "gender": "female",
    } | fields


def test_every_synthetic_person_is_loaded(service, provider):
    """What the one script writes, the other takes; archived records are not in the list."""
    file = StringIO()
    synthetic.write(file, 60)
    rows = [json.loads(line) for line in file.getvalue().splitlines()]
    archived = sum(1 for row in rows if row.get("archived"))

    counted = loaded(service, provider, rows)

    assert archived
    assert counted == Counter({load.Note.LOADED: 60, load.Note.ARCHIVED: archived})
    assert find_patients(service.desk, provider, Listing()).count == 60 - archived
    assert find_archived_patients(service.desk, provider, Listing()).count == archived


def test_an_impossible_ssn_is_dropped_and_counted(service, provider):
    """The record is loaded without it."""
    counted = loaded(service, provider, [a_row(ssn="900-01-0001"), a_row(ssn="899-01-0001")])

    assert counted == Counter({load.Note.LOADED: 2, load.Note.SSN_DROPPED: 1})


def test_unknown_keys_are_ignored(service, provider):
    """A file may say more than a create takes."""
    assert loaded(service, provider, [a_row(active=False, shoe_size=42)])[load.Note.LOADED] == 1


def test_a_bad_line_is_refused_by_its_number_alone(service, provider, capsys):
    """The others are loaded, and what the line held is not repeated."""
    counted = loaded(service, provider, [a_row(), a_row(first_name="Zyx\u0000wv"), a_row()])

    said = capsys.readouterr().err
    assert counted == Counter({load.Note.LOADED: 2, load.Note.REFUSED: 1})
    assert "line 2: first_name: " in said
    assert "Zyx" not in said


def test_an_account_that_is_there_is_kept(service, provider):
    """Loading a second file needs no second account."""
    again = load.open_account(service, Email("bench@practice.example"), NewPassword("another pass phrase"))

    assert again.user_id == provider.user_id
