"""The OpenAPI 3.1 document: paths from the routes, bodies from the wire's types, errors from the classes.

What is written by hand is what those cannot know: sentences for people, and which example belongs where.
"""

from vantrexia_web.openapi.rendering import API_VERSION, DEFAULT_URL, document, error_codes, render

__all__ = ["API_VERSION", "DEFAULT_URL", "document", "error_codes", "render"]
