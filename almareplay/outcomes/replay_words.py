"""The sentences of what arranging, replaying and following up have to say of a row."""

REPLAY: dict[str, str] = {}
