"""A replay that only reads: each row's outcome is predicted, by the replay's own decisions."""
