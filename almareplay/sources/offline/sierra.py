"""Transactions for Sierra and Millennium: ``o:2609140902:bITEM:bPATRON:DUE:STATGROUP`` a line.

``o`` is a check-out or renewal, ``i`` a check-in; times are local, ``yymmddhhmm``; each barcode has
a ``b`` before it. Source: Innovative, "Formatting Transaction Files for Uploading" (Sierra help).
"""

from __future__ import annotations

import re
from datetime import datetime

from almareplay.sources.assembler import told_due_date
from almareplay.sources.identifiers import bare
from almareplay.sources.offline.capture import Entry
from almareplay.sources.options import ReadingOptions
from almareplay.sources.times.localtime import (
    ImpossibleTimeError,
    Moment,
    StationClock,
    existing_date,
    existing_time,
)
from almareplay.transactions import Kind, LeftOut, Reason

INVENTORY = Reason("inventory")
NEITHER = Reason("not_sierra")

_LINE = re.compile(r"([a-z]):(\d{10}):b", re.ASCII)
_KINDS = {"o": Kind.LOAN, "i": Kind.RETURN}
_WIDTH = 6
_GROUP = "field 6, the statistical group"


class Sierra:
    """Reads the lines of one file."""

    format = "Sierra offline circulation"
    columns = [  # noqa: RUF012 - never changed
        "1: o (loan or renewal) or i (return)",
        "2: captured time",
        "3: item barcode",
        "4: patron id",
        "5: due date, noted on the row",
    ]
    has_seconds = False
    refusal = ""
    assumption = ""

    def __init__(self, name: str, options: ReadingOptions) -> None:
        self._clock = StationClock(options)

    @staticmethod
    def writes(head: list[str]) -> bool:
        """Whether most of these lines, from the beginning of a file, are such transactions."""
        return sum(bool(_LINE.match(line)) for line in head) * 2 > len(head)

    def read(self, line: str) -> Entry | LeftOut:
        fields = [bare(field) for field in line.split(":")]
        if fields[0] == "n":
            return LeftOut(INVENTORY)
        kind = _KINDS.get(fields[0])
        if kind is None:
            return Entry(None, Moment(None), problem=NEITHER)
        moment = self._moment(fields[1] if len(fields) > 1 else "")
        if len(fields) != _WIDTH:
            reason = Reason.of("other_fields", fields=len(fields), width=_WIDTH)
            return Entry(kind, moment, problem=reason)
        item, patron = (field.removeprefix("b") for field in fields[2:4])
        due = self._moment(fields[4]).at if kind is Kind.LOAN and fields[4] else None
        notes = (told_due_date(due),) if due else ()
        return Entry(kind, moment, item, patron, notes, unread=(_GROUP,) if fields[5] else ())

    def _moment(self, text: str) -> Moment:
        if not (len(text) == 10 and text.isascii() and text.isdigit()):
            return Moment(None, problem=Reason.of("sierra_digits", characters=len(text)))
        year, month, day, hour, minute = (int(text[at : at + 2]) for at in range(0, 10, 2))
        try:
            naive = datetime.combine(
                existing_date(2000 + year, month, day), existing_time(hour, minute)
            )
        except ImpossibleTimeError as impossible:
            return Moment(None, problem=impossible.reason)
        return self._clock.moment(naive)
