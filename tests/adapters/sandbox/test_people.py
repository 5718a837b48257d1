"""The synthetic people: the same for the same seed, as varied as a practice, and recognisably made up."""

import collections
import functools
import inspect
import itertools
import re
import statistics
import tracemalloc
import unicodedata
from datetime import date

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vantrexia_adapters.sandbox import SyntheticPerson, synthetic_people
from vantrexia_adapters.sandbox.names import SOURCES
from vantrexia_adapters.sandbox.people import _CITIES, _ORIGINS, _SSN_COUNT, _Practice

SEEDS = st.integers(min_value=0, max_value=2**63)
REFERENCE = date(2026, 1, 1)
PHONE = re.compile(r"\+1-([2-9][0-9]{2})-555-01[0-9]{2}", re.ASCII)
EMAIL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*@example\.(com|org|net)", re.ASCII)
SSN = re.compile(r"([0-9]{3})-([0-9]{2})-([0-9]{4})", re.ASCII)
STATE_OF_AREA_CODE = {code: city.state for city in _CITIES for code in city.area_codes}


@functools.cache
def crowd() -> tuple[SyntheticPerson, ...]:
    """Enough people for shares to settle: one standard deviation of a 7 % share is 0.2 % or less."""
    return tuple(synthetic_people(20_000))


def share(found: int) -> float:
    """Give a number of people as a share of the crowd."""
    return found / len(crowd())


def age(person: SyntheticPerson) -> int:
    """Completed years on the reference date."""
    born = date.fromisoformat(person.date_of_birth)
    return REFERENCE.year - born.year - ((REFERENCE.month, REFERENCE.day) < (born.month, born.day))


def script(text: str) -> str:
    """Give the first word of the Unicode name of the first letter: LATIN, CYRILLIC, CJK and so on."""
    return unicodedata.name(next(c for c in text if c.isalpha())).split()[0]


def households() -> dict[tuple[str | None, ...], list[SyntheticPerson]]:
    """Group the crowd by address."""
    found: dict[tuple[str | None, ...], list[SyntheticPerson]] = collections.defaultdict(list)
    for person in crowd():
        if person.address:
            found[tuple(person.address.values())].append(person)
    return found


def check_strings(person: SyntheticPerson) -> None:
    """Assert what holds for every text of every person."""
    texts = [person.first_name, person.last_name, person.gender, person.date_of_birth]
    texts += [t for t in (person.phone, person.email, person.ssn, person.external_id) if t is not None]
    texts += [t for t in (person.address or {}).values() if t is not None]
    texts += [person.archived_because] if person.archived_because is not None else []
    for text in texts:
        assert text
        assert text == text.strip()
        assert unicodedata.is_normalized("NFC", text)
        assert not any(unicodedata.category(c).startswith("C") for c in text)
    assert len(person.first_name) <= 100
    assert len(person.last_name) <= 100


@given(SEEDS)
@example(1)
@settings(max_examples=20)
def test_the_first_people_are_fixed(seed: int) -> None:
    """Jane Doe, John Smith and Mary Thompson come first, whatever the seed."""
    jane, john, mary = synthetic_people(3, seed=seed)
    assert attrs.asdict(jane) == {
        "first_name": "Jane",
        "last_name": "Doe",
        "date_of_birth": "1958-03-15",
        "gender": "female",
        "phone": "+1-555-0101",
        "email": "jane.doe@email.com",
        "address": {
            "line1": "123 Main St",
            "line2": "Apt 4B",
            "city": "Springfield",
            "state": "IL",
            "zip": "62704",
        },
        "ssn": None,
        "external_id": "ECW-98765",
        "archived_because": None,
    }
    assert (john.first_name, john.last_name) == ("John", "Smith")
    assert (mary.first_name, mary.last_name) == ("Mary", "Thompson")
    assert mary.archived_because == "Patient transferred to another practice"


@given(SEEDS, st.integers(0, 120), st.integers(0, 120))
@settings(max_examples=30)
def test_a_shorter_run_is_a_prefix_of_a_longer_one(seed: int, one: int, other: int) -> None:
    """The same seed gives the same people, however many are asked for."""
    short, long = sorted((one, other))
    assert list(synthetic_people(short, seed=seed)) == list(synthetic_people(long, seed=seed))[:short]


def test_another_seed_gives_other_people() -> None:
    """Two seeds have hardly a person in common after the fixed ones."""
    one = {person.email for person in synthetic_people(500, seed=1)}
    other = {person.email for person in synthetic_people(500, seed=2)}
    assert len(one & other) < 20


@given(SEEDS)
@settings(max_examples=30)
def test_every_person_keeps_the_rules(seed: int) -> None:
    """Texts, dates, phones, e-mails, addresses and numbers are well-formed for any seed."""
    for person in list(synthetic_people(150, seed=seed))[1:]:
        check_strings(person)
        assert person.gender in {"male", "female", "other", "unknown"}
        assert 18 <= age(person) <= 95
        assert person.phone is None or PHONE.fullmatch(person.phone)
        assert person.email is None or EMAIL.fullmatch(person.email)
        assert person.email is None or person.email.index("@") <= 64
        assert person.external_id is None or re.fullmatch(r"ECW-[0-9]+", person.external_id)
        if person.ssn is not None:
            match = SSN.fullmatch(person.ssn)
            assert match
            area, group, serial = match.groups()
            assert area not in {"000", "666"}
            assert area < "900"
            assert group != "00"
            assert serial != "0000"


def test_every_name_in_the_tables_keeps_the_rules() -> None:
    """Even the rarest name is NFC, trimmed, 1 to 100 characters, and can be spelled in an e-mail address."""
    for origin in _ORIGINS.values():
        names = {pair for last in set(origin.last) for pair in zip(last.names, last.ascii, strict=True)}
        names |= {(one.name, one.ascii) for form in origin.given for table in set(form) for one in table}
        for name, plain in names:
            assert 1 <= len(name) <= 100
            assert name == name.strip()
            assert unicodedata.is_normalized("NFC", name)
            assert not any(unicodedata.category(c).startswith("C") or c in '=/*,"' for c in name)
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", plain)


def test_the_shares_of_the_origins_add_up() -> None:
    """The shares of the origin tables are what their comment says: of 1,000 households."""
    assert sum(source.share for source in SOURCES.values()) == 1_000


def test_an_address_is_in_one_of_the_cities() -> None:
    """City, state and ZIP code of an address belong together."""
    places = {(city.name, city.state, code) for city in _CITIES for code in city.zips}
    for person in crowd():
        if person.address is not None:
            assert list(person.address) == ["line1", "line2", "city", "state", "zip"]
            assert person.address["line1"]
            assert (person.address["city"], person.address["state"], person.address["zip"]) in places


def test_the_city_table_is_well_formed() -> None:
    """Some 40 cities or more, five-digit ZIP codes, and no area code or ZIP code in two states."""
    assert len(_CITIES) >= 40
    state_of: dict[str, str] = {}
    for city in _CITIES:
        assert re.fullmatch(r"[A-Z]{2}", city.state)
        assert all(re.fullmatch(r"[0-9]{5}", code) for code in city.zips)
        assert all(re.fullmatch(r"[2-9][0-9]{2}", code) for code in city.area_codes)
        for code in city.zips + city.area_codes:
            assert state_of.setdefault(code, city.state) == city.state


def test_the_area_code_matches_the_state() -> None:
    """Who has both a phone and an address has an area code of that state."""
    for person in crowd()[1:]:
        if person.phone is not None and person.address is not None:
            assert STATE_OF_AREA_CODE[person.phone[3:6]] == person.address["state"]


def test_most_people_are_older_adults() -> None:
    """A remote monitoring practice: nearly all are 35 to 95, the median is about 70, a few are younger."""
    ages = sorted(map(age, crowd()))
    assert ages[-1] <= 95
    assert 0 < share(sum(a < 35 for a in ages)) < 0.05
    assert 64 <= ages[len(ages) // 2] <= 74


def test_common_last_names_are_common() -> None:
    """Last names are skewed as in life: a few are everywhere, and many occur hardly ever."""
    counts = collections.Counter(person.last_name for person in crowd())
    common = {name for name, _ in counts.most_common(30)}
    assert {"Smith", "Johnson", "Williams", "Garcia", "Nguyen"} <= common
    assert share(counts["Smith"]) > 0.02
    assert sum(count <= 3 for count in counts.values()) > 300


def test_first_names_follow_the_birth_year() -> None:
    """Names of the thirties are not those of the nineties, but for sons named after their fathers."""

    def born(name: str) -> list[int]:
        return [int(p.date_of_birth[:4]) for p in crowd() if p.first_name == name]

    for old, young in (("Dorothy", "Ashley"), ("Harold", "Joshua"), ("Betty", "Jennifer")):
        assert statistics.median(born(old)) < 1950
        assert min(born(young)) >= 1960


def test_some_names_are_not_in_latin_script() -> None:
    """Six to eight percent have a name in another script, and all nine of them occur."""
    scripts = collections.Counter(script(person.last_name) for person in crowd())
    assert 0.06 <= share(len(crowd()) - scripts["LATIN"]) <= 0.08
    expected = {"CJK", "HANGUL", "HIRAGANA", "KATAKANA", "CYRILLIC", "GREEK", "ARABIC", "HEBREW"}
    assert expected | {"DEVANAGARI", "THAI", "LATIN"} == set(scripts)


def test_a_last_name_in_another_script_has_a_first_name_in_it() -> None:
    """Nobody outside the Latin script is half transliterated."""
    for person in crowd():
        assert (script(person.first_name) == "LATIN") == (script(person.last_name) == "LATIN")


@pytest.mark.parametrize(
    "shape",
    [
        r"[^\W\d]+-[^\W\d]+",
        r"O'[A-Z][a-z]+",
        r"D'[A-Z][a-z]+",
        r"van der \w+",
        r"de la \w+",
        "Núñez",
        "Müller",
        "Łukasiewicz",
        "Đặng",
        "Søndergaard",
        r"[A-Z]",
        r".{40,}",
    ],
)
def test_unusual_last_names_occur(shape: str) -> None:
    """Each shape of name that has broken a form somewhere is among 20,000 people."""
    assert any(re.fullmatch(shape, person.last_name) for person in crowd())


def test_a_last_name_of_the_greatest_length_occurs() -> None:
    """The longest name that is allowed has exactly 100 characters, and somebody has it."""
    assert max(len(last.names[0]) for origin in _ORIGINS.values() for last in origin.last) == 100


def test_families_share_last_name_and_address() -> None:
    """A good part of the people live with somebody of their last name."""
    together = sum(
        len(members)
        for members in households().values()
        if len(members) > 1 and len({member.last_name for member in members}) == 1
    )
    assert 0.25 < share(together) < 0.6


def test_a_small_demo_has_twins() -> None:
    """Among the first thirty, two people differ in first name only: birth date, name and home agree."""
    first = list(synthetic_people(30))
    assert any(
        one.first_name != other.first_name
        and one.last_name == other.last_name
        and one.date_of_birth == other.date_of_birth
        and one.address == other.address is not None
        for one, other in itertools.pairwise(first)
    )


def test_a_small_demo_has_father_and_son_of_one_name() -> None:
    """Among the first thirty, two men of one name and home are a generation apart."""
    first = list(synthetic_people(30))
    assert any(
        (one.first_name, one.last_name, one.address) == (other.first_name, other.last_name, other.address)
        and one.address is not None
        and one.gender == other.gender == "male"
        and age(one) - age(other) >= 19
        for one, other in itertools.pairwise(first)
    )


def test_a_small_demo_has_namesakes() -> None:
    """Among the first thirty, two strangers have one name and different birth dates."""
    first = list(synthetic_people(30))
    assert any(
        (one.first_name, one.last_name) == (other.first_name, other.last_name)
        and one.date_of_birth != other.date_of_birth
        and one.address != other.address
        for one, other in itertools.pairwise(first)
    )


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("phone", 0.90, 0.97),
        ("email", 0.60, 0.85),
        ("address", 0.93, 0.98),
        ("ssn", 0.38, 0.42),
        ("external_id", 0.48, 0.52),
        ("archived_because", 0.033, 0.047),
    ],
)
def test_optional_values_are_there_for_a_share(field: str, low: float, high: float) -> None:
    """What a practice does not know of everybody is missing for some."""
    assert low < share(sum(getattr(person, field) is not None for person in crowd())) < high


def test_every_gender_occurs() -> None:
    """Male and female are common; other and unknown occur."""
    counts = collections.Counter(person.gender for person in crowd())
    assert share(counts["female"]) > 0.45
    assert share(counts["male"]) > 0.4
    assert counts["other"] > 0
    assert counts["unknown"] > 0


def test_identifiers_are_unique() -> None:
    """No two people share an external id, an e-mail address or a social security number."""
    for values in (
        [p.external_id for p in crowd() if p.external_id],
        [p.email for p in crowd() if p.email],
        [p.ssn for p in crowd() if p.ssn],
    ):
        assert len(set(values)) == len(values)


def test_every_ssn_is_used_before_one_repeats() -> None:
    """The sequence of social security numbers visits all of them, and never those of the fixed people."""
    practice = _Practice(1)
    seen = {practice._next_ssn() for _ in range(_SSN_COUNT)}
    assert len(seen) == _SSN_COUNT
    assert seen.isdisjoint(person.ssn for person in synthetic_people(3))


def test_printing_a_person_shows_no_value() -> None:
    """Neither repr nor str nor a format shows a value."""
    jane = next(synthetic_people(1))
    for text in (repr(jane), str(jane), f"{jane}", repr([jane])):
        assert "SyntheticPerson(<masked>)" in text
        for value in ("Jane", "Doe", "1958", "female", "555", "email", "Springfield", "98765"):
            assert value not in text


def test_a_person_is_immutable_and_hashable() -> None:
    """A person can be put in a set, and not be changed."""
    one, other = next(synthetic_people(1)), next(synthetic_people(1))
    assert {one} == {other}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.first_name = "Joan"  # type: ignore[misc]


def test_changing_an_address_changes_nobody_else() -> None:
    """Each person has an address dict of their own, the fixed people and the members of a family too."""
    everybody = list(synthetic_people(200))
    addresses = [id(person.address) for person in everybody if person.address is not None]
    assert len(set(addresses)) == len(addresses)
    jane = everybody[0]
    assert jane.address is not None
    jane.address["city"] = "Shelbyville"
    again = next(synthetic_people(1))
    assert again.address is not None
    assert again.address["city"] == "Springfield"


def test_people_are_made_lazily() -> None:
    """Asking for a million makes none until they are taken, and takes no more than asked."""
    everybody = synthetic_people(1_000_000)
    assert not inspect.getattr_static(everybody, "__len__", None)
    assert next(everybody).first_name == "Jane"
    assert len(list(synthetic_people(4))) == 4
    assert list(synthetic_people(0)) == []


def test_memory_does_not_grow_with_the_count() -> None:
    """After the first few thousand, further people cost no memory that stays."""
    everybody = synthetic_people(40_000)
    collections.deque(zip(everybody, range(5_000), strict=False), maxlen=0)
    tracemalloc.start()
    try:
        collections.deque(zip(everybody, range(5_000), strict=False), maxlen=0)
        before, _ = tracemalloc.get_traced_memory()
        collections.deque(everybody, maxlen=0)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 64 * 1024


def test_a_negative_count_is_refused() -> None:
    """A negative count is refused at once, not at the first person."""
    with pytest.raises(ValueError, match="must not be negative"):
        synthetic_people(-1)
