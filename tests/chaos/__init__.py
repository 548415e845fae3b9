"""Breaking the replay on purpose, many times, and judging every effect by a model."""
