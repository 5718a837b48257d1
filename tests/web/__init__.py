"""The REST API, driven through the real ASGI app over the memory adapter."""
