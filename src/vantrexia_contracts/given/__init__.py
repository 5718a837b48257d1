"""What a contract is given: a clock that stands still, ids that can be replayed, patients, accounts."""
