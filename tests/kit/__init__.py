"""The contract kit as a stranger uses it: from outside, on adapters of their own."""
