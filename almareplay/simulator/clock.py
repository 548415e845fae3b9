"""The stand-in's own clock, which may differ from ours as Alma's does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus ``offset`` seconds, except while it is frozen."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The present moment as this clock sees it, aware UTC."""
        if self._frozen is not None:
            return self._frozen
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def freeze(self, at: datetime) -> None:
        """Stop at an aware moment; from then on only ``advance`` moves the clock."""
        self._frozen = at.astimezone(UTC)

    def run(self) -> None:
        """Go on with real time plus the offset."""
        self._frozen = None

    def advance(self, seconds: float) -> None:
        """Move the clock, frozen or running, by seconds."""
        if self._frozen is not None:
            self._frozen += timedelta(seconds=seconds)
        else:
            self.offset += seconds
