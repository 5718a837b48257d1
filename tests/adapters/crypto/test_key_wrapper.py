"""The promises of ``KeyWrapper``, kept by a key in a file, by AWS KMS and by a Transit engine."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from tests.transit import FakeTransit
from vantrexia_adapters.crypto import (
    AwsKmsKeyWrapper,
    FileKeyWrapper,
    KeyServiceError,
    TransitAddress,
    TransitKeyWrapper,
    open_kms,
)
from vantrexia_adapters.http import HttpTransport
from vantrexia_contracts.key_wrappers import CONTEXT, KEY, KeyWrapperContract
from vantrexia_core.protection import KeyWrapper, UnreadableError

KEK = bytes(range(32))
KMS = "arn:aws:kms:eu-central-1:111122223333:key/none"

keys = st.binary(min_size=32, max_size=32)
contexts = st.binary(max_size=80)


@pytest.fixture(scope="module")
def transit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeTransit]:
    """A Transit engine with two keys."""
    with FakeTransit(tmp_path_factory.mktemp("transit"), "vantrexia", "another") as fake:
        yield fake


@pytest.fixture
def transport(transit: FakeTransit) -> Iterator[HttpTransport]:
    """A way there that trusts its certificate."""
    transport = HttpTransport(tls=ssl.create_default_context(cafile=transit.ca_file))
    yield transport
    transport.close()


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """AWS in memory, and credentials that are good there alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "none")
        with mock_aws():
            yield


@pytest.fixture(scope="module")
def kms(aws: None) -> tuple[KeyWrapper, KeyWrapper]:
    """Two keys there."""
    client = open_kms("eu-central-1", None)
    ours, another = (client.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    return AwsKmsKeyWrapper(client, ours), AwsKmsKeyWrapper(client, another)


def at_transit(transit: FakeTransit, transport: HttpTransport, key: str) -> TransitKeyWrapper:
    """A wrapper by a key of the engine."""
    address = TransitAddress(transit.url, transit.token_file, namespace="ours")
    return TransitKeyWrapper(transport, address, f"transit/{key}")


class TestKeyWrapper(KeyWrapperContract):
    """A key in a file, one at AWS, one at a Transit engine."""

    @pytest.fixture(params=["file", "aws-kms", "transit"])
    def wrappers(self, request: pytest.FixtureRequest) -> tuple[KeyWrapper, KeyWrapper]:
        """Two key-encryption keys of one kind."""
        if request.param == "file":
            return FileKeyWrapper(KEK), FileKeyWrapper(KEK[::-1])
        if request.param == "aws-kms":
            both: tuple[KeyWrapper, KeyWrapper] = request.getfixturevalue("kms")
            return both
        transit, transport = request.getfixturevalue("transit"), request.getfixturevalue("transport")
        return at_transit(transit, transport, "vantrexia"), at_transit(transit, transport, "another")

    def test_a_wrapper_prints_no_secret(
        self, wrappers: tuple[KeyWrapper, KeyWrapper], transit: FakeTransit
    ) -> None:
        """Neither a key nor a token is in any representation."""
        shown = "".join(map(repr, wrappers)) + "".join(map(str, wrappers))
        assert repr(KEK) not in shown
        assert transit.token not in shown


# --- a file -----------------------------------------------------------------------------------------------


@given(keys, keys, contexts)
def test_any_key_in_any_context(kek: bytes, key: bytes, context: bytes) -> None:
    """Any key under any key-encryption key and context."""
    assert FileKeyWrapper(kek).unwrap(FileKeyWrapper(kek).wrap(key, context), context) == key


@given(contexts, contexts)
def test_no_two_contexts_are_taken_for_each_other(one: bytes, other: bytes) -> None:
    """Whatever they are."""
    wrapped = FileKeyWrapper(KEK).wrap(KEY, one)
    if one == other:
        assert FileKeyWrapper(KEK).unwrap(wrapped, other) == KEY
    else:
        with pytest.raises(UnreadableError):
            FileKeyWrapper(KEK).unwrap(wrapped, other)


def test_every_single_bit_of_a_wrapped_key_is_protected() -> None:
    """A damaged key is never mistaken for a key."""
    wrapper, wrapped = FileKeyWrapper(KEK), FileKeyWrapper(KEK).wrap(KEY, CONTEXT)
    for bit in range(8 * len(wrapped)):
        damaged = bytearray(wrapped)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(UnreadableError):
            wrapper.unwrap(bytes(damaged), CONTEXT)


@pytest.mark.parametrize("length", [0, 8, 16, 24, 31, 39, 41, 48])
def test_a_wrapped_key_of_another_length_is_refused(length: int) -> None:
    """Cut and padded forms do not unwrap."""
    wrapped = FileKeyWrapper(KEK).wrap(KEY, CONTEXT) + bytes(8)
    with pytest.raises(UnreadableError):
        FileKeyWrapper(KEK).unwrap(wrapped[:length], CONTEXT)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_encryption_key_has_32_bytes(length: int) -> None:
    """AES-256 and nothing less."""
    with pytest.raises(ValueError, match="32 bytes"):
        FileKeyWrapper(bytes(length))


# --- AWS KMS ----------------------------------------------------------------------------------------------


def test_an_unknown_key_of_kms_says_what_to_compare(aws: None) -> None:
    """The setting is named, the key that was to be wrapped is not shown."""
    with pytest.raises(KeyServiceError, match=r"NotFoundException.*VANTREXIA_KMS_KEY_ID") as raised:
        AwsKmsKeyWrapper(open_kms("eu-central-1", None), KMS).wrap(KEY, CONTEXT)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_a_kms_that_nobody_answers_for_is_trouble_and_not_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key ring is not called damaged because a network is."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    client = open_kms("eu-central-1", "http://127.0.0.1:1")
    with pytest.raises(KeyServiceError, match="EndpointConnectionError"):
        AwsKmsKeyWrapper(client, KMS).unwrap(b"wrapped", CONTEXT)


def test_without_a_region_kms_is_not_called(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is named."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(KeyServiceError, match="VANTREXIA_KMS_REGION"):
        open_kms(None, None)


# --- Transit ----------------------------------------------------------------------------------------------


def test_a_call_goes_to_the_key_in_its_namespace(transit: FakeTransit, transport: HttpTransport) -> None:
    """Mount, operation and key in the path; the namespace in a header."""
    at_transit(transit, transport, "vantrexia").wrap(KEY, CONTEXT)
    assert transit.calls[-1] == ("/v1/transit/encrypt/vantrexia", "ours")


@pytest.mark.parametrize(
    ("status", "said"), [(503, "sealed"), (404, "VANTREXIA_TRANSIT_MOUNT"), (500, "log"), (302, "log")]
)
def test_an_engine_that_refuses_is_trouble_and_says_what_to_do(
    transit: FakeTransit, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    """By its status."""
    monkeypatch.setattr(transit, "status", status)
    with pytest.raises(KeyServiceError, match=rf"HTTP status {status}.*{said}"):
        at_transit(transit, transport, "vantrexia").wrap(KEY, CONTEXT)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": {"ciphertext": 1}}', b"[" * 60_000])
def test_an_engine_that_answers_nonsense_wraps_nothing(
    transit: FakeTransit, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    """What is not a ciphertext is not stored as one, and what is not a key is not taken for one."""
    wrapped = at_transit(transit, transport, "vantrexia").wrap(KEY, CONTEXT)
    monkeypatch.setattr(transit, "body", body)
    with pytest.raises(KeyServiceError, match="does not wrap"):
        at_transit(transit, transport, "vantrexia").wrap(KEY, CONTEXT)
    with pytest.raises(UnreadableError):
        at_transit(transit, transport, "vantrexia").unwrap(wrapped, CONTEXT)


def test_an_engine_that_hangs_is_given_up(
    transit: FakeTransit, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In bounded time."""
    monkeypatch.setattr("vantrexia_adapters.crypto.transit.SECONDS_MAX", 0.2)
    monkeypatch.setattr(transit, "is_hung", True)
    with pytest.raises(KeyServiceError, match="in time"):
        at_transit(transit, transport, "vantrexia").wrap(KEY, CONTEXT)


def test_a_certificate_that_nobody_vouches_for_gets_no_token(transit: FakeTransit) -> None:
    """Not even a request."""
    transport = HttpTransport()
    before = len(transit.calls)
    with pytest.raises(KeyServiceError, match="not trusted"):
        at_transit(transit, transport, "vantrexia").wrap(KEY, CONTEXT)
    assert len(transit.calls) == before


def test_a_key_that_is_not_there_is_trouble_and_not_damage(
    transit: FakeTransit, transport: HttpTransport
) -> None:
    """A typing error in a setting does not look like a lost key ring."""
    with pytest.raises(KeyServiceError, match="no such key"):
        at_transit(transit, transport, "vantrexa").unwrap(b"vault:v1:AAAA", CONTEXT)


def test_a_renewed_token_is_read_from_its_file(transit: FakeTransit, transport: HttpTransport) -> None:
    """Without a restart; one that others can read is refused before it goes anywhere."""
    wrapper = at_transit(transit, transport, "vantrexia")
    try:
        transit.token = "hvs.renewed"
        with pytest.raises(KeyServiceError, match="token is refused"):
            wrapper.wrap(KEY, CONTEXT)
        transit.token_file.write_text("hvs.renewed")
        assert wrapper.wrap(KEY, CONTEXT)
        transit.token_file.chmod(0o644)
        with pytest.raises(KeyServiceError, match="mode 0600") as raised:
            wrapper.wrap(KEY, CONTEXT)
        assert "hvs" not in str(raised.value)
    finally:
        transit.token = "hvs.our-token"
        transit.token_file.write_text("hvs.our-token")
        transit.token_file.chmod(0o600)


def test_a_missing_token_file_is_named(
    transit: FakeTransit, transport: HttpTransport, tmp_path: Path
) -> None:
    """So that it can be found."""
    address = TransitAddress(transit.url, tmp_path / "nowhere")
    with pytest.raises(KeyServiceError, match="nowhere cannot be read"):
        TransitKeyWrapper(transport, address, "transit/vantrexia").wrap(KEY, CONTEXT)
