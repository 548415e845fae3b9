"""A module a command: it declares what can be typed, calls one thing, and says how it ended."""
