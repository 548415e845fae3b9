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

from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.cells.doubts import NO_ITEM, NO_PATRON, SAME, doubt, like_name
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
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction, joined, same_identifier

BARCODE_WIDTH = 80
LOOKED_AT = 2_000
"""Lines whose patron ids tell what such an id looks like."""

SHORT, LONG = 4, 8
"""Digits of what may be a year, and of what is certainly a patron's number."""

LONGEST_TRANSACTION = 13 + BARCODE_WIDTH + LONGEST
"""Characters, without blanks at the ends."""

PIECE = (
    "the patron id has a few digits only, where others have many: a year, or a piece of a title, "
    "that a comma has moved there?"
)
BYTE_PADDED = "the item barcode was padded by bytes, so the patron begins before column 94"

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
        self._library, self._circ_desk, _ = place_of(options, names)
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
        name, library, circ_desk = self._path.name, self._library, self._circ_desk
        plain = not (self._scanner.prefix or self._scanner.suffix)
        # Named tuples are made half as fast by their own class.
        make = tuple.__new__
        for number, line in enumerate(lines, 1):
            # Plain lines first, with as few steps as can be: files have hundreds of thousands.
            kind, at, note = beginning(line[:13])
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
                    if note:
                        self._assumptions.note(note)
                    yield make(
                        Transaction,
                        (
                            kind, at, False, barcode, patron,
                            library, circ_desk, name, number, note,
                        ),
                    )  # fmt: skip
                    continue
            encoding_note = WINDOWS_1252 if lines.others > others else ""
            others = lines.others
            yield self._odd_line(number, line, encoding_note)
        if back:
            self._assumptions.add(
                f"the lines run back in time {'once' if back == 1 else f'{back} times'}, first at "
                f"line {first_back}: taken as the lists of several machines, whose lines do not "
                "tell the order within a minute. If a clock was set back there, load the lines "
                "before it and those behind it as two files, one with --clock-offset"
            )

    def _beginning(self, text: str) -> tuple[Kind | None, datetime | None, str]:
        """Kind, time and note of a plain line that begins so; no kind where it is not plain."""
        at, note, problem = self._moment(text[:12])
        return (None if problem else _KINDS.get(text[12:])), at, note

    def _odd_line(self, number: int, line: str, encoding_note: str) -> Row:
        """Reads any line, with every deviation that is known, or says what is wrong with it."""
        text = bare(line)
        if len(line) >= LONGEST_LINE - 1:
            return self._invalid(number, f"the line has more than {LONGEST_LINE} characters")
        if not text:
            return LeftOut("end-of-file mark" if "\x1a" in line else "blank line")
        if len(text) > LONGEST_TRANSACTION:
            return self._invalid(number, f"the line has more than {LONGEST_TRANSACTION} characters")
        parts = _LINE.fullmatch(text)
        if not parts:
            return self._invalid(
                number, "the line does not begin with a date of 12 digits and L or R"
            )
        stamp, letter, rest = parts.groups()
        kind = _KINDS.get(letter)
        at, time_note, time_problem = self._moment(stamp)
        barcode_field, patron_field, layout_note, layout_problem = _columns(
            rest, line[line.find(text) + len(stamp) + 1 :]
        )
        patron_field = "" if is_nothing(bare(patron_field)) else patron_field
        barcode = read_identifier(barcode_field, "the item barcode", self._scanner)
        patron = read_identifier(patron_field, "the patron id", self._scanner)
        problem = (
            time_problem
            or ("" if kind else f"the kind is {letter}, where L or R belongs")
            or layout_problem
            or barcode.problem
            or patron.problem
            or ("" if barcode.text else NO_ITEM)
            or (NO_PATRON if kind is Kind.LOAN and not patron.text else "")
            or (doubt(barcode.text, patron.text) if kind is Kind.LOAN else "")
            or (SAME if same_identifier(barcode.text, patron.text) else "")
            or (PIECE if kind is Kind.LOAN and self._is_piece(patron.text) else "")
        )
        if problem or kind is None or at is None:
            shown = "" if like_name(patron.text) else patron.text
            return self._invalid(number, problem, kind, at, barcode.text, shown)
        note = joined(time_note, encoding_note, layout_note, barcode.note, patron.note)
        if note:
            self._assumptions.note(note)
        return Transaction(
            kind, at, False, barcode.text, patron.text,
            self._library, self._circ_desk, self._path.name, number, note,
        )  # fmt: skip

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

    def _invalid(
        self,
        number: int,
        reason: str,
        kind: Kind | None = None,
        at: datetime | None = None,
        barcode: str = "",
        patron: str = "",
    ) -> InvalidRow:
        return InvalidRow(
            reason, self._path.name, number, kind, at,
            barcode, patron, self._library, self._circ_desk,
        )  # fmt: skip

    def _read_moment(self, stamp: str) -> Moment:
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) == 12):
            # Quoted only where it begins like a year: a slipped line can begin with a patron id.
            shown = f": {stamp}" if stamp.startswith("20") and len(stamp) <= 14 else ""
            return Moment(None, problem=f"the date has {len(stamp)} digits where 12 belong{shown}")
        try:
            day = existing_date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))
            clock = existing_time(int(stamp[8:10]), int(stamp[10:12]))
        except ImpossibleTimeError as impossible:
            shown = f": {stamp}" if stamp.startswith("20") else ""
            return Moment(None, problem=f"{impossible}{shown}")
        return self._clock.moment(datetime.combine(day, clock))


def _columns(rest: str, padded: str) -> tuple[str, str, str, str]:
    """Barcode, patron, note and problem of what follows the kind; ``padded`` is the same with the
    blanks at its end."""
    if _SECOND_TRANSACTION.search(rest):
        return "", "", "", "a second transaction stands in the same line"
    if "\t" in rest.strip():
        fields = [field for field in rest.split("\t") if bare(field)]
        if len(fields) > 2:
            return "", "", "", "tabs divide the line into more than item barcode and patron"
        return fields[0], "".join(fields[1:]), "", ""
    barcode, patron = rest[:BARCODE_WIDTH], rest[BARCODE_WIDTH:]
    if not _GAP.search(bare(barcode)) or _is_in_place(barcode, patron, padded):
        return barcode, patron, "", ""
    in_bytes = len(rest.encode()[:BARCODE_WIDTH].decode(errors="ignore"))
    barcode, patron = rest[:in_bytes], rest[in_bytes:]
    if in_bytes < BARCODE_WIDTH and not _GAP.search(bare(barcode)):
        return barcode, patron, BYTE_PADDED, ""
    return "", "", "", "the columns have shifted: the patron does not begin in column 94"


def _is_in_place(barcode: str, patron: str, padded: str) -> bool:
    """Whether blanks within a barcode are its own, since what follows stands where it belongs."""
    if bare(patron):
        return barcode.endswith(" ") and not patron.startswith(" ")
    return len(padded) >= BARCODE_WIDTH and not _WIDE_GAP.search(bare(barcode))
