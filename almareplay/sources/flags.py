"""The values of flags that need reading; the errors are for the command line to print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from almareplay.outcomes.reasons import in_words
from almareplay.sources.options import FIELDS
from almareplay.sources.times.localtime import ImpossibleTimeError, existing_date, existing_time
from almareplay.transactions import nearest

_CLOCK = re.compile(r"([+-]?)(\d{1,5}):(\d\d)(?::(\d\d))?", re.ASCII)
_AMOUNT = re.compile(r"([+-]?)(\d{1,9})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_CAPTURED_AT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d{1,2}):(\d\d)(?::(\d\d))?",
    re.ASCII,
)


def parse_clock_offset(text: str) -> timedelta:
    """What is added to a station's times: ``+00:04`` (hours:minutes[:seconds]), ``-90s``, ``4m``.

    Units are s, m, h and d. Raises ValueError.
    """
    value = text.strip().replace("−", "-")
    if clock := _CLOCK.fullmatch(value):
        offset = timedelta(hours=int(clock[2]), minutes=int(clock[3]), seconds=int(clock[4] or 0))
        return -offset if clock[1] == "-" else offset
    if amount := _AMOUNT.fullmatch(value):
        offset = timedelta(**{_UNITS[amount[3]]: int(amount[2])})
        return -offset if amount[1] == "-" else offset
    raise ValueError(
        f"{text!r} is no clock offset: write what must be added to the station's times "
        "as +00:04 (hours and minutes) or -90s (s, m, h or d)."
    )


def parse_columns(text: str) -> Mapping[str, str]:
    """``item_barcode=C+D,patron_id=B`` as a mapping of fields to headers, letters or numbers.

    Raises ValueError.
    """
    columns: dict[str, str] = {}
    for part in text.split(","):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        field = name.lower().replace("-", "_")
        if not equals or not column:
            raise ValueError(
                f"{part.strip()!r} names no column: write FIELD=COLUMN, "
                "as in item_barcode=C,patron_id=B."
            )
        if field not in FIELDS:
            known = f"the fields are {', '.join(FIELDS)}.{nearest(field, FIELDS)}"
            raise ValueError(f"{name!r} is no field: {known}")
        if field in columns:
            raise ValueError(f"{field} is given twice in {text!r}.")
        columns[field] = column
    return columns


def parse_day(text: str) -> date:
    """``2026-09-14`` as a date. Raises ValueError."""
    try:
        return parse_captured_at(f"{text.strip()} 00:00").date()
    except ValueError:
        raise ValueError(f"{text!r} is no day: write it as 2026-09-14.") from None


def parse_captured_at(text: str) -> datetime:
    """``2026-09-14 09:00`` as a naive local time. Raises ValueError."""
    written = _CAPTURED_AT.fullmatch(text.strip())
    if not written:
        raise ValueError(f"{text!r} is no local time: write it as 2026-09-14 09:00.")
    year, month, day, hour, minute, second = (int(figures or 0) for figures in written.groups())
    try:
        return datetime.combine(
            existing_date(year, month, day), existing_time(hour, minute, second)
        )
    except ImpossibleTimeError as impossible:
        raise ValueError(in_words(impossible.reason.quoting(text))) from None
