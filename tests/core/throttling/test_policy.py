"""Limits: what is published, and how settings spell them."""

import pytest

from vantrexia_core.kernel import InvalidValueError
from vantrexia_core.throttling import PUBLISHED, Bucket, Limit, Scope, ThrottledError


def test_the_published_limits():
    """The table of the API's overview, row by row."""
    assert {scope.value: str(PUBLISHED.of(scope)) for scope in Scope} == {
        "user": "1000/hour",
        "anonymous": "100/hour",
        "auth": "20/minute",
        "webhook": "500/hour",
        "ingestion": "1000/hour",
    }


@pytest.mark.parametrize("text", ["1/second", "20/minute", "1000/hour", "1000000000/day"])
def test_a_limit_is_read_as_it_is_written(text):
    """Parsing and spelling are inverse."""
    assert str(Limit.parse(text)) == text
    assert Limit.parse(f" {text} ") == Limit.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "1000", "0/hour", "-1/hour", "1.5/hour", "1000/hours", "1000 / hour", "1e3/hour",
        "1000000001/hour", "٣/hour",
    ],
)  # fmt: skip
def test_anything_else_is_no_limit(text):
    """The refusal says what is expected."""
    with pytest.raises(InvalidValueError, match="1000/hour"):
        Limit.parse(text)


def test_the_refusal_speaks_the_published_words():
    """Word for word, with the seconds in it."""
    refused = ThrottledError(58)
    assert refused.detail == "Request was throttled. Expected available in 58 seconds."
    assert (refused.code, refused.wait_seconds) == ("throttled", 58)


def test_a_bucket_does_not_print():
    """It may hold an address or an e-mail."""
    assert "ann@practice.example" not in repr(Bucket("auth", "email ann@practice.example", PUBLISHED.auth))
