"""The `.dat` file of Ex Libris's Offline Circulation utility and of the tools that imitate it.

Columns 1–12 are the local time to the minute, 13 is the kind, 14–93 the item barcode, and from 94
on stands the patron id. Source: Ex Libris, "Offline Circulation" (Alma online help).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from almareplay.sources.assembler import Assembler, Fields
from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.cells.novalue import is_nothing
from almareplay.sources.identifiers import (
    LONGEST,
    PLAIN_DIGITS,
    bare,
    read_identifier,
    scanner_of,
)
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import missing_place, names_of, place_of
from almareplay.sources.textlines import LONGEST_LINE, WINDOWS_1252, TextLines
from almareplay.sources.times.localtime import (
    ImpossibleTimeError,
    Moment,
    StationClock,
    existing_date,
    existing_time,
)
from almareplay.transactions import InvalidRow, Kind, LeftOut, Notes, Reason, Transaction

BARCODE_WIDTH = 80
LOOKED_AT = 2_000
"""Lines whose patron ids tell what such an id looks like."""

SHORT, LONG = 4, 8
"""Digits of what may be a year, and of what is certainly a patron's number."""

LONGEST_TRANSACTION = 13 + BARCODE_WIDTH + LONGEST
"""Characters, without blanks at the ends."""

PIECE = Reason("dat_few_digits")
BYTE_PADDED = Reason("dat_padded_by_bytes")

_KINDS = {"L": Kind.LOAN, "R": Kind.RETURN, "l": Kind.LOAN, "r": Kind.RETURN}
_LINE = re.compile(r"([0-9]+)([A-Za-z])(.*)", re.DOTALL)
_LIKE_A_LINE = re.compile(r"(?:19|20)[0-9]{10,12}[A-Za-z]\s*\S")
_GAP = re.compile(r"[\s\x00]{2,}")
_WIDE_GAP = re.compile(r"[\s\x00]{3,}")
_SECOND_TRANSACTION = re.compile(r"(?:19|20)\d\d[01]\d[0-3]\d[0-2]\d[0-5]\d[LRlr]\S", re.ASCII)


def looks_like_dat(lines: list[str]) -> bool:
    """Whether lines from the beginning of a file, blank ones left out, are a `.dat` file's.

    One in ten is enough: files with many bad lines must be read, to report them.
    """
    alike = sum(1 for line in lines if _LIKE_A_LINE.match(bare(line)))
    return alike > 0 and alike * 10 >= len(lines)


class DatCapture:
    """Reads a `.dat` file. Needs library and desk from the options, else FileRefused."""

    format = "offline circulation .dat"

    def __init__(self, path: Path, options: ReadingOptions) -> None:
        self._path = path
        self._lines = TextLines(path)
        names = names_of(path.name)
        if missing := missing_place(options, names):
            raise FileRefused(path.name, missing)
        self._place = place_of(options, names)
        self._assembler = Assembler(path.name)
        self._scanner = scanner_of(options)
        self._clock = StationClock(options)
        self._assumptions = Assumptions()
        self._lengths: Counter[int] | None = None
        # A station records many transactions a minute, and a file has few minutes.
        self._moment = lru_cache(maxsize=65_536)(self._read_moment)

    @property
    def columns(self) -> list[str]:
        return [
            "1-12: captured time",
            "13: loan or return",
            f"14-{13 + BARCODE_WIDTH}: item barcode",
            f"from {14 + BARCODE_WIDTH}: patron id",
        ]

    @property
    def assumptions(self) -> list[str]:
        return self._assumptions.in_words()

    @property
    def progress(self) -> float:
        return self._lines.progress

    def rows(self) -> Iterator[Row]:
        self._assumptions = Assumptions()
        lines = self._lines
        others = 0
        back, first_back, last = 0, 0, ""
        beginning = lru_cache(maxsize=65_536)(self._beginning)
        name, (library, circ_desk, _) = self._path.name, self._place
        plain = not (self._scanner.prefix or self._scanner.suffix)
        # Named tuples are made half as fast by their own class.
        make = tuple.__new__
        for number, line in enumerate(lines, 1):
            # Plain lines first, with as few steps as can be: files have hundreds of thousands.
            kind, at, notes = beginning(line[:13])
            if kind:
                stamp = line[:12]
                if stamp < last:
                    back, first_back = back + 1, first_back or number
                last = stamp
            if kind and plain and line.isascii() and len(line) <= LONGEST_TRANSACTION:
                barcode, patron = line[13:93].rstrip(), line[93:].rstrip()
                if (
                    barcode.isdigit()
                    and len(barcode) <= PLAIN_DIGITS >= len(patron)
                    and (
                        (patron.isdigit() and len(patron) > SHORT and patron != barcode)
                        or (not patron and kind is Kind.RETURN)
                    )
                ):
                    if notes:
                        self._assumptions.note(notes)
                    yield make(
                        Transaction,
                        (
                            kind, at, False, barcode, patron,
                            library, circ_desk, name, number, notes, "",
                        ),
                    )  # fmt: skip
                    continue
            row = self._odd_line(number, line, (WINDOWS_1252,) if lines.others > others else ())
            others = lines.others
            if isinstance(row, Transaction) and row.notes:
                self._assumptions.note(row.notes)
            yield row
        if back:
            self._assumptions.add(
                f"the lines run back in time {'once' if back == 1 else f'{back} times'}, first at "
                f"line {first_back}: taken as the lists of several machines, whose lines do not "
                "tell the order within a minute. If a clock was set back there, load the lines "
                "before it and those behind it as two files, one with --clock-offset"
            )

    def _beginning(self, text: str) -> tuple[Kind | None, datetime | None, Notes]:
        """Kind, time and notes of a plain line that begins so; no kind where it is not plain."""
        at, notes, problem = self._moment(text[:12])
        return (None if problem else _KINDS.get(text[12:])), at, notes

    def _odd_line(self, number: int, line: str, notes: Notes) -> Row:
        """Reads any line, with every deviation that is known, or says what is wrong with it."""
        text = bare(line)
        if len(line) >= LONGEST_LINE - 1:
            return self._invalid(number, Reason.of("line_too_long", characters=LONGEST_LINE))
        if not text:
            return LeftOut(Reason("end_of_file" if "\x1a" in line else "blank_line"))
        if len(text) > LONGEST_TRANSACTION:
            return self._invalid(number, Reason.of("line_too_long", characters=LONGEST_TRANSACTION))
        parts = _LINE.fullmatch(text)
        if not parts:
            return self._invalid(number, Reason("dat_beginning"))
        stamp, letter, rest = parts.groups()
        kind = _KINDS.get(letter)
        columns = _columns(rest, line[line.find(text) + len(stamp) + 1 :])
        patron_field = "" if is_nothing(bare(columns.patron)) else columns.patron
        item = read_identifier(columns.barcode, "the item barcode", self._scanner)
        patron = read_identifier(patron_field, "the patron id", self._scanner)
        problem = columns.problem or (None if kind else Reason.of("dat_kind", letter=letter))
        fields = Fields(
            kind,
            self._moment(stamp),
            item,
            patron,
            self._place,
            notes=notes + columns.notes,
            problem=problem,
            doubt=PIECE if kind is Kind.LOAN and self._is_piece(patron.text) else None,
        )
        return self._assembler.row(number, fields)

    def _is_piece(self, patron: str) -> bool:
        """Whether digits are no patron's, going by the ids in the first lines of the file."""
        if len(patron) > SHORT or not patron.isdigit():
            return False
        if self._lengths is None:
            ids = (bare(line[93:]) for line in islice(TextLines(self._path), LOOKED_AT))
            self._lengths = Counter(len(found) for found in ids if found.isdigit())
        short = sum(count for length, count in self._lengths.items() if length <= SHORT)
        long = sum(count for length, count in self._lengths.items() if length >= LONG)
        return 0 < long >= short

    def _invalid(self, number: int, reason: Reason) -> InvalidRow:
        library, circ_desk, _ = self._place
        return InvalidRow(reason, self._path.name, number, library=library, circ_desk=circ_desk)

    def _read_moment(self, stamp: str) -> Moment:
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) == 12):
            # Quoted only where it begins like a year: a slipped line can begin with a patron id.
            wrong = Reason.of("dat_digits", digits=len(stamp))
            is_shown = stamp.startswith("20") and len(stamp) <= 14
            return Moment(None, problem=wrong.quoting(stamp) if is_shown else wrong)
        try:
            day = existing_date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))
            clock = existing_time(int(stamp[8:10]), int(stamp[10:12]))
        except ImpossibleTimeError as impossible:
            wrong = impossible.reason
            return Moment(None, problem=wrong.quoting(stamp) if stamp.startswith("20") else wrong)
        return self._clock.moment(datetime.combine(day, clock))


class _Columns(NamedTuple):
    """What stands behind the kind, or why it cannot be told apart."""

    barcode: str = ""
    patron: str = ""
    notes: Notes = ()
    problem: Reason | None = None


def _columns(rest: str, padded: str) -> _Columns:
    """Item and patron in what follows the kind; ``padded`` is the same with the blanks at its
    end."""
    if _SECOND_TRANSACTION.search(rest):
        return _Columns(problem=Reason("dat_two_in_line"))
    if "\t" in rest.strip():
        fields = [field for field in rest.split("\t") if bare(field)]
        if len(fields) > 2:
            return _Columns(problem=Reason("dat_tabs"))
        return _Columns(fields[0], "".join(fields[1:]))
    barcode, patron = rest[:BARCODE_WIDTH], rest[BARCODE_WIDTH:]
    if not _GAP.search(bare(barcode)) or _is_in_place(barcode, patron, padded):
        return _Columns(barcode, patron)
    in_bytes = len(rest.encode()[:BARCODE_WIDTH].decode(errors="ignore"))
    barcode, patron = rest[:in_bytes], rest[in_bytes:]
    if in_bytes < BARCODE_WIDTH and not _GAP.search(bare(barcode)):
        return _Columns(barcode, patron, (BYTE_PADDED,))
    return _Columns(problem=Reason("dat_shifted"))


def _is_in_place(barcode: str, patron: str, padded: str) -> bool:
    """Whether blanks within a barcode are its own, since what follows stands where it belongs."""
    if bare(patron):
        return barcode.endswith(" ") and not patron.startswith(" ")
    return len(padded) >= BARCODE_WIDTH and not _WIDE_GAP.search(bare(barcode))
