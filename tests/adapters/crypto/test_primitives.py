"""Published vectors through the very calls that protect records; a few, so that every run has them."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vantrexia_adapters.crypto.aes_gcm import decrypt, encrypt
from vantrexia_adapters.crypto.primitives import (
    digest,
    hkdf,
    hkdf_expand,
    keyed_context,
    unwrap_key,
    wrap_key,
)
from vantrexia_core.protection import UnreadableError

PREFIX = b"\x01\x00\x01"

# Test cases 13, 14 and 16 of the specification that NIST SP 800-38D adopted (McGrew and Viega, appendix B):
# key, nonce, text, associated data, ciphertext, tag.
GCM = {
    "empty": ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    "one block of zeros": (
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    "text and associated data": (
        "feffe9928665731c6d6a8f9467308308" * 2,
        "cafebabefacedbaddecaf888",
        (
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ),
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        (
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        ),
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
}

# RFC 4231, test cases 1, 2 and 6.
HMAC = {
    "short key": ("0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    "words": (
        b"Jefe".hex(), b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    "key longer than a block": (
        "aa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
}  # fmt: skip

# RFC 5869, appendices A.1 and A.3: key, salt, info, pseudorandom key, output.
HKDF = {
    "A.1": (
        "0b" * 22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    "A.3": (
        "0b" * 22, "", "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
}  # fmt: skip

# RFC 3394, sections 4.3 and 4.6.
KEY_WRAP = {
    "4.3": (
        "00112233445566778899aabbccddeeff",
        "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7",
    ),
    "4.6": (
        "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
        "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
    ),
}
KEY_WRAP_KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("key", "nonce", "text", "bound_to", "ciphertext", "tag"), GCM.values(), ids=GCM.keys()
)
def test_aes_gcm(key: str, nonce: str, text: str, bound_to: str, ciphertext: str, tag: str) -> None:
    """AES-256-GCM inside our framing gives the published ciphertext and tag, and takes them back."""
    gcm, wire = AESGCM(bytes.fromhex(key)), PREFIX + bytes.fromhex(nonce + ciphertext + tag)
    assert encrypt(gcm, PREFIX, wire[3:15], bytes.fromhex(text), bytes.fromhex(bound_to)) == wire
    assert decrypt(gcm, wire, bytes.fromhex(bound_to)) == bytes.fromhex(text)
    with pytest.raises(UnreadableError):
        decrypt(gcm, wire, bytes.fromhex(bound_to) + b"\0")


@pytest.mark.parametrize(("key", "data", "expected"), HMAC.values(), ids=HMAC.keys())
def test_hmac_sha256(key: str, data: bytes, expected: str) -> None:
    """The keyed context gives the published digest, and the same again when used again."""
    context = keyed_context(bytes.fromhex(key))
    assert digest(context, data).hex() == expected
    assert digest(context, data).hex() == expected


@pytest.mark.parametrize(("key", "salt", "info", "extracted", "expected"), HKDF.values(), ids=HKDF.keys())
def test_hkdf_sha256(key: str, salt: str, info: str, extracted: str, expected: str) -> None:
    """Extract and expand in one, and expand alone, give the published output."""
    length = len(bytes.fromhex(expected))
    whole = hkdf(bytes.fromhex(key), bytes.fromhex(info), salt=bytes.fromhex(salt) or None, length=length)
    assert whole.hex() == expected
    assert hkdf_expand(bytes.fromhex(extracted), bytes.fromhex(info), length=length).hex() == expected


@pytest.mark.parametrize(("key", "wrapped"), KEY_WRAP.values(), ids=KEY_WRAP.keys())
def test_aes_key_wrap(key: str, wrapped: str) -> None:
    """A key wraps to the published bytes, and unwraps from them only."""
    assert wrap_key(KEY_WRAP_KEY, bytes.fromhex(key)).hex() == wrapped
    assert unwrap_key(KEY_WRAP_KEY, bytes.fromhex(wrapped)).hex() == key
    with pytest.raises(UnreadableError):
        unwrap_key(KEY_WRAP_KEY, bytes.fromhex(wrapped)[::-1])
