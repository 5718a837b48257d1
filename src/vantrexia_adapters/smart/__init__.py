"""SMART Backend Services, the server's side: who machine clients are is proved here, and how they find us.

Our own side as such a client is in `vantrexia_adapters.ecw`.
"""

from vantrexia_adapters.smart.configuration import TOKEN_PATH, smart_configuration, token_url
from vantrexia_adapters.smart.fetching import FetchedKeySets
from vantrexia_adapters.smart.keys import (
    RSA_BITS_MAX,
    RSA_BITS_MIN,
    KeySetError,
    read_key_set,
)
from vantrexia_adapters.smart.proofs import SmartClientProofs

__all__ = [
    "RSA_BITS_MAX",
    "RSA_BITS_MIN",
    "TOKEN_PATH",
    "FetchedKeySets",
    "KeySetError",
    "SmartClientProofs",
    "read_key_set",
    "smart_configuration",
    "token_url",
]
