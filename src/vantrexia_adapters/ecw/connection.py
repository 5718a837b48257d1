"""What is set up for one practice's EHR, and which addresses may be called for it."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

import attrs

from vantrexia_adapters.http import has_dot_segment, split_url
from vantrexia_adapters.settings import EcwIdRule


@attrs.frozen
class EcwConnection:
    """One practice's FHIR address and our registration there.

    ``base_url`` and ``token_url`` have passed `checked_url`; without the latter the endpoint is discovered.
    ``identifier_system`` is the system of the identifiers by which patients are looked up; by default any
    of eCW's own.
    """

    base_url: str
    client_id: str
    scopes: str
    token_url: str | None = None
    identifier_system: str | None = None
    id_rule: EcwIdRule = EcwIdRule.LOGICAL_FIRST

    def target_of(self, url: str) -> str | None:
        """What follows ``base_url`` in a link of an answer; None if the link leads anywhere else.

        Whoever can write a link must not make us call another host (OWASP API7:2023), nor show it our token.
        """
        base, parts = urlsplit(self.base_url), split_url(url)
        if (
            parts is None
            or _origin(parts) != _origin(base)
            or not (parts.path == base.path or parts.path.startswith(f"{base.path}/"))
            or has_dot_segment(parts)
        ):
            return None
        return parts.path.removeprefix(base.path) + (f"?{parts.query}" if parts.query else "")

    def may_sign_in_at(self, url: str) -> bool:
        """Whether a discovered token endpoint is one to show our assertion to.

        It must be on the FHIR server's own host, or over TLS on another host of the same domain, as eCW's is
        (``oauthserver`` beside ``fhir4``). Any other is set by an administrator.
        """
        base, parts = urlsplit(self.base_url), split_url(url)
        if parts is None:
            return False
        if _origin(parts) == _origin(base):
            return True
        ours, theirs = base.hostname or "", parts.hostname or ""
        return parts.scheme == "https" and not _is_address(theirs) and _domain(ours) == _domain(theirs)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}[parts.scheme]


def _domain(host: str) -> list[str]:
    return host.rstrip(".").split(".")[-2:]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Resolvers take a bare number or a hexadecimal one for an address too.
        return host.rstrip(".").split(".")[-1][:1].isdigit()
    return True
