"""A capture tool's table whose rows have all been written out already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from almareplay.sources.capture import FileRefused
from almareplay.sources.tables.findings import WHEN
from almareplay.sources.times.datetimes import Cell, read_when
from almareplay.sources.times.localtime import NoTimeError

_LISTED = 3


class AllWrittenOut(FileRefused):
    """A table in which nothing is left to read, since the tool has written all of it to a file."""


def written_out(rows: Sequence[Sequence[Cell]], columns: Mapping[str, int]) -> str:
    """What to do about rows that were all written out already, as the end of a refusal."""
    when = [columns[name] for name in WHEN if name in columns]
    days = sorted({day for row in rows if (day := _day(row, when))})
    rows_in_words = f"all {len(rows)} rows were" if len(rows) > 1 else "its only row was"
    again = "give --include-saved"
    if len(days) > 1:
        shown = [f"{day.day} {day:%B %Y}" for day in days]
        if len(shown) > _LISTED:
            shown = [shown[0], f"{len(shown) - 2} days between", shown[-1]]
        again = (
            f"give --include-saved-since {days[-1]}, which reads those from that day on "
            f"(--include-saved reads those of {', '.join(shown[:-1])} and {shown[-1]})"
        )
    return (
        f"has nothing to load: {rows_in_words} written out by the capture tool already. "
        f"Load the .dat file that it wrote, or {again}."
    )


def _day(row: Sequence[Cell], when: Sequence[int]) -> date | None:
    for column in when:
        try:
            if column < len(row) and (day := read_when(row[column]).day):
                return day
        except NoTimeError:
            continue
    return None
