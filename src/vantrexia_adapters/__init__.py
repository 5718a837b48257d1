"""Everything that touches the world: stores, ciphers, tokens, commands."""
