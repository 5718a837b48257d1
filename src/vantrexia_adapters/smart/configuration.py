"""How a SMART client finds out what we offer it: ``.well-known/smart-configuration`` under the FHIR base."""

from collections.abc import Mapping
from typing import Final

from vantrexia_adapters.smart.keys import ALGORITHMS
from vantrexia_core.identity import scopes_supported

TOKEN_PATH: Final = "/api/v1/auth/token/"  # noqa: S105 - a path, not a secret


def token_url(public_url: str) -> str:
    """Where machine clients get their tokens, and what their assertions are addressed to."""
    return f"{public_url.rstrip('/')}{TOKEN_PATH}"


def smart_configuration(public_url: str) -> Mapping[str, object]:
    """The document of SMART App Launch 2.2, section "Conformance", for a server of Backend Services alone.

    There is no authorization endpoint, so no app is launched here. ``code_challenge_methods_supported`` is
    required by the specification all the same.
    """
    return {
        "token_endpoint": token_url(public_url),
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": list(scopes_supported()),
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
