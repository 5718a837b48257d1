"""What the fuzzer must not hold against us: HTTP takes whitespace around a header value away (RFC 9110).

A key that is wrong by nothing else arrives as a good one.
"""

from typing import Any

import schemathesis


@schemathesis.hook
def filter_headers(_: schemathesis.HookContext, headers: dict[str, Any] | None) -> bool:
    """Whether what is sent arrives as it is."""
    return headers is None or all(str(value) == str(value).strip() for value in headers.values())
