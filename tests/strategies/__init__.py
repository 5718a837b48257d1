"""Hypothesis strategies, a file per context, shared by every layer of the tests."""
