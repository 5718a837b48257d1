"""The service about itself: how it is, and what it offers."""

from typing import Final

from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Visit
from vantrexia_web.health import Condition

KEYS_SECONDS: Final = 300
"""How long others may keep our keys: a key is published longer than that before it signs."""


def health(visit: Visit) -> Answer:
    """How the service is, and each of its parts."""
    report = visit.site.health()
    content = {
        "status": report.condition.value,
        "services": {
            name: {
                "status": part.condition.value,
                "latency_ms": part.latency_ms,
                "checked_at": part.checked_at,
            }
            for name, part in report.parts.items()
        },
    }
    return json_answer(content, 503 if report.condition is Condition.DOWN else 200)


def keys(visit: Visit) -> Answer:
    """Our public keys as a JWK Set (RFC 7517, section 5), for the systems that we sign in at."""
    content = {"keys": list(visit.site.published_keys())}
    return json_answer(content, headers={"Cache-Control": f"public, max-age={KEYS_SECONDS}"})


def page(visit: Visit) -> Answer:
    """A page that never changes while the service runs: the API's document, its reference, their parts."""
    return visit.site.pages[visit.request.path]
