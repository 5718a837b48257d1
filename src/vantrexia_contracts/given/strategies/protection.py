"""Envelopes, column names, places."""

import string

from hypothesis import strategies as st

from vantrexia_core.protection import (
    BUCKET_LONG,
    BUCKET_NAME,
    BUCKET_SHORT,
    KEY_VERSION_MAX,
    NONCE_BYTES,
    Envelope,
    FieldName,
    Place,
)

BUCKETS = (BUCKET_SHORT, BUCKET_NAME, BUCKET_LONG)


def key_versions() -> st.SearchStrategy[int]:
    """Everything a version's two bytes hold."""
    return st.integers(0, KEY_VERSION_MAX)


def envelopes() -> st.SearchStrategy[Envelope]:
    """Envelopes as a cipher makes them: at least a tag is sealed."""
    return st.builds(
        Envelope,
        key_version=key_versions(),
        nonce=st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES),
        sealed=st.binary(min_size=16, max_size=80),
    )


def field_names() -> st.SearchStrategy[FieldName]:
    """Columns; short names over few letters, so that boundaries between them are tried."""
    identifier = st.text("ab_", min_size=1, max_size=4) | st.text(string.ascii_lowercase + "_", min_size=1)
    return st.builds(FieldName, identifier, identifier)


def places() -> st.SearchStrategy[Place]:
    """Where records stand."""
    return st.builds(Place, st.uuids(), st.uuids(), st.integers(0, 2**64 - 1))
