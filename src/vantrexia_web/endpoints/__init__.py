"""One function an endpoint: parse, call one use case, render."""
