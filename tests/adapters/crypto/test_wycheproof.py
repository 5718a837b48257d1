"""Project Wycheproof's cases, built to find what implementations get wrong, through our own functions.

They are run from a checkout that the environment names, not copied here. Every test pins how many cases were
valid, invalid and refused by our format, so that none can silently run nothing; a newer checkout with other
counts is a reason to look, and then to write down the new ones.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
from vantrexia_core.protection import NONCE_BYTES, UnreadableError

VARIABLE = "WYCHEPROOF_VECTORS"
FOLDER = os.environ.get(VARIABLE)  # noqa: TID251 - where the vectors are is known to the environment only

pytestmark = pytest.mark.skipif(
    FOLDER is None,
    reason=f"set {VARIABLE} to the testvectors_v1 folder of a checkout of C2SP/wycheproof",
)

PREFIX = b"\x01\x00\x01"


def cases(file: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every case of one file, after its group."""
    document = json.loads((Path(FOLDER or "") / file).read_text("utf-8"))
    for group in document["testGroups"]:
        for case in group["tests"]:
            yield group, case


def raw(case: dict[str, Any], member: str) -> bytes:
    """A member that is bytes in hexadecimal."""
    return bytes.fromhex(case[member])


def test_aes_gcm() -> None:
    """Valid cases seal and open as published, invalid ones do not open; other nonces are not our format."""
    seen: Counter[str] = Counter()
    for _, case in cases("aes_gcm_test.json"):
        gcm, nonce, bound_to = AESGCM(raw(case, "key")), raw(case, "iv"), raw(case, "aad")
        wire = PREFIX + nonce + raw(case, "ct") + raw(case, "tag")
        if len(nonce) != NONCE_BYTES:
            seen["refused"] += 1
        else:
            seen[case["result"]] += 1
        if len(nonce) == NONCE_BYTES and case["result"] == "valid":
            assert encrypt(gcm, PREFIX, nonce, raw(case, "msg"), bound_to) == wire, case["tcId"]
            assert decrypt(gcm, wire, bound_to) == raw(case, "msg"), case["tcId"]
        else:
            with pytest.raises(UnreadableError):
                decrypt(gcm, wire, bound_to)
    assert seen == {"valid": 116, "invalid": 81, "refused": 119}


def test_hmac_sha256() -> None:
    """Valid tags are what we compute, cut to the group's length; invalid ones are not."""
    seen: Counter[str] = Counter()
    for group, case in cases("hmac_sha256_test.json"):
        seen[case["result"]] += 1
        ours = digest(keyed_context(raw(case, "key")), raw(case, "msg"))[: group["tagSize"] // 8]
        assert (ours == raw(case, "tag")) == (case["result"] == "valid"), case["tcId"]
    assert seen == {"valid": 66, "invalid": 108}


def test_hkdf_sha256() -> None:
    """Valid cases derive as published, in one step and in two; impossible lengths are refused."""
    seen: Counter[str] = Counter()
    for _, case in cases("hkdf_sha256_test.json"):
        seen[case["result"]] += 1
        key, salt, info, length = raw(case, "ikm"), raw(case, "salt"), raw(case, "info"), case["size"]
        extracted = digest(keyed_context(salt or bytes(32)), key)
        if case["result"] == "valid":
            assert hkdf(key, info, salt=salt, length=length) == raw(case, "okm"), case["tcId"]
            assert hkdf_expand(extracted, info, length=length) == raw(case, "okm"), case["tcId"]
        else:
            with pytest.raises(ValueError, match="larger than"):
                hkdf(key, info, salt=salt, length=length)
            with pytest.raises(ValueError, match="larger than"):
                hkdf_expand(extracted, info, length=length)
    assert seen == {"valid": 83, "invalid": 3}


def test_aes_key_wrap() -> None:
    """Valid cases wrap and unwrap as published, invalid ones do not unwrap."""
    seen: Counter[str] = Counter()
    for _, case in cases("aes_wrap_test.json"):
        key, message, wrapped = raw(case, "key"), raw(case, "msg"), raw(case, "ct")
        seen[case["result"]] += 1
        if case["result"] == "valid":
            assert wrap_key(key, message) == wrapped, case["tcId"]
            assert unwrap_key(key, wrapped) == message, case["tcId"]
        else:
            # "acceptable" are keys of one block, which RFC 3394 does not define: refused like the invalid.
            with pytest.raises(UnreadableError):
                unwrap_key(key, wrapped)
    assert seen == {"valid": 36, "invalid": 126, "acceptable": 3}
