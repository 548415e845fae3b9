"""A first look over all rows of a table, for what only the whole of it can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from functools import lru_cache

from almareplay.sources.cells.kinds import read_kind
from almareplay.sources.cells.librarybarcodes import field_of
from almareplay.sources.identifiers import NO_SCANNER, Scanner, bare
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.clockorder import Day, TimeOfDay
from almareplay.sources.tables.findings import WHEN, Findings, Orders, Unread
from almareplay.sources.tables.record import taker
from almareplay.sources.times.datetimes import Cell, read_when
from almareplay.sources.times.epochs import Epochs
from almareplay.sources.times.localtime import ImpossibleTimeError
from almareplay.sources.times.serials import FIRST_DAY, Serials
from almareplay.sources.times.written import UnreadableTimeError, Written
from almareplay.transactions import Kind

_PLACES = ("library", "circ_desk")

_Times = tuple[TimeOfDay | None, tuple[str, ...], tuple[tuple[str, Cell], ...]]
"""What the cells of dates and times of a row say: the time, which fields were read, and which were
not, with their cells."""


def survey(
    rows: Iterable[tuple[int, list[Cell]]],
    columns: Mapping[str, int],
    options: ReadingOptions,
    scanner: Scanner = NO_SCANNER,
    first_day: date = FIRST_DAY,
) -> Findings:
    """Looks over the rows below the header, each as its number and its cells."""
    found = Findings()
    times = TimesOfRows(columns, found, first_day, options)
    places = [columns[name] for name in _PLACES if name in columns]
    place_of = taker(places)
    kinds = lru_cache(maxsize=4096, typed=True)(_kind)
    kind, item, patron = columns.get("kind"), columns["item_barcode"], columns.get("patron_id")
    look_at_item, look_at_patron = found.items.look_at, found.patrons.look_at
    patron_above = False
    for number, cells in rows:
        width = len(cells)
        found.widths[width] += 1
        has_patron = patron is not None and patron < width and cells[patron] != ""
        if item >= width or cells[item] == "":
            patron_above = has_patron
            continue
        found.rows += 1
        look_at_item(cells[item], scanner)
        if patron is None:
            found.certain[field_of(cells[item])] += 1
        elif has_patron:
            look_at_patron(cells[patron], scanner)
        said = kinds(cells[kind]) if kind is not None and kind < width else None
        if said is Kind.LOAN:
            found.loans += 1
        elif said is Kind.RETURN:
            found.returns += 1
        patron_above = patron_above or has_patron
        if patron_above and not has_patron and said is not Kind.RETURN:
            found.without_patron += 1
        if (time_of_row := times.look_at(cells)) is not None:
            found.clock.look_at(number, time_of_row, place_of(cells))
        if len(found.filled) < len(places):
            found.filled |= {
                name
                for name in _PLACES
                if columns.get(name, width) < width and bare(str(cells[columns[name]]))
            }
    _take_numbers(found)
    return found


def _kind(cell: Cell) -> Kind | None:
    return read_kind(str(cell))[0]


class TimesOfRows:
    """The time that each row itself gives, as far as it can be told before its column is known.

    What the cells say is taken in by ``found``.
    """

    def __init__(
        self,
        columns: Mapping[str, int],
        found: Findings,
        first_day: date,
        options: ReadingOptions,
    ) -> None:
        self._when = [name for name in WHEN if name in columns]
        self._said = taker([columns[name] for name in self._when])
        self._found = found
        self._first_day = first_day
        self._options = options
        # Rows near each other have the same few times.
        self._known = lru_cache(maxsize=8192, typed=True)(self._read)

    def look_at(self, cells: Sequence[Cell]) -> TimeOfDay | None:
        """The time of a row; None where it gives none, or one that no clock can have told wrong."""
        time_of_day, read, unread = self._known(*self._said(cells))
        for name in read:
            self._found.read[name] += 1
        for name, cell in unread:
            _look_at_number(self._found, name, cell, self._first_day, self._options)
        return time_of_day

    def _read(self, *said: Cell) -> _Times:
        day: Day = None
        at: time | None = None
        half_told = is_instant = False
        read: list[str] = []
        unread: list[tuple[str, Cell]] = []
        for name, cell in zip(self._when, said, strict=True):
            if cell == "" or is_instant:
                continue
            try:
                written = read_when(cell, is_time=name == "time")
            except UnreadableTimeError:
                unread.append((name, cell))
                continue
            except ImpossibleTimeError:
                continue
            read.append(name)
            _take_in(self._found, name, written)
            if written.figures is not None:
                day = written.figures.numbers
            elif written.day is not None:
                day = written.day
            if written.clock is not None:
                at, half_told = written.clock, written.half_told
            is_instant = written.zone is not None
        time_of_day = None if at is None or is_instant else TimeOfDay(day, at, half_told)
        return time_of_day, tuple(read), tuple(unread)


def _look_at_number(
    found: Findings, name: str, cell: Cell, first_day: date, options: ReadingOptions
) -> None:
    """Takes in what is no date and no time: it may be a number that stands for one."""
    found.serials.setdefault(name, Serials()).look_at(cell, first_day, needs_time=name == "time")
    found.epochs.setdefault(name, Epochs()).look_at(cell, options.now)
    found.unread.setdefault(name, Unread()).look_at(cell)


def _take_in(found: Findings, name: str, written: Written) -> None:
    """Takes in what a cell says; to say it again makes no difference."""
    if written.figures is not None:
        found.orders.setdefault(name, Orders()).look_at(written.figures)
        found.has_dates = True
    elif written.day is not None:
        found.has_dates = True
    if written.clock is not None:
        found.with_times.add(name)
        if written.clock.second:
            found.with_seconds.add(name)


def _take_numbers(found: Findings) -> None:
    """Keeps the numbers that stand for dates and times in columns that have no other numbers."""
    found.epochs = {name: seen for name, seen in found.epochs.items() if seen.all_possible}
    for name, seen in found.epochs.items():
        found.has_dates = True
        found.with_times.add(name)
        if seen.has_seconds:
            found.with_seconds.add(name)
        del found.unread[name]
    found.serials = {
        name: seen for name, seen in found.serials.items() if seen.all_possible and seen.seen
    }
    for name, serials in found.serials.items():
        found.has_dates = found.has_dates or serials.has_dates
        if serials.has_times:
            found.with_times.add(name)
        if serials.has_seconds:
            found.with_seconds.add(name)
        if serials.seen == found.unread[name].cells:
            del found.unread[name]
