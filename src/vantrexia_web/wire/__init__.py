"""The shapes on the wire: strict parsing into the core's values, and rendering of what may be shown."""
