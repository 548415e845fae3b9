"""Single fields of Alma's bodies, read leniently: one that is missing or odd is empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

T = TypeVar("T")
Body = dict[str, Any]


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
    """A text, or a whole number as text, without blanks around it."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # A lone surrogate, which JSON can hold, can be neither stored nor printed.
    return str(value).strip().encode(errors="replace").decode()


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
    """A sum of money, exactly as it is written."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        # Not from the float itself, which is seldom the sum that was written.
        money = Decimal(str(value))
    except ArithmeticError:
        return None
    return money if money.is_finite() else None


def moment(body: Body, name: str) -> datetime | None:
    """A time as aware UTC.

    Seen are ``2018-07-13T17:31:39.800Z`` and ``2018-08-10T18:00:00Z``; no zone is UTC.
    """
    try:
        time = datetime.fromisoformat(text(body, name))
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(body: Body, name: str) -> date | None:
    """A day. Seen are ``2015-11-05Z`` and ``2015-11-05``."""
    try:
        return date.fromisoformat(text(body, name)[:10])
    except ValueError:
        return None
