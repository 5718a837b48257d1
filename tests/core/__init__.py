"""Laws of the domain, as properties and tables."""
