import pytest
from hypothesis import given
from hypothesis import strategies as st

from vantrexia_adapters.ecw import EcwConnection
from vantrexia_adapters.http import checked_url

BASE = "https://fhir4.ecw.example/fhir/r4/FAKEAB"
CONNECTION = EcwConnection(BASE, "client", "scope")


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        (BASE, BASE),
        (f"  {BASE}/ ", BASE),
        ("https://ehr.example:8443/r4", "https://ehr.example:8443/r4"),
        ("http://127.0.0.1:9999/fhir", "http://127.0.0.1:9999/fhir"),
        ("http://localhost/fhir", "http://localhost/fhir"),
        ("http://[::1]:80/fhir", "http://[::1]:80/fhir"),
    ],
)
def test_an_address_is_taken(given_url: str, expected: str) -> None:
    """Https, or plain http to this machine."""
    assert checked_url(given_url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fhir4.ecw.example/fhir",
        "http://fhir4.ecw.example/fhir",
        "http://127.0.0.1.evil.example/fhir",
        "ftp://fhir4.ecw.example/fhir",
        "https:///fhir",
        "https://user:secret@fhir4.ecw.example/fhir",
        "https://fhir4.ecw.example/fhir?a=b",
        "https://fhir4.ecw.example/fhir#x",
        "https://fhir4.ecw.example/../fhir",
        "https://fhir4.ecw.example:port/fhir",
        "https://fhir4.ecw.example:99999/fhir",
        "https://fhir4.ecw.example/a b",
        "https://fhir4.ecw.example\\@evil.example/",
        "https://münchen.example/fhir",
        "https://" + "a" * 5000 + ".example",
    ],
)
def test_an_address_is_refused(url: str) -> None:
    """And the complaint does not repeat it: it may hold a password."""
    with pytest.raises(ValueError, match="must be an absolute https URL") as refused:
        checked_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (f"{BASE}/Patient?page=2", "/Patient?page=2"),
        (f"{BASE}?page=2", "?page=2"),
        ("https://FHIR4.ecw.example:443/fhir/r4/FAKEAB/Patient?page=2", "/Patient?page=2"),
        ("https://fhir4.ecw.example/fhir/r4/FAKEAB2/Patient", None),
        ("https://fhir4.ecw.example:444/fhir/r4/FAKEAB/Patient", None),
        ("http://fhir4.ecw.example/fhir/r4/FAKEAB/Patient", None),
        ("https://evil.example/fhir/r4/FAKEAB/Patient", None),
        (f"{BASE}/../OTHER/Patient", None),
        (f"{BASE}/%2E%2e/OTHER/Patient", None),
        (f"{BASE}/./Patient", None),
        (f"{BASE}#x", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_link_is_followed_within_the_practice_only(url: str, target: str | None) -> None:
    """What is followed is what comes after our own address, never the link itself."""
    assert CONNECTION.target_of(url) == target


@given(st.text() | st.text(alphabet=st.characters(codec="ascii")).map(lambda tail: BASE + tail))
def test_no_link_makes_another_address(url: str) -> None:
    """Whatever it is, the call begins with our own address and stays below it."""
    target = CONNECTION.target_of(url)
    assert target is None or target == "" or target[0] in "/?"
    assert target is None or "/../" not in f"{target.partition('?')[0]}/"


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://fhir4.ecw.example/token", True),
        ("https://oauthserver.ecw.example/oauth/oauth2/token", True),
        ("http://oauthserver.ecw.example/oauth/oauth2/token", False),
        ("https://evil.example/token", False),
        ("https://ecw.example.evil/token", False),
        ("https://169.254.169.254/token", False),
        ("https://2130706433/token", False),
        ("https://0x7f000001/token", False),
        ("https://[::1]/token", False),
        ("https://localhost/token", False),
        ("", False),
    ],
)
def test_a_discovered_token_endpoint_is_in_the_same_domain(url: str, is_taken: bool) -> None:  # noqa: FBT001 - a row
    """As eCW's is; whoever needs another one sets it."""
    assert CONNECTION.may_sign_in_at(url) is is_taken
