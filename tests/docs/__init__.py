"""The documentation is held to what it says: examples run, links resolve, tables match the code."""
