"""A key ring that a service wraps: moved there and back, and what happens when the service is gone."""

import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from moto import mock_aws

from tests.builders import a_practice_id
from tests.programs import run
from tests.sources import ManualClock
from tests.transit import FakeTransit
from vantrexia_adapters.crypto import (
    DEPLOYMENT,
    KeyRing,
    KeyRingDamagedError,
    KeyServiceError,
    Provider,
    Purpose,
    RemoteKek,
    TransitAddress,
    TransitKeyWrapper,
    open_kms,
)
from vantrexia_adapters.crypto.key_ring import SERVICE_RETRY_SECONDS
from vantrexia_adapters.http import HttpTransport
from vantrexia_core.protection import KeyWrapper

HERE, ELSEWHERE = a_practice_id(1), a_practice_id(2)
KEK = RemoteKek(Provider.TRANSIT, "transit/vantrexia")


class Site:
    """A Transit engine and rings that it wraps."""

    def __init__(self, fake: FakeTransit, path: Path) -> None:
        self.fake = fake
        self.path = path
        self.transport = HttpTransport(tls=ssl.create_default_context(cafile=fake.ca_file))

    def wrappers(self, kek: RemoteKek) -> KeyWrapper:
        """The wrapper by a key of the engine."""
        address = TransitAddress(self.fake.url, self.fake.token_file)
        return TransitKeyWrapper(self.transport, address, kek.name)

    def create(self) -> KeyRing:
        """A new ring with one practice."""
        ring = KeyRing.create(self.path, ManualClock(), kek=KEK, wrappers=self.wrappers)
        ring.ensure_scope(HERE)
        return ring

    def open(self) -> KeyRing:
        """The ring as another process sees it."""
        return KeyRing.open(self.path, ManualClock(), wrappers=self.wrappers)


@pytest.fixture
def site(tmp_path: Path, path: Path) -> Iterator[Site]:
    """A site of a test's own."""
    folder = tmp_path / "engine"
    folder.mkdir()
    with FakeTransit(folder, "vantrexia", "next") as fake:
        site = Site(fake, path)
        yield site
        site.transport.close()


def a_key(ring: KeyRing, version: int = 1) -> bytes:
    """Something only the ring's keys give."""
    return ring.root(HERE, Purpose.FIELD, version).derive(b"x")


def test_a_ring_of_a_service_holds_no_key_in_its_file(site: Site) -> None:
    """It opens by the service alone; the file names the key there."""
    ring = site.create()
    content = json.loads(site.path.read_text())
    assert content["kek"] == {"provider": "transit", "key": "transit/vantrexia"}
    assert a_key(site.open()) == a_key(ring)
    site.fake.status = 503
    with pytest.raises(KeyServiceError, match="sealed"):
        site.open()


def test_a_ring_of_a_service_that_is_not_set_up_says_so(site: Site) -> None:
    """Not damaged: a setting is missing."""
    site.create()
    with pytest.raises(KeyServiceError, match="transit, key transit/vantrexia"):
        KeyRing.open(site.path, ManualClock())


def test_a_wrapped_key_that_was_moved_is_refused(site: Site) -> None:
    """Whoever can write the file cannot make one practice's key another's."""
    ring = site.create()
    ring.ensure_scope(ELSEWHERE)
    content = json.loads(site.path.read_text())
    fields = [key for key in content["keys"] if key["purpose"] == "field"]
    fields[0]["wrapped"], fields[1]["wrapped"] = fields[1]["wrapped"], fields[0]["wrapped"]
    site.path.write_text(json.dumps(content))
    with pytest.raises(KeyRingDamagedError):
        site.open()


def test_what_is_in_memory_goes_on_when_the_service_is_gone(site: Site) -> None:
    """Also while another process has begun a key that cannot be unwrapped here: the one before seals."""
    ours, theirs = site.create(), site.open()
    assert theirs.rotate(HERE, Purpose.FIELD) == 2
    site.fake.status = 503
    ours.refresh()
    assert ours.active(HERE, Purpose.FIELD) == 1
    assert a_key(ours)
    with pytest.raises(KeyServiceError):
        ours.root(HERE, Purpose.FIELD, 2)
    with pytest.raises(KeyServiceError):
        ours.rotate(HERE, Purpose.FIELD)
    assert theirs.active(HERE, Purpose.FIELD) == 2


def test_a_service_that_is_back_is_asked_again(site: Site) -> None:
    """After a while, without a restart, and not at every call meanwhile."""
    ours, theirs = site.create(), site.open()
    theirs.rotate(HERE, Purpose.FIELD)
    site.fake.status = 503
    ours.refresh()
    asked = len(site.fake.calls)
    ours.refresh()
    assert len(site.fake.calls) == asked
    site.fake.status = None
    ours._retry_at -= SERVICE_RETRY_SECONDS
    ours.refresh()
    assert ours.active(HERE, Purpose.FIELD) == 2
    assert a_key(ours, 2) == a_key(theirs, 2)


def test_a_silent_service_holds_up_one_thread_only(site: Site) -> None:
    """Whoever seals or opens meanwhile goes on with the keys in memory."""
    is_asked, may_answer = Event(), Event()

    class Silent:
        def __init__(self, wrapper: KeyWrapper) -> None:
            self.wrap = wrapper.wrap
            self._unwrap = wrapper.unwrap

        def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
            is_asked.set()
            assert may_answer.wait(60)
            return self._unwrap(wrapped, context)

    theirs = site.create()
    ours = KeyRing.open(site.path, ManualClock(), wrappers=site.wrappers)
    ours._wrappers = lambda kek: Silent(site.wrappers(kek))
    theirs.rotate(HERE, Purpose.FIELD)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ours.notice)
        try:
            assert is_asked.wait(60)
            ours._look_at = 0.0
            threads.submit(ours.notice).result(timeout=10)
            assert ours.active(HERE, Purpose.FIELD) == 1
        finally:
            may_answer.set()
        first.result(timeout=60)
    assert ours.active(HERE, Purpose.FIELD) == 2


def test_a_retired_key_is_not_sealed_under_when_the_next_cannot_be_had(site: Site) -> None:
    """Better no write than one that nobody will open again."""
    ours, theirs = site.create(), site.open()
    theirs.rotate(HERE, Purpose.FIELD)
    theirs.retire(HERE, Purpose.FIELD, 1)
    site.fake.status = 503
    ours.refresh()
    with pytest.raises(KeyServiceError):
        ours.active(HERE, Purpose.FIELD)
    assert a_key(ours)


def test_a_refresh_asks_the_service_for_new_keys_only(site: Site) -> None:
    """What is in memory was compared already."""
    ours, theirs = site.create(), site.open()
    theirs.rotate(HERE, Purpose.FIELD)
    asked = len(site.fake.calls)
    ours.refresh()
    assert len(site.fake.calls) == asked + 1


def test_a_ring_moves_to_a_service_and_back(site: Site) -> None:
    """The same keys, wrapped otherwise; the old file stays, a fresh key is in the new one."""
    ring = KeyRing.create(site.path, ManualClock(), wrappers=site.wrappers)
    ring.ensure_scope(HERE)
    before, checks, key = site.path.read_bytes(), ring.checks(), a_key(ring)
    old = ring.rewrap(KEK)
    assert old.read_bytes() == before
    assert old.stat().st_mode & 0o777 == 0o600
    moved = site.open()
    assert (moved.checks(), a_key(moved), moved.kek) == (checks, key, KEK)
    first = json.loads(before)["kek"]["key"]
    assert first not in site.path.read_text()
    moved.rewrap(None)
    site.fake.status = 503
    back = KeyRing.open(site.path, ManualClock())
    assert a_key(back) == key
    assert first not in site.path.read_text()


def test_a_running_process_follows_a_ring_that_was_moved(site: Site) -> None:
    """Without asking the service for anything, even where none is set up for it."""
    ours = KeyRing.create(site.path, ManualClock())
    ours.ensure_scope(HERE)
    key = a_key(ours)
    site.open().rewrap(KEK)
    ours.refresh()
    assert a_key(ours) == key
    with pytest.raises(KeyServiceError, match="none is set up"):
        ours.ensure_scope(ELSEWHERE)


@pytest.mark.parametrize("trouble", ["refusing", "forgetful"])
def test_a_service_that_does_not_keep_its_word_gets_no_ring(site: Site, trouble: str) -> None:
    """What it wrapped is unwrapped before the old file gives way; otherwise nothing has changed."""
    ring = KeyRing.create(site.path, ManualClock(), wrappers=site.wrappers)
    before = site.path.read_bytes()
    if trouble == "refusing":
        site.fake.status = 503
    else:
        site.fake.body = b'{"data": {"ciphertext": "vault:v1:AAAA"}}'
    with pytest.raises((KeyServiceError, KeyRingDamagedError)):
        ring.rewrap(KEK)
    assert site.path.read_bytes() == before
    assert a_deployment_key(KeyRing.open(site.path, ManualClock())) == a_deployment_key(ring)


def a_deployment_key(ring: KeyRing) -> bytes:
    """Something only the ring's keys give."""
    return ring.root(DEPLOYMENT, Purpose.TOKEN, 1).derive(b"x")


# --- the commands -------------------------------------------------------------------------------------------


def begin(folder: Path, **settings: str) -> None:
    """An installation begins with its first user."""
    user = ("--email", "ann@example.org", "--first-name", "Ann", "--last-name", "Lee", "--role", "admin")
    done = run(
        folder, "users", "create", *user, "--password-stdin", stdin="correct horse battery\n", **settings
    )
    assert done.status == 0


def test_an_installation_moves_to_a_service_by_a_command(site: Site, tmp_path: Path) -> None:
    """Set up, moved, started with the setting; refused without the service, with a line that says why."""
    folder, there = tmp_path / "data", site.fake.settings("vantrexia")
    begin(folder)
    early = run(folder, "users", "list", VANTREXIA_KEY_WRAPPING="transit", **there)
    assert early.status == 1
    assert "vantrexia keys rewrap" in early.err
    moved = run(folder, "keys", "rewrap", "--to", "transit", **there)
    assert moved.status == 0
    assert "transit, key transit/vantrexia" in moved.out
    assert len(list(folder.glob("keyring.json.1.old"))) == 1
    assert run(folder, "users", "list", VANTREXIA_KEY_WRAPPING="transit", **there).status == 0
    site.fake.status = 503
    refused = run(folder, "users", "list", **there)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "It is sealed" in refused.err
    unset = run(folder, "users", "list")
    assert "Set VANTREXIA_TRANSIT_URL" in unset.err


def test_a_new_installation_begins_with_a_service(site: Site, tmp_path: Path) -> None:
    """The first key ring is never wrapped by a key in a file."""
    folder, there = tmp_path / "data", site.fake.settings("vantrexia")
    begin(folder, VANTREXIA_KEY_WRAPPING="transit", **there)
    assert json.loads((folder / "keyring.json").read_text())["kek"]["provider"] == "transit"


def test_a_command_that_does_not_know_where_to_says_so(tmp_path: Path) -> None:
    """And one that lacks a setting names it."""
    assert "VANTREXIA_KEY_WRAPPING" in run(tmp_path, "keys", "rewrap").err
    assert "Set VANTREXIA_KMS_KEY_ID" in run(tmp_path, "keys", "rewrap", "--to", "aws-kms").err


def test_an_installation_moves_to_aws_by_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is made there, the ring moved; the file then names its ARN and holds no key."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    with mock_aws():
        arn = open_kms("eu-central-1", None).create_key()["KeyMetadata"]["Arn"]  # type: ignore[attr-defined]
        there = {"VANTREXIA_KMS_KEY_ID": arn, "VANTREXIA_KMS_REGION": "eu-central-1"}
        begin(tmp_path)
        moved = run(tmp_path, "keys", "rewrap", "--to", "aws-kms", **there)
        assert moved.status == 0
        assert run(tmp_path, "users", "list", VANTREXIA_KEY_WRAPPING="aws-kms", **there).status == 0
        assert "key_rewrap" in run(tmp_path, "audit", "dump", **there).out
    assert json.loads((tmp_path / "keyring.json").read_text())["kek"] == {"provider": "aws-kms", "key": arn}
