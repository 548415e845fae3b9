"""Calls a day that several share, as far as the way to Alma has to know."""

from __future__ import annotations

from datetime import date
from typing import Protocol


class SharedCalls(Protocol):
    """A pool of calls, of which blocks are taken and given back."""

    @property
    def name(self) -> str:
        """What people call the pool."""

    async def take(self, day: date, used: int, left: int | None) -> int:
        """How many calls may be made next; none where the pool is used up for the ``day`` (GMT).

        ``used`` is how many calls were made since the last block was taken, ``left`` how many Alma
        has left for all; None where no answer has said so since.
        """

    async def give_back(self, day: date, used: int, left: int | None) -> None:
        """Take no more. What was taken and not ``used`` is for others; see ``take``."""
