"""``vantrexia matching``: duplicates in a file."""

import gzip
import json
from pathlib import Path

import pytest

from tests.marks import FIRST, LAST, marks_in
from tests.programs import Finished, run

HEAD = "cluster,first_name,middle_name,last_name,date_of_birth,gender,phone,email,line1,line2,city,zip,ssn"
ROSA = f"{FIRST},,{LAST},1961-03-08,female,2173940142,,1778 East Walnut Street,,Springfield,62704,"
TWIN = ROSA.replace(FIRST, "Dolores")
ROWS = (HEAD, f"1,{ROSA}", f"1,{ROSA}", f"2,{TWIN}")


def _evaluated(folder: Path, *lines: str, options: tuple[str, ...] = ("--json",)) -> Finished:
    file = folder / "registry.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run(folder, "matching", "evaluate", str(file), *options)


def test_a_labelled_file_is_evaluated_for_machines(tmp_path: Path) -> None:
    """One true pair, linked; a twin beside it, not."""
    found = json.loads(_evaluated(tmp_path, *ROWS).out)
    assert (found["records"], found["duplicates"], found["compared"]["pairs"]) == (3, 1, 3)
    assert found["linked"] == {"pairs": 1, "right": 1, "wrong": 0, "precision": 1, "recall": 1, "f1": 1}
    assert found["false_links_per_10000_records"] == 0
    assert found["queue"]["possible"]["wrong"] == 2
    assert found["thresholds"] == {"certain": 7, "probable": 0, "possible": -7}


def test_a_labelled_file_is_evaluated_for_people(tmp_path: Path) -> None:
    """Counts and shares; and progress apart from them."""
    done = _evaluated(tmp_path, *ROWS, options=())
    assert "3 records, 1 pairs of one person. 3 pairs have a key in common" in done.out
    assert "linked by a machine" in done.out
    assert "0.00 false links in 10,000 records" in done.out
    assert "Comparing pairs: 3 of 3" in done.err
    assert "Not known of anybody: mrn." in done.err


def test_nothing_of_a_person_is_printed(tmp_path: Path) -> None:
    """Whatever the values are, understood or not, and however the file ends."""
    odd = ROSA.replace("1961-03-08", LAST).replace("female", FIRST)
    for lines in (ROWS, (*ROWS, f"3,{odd}"), (*ROWS, f'3,"{ROSA}'), (*ROWS, f"{ROSA},{ROSA}"), (ROSA, ROSA)):
        done = _evaluated(tmp_path, *lines)
        assert marks_in(done.out + done.err) == []


def test_a_compressed_file_is_read_as_it_is(tmp_path: Path) -> None:
    """By its name: ``.gz``."""
    file = tmp_path / "registry.csv.gz"
    file.write_bytes(gzip.compress("\n".join(ROWS).encode()))
    assert json.loads(run(tmp_path, "matching", "evaluate", str(file), "--json").out)["linked"]["right"] == 1


def test_usual_names_of_columns_are_known_and_others_are_told(tmp_path: Path) -> None:
    """Surname, DOB, a date in the American manner; the label under a name of its own."""
    head = "Truth;Given Name;Surname;DOB;Sex;Telephone;Address;Postal Code".replace(";", ",")
    row = "1,Rosa,Quintero,3/8/1961,F,2173940142,1778 East Walnut Street,62704"
    done = _evaluated(tmp_path, head, row, row, options=("--json", "--map", "cluster=truth"))
    assert json.loads(done.out)["linked"]["right"] == 1
    assert done.err.splitlines()[0] == "Not known of anybody: middle_name, email, line2, city, ssn, mrn."


def test_a_field_can_be_left_out(tmp_path: Path) -> None:
    """Without name, birth date and address there is a phone left, which is no link."""
    fields = ("first_name", "last_name", "date_of_birth", "line1")
    options = [option for field in fields for option in ("--without", field)]
    found = json.loads(_evaluated(tmp_path, *ROWS, options=("--json", *options)).out)
    assert found["linked"]["pairs"] == 0


def test_thresholds_can_be_tried(tmp_path: Path) -> None:
    """A link that takes a hundred bits is none."""
    found = json.loads(_evaluated(tmp_path, *ROWS, options=("--json", "--certain", "100")).out)
    assert (found["linked"]["pairs"], found["even_odds"]["right"], found["thresholds"]["certain"]) == (
        0,
        1,
        100,
    )


def test_values_that_are_not_understood_are_counted_by_line(tmp_path: Path) -> None:
    """And the rest of the row counts."""
    done = _evaluated(tmp_path, *ROWS, f"1,{ROSA.replace('1961-03-08', '8. March 61')}")
    assert "date_of_birth: not understood 1 times, and counted as absent (line 5)." in done.err
    assert json.loads(done.out)["records"] == 4


@pytest.mark.parametrize(
    ("lines", "options", "complaint"),
    [
        ((HEAD.replace("cluster", "id"), f"1,{ROSA}"), (), "name it with --map cluster=COLUMN"),
        ((), (), "The first line must name the columns"),
        ((*ROWS, f"1,{ROSA},more"), (), "Line 5 has 14 cells, and the first line names 13"),
        ((*ROWS, '1,"Rosa'), (), "Line 5 is not CSV"),
        (ROWS, ("--map", "cluster=truth"), "no column “truth”, which was to be cluster"),
        (ROWS, ("--map", "truth"), "Write FIELD=COLUMN"),
        (ROWS, ("--without", "cluster"), "Name one of first_name"),
        (ROWS, ("--probable", "9"), "must not fall in this order"),
    ],
    ids=[
        "no label",
        "empty",
        "too many cells",
        "open quote",
        "no such column",
        "no column",
        "label",
        "order",
    ],
)
def test_what_cannot_be_evaluated_is_refused_with_what_to_do(
    tmp_path: Path, lines: tuple[str, ...], options: tuple[str, ...], complaint: str
) -> None:
    """A sentence, no traceback."""
    done = _evaluated(tmp_path, *lines, options=options)
    assert done.status != 0
    assert complaint in done.err


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("registry.csv", "Núñez".encode("latin-1"), "is not UTF-8"),
        ("registry.csv.gz", b"cluster,first_name", "cannot be read"),
        ("registry.csv.gz", gzip.compress(b"cluster,first_name" * 99)[:20], "cannot be read"),
    ],
    ids=["another encoding", "not compressed", "cut off"],
)
def test_a_file_that_cannot_be_read_says_so(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    """Which file, and why."""
    (tmp_path / name).write_bytes(content)
    done = run(tmp_path, "matching", "evaluate", str(tmp_path / name))
    assert (done.status, done.out) == (1, "")
    assert f"{name} {complaint}" in done.err


def _file(folder: Path) -> str:
    (folder / "registry.csv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    return str(folder / "registry.csv")


def test_weights_are_estimated_as_data_with_their_origin(tmp_path: Path) -> None:
    """Three records teach nothing, and that is said: evidence for each field and explanation."""
    found = json.loads(run(tmp_path, "matching", "estimate", _file(tmp_path), "--json").out)
    assert found["origin"] == "Estimated without labels from 3 records of registry.csv."
    assert found["weights"]["gender"]["agrees"]["same"] == 0.984
    assert found["evidence"]["gender"]["twin"] < 50
    assert (found["trial"], set(found["priors"])) == (
        [],
        {"same", "stranger", "relative", "twin", "namesake"},
    )


def test_an_estimate_is_tried_on_a_labelled_file(tmp_path: Path) -> None:
    """The service's weights and the estimated ones, beside each other."""
    file = _file(tmp_path)
    done = run(tmp_path, "matching", "estimate", file, "--labelled", file)
    assert "From 3 records" in done.out
    assert [line.split()[0] for line in done.out.splitlines()[-2:]] == ["the", "estimated"]
    assert marks_in(done.out + done.err) == []


def test_an_evaluation_can_weigh_with_what_the_file_teaches(tmp_path: Path) -> None:
    """Without its labels."""
    done = run(tmp_path, "matching", "evaluate", _file(tmp_path), "--estimate", "--json")
    assert "Estimating, round: 1 of" in done.err
    assert json.loads(done.out)["linked"]["right"] == 1


def test_an_estimate_is_not_tried_on_a_file_without_labels(tmp_path: Path) -> None:
    """It says which column is missing."""
    (tmp_path / "unlabelled.csv").write_text("first_name,last_name\nRosa,Quintero\n", encoding="utf-8")
    file = str(tmp_path / "unlabelled.csv")
    assert run(tmp_path, "matching", "estimate", file).status == 0
    done = run(tmp_path, "matching", "estimate", file, "--labelled", file)
    assert done.status == 1
    assert "unlabelled.csv does not say who is one person" in done.err
