"""The due date that a loan would have, had Alma been there when it was captured: pure functions.

The upload counts a loan's period from the captured time; the API counts it from the call.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum, StrEnum

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
# A due date may be cut to the second.
_SECOND = timedelta(seconds=1)
# Libraries close at 22:00:00, 23:59:00, or 23:59:59: on a fifth minute, or on the hour's last.
_END_OF_A_MINUTE = (0, 59)
_LAST_MINUTE = 59
# No library counts a longer loan in hours.
_WEEK = timedelta(days=7)


class DueDates(StrEnum):
    """Whose due dates the loans of a replay have."""

    ALMA = "alma"
    AS_CAPTURED = "as-captured"


def due_as_captured(
    captured_at: datetime,
    made_at: datetime,
    due: datetime,
    *,
    zone: tzinfo,
    now: datetime,
    at_least: datetime | None = None,
) -> datetime | None:
    """When the loan is due as captured, aware UTC; None where Alma's date is right.

    ``made_at`` is Alma's moment of the loan or renewal, ``due`` what Alma made of it, ``zone`` that
    of the library. A loan by the hour is moved back by the exact time between, any other by the
    days between and keeps its hour of the day there; where it may be either, by the lesser of the
    two. It is never due before ``now``, which is rounded up to the minute, nor before ``at_least``,
    the date that it had before a renewal.
    """
    moved = []
    form = period_of(made_at, due)
    if form is not Period.DAYS:
        moved.append(due - (made_at - captured_at))
    if form is not Period.HOURS:
        days = made_at.astimezone(zone).date() - captured_at.astimezone(zone).date()
        local = due.astimezone(zone).replace(tzinfo=None) - days
        moved.append(local.replace(tzinfo=zone))
    earliest = [_next_minute(now), *([at_least] if at_least else [])]
    latest = max(moment.astimezone(UTC) for moment in (max(moved), *earliest))
    latest += timedelta(microseconds=-latest.microsecond % 1_000_000)
    return latest if latest < due else None


class Period(Enum):
    """What a loan's period is counted in, as far as its dates tell."""

    HOURS = "hours"
    DAYS = "days"
    EITHER = "either"


def period_of(made_at: datetime, due: datetime) -> Period:
    """What a loan's period is counted in.

    One of hours ends on the second, or the minute, at which it began; one of days when the library
    closes, which may be the same by chance.
    """
    period = due - made_at.replace(microsecond=0)
    beyond = period % _HOUR
    off = min(beyond, _HOUR - beyond)
    if period <= timedelta(0) or off > _MINUTE:
        return Period.DAYS
    closes = due.minute % 5 == 0 or due.minute == _LAST_MINUTE
    if not closes or (off <= _SECOND and due.second not in _END_OF_A_MINUTE):
        return Period.HOURS
    return Period.EITHER if period <= _WEEK else Period.DAYS


def _next_minute(moment: datetime) -> datetime:
    return (moment + _MINUTE).replace(second=0, microsecond=0)
