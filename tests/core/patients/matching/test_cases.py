"""People as they are really written down: each pair by its name."""

from datetime import date

import pytest

from tests.builders import a_new_patient, a_patient
from tests.comparing import MODEL, PHONES, TEXTS, match, traits
from vantrexia_core.patients import (
    Explanation,
    Field,
    Gender,
    Guard,
    MatchGrade,
    Person,
    rank,
    traits_of,
)

Known = dict[str, str | date | Gender | None]

SPARSE: Known = {"phone": None, "email": None, "line1": None, "city": None, "zip": None}
"""Nothing to reach them by."""

ELSEWHERE: Known = {
    "phone": "309-611-0010", "email": "moved@example.org",
    "line1": "90 Oak Avenue", "city": "Peoria", "zip": "61602",
}  # fmt: skip

LINKED: dict[str, tuple[Known, Known]] = {
    "the same twice": ({}, {}),
    "capitals, accents, another way to write it all": (
        {"last_name": "Núñez"},
        {
            "first_name": "ROSA",
            "last_name": "NUNEZ",
            "phone": "+1-217-394-0142",
            "email": "Garden.Rose@Example.ORG",
            "line1": "1778 E WALNUT ST",
            "zip": "62704-1234",
        },
    ),
    "day and month swapped": ({}, {"date_of_birth": date(1961, 8, 3)}),
    "one digit of the birth date": ({}, {"date_of_birth": date(1961, 3, 9)}),
    "another surname since she married": ({}, {"last_name": "Okafor"}),
    "a typing error in the surname": ({}, {"last_name": "Qiuntero"}),
    "first and last name swapped": ({}, {"first_name": "Quintero", "last_name": "Rosa"}),
    "a double surname, and half of it": ({"last_name": "Quintero-Smith"}, {"last_name": "Quintero"}),
    "hyphen, blank, nothing between": ({"last_name": "Quintero-Smith"}, {"last_name": "QuinteroSmith"}),
    "particles": ({"last_name": "De la Cruz"}, {"last_name": "Delacruz"}),
    "an apostrophe": ({"last_name": "O'Neil"}, {"last_name": "ONeil"}),
    "two transposed digits of the phone": ({}, {"phone": "217-394-0124"}),
    "moved, and the same telephone": ({}, {"line1": "90 Oak Avenue", "city": "Peoria", "zip": "61602"}),
    "a new telephone, and the same home": ({}, {"phone": "309-611-0010", "email": None}),
    "a decade mistaken, and no parent is ten years older": ({}, {"date_of_birth": date(1971, 3, 8)}),
    "an unknown gender": ({}, {"gender": Gender.UNKNOWN}),
    "a mistyped first name, one SSN": (
        {"ssn": "401-17-8993"},
        {"first_name": "Rsoa", "ssn": "401-17-8993"},
    ),
    "known by a nickname, and another home": (
        {"first_name": "William", "gender": Gender.MALE, "ssn": "401-17-8993"},
        {"first_name": "Bill", "gender": Gender.MALE, "ssn": "401-17-8993", **ELSEWHERE},
    ),
    "known by a nickname at home": (
        {"first_name": "William", "gender": Gender.MALE},
        {"first_name": "Bill", "gender": Gender.MALE},
    ),
    "one name in two spellings": (
        {"first_name": "Steven", "gender": Gender.MALE},
        {"first_name": "Stephen", "gender": Gender.MALE},
    ),
    "a mononym": (
        {"first_name": None, "last_name": "Suharto", "ssn": "401-17-8993"},
        {"first_name": None, "last_name": "Suharto", "ssn": "401-17-8993"},
    ),
    "one-letter surname": ({"last_name": "O"}, {"last_name": "O"}),
    "a name in another script": (
        {"first_name": "李", "last_name": "王芳", "ssn": "401-17-8993"},
        {"first_name": "李", "last_name": "王芳", "ssn": "401-17-8993"},
    ),
}
"""Duplicates of the same person that a machine may link."""

REVIEWED: dict[str, tuple[Known, Known, set[Guard]]] = {
    "a newborn without a first name": (
        {"first_name": "Baby Boy", "date_of_birth": date(2024, 5, 2), "ssn": None},
        {"first_name": "Mateo", "date_of_birth": date(2024, 5, 2), "ssn": None},
        set(),
    ),
    "a first name that was mistyped, or a twin's": ({}, {"first_name": "Rossa"}, set()),
    "two SSNs": ({"ssn": "401-17-8993"}, {"ssn": "547-28-2838"}, {Guard.SSN}),
    "the first of January instead of the day": ({}, {"date_of_birth": date(1961, 1, 1)}, {Guard.BIRTH_DATE}),
    "a mononym, and nobody's number": (
        {"first_name": None, "last_name": "Suharto"},
        {"first_name": None, "last_name": "Suharto"},
        set(),
    ),
    "a one-letter first name": ({"first_name": "J"}, {"first_name": "J"}, set()),
    "no birth date": ({}, {"date_of_birth": None}, set()),
    "a birth date that stands for none": ({}, {"date_of_birth": date(1900, 1, 1)}, set()),
    "two decades mistaken, or a daughter": ({}, {"date_of_birth": date(1981, 3, 8)}, {Guard.GENERATION}),
    "one name and birth date, all else differs": ({}, ELSEWHERE, {Guard.CONTRADICTED}),
}
"""Pairs that somebody should look at, and the guards that see to it where the score does not."""

APART: dict[str, tuple[Known, Known]] = {
    "a spouse": (
        {},
        {"first_name": "Hector", "gender": Gender.MALE, "date_of_birth": date(1959, 11, 20)},
    ),
    "a sister": ({}, {"first_name": "Dolores", "date_of_birth": date(1963, 6, 1)}),
    "a mother of the same name": ({}, {"date_of_birth": date(1938, 10, 21)}),
    "a daughter of the same name, born on her birthday": ({}, {"date_of_birth": date(1985, 3, 8)}),
    "father and son": (
        {"first_name": "Jon", "last_name": "Marsh Sr", "gender": Gender.MALE},
        {
            "first_name": "Jon",
            "last_name": "Marsh Jr",
            "gender": Gender.MALE,
            "date_of_birth": date(1988, 2, 14),
        },
    ),
    "father and son, one birth date by mistake": (
        {"first_name": "Jon", "last_name": "Marsh Sr", "gender": Gender.MALE},
        {"first_name": "Jon", "last_name": "Marsh Jr", "gender": Gender.MALE},
    ),
    "a twin": ({}, {"first_name": "Dolores"}),
    "a twin brother": ({}, {"first_name": "Hector", "gender": Gender.MALE}),
    "a twin whose name resembles": ({"first_name": "Jayden"}, {"first_name": "Jaylen"}),
    "a twin whose name resembles, and stands the wrong way round": (
        {"first_name": "Kayla", "last_name": "Marsh"},
        {"first_name": "Marsh", "last_name": "Kyla"},
    ),
    "a twin whose name is near, with the next SSN": (
        {"first_name": "Jayden", "ssn": "401-17-8993"},
        {"first_name": "Jaylen", "ssn": "401-17-8994"},
    ),
    "newborn twins without first names": (
        {"first_name": "Baby Girl A", "date_of_birth": date(2024, 5, 2)},
        {"first_name": "Baby Girl B", "date_of_birth": date(2024, 5, 2)},
    ),
    "sisters who share a nickname and a word": (
        {"first_name": "Mary José"},
        {"first_name": "María Elena"},
    ),
    "sisters who share a word": (
        {"first_name": "María José"},
        {"first_name": "María Elena"},
    ),
    "a namesake elsewhere": ({}, {**ELSEWHERE, "date_of_birth": date(1974, 9, 30)}),
    "a namesake of whom nothing else is known": (SPARSE, {**SPARSE, "date_of_birth": None}),
    "somebody born on the same day": ({}, {**ELSEWHERE, "first_name": "Anna", "last_name": "Okafor"}),
    "who shares the telephone of the family": (
        {},
        {**ELSEWHERE, "phone": "2173940142", "first_name": "Luis", "date_of_birth": date(2001, 7, 19)},
    ),
    "two of whom nothing is known but an initial and a mononym": (
        {**SPARSE, "first_name": "J", "last_name": None, "date_of_birth": None},
        {**SPARSE, "first_name": "J", "last_name": None, "date_of_birth": None},
    ),
    "two unknown people with placeholders for everything": (
        {
            **SPARSE,
            "first_name": "Unknown",
            "last_name": "Unknown",
            "date_of_birth": date(1900, 1, 1),
            "ssn": "000-00-0000",
        },
        {
            **SPARSE,
            "first_name": "Unknown",
            "last_name": "Unknown",
            "date_of_birth": date(1900, 1, 1),
            "ssn": "000-00-0000",
        },
    ),
}
"""Two people, whatever they share."""


@pytest.mark.parametrize("case", LINKED)
def test_one_person_written_down_twice_may_be_linked(case: str) -> None:
    """Certain, with no guard against it, and in both directions."""
    one, other = (traits(**known) for known in LINKED[case])
    found = match(one, other)
    assert (found.grade, found.guards) == (MatchGrade.CERTAIN, ())
    assert found == match(other, one)


@pytest.mark.parametrize("case", REVIEWED)
def test_what_nobody_can_tell_from_the_record_goes_to_review(case: str) -> None:
    """Probable or possible: neither linked nor lost."""
    one, other, guards = REVIEWED[case]
    found = match(traits(**one), traits(**other))
    assert found.grade in {MatchGrade.PROBABLE, MatchGrade.POSSIBLE}
    assert guards <= set(found.guards)


@pytest.mark.parametrize("case", APART)
def test_two_people_are_never_linked(case: str) -> None:
    """Relatives, twins, namesakes, and people of whom nothing is known."""
    one, other = (traits(**known) for known in APART[case])
    assert not match(one, other).may_link


@pytest.mark.parametrize(
    ("case", "explanation"),
    [
        ("a spouse", Explanation.RELATIVE),
        ("a sister", Explanation.RELATIVE),
        ("a twin", Explanation.TWIN),
        ("a mother of the same name", Explanation.NAMESAKE),
        ("somebody born on the same day", Explanation.STRANGER),
    ],
)
def test_the_explanation_that_wins_is_the_right_one(case: str, explanation: Explanation) -> None:
    """What reviewers read first."""
    one, other = (traits(**known) for known in APART[case])
    found = match(one, other)
    assert max(found.shares, key=found.shares.__getitem__) is explanation
    assert found.rival is explanation


def test_a_suffix_that_conflicts_outweighs_what_agrees() -> None:
    """Everything agrees, and one is Sr and the other Jr."""
    one, other = (traits(**known) for known in APART["father and son, one birth date by mistake"])
    found = match(one, other)
    assert found.levels[Field.SUFFIX] == "conflict"
    assert found.grade is MatchGrade.PROBABLE
    assert found.score < match(one, one).score - 10


def test_swapped_names_are_one_fact() -> None:
    """Counted with the first name; the last name gives nothing more."""
    found = match(traits(), traits(first_name="Quintero", last_name="Rosa"))
    assert (found.levels[Field.FIRST_NAME], found.bits[Field.LAST_NAME]) == ("swapped", 0)


def test_a_mailbox_made_of_the_name_says_little() -> None:
    """Whoever has the name may have the mailbox: fewer bits than another shared mailbox."""
    named = traits(email="rosa.quintero61@example.org")
    by_name, by_mailbox = match(named, named), match(traits(), traits())
    assert by_name.levels[Field.EMAIL] == "of_name"
    assert by_name.bits[Field.EMAIL] < by_mailbox.bits[Field.EMAIL]


def test_a_mailbox_made_of_the_full_name_says_little_of_a_nickname() -> None:
    """Two Jim Clarks may both be jamesclark somewhere."""
    one, other = (
        traits(first_name="Jim", last_name="Clark", email=f"{mailbox}@{provider}", gender=Gender.MALE)
        for mailbox, provider in (("james.clark", "example.org"), ("jamesclark", "example.com"))
    )
    assert one.has_mailbox_of_name
    assert other.has_mailbox_of_name
    assert not traits(last_name="Clark", email="gardenclark@example.org").has_mailbox_of_name


def test_two_records_over_the_threshold_link_neither() -> None:
    """A third record between two draws them together: somebody decides."""
    found = rank(
        traits(),
        [("first", traits()), ("second", traits(phone=None)), ("third", traits(**ELSEWHERE))],
        MODEL,
        TEXTS,
    )
    assert [each.key for each in found] == ["first", "second", "third"]
    assert [each.match.grade for each in found] == [MatchGrade.PROBABLE] * 3
    assert all(Guard.AMBIGUOUS in each.match.guards for each in found[:2])


def test_one_record_over_the_threshold_is_linked() -> None:
    """And those that are certainly others are not in the list."""
    twin, sister = traits(first_name="Dolores"), traits(first_name="Carmen", date_of_birth=date(1966, 12, 24))
    found = rank(traits(), [("twin", twin), ("same", traits()), ("sister", sister)], MODEL, TEXTS)
    assert (found[0].key, found[0].match.may_link) == ("same", True)
    assert "sister" not in {each.key for each in found}


def test_a_record_of_the_practice_can_be_compared() -> None:
    """A patient, and somebody who is to be registered with the same values."""
    one, other = (traits_of(Person.of(record), TEXTS, PHONES) for record in (a_patient(), a_new_patient()))
    assert match(one, other).levels[Field.DATE_OF_BIRTH] == "exact"
    assert match(one, other).levels[Field.LAST_NAME] == "exact"
