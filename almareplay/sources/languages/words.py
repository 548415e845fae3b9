"""What one language calls things."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """What one language calls things: alternatives are divided by ``|``.

    ``item`` … ``desk`` are headers of columns that are read, ``other`` those of columns that are
    not, however much they look like times or numbers. ``months`` has twelve entries, of which any
    may be empty. ``forenoon`` and ``afternoon`` stand for AM and PM. ``at`` is what stands between
    a date and a time, or before a time of day.
    """

    item: str
    patron: str
    kind: str
    captured_at: str
    date: str
    time: str
    library: str
    desk: str
    other: str
    loan: str
    returned: str
    renewal: str
    months: str
    weekdays: str = ""
    forenoon: str = ""
    afternoon: str = ""
    at: str = ""
