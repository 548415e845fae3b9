"""A first look over all rows of a table, for what only the whole of it can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time

from almareplay.sources.clockorder import Clock, Day
from almareplay.sources.epochs import Epochs
from almareplay.sources.findings import WHEN, Findings, Orders, Unread
from almareplay.sources.identifiers import NO_SCANNER, Scanner, bare
from almareplay.sources.kinds import read_kind
from almareplay.sources.librarybarcodes import field_of
from almareplay.sources.localtime import ImpossibleTimeError
from almareplay.sources.moments import Cell, read_when
from almareplay.sources.options import ReadingOptions
from almareplay.sources.serials import FIRST_DAY, Serials
from almareplay.sources.written import UnreadableTimeError, Written
from almareplay.transactions import Kind


def survey(
    rows: Iterable[tuple[int, list[Cell]]],
    columns: Mapping[str, int],
    options: ReadingOptions,
    scanner: Scanner = NO_SCANNER,
    first_day: date = FIRST_DAY,
) -> Findings:
    """Looks over the rows below the header, each as its number and its cells."""
    found = Findings()
    when = [(name, columns[name]) for name in WHEN if name in columns]
    places = [columns[name] for name in ("library", "circ_desk") if name in columns]
    kind, item, patron = columns.get("kind"), columns["item_barcode"], columns.get("patron_id")
    patron_above = False
    for number, cells in rows:
        width = len(cells)
        found.widths[width] += 1
        has_patron = patron is not None and patron < width and cells[patron] != ""
        if item >= width or cells[item] == "":
            patron_above = has_patron
            continue
        found.rows += 1
        found.items.look_at(cells[item], scanner)
        if patron is None:
            found.certain[field_of(cells[item])] += 1
        elif has_patron:
            found.patrons.look_at(cells[patron], scanner)
        said = read_kind(str(cells[kind]))[0] if kind is not None and kind < width else None
        if said is Kind.LOAN:
            found.loans += 1
        elif said is Kind.RETURN:
            found.returns += 1
        patron_above = patron_above or has_patron
        if patron_above and not has_patron and said is not Kind.RETURN:
            found.without_patron += 1
        clock = _look_at_times(found, number, cells, when, first_day, options)
        if clock is not None:
            place = tuple(cells[column] for column in places if column < width)
            found.clock.look_at(clock, place)
        for name in ("library", "circ_desk"):
            if (
                name not in found.filled
                and columns.get(name, width) < width
                and bare(str(cells[columns[name]]))
            ):
                found.filled.add(name)
    _take_numbers(found)
    return found


def time_of_row(number: int, cells: list[Cell], when: Sequence[tuple[str, int]]) -> Clock | None:
    """The time that a row itself gives, as far as it can be told before its column is known; None
    where it gives none."""
    return _look_at_times(None, number, cells, when, FIRST_DAY, None)


def _look_at_times(
    found: Findings | None,
    number: int,
    cells: list[Cell],
    when: Sequence[tuple[str, int]],
    first_day: date,
    options: ReadingOptions | None,
) -> Clock | None:
    """Takes in the times of a row where there are findings; and the row's own time."""
    day: Day = None
    at: time | None = None
    half_told = False
    for name, column in when:
        if column >= len(cells) or (cell := cells[column]) == "":
            continue
        try:
            written = read_when(cell, is_time=name == "time")
        except UnreadableTimeError:
            if found is not None and options is not None:
                _look_at_number(found, name, cell, first_day, options)
            continue
        except ImpossibleTimeError:
            continue
        if found is not None:
            _take_in(found, name, written)
        if written.figures is not None:
            day = written.figures.numbers
        elif written.day is not None:
            day = written.day
        if written.zone is not None:
            return None  # an instant, which no clock can have told wrong
        if written.clock is not None:
            at, half_told = written.clock, written.half_told
    return None if at is None else Clock(number, day, at, half_told)


def _look_at_number(
    found: Findings, name: str, cell: Cell, first_day: date, options: ReadingOptions
) -> None:
    """Takes in what is no date and no time: it may be a number that stands for one."""
    found.serials.setdefault(name, Serials()).look_at(cell, first_day, needs_time=name == "time")
    found.epochs.setdefault(name, Epochs()).look_at(cell, options.now)
    found.unread.setdefault(name, Unread()).look_at(cell)


def _take_in(found: Findings, name: str, written: Written) -> None:
    found.read[name] += 1
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
