"""Evergreen's offline transactions, as its staff client exports them: a JSON object a line.

``timestamp`` is the moment in seconds since 1970; ``type`` is ``checkout``, ``renew``, ``checkin``,
``in_house_use`` or ``register``; a ``backdate`` is the day on which the item came back. Other
programs (Offline Checkout) write the same for Evergreen to import. Source: client code.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from almareplay.sources.assembler import told_due_date
from almareplay.sources.cells.kinds import RENEWAL
from almareplay.sources.offline.capture import Entry
from almareplay.sources.options import ReadingOptions
from almareplay.sources.times.localtime import NO_TIME, Moment, StationClock, impossible_year
from almareplay.transactions import Kind, LeftOut, Reason

IN_HOUSE = Reason("in_house_use")
REGISTRATION = Reason("registration")
NOT_CATALOGUED = Reason("not_catalogued")
UNREADABLE = Reason("not_evergreen")
BACKDATED = Reason("backdated")

_KINDS = {"checkout": Kind.LOAN, "renew": Kind.LOAN, "checkin": Kind.RETURN}
_LEFT_OUT = {"in_house_use": IN_HOUSE, "register": REGISTRATION}
_READ = {"type", "timestamp", "barcode", "patron_barcode", "backdate", "due_date", "noncat"}
_MILLISECONDS = 10**11
"""No moment in seconds is so great before the year 5138."""


class Evergreen:
    """Reads the lines of one export."""

    format = "Evergreen offline transactions"
    columns = [  # noqa: RUF012 - never changed
        "type: checkout or renew (loan), checkin (return)",
        "timestamp, of a checkin its backdate: captured time",
        "barcode: item barcode",
        "patron_barcode: patron id",
        "due_date: due date, noted on the row",
    ]
    has_seconds = True
    refusal = ""
    assumption = ""

    def __init__(self, name: str, options: ReadingOptions) -> None:
        self._zone = options.timezone
        self._clock = StationClock(options)

    @staticmethod
    def writes(head: list[str]) -> bool:
        """Whether a file that begins with these lines is such an export."""
        return bool(head) and _object_of(head[0]).get("type") in {*_KINDS, *_LEFT_OUT}

    def read(self, line: str) -> Entry | LeftOut:
        said = _object_of(line)
        sort = said.get("type")
        if isinstance(sort, str) and sort in _LEFT_OUT:
            return LeftOut(_LEFT_OUT[sort])
        kind = _KINDS.get(sort) if isinstance(sort, str) else None
        if kind is None:
            return Entry(None, Moment(None), problem=UNREADABLE)
        moment, notes = self._moment(said), list[Reason]()
        if kind is Kind.RETURN and moment.at is not None:
            back = self._day(said.get("backdate"))
            if back is not None and back < moment.at.date():
                end = datetime.combine(back, datetime.max.time().replace(microsecond=0))
                moment = self._clock.moment(end, by_station=False)
                notes.append(BACKDATED)
        if sort == "renew":
            notes.append(RENEWAL)
        if kind is Kind.LOAN and (due := self._day(said.get("due_date"))):
            notes.append(told_due_date(due))
        return Entry(
            kind,
            moment,
            _word(said.get("barcode")),
            _word(said.get("patron_barcode")),
            tuple(notes),
            NOT_CATALOGUED if said.get("noncat") else None,
            tuple(key for key in said.keys() - _READ if said[key] not in ("", None)),
        )

    def _moment(self, said: dict[str, object]) -> Moment:
        seconds = said.get("timestamp")
        if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
            seconds = int(seconds) if len(seconds) < 20 else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return Moment(None, problem=NO_TIME)
        if seconds >= _MILLISECONDS:
            seconds /= 1000
        try:
            naive = datetime(1970, 1, 1) + timedelta(seconds=int(seconds))  # noqa: DTZ001 - UTC
        except (OverflowError, ValueError):
            return Moment(None, problem=Reason("impossible_time"))
        if naive.year < 2000:
            return Moment(None, problem=impossible_year(naive.year))
        return self._clock.moment_of_utc(naive)._replace(notes=())

    def _day(self, text: object) -> date | None:
        """The local day of ``2026-10-05`` or ``2026-10-05T06:59:00.000Z``; None for all else."""
        if not isinstance(text, str):
            return None
        try:
            at = datetime.fromisoformat(text)
            return at.replace(tzinfo=None).date() if at.tzinfo is None else self._local(at)
        except (ValueError, OverflowError):
            return None

    def _local(self, at: datetime) -> date:
        return at.astimezone(UTC).astimezone(self._zone).date()


def _object_of(line: str) -> dict[str, object]:
    """The JSON object of a line; an empty one where it is none."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _word(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
