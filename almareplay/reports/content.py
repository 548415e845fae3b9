"""What a report tells: the rows of a run, and the lists for staff beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from almareplay.outcomes import FineRow, PullRow, ReportRow
from almareplay.transactions import AlmaInstance


@dataclass(frozen=True, slots=True)
class Report:
    """A run as its report shows it.

    ``rows`` gives all rows in replay order, anew each time it is called: a run may have more of
    them than memory. ``pull_list`` and ``fines`` are whole. ``zone`` is that of the library: all
    times in it are of this zone. ``predicted`` tells that outcomes are
    those that a rehearsal foresees, ``anonymous`` that numbers stand for patrons. ``alma`` is the
    Alma that the run was posted to, or that the rehearsal asked; None where nothing was sent yet.
    ``rehearsed`` is when (aware UTC) the run was last rehearsed whole on that Alma, or on any where
    nothing was sent yet; None where it was not.
    """

    run: str
    rows: Callable[[], Iterable[ReportRow]]
    pull_list: Sequence[PullRow] = ()
    fines: Sequence[FineRow] = ()
    zone: tzinfo = UTC
    predicted: bool = False
    anonymous: bool = False
    alma: AlmaInstance | None = None
    rehearsed: datetime | None = None
