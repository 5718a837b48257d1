"""Two people are never linked, whatever they share; the long form is `nox -s strangers`."""

import os
from datetime import date
from typing import Final

from hypothesis import given, settings

from tests.comparing import match, traits
from tests.strategies.matching import two_people
from vantrexia_core.patients import Frequencies, MatchingModel, Traits

IS_LONG = bool(os.environ.get("LONG_RUN"))  # noqa: TID251 - tests have no settings
EXAMPLES = 200_000 if IS_LONG else settings.default.max_examples  # type: ignore[union-attr] - there is a profile

FIRST: Final = ("Jayden", "Jaylen", "Hector", "Kayden", "Dolores", "Rosa", "Mary", "Donna", "Ruth", "Helen")
LAST: Final = ("Marsh", "Okafor", "Quintero", "Lindqvist", "Barkan", "Ullman", "Wisniewski", "Coffland")
REGISTRY: Final = Frequencies.counted(
    traits(
        first_name=FIRST[number % len(FIRST)],
        last_name=LAST[number % len(LAST)],
        date_of_birth=date.fromordinal(710_000 + 7 * number),
    )
    for number in range(2_000)
)
"""A registry that knows what a name is, and in which the names of the two are common."""


@settings(max_examples=EXAMPLES)
@given(two_people())
def test_two_people_who_share_something_are_never_linked(people: tuple[Traits, Traits]) -> None:
    """A namesake, a twin, a parent, a household; mistyped, and with whatever is not known of them."""
    assert not match(*people).may_link


@settings(max_examples=EXAMPLES)
@given(two_people())
def test_nor_are_they_where_names_are_counted(people: tuple[Traits, Traits]) -> None:
    """What a registry knows of names makes nobody of two people one."""
    one, other = people
    model = MatchingModel(REGISTRY.with_one_more(one).with_one_more(other), people=REGISTRY.people + 2)
    assert not match(one, other, model).may_link
