"""Rows as the `.dat` file that Alma's own upload takes.

Columns 1–12 are the local time to the minute, 13 is the kind, 14–93 the item barcode, and from 94
on stands the patron id. Source: Ex Libris, "Offline Circulation" (Alma online help).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple, TextIO

from almareplay.outcomes import ReportRow
from almareplay.reports.beside import whole_file
from almareplay.reports.delimited import defused
from almareplay.reports.files import check_place
from almareplay.reports.replacing import ReportError
from almareplay.transactions import AlmaReplayError, Kind, Transaction

BARCODE_WIDTH = 80
LONGEST_PATRON_ID = 255

Place = tuple[str, str]
"""The codes of a library and a circulation desk."""

_LETTERS = {Kind.LOAN: "L", Kind.RETURN: "R"}
_EARLIEST_YEAR = 2000
# What a reader of the file takes for something else than a piece of an identifier.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
_PADDING = re.compile(r"\s{2}")
_SCANNED = re.compile(r"[A-D][0-9]+[A-D]")
_TRANSACTION = re.compile(r"(?:19|20)\d\d[01]\d[0-3]\d[0-2]\d[0-5]\d[LRlr]\S", re.ASCII)


class UnwritableRow(AlmaReplayError):
    """A row that would not be read back as it is; ``str()`` says why and quotes nothing."""


class DatLine(NamedTuple):
    """A line without its end; ``at`` is its time (aware, in the zone of its desk)."""

    text: str
    at: datetime
    place: Place


@dataclass(slots=True)
class DatFile:
    """What was written: number of lines, earliest and latest time (aware), places in order."""

    path: Path
    first: datetime
    last: datetime
    lines: int = 0
    places: dict[Place, None] = field(default_factory=dict)


def dat_line(row: ReportRow | Transaction) -> DatLine:
    """The line of a row. Raises UnwritableRow."""
    if row.captured_at is None or row.kind is None:
        raise UnwritableRow("it has no time, or is neither loan nor return")
    if row.captured_at.year < _EARLIEST_YEAR:
        raise UnwritableRow(f"the year {row.captured_at.year} cannot be right")
    if not row.item_barcode:
        raise UnwritableRow("it has no item barcode")
    if row.kind is Kind.LOAN and not row.patron_id:
        raise UnwritableRow("it is a loan without a patron")
    _check_text(row.item_barcode, "the item barcode", BARCODE_WIDTH)
    _check_text(row.patron_id, "the patron id", LONGEST_PATRON_ID)
    if _PADDING.search(row.item_barcode):
        raise UnwritableRow("the item barcode holds several blanks in a row, as padding does")
    columns = f"{row.item_barcode:<{BARCODE_WIDTH}}{row.patron_id}"
    if _TRANSACTION.search(columns):
        raise UnwritableRow("its identifiers look like the beginning of a second transaction")
    text = f"{row.captured_at:%Y%m%d%H%M}{_LETTERS[row.kind]}{columns}"
    return DatLine(text, row.captured_at, (row.library, row.circ_desk))


def is_formula(row: ReportRow | Transaction) -> bool:
    """Whether a spreadsheet that reads the row's line may take a piece of it for a formula. Nothing
    can be put before it as in a CSV: Alma would read another identifier."""
    return any(defused(text) != text for text in (row.item_barcode, row.patron_id))


def _check_text(text: str, what: str, longest: int) -> None:
    if len(text) > longest:
        raise UnwritableRow(f"{what} has more than {longest} characters")
    if _CONTROL.search(text):
        raise UnwritableRow(f"{what} holds a tab or another character that no reader takes")
    if any(end == " " or not end.isprintable() for end in text[:1] + text[-1:]):
        raise UnwritableRow(f"{what} begins or ends with a blank or a mark that cannot be seen")
    if _SCANNED.fullmatch(text):
        raise UnwritableRow(f"{what} would lose its letters, which look like those of a scanner")


def check_dat_path(path: Path) -> None:
    """Make sure that an export can have this name. Raises ReportError."""
    if path.suffix.lower() != ".dat":
        raise ReportError(f"{path}: the name of an export must end in .dat, as its format does.")
    check_place(path)


def write_dat(
    path: Path,
    lines: Iterable[DatLine],
    *,
    by_desk: bool = False,
    codes: Collection[str] = (),
    overwrite: bool = False,
) -> list[DatFile]:
    """Write lines in their order to a file; answer what was written.

    ``by_desk`` writes a file for each place, named after ``path`` and, where both its codes are
    among ``codes``, the place; else numbered, since what was captured for a place may be anything.
    Without lines nothing is written. Raises ReportError, also where a file is there and is not to
    be overwritten; then older files are still what they were, unless one of several could not take
    its place at the very end.
    """
    check_dat_path(path)
    written: dict[Place | None, tuple[DatFile, TextIO]] = {}
    with ExitStack() as whole_files:
        for line in lines:
            place = line.place if by_desk else None
            if place not in written:
                taken = {dat.path.name.casefold() for dat, _ in written.values()}
                target = path if place is None else _path_of_desk(path, place, codes, taken)
                opened = whole_files.enter_context(whole_file(target, overwrite=overwrite))
                written[place] = DatFile(target, line.at, line.at), opened
            dat, file = written[place]
            file.write(f"{line.text}\r\n")
            dat.lines += 1
            dat.first, dat.last = min(dat.first, line.at), max(dat.last, line.at)
            dat.places[line.place] = None
    return [dat for dat, _ in written.values()]


def _path_of_desk(path: Path, place: Place, codes: Collection[str], taken: set[str]) -> Path:
    """The path of a desk's file, other than those taken also where case makes no difference."""
    ends: Iterator[str]
    if is_known(place, codes):
        words = "-".join(re.sub(r"[^\w.-]+", "_", code) for code in place)
        ends = chain([words], (f"{words}-{number}" for number in count(2)))
    else:
        ends = map(str, count(1))
    for end in ends:
        target = path.with_name(f"{path.stem}-{end}{path.suffix}")
        if target.name.casefold() not in taken:
            break
    return target


def is_known(place: Place, codes: Collection[str]) -> bool:
    """Whether both codes of a place are known, so that they may stand in a file's name."""
    return all(code in codes for code in place)
