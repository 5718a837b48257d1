import json
import stat
from hashlib import sha256
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.sources import EPOCH, CountedIds
from vantrexia_adapters.ecw import ClientAssertions, ClientKeyError, ClientKeyFile, Use
from vantrexia_adapters.ecw.client_keys import ClientKey

TOKEN_URL = "https://oauth.example/token"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the keys will be."""
    return tmp_path / "keys" / "ecw.pem"


@pytest.fixture
def keys(path: Path) -> ClientKeyFile:
    """A file with one key."""
    file = ClientKeyFile(path)
    file.create()
    return file


def uses(file: ClientKeyFile) -> list[Use]:
    """What the keys are for, in the order of publication."""
    return [use for _, use in file.uses()]


def names(file: ClientKeyFile) -> list[str]:
    """The names of the keys, in the order of publication."""
    return [key["kid"] for key in file.published()]


def a_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """As OpenSSL would write it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def written(path: Path, content: bytes) -> ClientKeyFile:
    """A file that somebody else made."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
    return ClientKeyFile(path)


def test_the_file_is_for_its_owner_only(keys: ClientKeyFile, path: Path) -> None:
    """As is the directory that was made for it."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_first_key_never_replaces_others(keys: ClientKeyFile, path: Path) -> None:
    """It would lock us out."""
    before = path.read_bytes()
    with pytest.raises(ClientKeyError, match="already"):
        keys.create()
    assert path.read_bytes() == before


def test_only_public_members_are_published(keys: ClientKeyFile) -> None:
    """RFC 7518, section 6.3.1 and not section 6.3.2."""
    (published,) = keys.published()
    assert set(published) == {"kty", "use", "alg", "kid", "n", "e"}
    assert (published["kty"], published["use"], published["alg"]) == ("RSA", "sig", "RS384")
    assert not jwt.PyJWK(dict(published)).key.__class__.__name__.endswith("PrivateKey")


def test_a_key_is_named_by_its_thumbprint() -> None:
    """The example of RFC 7638, section 3.1, has this name."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6"
        "qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ"
        "zKnqDKgw"
    )
    example = jwt.PyJWK({"kty": "RSA", "n": modulus, "e": "AQAB"}, "RS384").key

    class WithPublicHalf:
        def public_key(self) -> object:
            return example

    key = ClientKey(Use.SIGNS, WithPublicHalf())  # type: ignore[arg-type]
    assert key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_what_the_key_signs_its_published_half_verifies(keys: ClientKeyFile) -> None:
    """And the claims are those of SMART Backend Services, header included."""
    assertion = ClientAssertions("our-client", keys, CountedIds()).make(TOKEN_URL, now=EPOCH)
    (published,) = keys.published()
    assert jwt.get_unverified_header(assertion) == {"alg": "RS384", "typ": "JWT", "kid": published["kid"]}
    claims = jwt.decode(
        assertion,
        jwt.PyJWK(dict(published)),
        algorithms=["RS384"],
        options={"verify_exp": False, "verify_aud": False},
    )
    issued_at = int(EPOCH.timestamp())
    assert claims == {
        "iss": "our-client",
        "sub": "our-client",
        "aud": TOKEN_URL,
        "jti": str(CountedIds().new_id()),
        "iat": issued_at,
        "exp": issued_at + 240,
    }


def test_a_prepared_key_is_published_and_does_not_sign(keys: ClientKeyFile) -> None:
    """The EHR gets to know it before it meets it."""
    signing = keys.signing().key_id
    keys.prepare()
    assert keys.signing().key_id == signing
    assert uses(keys) == [Use.SIGNS, Use.NEXT]


def test_there_is_one_next_key(keys: ClientKeyFile) -> None:
    """Preparing twice would leave it open which one comes."""
    keys.prepare()
    with pytest.raises(ClientKeyError, match="prepared already"):
        keys.prepare()


def test_rotating_lets_the_prepared_key_sign(keys: ClientKeyFile) -> None:
    """The old one stays published: what it signed may be under way."""
    keys.prepare()
    before, prepared = names(keys)
    keys.rotate()
    assert names(keys) == [prepared, before]
    assert uses(keys) == [Use.SIGNS, Use.BEFORE]
    assert keys.signing().key_id == prepared


def test_rotating_without_a_prepared_key_makes_one(keys: ClientKeyFile) -> None:
    """In an emergency nobody waits."""
    (before,) = names(keys)
    keys.rotate()
    assert names(keys)[1] == before
    assert keys.signing().key_id != before


def test_retiring_withdraws_the_old_keys_only(keys: ClientKeyFile) -> None:
    """The next one stays."""
    keys.rotate()
    keys.prepare()
    assert keys.retire() == 1
    assert uses(keys) == [Use.SIGNS, Use.NEXT]
    assert keys.retire() == 0


def test_keys_do_not_pile_up(keys: ClientKeyFile) -> None:
    """Four are enough; then the old ones have to go."""
    for _ in range(3):
        keys.rotate()
    with pytest.raises(ClientKeyError, match="Retire"):
        keys.rotate()
    assert len(names(keys)) == 4


def test_another_process_s_rotation_is_noticed(keys: ClientKeyFile, path: Path) -> None:
    """A running server signs with the new key from the next call on."""
    keys.signing()
    ClientKeyFile(path).rotate()
    assert keys.signing().key_id == names(ClientKeyFile(path))[0]


def test_a_given_name_is_the_signing_key_s(keys: ClientKeyFile, path: Path) -> None:
    """Where it was registered under a name; the others keep their thumbprints."""
    keys.prepare()
    named = ClientKeyFile(path, key_id="registered-2026")
    assert named.signing().key_id == "registered-2026"
    assert names(named) == ["registered-2026", names(keys)[1]]


def test_a_key_that_somebody_else_made_is_taken(path: Path) -> None:
    """In OpenSSL's form too, with whatever text stands around it; without our lines the first one signs."""
    made = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
    file = written(path, b"Bag Attributes: none\n" + a_pem(made[0]) + b"\r\n\n" + a_pem(made[1]))
    assert uses(file) == [Use.SIGNS, Use.BEFORE]
    assert file.signing().private.private_numbers() == made[0].private_numbers()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "1 to 4 private keys"),
        (b"no key at all", "1 to 4 private keys"),
        (b"-----BEGIN PRIVATE KEY-----\nQQ==\n-----END PRIVATE KEY-----\n", "2048 bits or more"),
        (a_pem(ec.generate_private_key(ec.SECP384R1())), "2048 bits or more"),
        (a_pem(rsa.generate_private_key(65537, 1024)), "2048 bits or more"),  # noqa: S505 - to be refused
        (
            rsa.generate_private_key(65537, 2048).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase")
            ),
            "not encrypted",
        ),
        (b"# next\n" + a_pem(rsa.generate_private_key(65537, 2048)), "of one key that it signs"),
    ],
)
def test_a_file_without_a_usable_key_is_refused(path: Path, content: bytes, complaint: str) -> None:
    """And the refusal repeats nothing of it."""
    with pytest.raises(ClientKeyError, match=complaint) as refused:
        written(path, content).signing()
    assert "BEGIN" not in refused.value.detail


def test_a_missing_file_is_told_with_the_command_that_makes_one(path: Path) -> None:
    """Nothing is made on the side."""
    with pytest.raises(ClientKeyError, match="vantrexia keys ecw create"):
        ClientKeyFile(path).signing()
    assert not path.exists()


def test_a_file_that_others_can_read_is_refused(keys: ClientKeyFile, path: Path) -> None:
    """The complaint says how to mend it, and speaks of these keys."""
    path.chmod(0o640)
    with pytest.raises(ClientKeyError, match=r"keys for eClinicalWorks at .* are not safe: .*chmod 600"):
        ClientKeyFile(path).signing()


def test_keys_do_not_print_themselves(keys: ClientKeyFile) -> None:
    """Neither the file nor what it holds."""
    shown = repr(keys) + repr(keys.signing()) + repr(keys._current())
    private = keys.signing().private.private_numbers()
    assert str(private.d) not in shown
    assert "BEGIN" not in shown


def test_a_published_key_is_the_same_whoever_reads_the_file(keys: ClientKeyFile, path: Path) -> None:
    """Two servers over one directory publish the same set."""
    digests = {sha256(json.dumps(ClientKeyFile(path).published()).encode()).digest() for _ in range(2)}
    assert len(digests) == 1
