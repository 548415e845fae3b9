"""What a first look over all rows of a table finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from almareplay.sources.cells.doubts import like_name
from almareplay.sources.cells.librarybarcodes import field_of
from almareplay.sources.cells.shapes import Shape, shape
from almareplay.sources.identifiers import NO_SCANNER, SPREADSHEET_DIGITS, Scanner
from almareplay.sources.options import DateOrder
from almareplay.sources.tables.clockorder import ClockOrder
from almareplay.sources.times.datetimes import Cell
from almareplay.sources.times.epochs import Epochs
from almareplay.sources.times.serials import Serials
from almareplay.sources.times.written import Figures

WHEN = ("captured_at", "date", "time")
"""The fields that may hold a date, a time of day, or both."""

_SAMPLES = 3


@dataclass
class Orders:
    """What the dates of one column say about their order of day, month and year."""

    possible: set[DateOrder] = field(default_factory=lambda: set(DateOrder))
    decided: set[DateOrder] = field(default_factory=set)
    open: bool = False
    seen: set[tuple[int, int, int]] = field(default_factory=set)

    def look_at(self, figures: Figures) -> None:
        """Takes in one date; impossible ones, and those the same in any order, say nothing."""
        if figures.numbers in self.seen:
            return
        self.seen.add(figures.numbers)
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
    forms: Counter[Shape | None] = field(default_factory=Counter)
    beyond_spreadsheet: int = 0
    """With more digits than a spreadsheet keeps, and whole all the same."""
    like_names: int = 0

    def look_at(self, cell: Cell, scanner: Scanner) -> None:
        if cell == "":
            return
        self.filled += 1
        stored = cell if isinstance(cell, str) else str(cell)
        if scanner is NO_SCANNER and stored.isdecimal():
            self.forms[len(stored), stored[0]] += 1
            if len(stored) > SPREADSHEET_DIGITS and not ends_in_zeros(stored):
                self.beyond_spreadsheet += 1
            return
        text = stored
        if scanner is not NO_SCANNER or not stored.isdigit():
            text = scanner.inside(stored)
        if seen := shape(text):
            self.forms[seen] += 1
        elif like_name(text):
            self.like_names += 1

    def usual(self, seen: Shape) -> bool:
        """Whether at least one in twenty has this shape."""
        return self.forms[seen] * 20 >= self.filled > 0


@dataclass
class Unread:
    """What stands in a column that holds dates and times, and cannot be read as either."""

    cells: int = 0
    samples: list[Cell] = field(default_factory=list)

    def look_at(self, cell: Cell) -> None:
        self.cells += 1
        if len(self.samples) < _SAMPLES:
            self.samples.append(cell)


@dataclass
class Findings:
    """What a table has, over all of its rows."""

    rows: int = 0
    widths: Counter[int] = field(default_factory=Counter)
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
    epochs: dict[str, Epochs] = field(default_factory=dict)
    """Of the fields whose numbers all count from 1970."""
    read: Counter[str] = field(default_factory=Counter)
    """How many cells of each field say when, as dates and times are written."""
    unread: dict[str, Unread] = field(default_factory=dict)
    clock: ClockOrder = field(default_factory=ClockOrder)
    items: Identifiers = field(default_factory=Identifiers)
    patrons: Identifiers = field(default_factory=Identifiers)
    without_patron: int = 0
    """Rows with an item and no patron, below one that has one."""
    certain: Counter[str] = field(default_factory=Counter)
    """Where no column has patrons: how many cells of the item column are certainly what."""

    @property
    def may_be_mixed(self) -> bool:
        """Whether a row may have its item and its patron in each other's column, or one twice: not
        where their numbers differ in all rows."""
        return not self.items.forms.keys().isdisjoint(self.patrons.forms) or any(
            column.forms.total() < column.filled for column in (self.items, self.patrons)
        )

    def swapped(self, item: str, patron: str) -> bool:
        """Whether the other rows say that item and patron stand in each other's column."""
        as_item, as_patron = shape(item), shape(patron)
        return (
            item.isdigit()
            and patron.isdigit()
            and as_item != as_patron
            and self.items.forms[as_patron] > self.items.forms[as_item]
            and self.patrons.forms[as_item] > self.patrons.forms[as_patron]
        )

    def is_patrons(self, item: str) -> bool:
        """Whether the other rows say that a number in the item's column is a patron's."""
        seen = shape(item)
        return (
            item.isdigit()
            and self.patrons.forms[seen] > self.items.forms[seen]
            and self.items.filled > 2 * self.items.forms[seen]
        )

    def is_items(self, patron: str) -> bool:
        """Whether a number in the patron's column is an item's: by its check digit, and by the
        other rows."""
        seen = shape(patron)
        return (
            field_of(patron) == "item_barcode"
            and self.items.forms[seen] > self.patrons.forms[seen]
            and self.patrons.filled > 2 * self.patrons.forms[seen]
        )


def ends_in_zeros(digits: str) -> bool:
    """Whether all digits are 0 that a spreadsheet would not have kept."""
    return not digits[SPREADSHEET_DIGITS:].strip("0")
