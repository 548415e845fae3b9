"""Single fields of Alma's bodies, read leniently: one that is missing or odd is empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")
Body = dict[str, Any]


class Page(NamedTuple, Generic[T]):
    """Part of a list, and how many members the whole has, ``None`` where Alma does not say it."""

    members: list[T]
    total: int | None


def record(body: Body, name: str) -> Body:
    """The JSON object in a field."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def records(body: Body, name: str) -> list[Body]:
    """The JSON objects in a list."""
    listed = body.get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def every(listed: object, read: Callable[[Body], T | None]) -> list[T] | None:
    """Every element as read, or ``None`` where the list or one of its elements is unreadable."""
    elements = [listed] if isinstance(listed, dict) else listed
    if not isinstance(elements, list):
        return None
    done = [read(element) if isinstance(element, dict) else None for element in elements]
    found = [element for element in done if element is not None]
    return found if len(found) == len(done) else None


def text(body: Body, name: str) -> str:
    """A text, or a whole number as text, without blanks around it and without what can be neither
    stored nor printed: NUL, and lone surrogates, which JSON can hold."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        plain = str(value)
    except ValueError:
        return ""  # a number of thousands of digits
    plain = plain.replace("\0", "").strip()
    return plain if plain.isascii() else plain.encode(errors="replace").decode()


def code(body: Body, name: str) -> str:
    """The code of a ``{"value": …, "desc": …}``; a plain text counts as its value."""
    return text(record(body, name), "value") or text(body, name)


def words(body: Body, name: str) -> str:
    """The description of a ``{"value": …, "desc": …}``, its code where it has none."""
    return text(record(body, name), "desc") or code(body, name)


def flag(body: Body, name: str) -> bool:
    """Whether a field is true."""
    return body.get(name) in (True, "true")


def number(body: Body, name: str) -> int | None:
    """A count."""
    value = body.get(name)
    if isinstance(value, int | str) and str(value).isdecimal() and len(str(value)) < 12:
        return int(value)
    return None


def amount(body: Body, name: str) -> Decimal | None:
    """A sum of money, exactly as it is written; ``None`` also for what is none, such as
    ``1E+999999``, which some thousand digits would be needed to write."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        # Not from the float itself, which is seldom the sum that was written.
        money = Decimal(str(value))
    except ArithmeticError:
        return None
    if not money.is_finite() or money.adjusted() > 12:
        return None
    exponent = money.as_tuple().exponent
    # As many digits as a sum can have that was reckoned in binary.
    return money if isinstance(exponent, int) and exponent > -30 else None


def moment(body: Body, name: str) -> datetime | None:
    """A time as aware UTC; ``None`` also for one of no century that matters.

    Seen are ``2018-07-13T17:31:39.800Z``, ``2018-08-10T18:00:00Z`` and, in a fee of 2014,
    milliseconds since 1970; no zone is UTC.
    """
    value = body.get(name)
    try:
        if isinstance(value, int) and value > _MILLISECONDS:
            return plausible(datetime.fromtimestamp(value / 1000, UTC))
        time = datetime.fromisoformat(text(body, name))
        return plausible(time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC))
    except (ValueError, OverflowError, OSError):
        return None


_MILLISECONDS = 10**11  # since 1970: a smaller number is no time


def plausible(time: datetime) -> datetime | None:
    """A time, ``None`` where it is so far away that zones or pauses could lead out of the
    calendar."""
    return time if _is_plausible(time) else None


def _is_plausible(day: date) -> bool:
    return 1900 <= day.year < 3000


def day(body: Body, name: str) -> date | None:
    """A day. Seen are ``2015-11-05Z`` and ``2015-11-05``."""
    try:
        found = date.fromisoformat(text(body, name)[:10])
    except ValueError:
        return None
    return found if _is_plausible(found) else None
