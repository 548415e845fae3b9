"""Koha's offline circulation files (``.koc``), of its desktop client and of kolt, a web page.

A header line, then tab-separated lines: ``issue`` with card and item, ``return`` with the item,
``payment`` with card and amount. Source: files and code of both programs (client code).
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

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
from almareplay.sources.times.written import UNREADABLE
from almareplay.transactions import Kind, LeftOut, Reason

PAYMENT = Reason("payment")
NEITHER = Reason("not_koha")

_HEADER = re.compile(r"\ufeff?Version=[^\t]*\tGenerator=([^\t]*)")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d)[:-](\d\d)[:-](\d\d)(?:[ .]\d{1,3})?", re.ASCII)
_FIELDS = {"issue": 4, "return": 3}

_KOLT = "kolt"
_NAME_OF_KOLT = re.compile(r"kolt_(\d{4})-(\d\d)-(\d\d)_(\d\d)-(\d\d)", re.ASCII)
_BY_DAY = range(6, 22)
_ROUNDING = timedelta(minutes=1)


class Koha:
    """Reads the lines of one ``.koc`` file."""

    format = "Koha offline circulation (.koc)"
    columns = [  # noqa: RUF012 - never changed
        "1: captured time",
        "2: issue (loan) or return",
        "3: patron id; of a return the item barcode",
        "4: item barcode",
    ]
    has_seconds = True

    def __init__(self, name: str, options: ReadingOptions) -> None:
        self._name = name
        self._zone = options.timezone
        self._now = options.now
        self._clock = StationClock(options)
        self._by_kolt = False
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._by_day = False

    @staticmethod
    def writes(head: list[str]) -> bool:
        """Whether a file that begins with these lines is a ``.koc`` file."""
        return bool(head) and bool(_HEADER.match(head[0]))

    def read(self, line: str) -> Entry | LeftOut:
        if header := _HEADER.match(line):
            self._by_kolt = self._by_kolt or bare(header[1]) == _KOLT
            return LeftOut(Reason("header"))
        fields = [bare(field) for field in line.rstrip("\r\n\t ").split("\t")]
        moment = self._moment(fields[0])
        said = fields[1].lower() if len(fields) > 1 else ""
        if said == "payment":
            return LeftOut(PAYMENT)
        width = _FIELDS.get(said, 0)
        if not width:
            return Entry(None, moment, problem=NEITHER)
        if len(fields) > width:
            return Entry(
                Kind.LOAN if said == "issue" else Kind.RETURN,
                moment,
                problem=Reason.of("other_fields", fields=len(fields), width=width),
            )
        fields += [""] * (width - len(fields))
        if said == "return":
            return Entry(Kind.RETURN, moment, fields[2])
        return Entry(Kind.LOAN, moment, fields[3], fields[2])

    @property
    def refusal(self) -> str:
        """Local times later than the file are none: kolt names its files by UTC."""
        if not self._by_kolt or self._latest <= self._written_at() + _ROUNDING:
            return ""
        return (
            f"has times that are later than the file itself, as local times of {self._zone.key}. "
            "Until July 2025 kolt wrote them in UTC: load the file with --timezone UTC."
        )

    @property
    def assumption(self) -> str:
        if not self._by_kolt or self._zone.key == "UTC":
            return ""
        doubt = "" if self._by_day else ", and all of them are at night"
        return (
            f"its times are read as local times of {self._zone.key}{doubt}. Until July 2025 kolt "
            "wrote UTC, which the file does not tell: if the times are hours off, unload it and "
            "load it with --timezone UTC"
        )

    def _written_at(self) -> datetime:
        """When the file was written, by its name; else it is at least not of the future."""
        if named := _NAME_OF_KOLT.match(self._name):
            year, month, day, hour, minute = map(int, named.groups())
            with suppress(ValueError):
                return min(datetime(year, month, day, hour, minute, tzinfo=UTC), self._now)
        return self._now

    def _moment(self, text: str) -> Moment:
        written = _TIME.fullmatch(text)
        if not written:
            return Moment(None, problem=UNREADABLE)
        year, month, day, *clock = map(int, written.groups())
        try:
            naive = datetime.combine(existing_date(year, month, day), existing_time(*clock))
        except ImpossibleTimeError as impossible:
            return Moment(None, problem=impossible.reason)
        moment = self._clock.moment(naive)
        if moment.at is not None:
            self._latest = max(self._latest, moment.at)
            self._by_day = self._by_day or moment.at.hour in _BY_DAY
        return moment
