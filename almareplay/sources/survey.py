"""A first look over all rows of a table, for what only the whole of it can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from almareplay.sources.identifiers import NO_SCANNER, Scanner, bare
from almareplay.sources.kinds import read_kind
from almareplay.sources.localtime import ImpossibleTimeError
from almareplay.sources.moments import Cell, Figures, UnreadableTimeError, Written, read_when
from almareplay.sources.options import DateOrder
from almareplay.sources.serials import FIRST_DAY, Serials
from almareplay.transactions import Kind

WHEN = ("captured_at", "date", "time")
"""The fields that may hold a date, a time of day, or both."""

SPREADSHEET_DIGITS = 15
"""A spreadsheet keeps so many digits of a number and writes zeros for the rest."""

Form = tuple[int, str]


@dataclass
class Orders:
    """What the dates of one column say about their order of day, month and year."""

    possible: set[DateOrder] = field(default_factory=lambda: set(DateOrder))
    decided: set[DateOrder] = field(default_factory=set)
    open: bool = False

    def look_at(self, figures: Figures) -> None:
        """Takes in one date; impossible ones, and those the same in any order, say nothing."""
        readings = figures.readings()
        if not readings:
            return
        self.possible &= readings.keys()
        if len(readings) == 1:
            self.decided |= readings.keys()
        elif len(set(readings.values())) > 1:
            self.open = True

    @property
    def settled(self) -> DateOrder | None:
        """The order that one date decides and none contradicts."""
        if len(self.decided) == 1 and self.decided <= self.possible:
            return next(iter(self.decided))
        return None


@dataclass
class Identifiers:
    """What the identifiers of one column look like."""

    filled: int = 0
    forms: Counter[Form] = field(default_factory=Counter)
    beyond_spreadsheet: int = 0
    """With more digits than a spreadsheet keeps, and whole all the same."""
    like_names: int = 0

    def look_at(self, cell: Cell, scanner: Scanner) -> None:
        if cell == "":
            return
        stored = cell if isinstance(cell, str) else str(cell)
        text = scanner.inside(stored)
        self.filled += 1
        if len(stored) > SPREADSHEET_DIGITS and stored.isdigit() and not ends_in_zeros(stored):
            self.beyond_spreadsheet += 1
        if text.isdigit():
            self.forms[form(text)] += 1
        elif (" " in text or "," in text) and not any(sign.isdigit() for sign in text):
            self.like_names += 1


@dataclass
class Findings:
    """What a table has, over all of its rows."""

    rows: int = 0
    filled: set[str] = field(default_factory=set)
    loans: int = 0
    returns: int = 0
    has_dates: bool = False
    with_times: set[str] = field(default_factory=set)
    """The fields of which some row has a time of day."""
    with_seconds: set[str] = field(default_factory=set)
    """The fields of which some row has a second other than 0."""
    orders: dict[str, Orders] = field(default_factory=dict)
    serials: dict[str, Serials] = field(default_factory=dict)
    """Of the fields whose numbers are all serial numbers of dates and times."""
    items: Identifiers = field(default_factory=Identifiers)
    patrons: Identifiers = field(default_factory=Identifiers)

    def swapped(self, item: str, patron: str) -> bool:
        """Whether the other rows say that item and patron stand in each other's column."""
        as_item, as_patron = form(item), form(patron)
        return (
            as_item != as_patron
            and self.items.forms[as_patron] > self.items.forms[as_item]
            and self.patrons.forms[as_item] > self.patrons.forms[as_patron]
        )


def form(digits: str) -> Form:
    """By what numbers of items and of patrons differ: their length and first digit."""
    return len(digits), digits[:1]


def ends_in_zeros(digits: str) -> bool:
    """Whether all digits are 0 that a spreadsheet would not have kept."""
    return not digits[SPREADSHEET_DIGITS:].strip("0")


def survey(
    rows: Iterable[list[Cell]],
    columns: Mapping[str, int],
    scanner: Scanner = NO_SCANNER,
    first_day: date = FIRST_DAY,
) -> Findings:
    """Looks over the rows below the header, each as its cells."""
    found = Findings()
    when = [(name, columns[name]) for name in WHEN if name in columns]
    others = [
        (name, column) for name, column in columns.items() if name in ("library", "circ_desk")
    ]
    kind, item, patron = columns.get("kind"), columns["item_barcode"], columns.get("patron_id")
    for cells in rows:
        width = len(cells)
        if item >= width or cells[item] == "":
            continue
        found.rows += 1
        found.items.look_at(cells[item], scanner)
        if patron is not None and patron < width:
            found.patrons.look_at(cells[patron], scanner)
        if kind is not None and kind < width:
            match read_kind(str(cells[kind]))[0]:
                case Kind.LOAN:
                    found.loans += 1
                case Kind.RETURN:
                    found.returns += 1
        for name, column in when:
            if column < width and cells[column] != "":
                _look_at_time(found, name, cells[column], first_day)
        for name, column in others:
            if column < width and name not in found.filled and bare(str(cells[column])):
                found.filled.add(name)
    _take_serials(found)
    return found


def _look_at_time(found: Findings, name: str, cell: Cell, first_day: date) -> None:
    try:
        written: Written = read_when(cell)
    except UnreadableTimeError:
        serials = found.serials.setdefault(name, Serials())
        serials.look_at(cell, first_day, needs_time=name == "time")
        return
    except ImpossibleTimeError:
        return
    if written.figures:
        found.orders.setdefault(name, Orders()).look_at(written.figures)
    found.has_dates = found.has_dates or bool(written.day or written.figures)
    if written.clock is not None:
        found.with_times.add(name)
        if written.clock.second:
            found.with_seconds.add(name)


def _take_serials(found: Findings) -> None:
    """Keeps the serial numbers of columns that have no other numbers."""
    found.serials = {name: seen for name, seen in found.serials.items() if seen.all_possible}
    for name, seen in found.serials.items():
        found.has_dates = found.has_dates or seen.has_dates
        if seen.has_times:
            found.with_times.add(name)
        if seen.has_seconds:
            found.with_seconds.add(name)
