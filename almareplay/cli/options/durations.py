"""Lengths of time as they are typed: ``90s``, ``15m``, ``30d``."""

from __future__ import annotations

import re
from datetime import timedelta

_LENGTH = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([a-z]?)", re.ASCII)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def parse_duration(text: str, units: str, *, bare: str = "") -> timedelta:
    """A length of time in one of these units, letters of ``smhdw``; that of a number without a
    letter is ``bare``, where there is one. Raises ValueError."""
    found = _LENGTH.fullmatch(text.strip().lower())
    unit = found and (found[2] or bare)
    if not found or not unit or unit not in units:
        raise ValueError(f"{text!r} is no length of time")
    return float(found[1]) * _UNITS[unit]
