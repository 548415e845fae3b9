"""What is wrong with what the user has set."""

from __future__ import annotations

from almareplay.transactions import AlmaReplayError


class SettingsError(AlmaReplayError):
    """A setting is missing or cannot be right; the message names it and says what to write."""
