"""What is shared between hosts for an hour and lost without harm: windows of hits, in Redis."""

from vantrexia_adapters.redis.throttling import RateStoreUnusableError, RedisRateStore

__all__ = ["RateStoreUnusableError", "RedisRateStore"]
