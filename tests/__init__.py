"""The tests of Vantrexia. Shared parts: `builders`, `sources`, `marks` and `strategies`."""
