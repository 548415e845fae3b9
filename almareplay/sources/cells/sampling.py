"""Which cells may be shown as they are: those that can be no patron's."""

from __future__ import annotations

from almareplay.sources.cells.kinds import read_kind
from almareplay.sources.times.datetimes import read_when
from almareplay.sources.times.localtime import NoTimeError


def is_time_or_kind(cell: str) -> bool:
    """Whether a cell is a date, a time of day, or says loan or return."""
    if read_kind(cell)[0]:
        return True
    try:
        written = read_when(cell)
    except NoTimeError:
        return False
    has_marks = not cell.isdigit() or len(cell) == 14  # four digits may be an id
    return has_marks and bool(written.day or written.figures or written.clock)
