"""Counting in memory stays small, whoever asks."""

from datetime import timedelta

from tests.sources import EPOCH
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_core.throttling import Bucket, Limit

ANONYMOUS = Limit(100, 3_600)


def _stranger(number):
    return Bucket("anonymous", f"address 2001:db8:{number:x}::/64", ANONYMOUS)


def test_a_flood_of_addresses_fills_a_bounded_room():
    """Twenty thousand networks, and room for a thousand."""
    store = MemoryRateStore(buckets_max=1_000)
    for number in range(20_000):
        store.hit(_stranger(number), at=EPOCH)
    assert len(store) == 1_000


def test_a_flood_of_addresses_does_not_push_out_accounts():
    """Whoever is signed in is counted as before."""
    store, user = MemoryRateStore(buckets_max=100), Bucket("user", "user 1", Limit(3, 3_600))
    for _ in range(3):
        store.hit(user, at=EPOCH)
    for number in range(1_000):
        store.hit(_stranger(number), at=EPOCH)
    assert not store.hit(user, at=EPOCH).is_admitted


def test_who_goes_on_asking_is_not_forgotten():
    """Pushed out is who was longest silent, not who is refused."""
    store, guesser = MemoryRateStore(buckets_max=10), Bucket("anonymous", "address 1", ANONYMOUS)
    for number in range(500):
        store.hit(guesser, at=EPOCH)
        store.hit(_stranger(number), at=EPOCH)
    assert not store.hit(guesser, at=EPOCH).is_admitted


def test_what_no_longer_counts_is_dropped():
    """An hour later the store shrinks as it is used."""
    store = MemoryRateStore()
    for number in range(1_000):
        store.hit(_stranger(number), at=EPOCH)
    for _ in range(501):
        store.hit(_stranger(0), at=EPOCH + timedelta(hours=1))
    assert len(store) == 1
