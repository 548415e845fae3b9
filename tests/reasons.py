"""Notes in whatever words a test wants."""

from __future__ import annotations

from almareplay.transactions import Notes, Reason


def said(words: str) -> Notes:
    """A note of these words."""
    return (Reason.of("alma_error", words=words),)
