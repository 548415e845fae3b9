"""What the user says about the files of one load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from almareplay.sources.deskmap import DeskMap
from almareplay.transactions import Kind


class DateOrder(StrEnum):
    """The order of day, month and year in dates written with figures only."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class ClockHours(StrEnum):
    """How many hours the clock has by which a table was written."""

    TWELVE = "12"
    TWENTY_FOUR = "24"


class Codabar(StrEnum):
    """What becomes of the letters before and behind the digits of a barcode."""

    STRIP = "strip"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How to read what a file does not say itself; a row's own words always win.

    ``now`` is aware: rows more than 26 hours ahead of it are invalid. ``clock_offset`` is added to
    the times of the station. ``captured_at`` is naive, local to ``timezone``. ``columns`` maps a
    field (see ``FIELDS``) to a header, a column letter, or a column number from 1. ``desk_map``
    gives the place of what a capture calls a library or a desk. ``include_saved`` reads the rows
    that a capture tool marks as written out, or to which a system agreed in a self-check's log.
    ``include_saved_since``: of those, the rows of that local day and of later ones only.
    ``scanner_prefix`` and ``scanner_suffix`` are what a scanner puts around barcodes and ids.
    ``clock`` is of twelve hours where the times of a table have neither AM nor PM, of twenty-four
    where they are right however they run. ``fill_patron``: a row without a patron is of the
    patron in the row above it. ``card_prefix`` is what patrons' cards begin with, where cards and
    items stand in one column.
    ``codabar`` says whether letters before and behind digits are start and stop signs of a bar code
    or belong to the number.
    """

    timezone: ZoneInfo
    now: datetime
    library: str | None = None
    circ_desk: str | None = None
    clock_offset: timedelta = timedelta(0)
    kind: Kind | None = None
    captured_at: datetime | None = None
    date_order: DateOrder | None = None
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    desk_map: DeskMap | None = None
    include_saved: bool = False
    scanner_prefix: str = ""
    scanner_suffix: str = ""
    clock: ClockHours | None = None
    fill_patron: bool = False
    card_prefix: str = ""
    include_saved_since: date | None = None
    codabar: Codabar | None = None


FIELDS = (
    "kind",
    "captured_at",
    "date",
    "time",
    "item_barcode",
    "patron_id",
    "library",
    "circ_desk",
    "saved",
    "ignore",
)
"""What ``--columns`` can name; several columns for ``item_barcode`` and ``ignore`` (``C+D``)."""
