"""What a cell says of a moment, before its column and its station are known."""

from __future__ import annotations

from datetime import date, time
from typing import NamedTuple

from almareplay.sources.options import DateOrder
from almareplay.sources.times.localtime import ImpossibleTimeError, NoTimeError, existing_date
from almareplay.sources.times.zones import Zone
from almareplay.transactions import Reason

UNREADABLE = Reason("unreadable_time")


class UnreadableTimeError(NoTimeError):
    """Text that is no date and no time; it may be anything, so the reason does not quote it."""


class Figures(NamedTuple):
    """A date written as three numbers whose order is open, with the text for messages."""

    numbers: tuple[int, int, int]
    short_year: bool
    text: str

    def in_order(self, order: DateOrder) -> date:
        """The date in an order. Raises ImpossibleTimeError where it cannot be."""
        first, second, third = self.numbers
        if order is DateOrder.YMD and not self.short_year:
            raise ImpossibleTimeError(Reason("not_year_first").quoting(self.text))
        year, month, day = {
            DateOrder.DMY: (third, second, first),
            DateOrder.MDY: (third, first, second),
            DateOrder.YMD: (first, second, third),
        }[order]
        try:
            return existing_date(year + 2000 * self.short_year, month, day)
        except ImpossibleTimeError as impossible:
            raise ImpossibleTimeError(impossible.reason.quoting(self.text)) from None

    def readings(self) -> dict[DateOrder, date]:
        """Every date that it can be."""
        possible = {}
        for order in DateOrder:
            try:
                possible[order] = self.in_order(order)
            except ImpossibleTimeError:
                continue
        return possible


class Written(NamedTuple):
    """What a cell says of a moment: a date, a date whose order is open, a time of day, or both.

    ``to_second``: the time of day is written with its seconds. ``zone`` is the one that stands
    behind it. ``half_told``: AM or PM is written, or it needs neither (13:05).
    """

    day: date | None = None
    figures: Figures | None = None
    clock: time | None = None
    to_second: bool = True
    zone: Zone | None = None
    half_told: bool = False


NOTHING = Written()
