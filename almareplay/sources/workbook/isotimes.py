"""Dates, times and durations as XML writes them (ISO 8601)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from almareplay.sources.times.datetimes import Cell

_DURATION = re.compile(
    r"(-?)P(?:([0-9]{1,7})D)?(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:[.,][0-9]+)?)S)?)?"
)


def iso_moment(text: str) -> Cell:
    """The date, the time of day, or both; the text as it is where it is none."""
    try:
        if "T" in text:
            # A time with a zone of its own stays text, to be read as all such texts are.
            return text if (at := datetime.fromisoformat(text)).tzinfo else at
        return time.fromisoformat(text) if ":" in text else date.fromisoformat(text)
    except ValueError:
        return text


def iso_duration(text: str) -> timedelta:
    """The duration, a time of day for example; the longest there is where it cannot be read.

    LibreOffice has minus 2147483648 hours for all that are too long for it.
    """
    if not (found := _DURATION.fullmatch(text)):
        return timedelta.max
    days, hours, minutes = (int(figures or 0) for figures in found.group(2, 3, 4))
    seconds = float((found[5] or "0").replace(",", "."))
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return timedelta.max
    return -length if found[1] else length
