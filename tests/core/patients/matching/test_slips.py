import pytest

from vantrexia_core.patients.matching.slips import may_be_slip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("michael", "micheal"),  # two letters in the wrong order
        ("sharon", "sharron"),  # one too many
        ("christopher", "chrstopher"),  # one left out
        ("jessica", "jessixa"),  # the key beside
        ("michael", "michqel"),  # the key above
        ("nikolas", "nicolas"),  # heard
        ("jessica", "jezsica"),
        ("allen", "al1en"),  # scanned
    ],
)
def test_a_slip_of_keys_ear_or_scanner_may_be_one_name(one: str, other: str) -> None:
    """In both directions."""
    assert may_be_slip(one, other)
    assert may_be_slip(other, one)


@pytest.mark.parametrize(("one", "other"), [("jayden", "jaylen"), ("carmela", "carmeva"), ("mario", "maria")])
def test_a_letter_that_nobody_mistakes_makes_another_name(one: str, other: str) -> None:
    """As the names of twins do."""
    assert not may_be_slip(one, other)
    assert not may_be_slip(other, one)
