"""Whose address it is: forged headers choose nothing, trusted proxies are believed hop by hop."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vantrexia_web.forwarding import HOPS_MAX, caller_of, client_address

PROXY, INNER = "10.0.0.7", "10.0.0.8"
TRUSTED = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))


def _seen(peer, *lines, trusted=TRUSTED):
    return client_address(peer, [(b"x-forwarded-for", line.encode("latin-1")) for line in lines], trusted)


@pytest.mark.parametrize("forged", ["1.2.3.4", "1.2.3.4, 10.0.0.7", "10.0.0.7", "::1", "127.0.0.1", "junk"])
def test_who_is_no_proxy_is_not_believed(forged):
    """A caller of ours says what it likes and stays where it is."""
    assert _seen("203.0.113.9", forged) == "203.0.113.9"
    assert _seen("203.0.113.9", forged, trusted=()) == "203.0.113.9"


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["198.51.100.4"], "198.51.100.4"),
        (["6.6.6.6, 198.51.100.4"], "198.51.100.4"),
        (["6.6.6.6,10.0.0.8,198.51.100.4 , 10.0.0.8"], "198.51.100.4"),
        (["6.6.6.6", "198.51.100.4", "10.0.0.8"], "198.51.100.4"),
        (["198.51.100.4:51234"], "198.51.100.4"),
        (["[2001:db8::7]:51234"], "2001:db8::7"),
        (["2001:DB8:0::7"], "2001:db8::7"),
        (["::ffff:198.51.100.4"], "198.51.100.4"),
        (["fd00::5, 10.0.0.8"], "fd00::5"),
    ],
)
def test_the_first_from_the_right_that_is_no_proxy_is_the_client(lines, address):
    """What a client wrote stands to the left of it; several lines are one list."""
    assert _seen(PROXY, *lines) == address


@pytest.mark.parametrize(
    "lines",
    [
        [], [""], ["unknown"], ["6.6.6.6,"], ["6.6.6.6, _hidden"], ["1.2.3.4.5"], ["01.2.3.4"],
        ["fe80::1%eth0"],
    ],
)  # fmt: skip
def test_garbage_ends_the_reading_at_the_proxy_that_passed_it_on(lines):
    """No entry can be skipped to reach the one that a client wrote to the left of it."""
    assert _seen(PROXY, *lines) == PROXY


def test_a_list_of_proxies_alone_is_read_to_its_left_end():
    """A proxy that calls by itself is counted as itself."""
    assert _seen(PROXY, f"{INNER}, 10.0.0.9") == INNER


def test_a_long_list_is_not_read_to_its_end():
    """Nobody makes us walk for long."""
    assert _seen(PROXY, ", ".join(["6.6.6.6", *["10.0.0.9"] * (HOPS_MAX + 1)])) == "10.0.0.9"


@given(forged=st.lists(st.text(st.characters(codec="latin-1"), max_size=20), max_size=5))
def test_nothing_that_a_client_writes_changes_what_the_proxy_saw(forged):
    """Behind one trusted proxy, which appends: the last entry decides, whatever stands before it."""
    line = ", ".join([*forged, "198.51.100.4"])
    assert _seen(PROXY, line) == "198.51.100.4"


def test_a_peer_without_an_address_stays_what_it_is():
    """A Unix socket has none, a test client has a name."""
    assert client_address(None, [], TRUSTED) is None
    assert client_address("testclient", [(b"x-forwarded-for", b"1.2.3.4")], TRUSTED) == "testclient"


def test_an_ipv6_caller_is_its_network():
    """Whoever has one address of a /64 has all of them; an IPv4 address is one caller."""
    assert caller_of("2001:db8:1:2:aaaa::1") == caller_of("2001:db8:1:2::ffff")
    assert caller_of("2001:db8:1:3::1") != caller_of("2001:db8:1:2::1")
    assert caller_of("198.51.100.4") != caller_of("198.51.100.5")
    assert caller_of("::ffff:198.51.100.4") == caller_of("198.51.100.4")
