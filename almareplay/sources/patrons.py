"""A table of patrons for the offline patron list: their ids, when they expire, who is blocked.

Such a table comes out of Alma Analytics or another system as delimited text with a header. Only
these three things are read; names and addresses in it are passed over.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from almareplay.outcomes.reasons import in_words
from almareplay.sources.capture import FileRefused
from almareplay.sources.cells.novalue import is_nothing, written_as_text
from almareplay.sources.identifiers import NeedsFlagError, bare, read_identifier_cell
from almareplay.sources.options import DateOrder
from almareplay.sources.tables.headers import letter
from almareplay.sources.textlines import TextLines

PATRON_FIELDS = ("patron_id", "expiry_date", "block")
"""What the columns of such a table can be; several of ``patron_id``."""

_HEADERS = {
    "patron_id": {
        *("patronid", "patronids", "primaryid", "primaryidentifier", "barcode", "patronbarcode"),
        *("userid", "username", "universityid", "cardnumber", "librarycard", "identifier"),
        "identifiervalue",
    },
    "expiry_date": {"expirydate", "expiry", "expires", "expirationdate", "patronexpirydate"},
    "block": {"block", "blocks", "blocked", "blockdescription", "patronblock", "userblock"},
}
_NOT_BLOCKED = {"0", "no", "n", "false", "none"}
_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[ T].*)?", re.ASCII)
_NO_DAY = "The date in line {line} cannot be read"


class PatronRow(NamedTuple):
    """A patron: all ids under which the card may be scanned, the last day of the account (None: it
    has none), and whether there is a block."""

    ids: tuple[str, ...]
    expiry_date: date | None
    blocked: bool


@dataclass(slots=True)
class PatronTable:
    """What was read. ``columns`` says what each column means, ``unread`` names the others;
    ``problems`` counts the ids that cannot be used by the reason."""

    rows: list[PatronRow] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)


def read_patrons(
    path: Path, *, columns: Mapping[str, str] | None = None, order: DateOrder | None = None
) -> PatronTable:
    """Read such a file. ``columns`` names columns of the fields (``A+B`` for several) by header,
    letter or number; ``order`` is that of dates which do not begin with the year.

    Raises FileRefused where nothing tells who a patron is or what the matter is with them, and
    where a date has more than one reading.
    """
    lines = _rows(path)
    header = next(lines, (0, []))[1]
    chosen = _chosen(path.name, header, columns or {})
    table = PatronTable()
    for name, places in chosen.items():
        table.columns[name] = [header[place] or letter(place) for place in places]
    used = {place for places in chosen.values() for place in places}
    table.unread = [name for place, name in enumerate(header) if name and place not in used]
    for number, cells in lines:
        read = _row(path.name, number, cells, chosen, order, table.problems)
        if read.ids:
            table.rows.append(read)
    return table


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers from 1. Raises FileRefused."""
    lines = iter(TextLines(path))
    first = next(lines, "")
    delimiter = max(",;\t|", key=first.count)
    try:
        for cells in csv.reader([first], delimiter=delimiter):
            yield 1, [bare(cell) for cell in cells]
        reader = csv.reader(lines, delimiter=delimiter)
        for cells in reader:
            if any(map(bare, cells)):
                yield reader.line_num + 1, [bare(written_as_text(bare(cell))) for cell in cells]
    except csv.Error as error:
        raise FileRefused(path.name, "is no delimited text: save it as CSV.") from error


def _chosen(name: str, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, list[int]]:
    """Which columns are what. Raises FileRefused."""
    plain = ["".join(filter(str.isalpha, title.casefold())) for title in header]
    chosen: dict[str, list[int]] = {}
    for what in PATRON_FIELDS:
        if what in columns:
            chosen[what] = [_named(name, header, each) for each in columns[what].split("+")]
        else:
            found = [place for place, title in enumerate(plain) if title in _HEADERS[what]]
            chosen[what] = found if what == "patron_id" else found[:1]
    known = f"its columns are: {', '.join(each for each in header if each) or 'none'}"
    if not chosen["patron_id"]:
        raise FileRefused(
            name, f"has no column of patrons' ids that is known; {known}. Name it: --columns "
            "patron_id=COLUMN (several as A+B)."
        )  # fmt: skip
    if not chosen["expiry_date"] and not chosen["block"]:
        raise FileRefused(
            name, f"has neither a column of expiry dates nor one of blocks that is known; {known}. "
            "Name them: --columns expiry_date=COLUMN,block=COLUMN."
        )  # fmt: skip
    return chosen


def _named(name: str, header: Sequence[str], column: str) -> int:
    wanted = bare(column).casefold()
    for place, title in enumerate(header):
        if wanted in (title.casefold(), letter(place).casefold(), str(place + 1)):
            return place
    raise FileRefused(name, f"has no column {bare(column)!r}; its first line is its header.")


def _row(
    name: str,
    number: int,
    cells: Sequence[str],
    chosen: Mapping[str, list[int]],
    order: DateOrder | None,
    problems: Counter[str],
) -> PatronRow:
    def said(what: str) -> list[str]:
        found = [cells[place] for place in chosen[what] if place < len(cells)]
        return [cell for cell in found if cell and not is_nothing(cell)]

    ids = []
    for cell in said("patron_id"):
        try:
            read = read_identifier_cell(cell, "the patron id")
        except NeedsFlagError:
            # Both readings stand for the patron: a list may know an id that nobody scans.
            ids += [cell, cell[1:-1]]
            continue
        if read.problem:
            problems[in_words(read.problem)] += 1
        elif read.text:
            ids.append(read.text)
    dates = said("expiry_date")
    expires = _day(name, number, dates[0], order) if dates else None
    blocked = any(cell.casefold() not in _NOT_BLOCKED for cell in said("block"))
    return PatronRow(tuple(dict.fromkeys(ids)), expires, blocked)


def _day(name: str, number: int, text: str, order: DateOrder | None) -> date:
    """The day that a cell names. Raises FileRefused."""
    found = _DATE.fullmatch(text)
    if found is None:
        reason = f"{_NO_DAY.format(line=number)}: write dates as 2026-09-14."
        raise FileRefused(name, reason)
    first, _, second, third = found.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    elif order is DateOrder.DMY:
        day, month, year = first, second, third
    elif order is DateOrder.MDY:
        month, day, year = first, second, third
    else:
        raise FileRefused(
            name, f"Its dates, as in line {number}, do not begin with the year: give --date-order "
            "dmy or mdy."
        )  # fmt: skip
    try:
        if len(year) != 4:
            raise ValueError("a year has four digits")
        return date(int(year), int(month), int(day))
    except ValueError as error:
        reason = f"{_NO_DAY.format(line=number)}: is it in the order that --date-order says?"
        raise FileRefused(name, reason) from error
