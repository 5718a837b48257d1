"""A registry in a CSV file: the people in it, and who they really are where the file says so.

Made for trying the matching out: a value that is not understood is counted and left out, a file that is no
table is refused. No error repeats a value, for the values are people's.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, TextIO, TypeVar

import attrs

from vantrexia_core.kernel import Phi
from vantrexia_core.patients import Gender, Person

V = TypeVar("V")

CLUSTER: Final = "cluster"
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        CLUSTER: ("cluster", "cluster_id", "person_id", "entity_id", "label", "enterprise_id"),
        "first_name": ("first_name", "firstname", "given_name", "first", "given", "forename"),
        "middle_name": ("middle_name", "middlename", "middle", "middle_initial"),
        "last_name": ("last_name", "lastname", "surname", "family_name", "last", "family"),
        "date_of_birth": ("date_of_birth", "dob", "birth_date", "birthdate", "birthday"),
        "gender": ("gender", "sex"),
        "phone": ("phone", "phone_number", "telephone", "mobile", "home_phone", "phone1"),
        "email": ("email", "email_address", "e-mail", "mail"),
        "line1": ("line1", "address_line1", "address1", "address_1", "address", "street"),
        "line2": ("line2", "address_line2", "address2", "address_2"),
        "city": ("city", "town", "suburb", "municipality"),
        "zip": ("zip", "zip_code", "zipcode", "postal_code", "postcode"),
        "ssn": ("ssn", "social_security_number", "soc_sec_id"),
        "mrn": ("mrn", "medical_record_number"),
    }
)
"""What is read, and the names under which a column is looked for, in any case and with blanks for ``_``."""

_DATES: Final = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")
_GENDERS: Final = {
    "m": Gender.MALE, "f": Gender.FEMALE, "o": Gender.OTHER, "u": Gender.UNKNOWN,
    **{gender.value: gender for gender in Gender},
}  # fmt: skip


class NoRegistryError(Exception):
    """The file cannot be read as a registry; the sentence says why and what to do, and repeats no value."""


@attrs.frozen(repr=False)
class Registry:
    """The people of a file, in its order. Prints none of them."""

    people: tuple[Person, ...]
    labels: tuple[str, ...] | None
    """Equal for one person; None if the file has no such column."""
    absent: tuple[str, ...]
    """What no column was found for, or was to be left out."""
    not_understood: Mapping[str, tuple[int, ...]]
    """By field the lines whose value was not understood, and counts as missing."""

    def __repr__(self) -> str:
        return f"Registry({len(self.people)} people)"


def read_registry(
    path: Path, columns: Mapping[str, str] | None = None, *, without: Sequence[str] = ()
) -> Registry:
    """Read a CSV file in UTF-8, plain or gzipped (``.gz``), whose first line names its columns.

    ``columns`` says which column has a field, where it is not found by its name; fields in ``without`` are
    left out. An empty cell is an absent value.

    Raises:
        NoRegistryError: The file is no such table.
    """
    try:
        with _opened(path) as file:
            return _read(_lines(file), dict(columns or {}), without)
    except UnicodeDecodeError:
        message = f"{path.name} is not UTF-8. Save it as “CSV UTF-8” and try again."
    except (OSError, EOFError) as failed:
        reason = failed.strerror if isinstance(failed, OSError) else None
        message = f"{path.name} cannot be read: {reason or 'it is not a complete gzip file'}."
    raise NoRegistryError(message) from None


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file


def _lines(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of its last line."""
    rows = csv.reader(file, strict=True)
    try:
        for row in rows:
            if row:
                yield rows.line_num, row
    except csv.Error:
        message = f"Line {rows.line_num} is not CSV: is a cell quoted that does not end, or ends too early?"
        raise NoRegistryError(message) from None


def _read(lines: Iterator[tuple[int, list[str]]], given: dict[str, str], without: Sequence[str]) -> Registry:
    _, titles = next(lines, (0, []))
    at = _places([_title(cell) for cell in titles], given)
    at = {field: place for field, place in at.items() if field not in without}
    people, labels = [], []
    odd: defaultdict[str, list[int]] = defaultdict(list)
    for line, row in lines:
        if len(row) != len(titles):
            message = (
                f"Line {line} has {len(row)} cells, and the first line names {len(titles)}. "
                "A cell with a comma in it must stand in double quotes."
            )
            raise NoRegistryError(message)
        cells = {field: text for field, place in at.items() if (text := row[place].strip())}
        labels.append(cells.get(CLUSTER, f"line {line}"))  # no label: like nobody else
        people.append(_person(cells, line, odd))
    return Registry(
        tuple(people),
        tuple(labels) if CLUSTER in at else None,
        tuple(field for field in COLUMNS if field not in at),
        MappingProxyType({field: tuple(lines) for field, lines in odd.items()}),
    )


def _title(cell: str) -> str:
    return cell.strip().casefold().replace(" ", "_")


def _places(titles: Sequence[str], given: dict[str, str]) -> dict[str, int]:
    """Where each field stands. What was given by name must be there."""
    at: dict[str, int] = {}
    for field, names in COLUMNS.items():
        wanted = (_title(given[field]),) if field in given else names
        found = next((name for name in wanted if name in titles), None)
        if found is not None:
            at[field] = titles.index(found)
        elif field in given:
            message = (
                f"The file has no column “{given[field]}”, which was to be {field}. Look at its first line."
            )
            raise NoRegistryError(message)
    if not at.keys() - {CLUSTER}:
        message = (
            "No column that tells of a person was found. The first line must name the columns, for example: "
            f"{', '.join(COLUMNS)}. Other names are told with --map FIELD=COLUMN."
        )
        raise NoRegistryError(message)
    return at


def _person(cells: Mapping[str, str], line: int, odd: defaultdict[str, list[int]]) -> Person:
    def understood(field: str, parse: Callable[[str], V]) -> Phi[V] | None:
        if field not in cells:
            return None
        try:
            return Phi(parse(cells[field]))
        except (KeyError, ValueError):
            odd[field].append(line)
            return None

    return Person(
        date_of_birth=understood("date_of_birth", _date),
        gender=understood("gender", _gender),
        **{field: Phi(cells[field]) for field in _AS_WRITTEN if field in cells},
    )


_AS_WRITTEN: Final = tuple(field for field in COLUMNS if field not in {CLUSTER, "date_of_birth", "gender"})


def _date(text: str) -> date:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    raise ValueError


def _gender(text: str) -> Gender:
    return _GENDERS[text.casefold()]
