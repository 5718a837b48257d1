"""The REST API: a thin ASGI app that parses, calls one use case and renders. Nothing imports it.

An asynchronous shell takes a request in and hands it, whole, to a worker thread; everything that decides
anything is a plain function there. ``routes.py`` shows the whole API on one screen.
"""
