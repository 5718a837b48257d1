"""Tokens that say who sends a request."""

from vantrexia_adapters.tokens.jwt import JwtTokens, SigningKeys, TokenKeyTooShortError

__all__ = ["JwtTokens", "SigningKeys", "TokenKeyTooShortError"]
