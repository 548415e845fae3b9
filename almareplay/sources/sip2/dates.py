"""When a SIP2 request says that it happened, and the due date that a self-check gave."""

from __future__ import annotations

import re
from datetime import date, datetime

from almareplay.sources.sip2.message import CHECKIN, CHECKOUT, DATE_WIDTH, RENEW, Message
from almareplay.sources.times.localtime import (
    NO_TIME,
    ImpossibleTimeError,
    Moment,
    StationClock,
    existing_date,
    existing_time,
)
from almareplay.transactions import Reason

BLANKS_LOST = Reason("dates_too_short")
RETURN_DATE = Reason("transaction_date")

_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(.{4})([0-9]{2})([0-9]{2})([0-9]{2})", re.DOTALL)


def moment_of(message: Message, clock: StationClock) -> Moment:
    """When it happened: of a return the return date, which may be before the message's own."""
    sent, other = message.dates[:DATE_WIDTH], message.dates[DATE_WIDTH:]
    if len(other) < DATE_WIDTH or not (_is_empty(other) or _DATE.fullmatch(other)):
        return Moment(None, problem=BLANKS_LOST)
    asked = _read(sent, clock)
    if message.code != CHECKIN or _is_empty(other):
        return asked
    returned = _read(other, clock)
    if asked.at is None or returned.at is None:
        return returned
    is_day_only = other[:8] == sent[:8] and other[12:] == "000000"
    if returned.at > asked.at or (is_day_only and other != sent):
        return asked._replace(notes=(*asked.notes, RETURN_DATE))
    return returned


def due_date_of(message: Message) -> date | None:
    """The due date that the self-check gave; None where it gave none.

    A request that only asks has none: the system gives it. Some machines repeat the date of the
    transaction in its place.
    """
    if message.code not in (CHECKOUT, RENEW) or not message.no_block:
        return None
    sent, due = transaction_date(message.dates), _naive(message.dates[DATE_WIDTH:])
    if sent is None or due is None or due.date() <= sent.date():
        return None
    return due.date()


def transaction_date(dates: str) -> datetime | None:
    """The first of a message's dates in whatever zone it is; None where it has none that exists."""
    return _naive(dates[:DATE_WIDTH])


def _naive(text: str) -> datetime | None:
    written = _DATE.fullmatch(text)
    if not written:
        return None
    year, month, day, _, *clock = written.groups()
    hour, minute, second = map(int, clock)
    try:
        return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001 - local
    except ValueError:
        return None


def _read(text: str, clock: StationClock) -> Moment:
    if _is_empty(text):
        return Moment(None, problem=NO_TIME)
    written = _DATE.fullmatch(text)
    if not written:
        return Moment(None, problem=BLANKS_LOST)
    year, month, day, zone, *of_day = written.groups()
    if zone.strip() not in ("", "Z"):
        return Moment(None, problem=Reason("zone_not_utc"))
    try:
        naive = datetime.combine(
            existing_date(int(year), int(month), int(day)), existing_time(*map(int, of_day))
        )
    except ImpossibleTimeError as impossible:
        return Moment(None, problem=impossible.reason)
    return clock.moment_of_utc(naive) if zone.strip() else clock.moment(naive)


def _is_empty(text: str) -> bool:
    return not text.strip(" 0")
