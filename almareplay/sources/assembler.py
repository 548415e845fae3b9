"""Makes rows of the fields that a format has read: the checks that all formats share, in one order.

A format reads kind, time, item, patron and place as it finds them, and notes what it had to do for
that; whether they can be true together is told here.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from almareplay.sources.cells.doubts import NO_ITEM, NO_KIND, NO_PATRON, SAME, WORDS, like_name
from almareplay.sources.identifiers import Identifier
from almareplay.sources.places import RowPlace
from almareplay.sources.times.localtime import NO_TIME, Moment
from almareplay.transactions import InvalidRow, Kind, Notes, Reason, Transaction, same_identifier


class Fields(NamedTuple):
    """What a format has read of a row.

    ``notes`` are those on the row as a whole. ``problem`` is what is wrong with it whatever its
    fields say, ``doubt`` what speaks against it where they are right.
    """

    kind: Kind | None
    moment: Moment
    item: Identifier
    patron: Identifier
    place: RowPlace
    has_seconds: bool = False
    notes: Notes = ()
    problem: Reason | None = None
    doubt: Reason | None = None


class MixedUp(NamedTuple):
    """Why an item and a patron are not what they seem to be, and how they are to be reported."""

    reason: Reason
    item: str
    patron: str


def same_number(item: str, patron: str) -> MixedUp | None:
    """Whether item and patron, each of which may be empty, are one number."""
    is_same = item and same_identifier(item, patron)
    return MixedUp(SAME, item, patron) if is_same else None


class Assembler:
    """Makes the rows of the file or sheet of this name.

    ``mixed_up`` judges an item and a patron, each of which may be empty, by all that is known of
    the file.
    """

    def __init__(
        self, name: str, mixed_up: Callable[[str, str], MixedUp | None] = same_number
    ) -> None:
        self._name = name
        self._mixed_up = mixed_up

    def row(self, number: int, fields: Fields) -> Transaction | InvalidRow:
        """The row with this number: a transaction, or the first reason why it is none."""
        kind, moment, item, patron, place, has_seconds, notes, problem, doubt = fields
        if like_name(patron.text):
            patron = Identifier("", problem=WORDS)  # nor is the name of a patron stored
        mixed_up = self._mixed_up(item.text, patron.text)
        reason = (
            problem
            or (NO_KIND if kind is None else None)
            or moment.problem
            or (NO_TIME if moment.at is None else None)
            or item.problem
            or patron.problem
            or (NO_ITEM if not item.text else None)
            or (NO_PATRON if kind is Kind.LOAN and not patron.text else None)
            or (mixed_up.reason if mixed_up else None)
            or doubt
            or place.problem
        )
        if reason or kind is None or moment.at is None:
            _, shown_item, shown_patron = mixed_up or (None, item.text, patron.text)
            return InvalidRow(
                reason or NO_TIME, self._name, number, kind, moment.at,
                shown_item, shown_patron, place.library, place.circ_desk,
            )  # fmt: skip
        notes += moment.notes + item.notes + patron.notes
        return Transaction(
            kind, moment.at, has_seconds, item.text, patron.text, place.library, place.circ_desk,
            self._name, number, tuple(dict.fromkeys(notes)) if notes else (),
        )  # fmt: skip


def told_due_date(due: date) -> Reason:
    """The note that the patron was told a due date, which is kept in words for the report only."""
    return Reason("due_date").quoting(f"{due.day} {calendar.month_name[due.month]} {due.year}")
