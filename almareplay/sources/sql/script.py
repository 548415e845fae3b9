"""The text of an SQL script of any size: its INSERTs row by row, and what its tables have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, NamedTuple

from almareplay.sources.capture import FileRefused
from almareplay.sources.sql.grammar import NAME, Grammar, bare_name
from almareplay.sources.sql.values import Values
from almareplay.sources.textlines import encoding_of, errors_of
from almareplay.transactions import Reason

LONGEST = 262_144
"""Characters of a row, a CREATE TABLE or a comment. So much text is always at hand beyond the
position: what does not match there never will."""

BROKEN_OFF = Reason("dump_breaks_off")
UNREADABLE = Reason("dump_unreadable")

_CHUNK = 4 * LONGEST
_HEAD = 4_096

_END_MARK = "-- Dump completed"
_HAS_END_MARK = re.compile(r"^-- (?:MySQL|MariaDB) dump ", re.MULTILINE)
_STANDARD_STRINGS = re.compile(
    r"^(?:-- PostgreSQL database dump|PRAGMA |BEGIN TRANSACTION;)", re.MULTILINE
)
_IN_UTC = re.compile(r"SET\s+TIME_ZONE\s*=\s*['\"]\+00:00['\"]", re.IGNORECASE)

_TABLE = rf"(?:{NAME}\s*+\.\s*+)*({NAME})"
_GAP = re.compile(r"[\s\ufeff\x00\x1a]++|--[^\n]*+|#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?")
_INSERT = re.compile(
    rf"(?:INSERT|REPLACE)\s++(?:(?!INTO\b)\w++\s++){{0,3}}INTO\s++{_TABLE}"
    r"\s*+(\([^()']*+\))?\s*+(?:OVERRIDING\s++\w++\s++VALUE\s++)?VALUES?\b",
    re.IGNORECASE,
)
_CREATE = re.compile(
    rf"CREATE\s++(?:\w++\s++){{0,2}}?TABLE\s++(?:IF\s++NOT\s++EXISTS\s++)?{_TABLE}\s*+\(",
    re.IGNORECASE,
)
_COLUMN = re.compile(rf"\s*+({NAME})\s*+([^\s(),]*+)")
_NO_COLUMNS = {
    *("PRIMARY", "KEY", "UNIQUE", "INDEX", "CONSTRAINT", "FULLTEXT", "SPATIAL", "FOREIGN"),
    *("CHECK", "PERIOD", "LIKE"),
}
_COPY = re.compile(r"COPY\s[^;]{0,10000}?\sFROM\s++stdin\b", re.IGNORECASE)
_DELIMITER = re.compile(r"DELIMITER\s++(?!;\s)", re.IGNORECASE)
_USUAL_DELIMITER = re.compile(r"^DELIMITER\s++;\s", re.IGNORECASE | re.MULTILINE)
_ROW_END = re.compile(r"\)\s*+([,;]?)")
_BLANK = re.compile(r"\s*+")


class Create(NamedTuple):
    """A CREATE TABLE: the types of its columns, in small letters, by their names, in order."""

    table: str
    columns: Mapping[str, str]


class Insert(NamedTuple):
    """An INSERT or REPLACE: ``columns`` is its own list of columns, empty where it has none."""

    table: str
    columns: tuple[str, ...]


class SqlScript:
    """Reads a script statement by statement. ``progress`` is the share of its bytes, 0.0 to 1.0.

    ``in_utc``: it says that its values of type TIMESTAMP are in UTC, as mysqldump does.
    ``broken_off``: once it is read, whether its end is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes: BinaryIO | None = None
        self._more: Callable[[int], str] = StringIO().read
        self.grammar = Grammar(escapes=True)
        self.values = Values(self.grammar)
        self._start()

    def _start(self) -> None:
        self._text = ""
        self._at = 0
        self._ended = False
        self._in_rows = False
        self.in_utc = False
        self.broken_off = False

    @property
    def progress(self) -> float:
        if self._bytes is None:
            return 0.0
        if self._bytes.closed:
            return 1.0
        return self._bytes.tell() / max(1, self._path.stat().st_size)

    def statements(self) -> Iterator[Create | Insert]:
        """Each CREATE TABLE and INSERT; the caller may read the rows of an INSERT by ``rows``.

        Raises FileRefused.
        """
        self._start()
        try:
            encoding = encoding_of(self._path)
            self._bytes = self._path.open("rb")
            with TextIOWrapper(self._bytes, encoding=encoding, errors=errors_of(encoding)) as file:
                self._more = file.read
                yield from self._statements()
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}."
            raise FileRefused(self._path.name, reason) from error

    def rows(self, width: int, wanted: Sequence[int]) -> Iterator[tuple[list[str], Reason | None]]:
        """The rows of the INSERT that ``statements`` gave last, and what is wrong with each.

        Of the ``width`` values of a row those at ``wanted``, in ascending order, as they are
        written (see ``values``); a row in which something is wrong has none.
        """
        match = self.grammar.row(width, frozenset(wanted)).match
        while self._in_rows and self._fill():
            text, at = self._text, self._at
            settled = len(text) if self._ended else len(text) - LONGEST
            while at <= settled and (found := match(text, at)):
                at = self._at = found.end()
                *values, end = found.groups()
                yield values, None
                if end != ",":
                    self._end_rows(end)
                    return
            if at <= settled and (problem := self._odd_row(width)):
                yield [], problem

    def _statements(self) -> Iterator[Create | Insert]:
        self._fill()
        head = self._text[:_HEAD]
        self.grammar = Grammar(escapes=not _STANDARD_STRINGS.search(head))
        self.values = Values(self.grammar)
        self.in_utc = bool(_IN_UTC.search(head))
        lacks_end_mark = bool(_HAS_END_MARK.search(head))
        while self._fill():
            if gap := _GAP.match(self._text, self._at):
                lacks_end_mark = lacks_end_mark and not gap[0].startswith(_END_MARK)
                self._at = gap.end()
            else:
                yield from self._statement()
        self.broken_off = self.broken_off or lacks_end_mark

    def _statement(self) -> Iterator[Create | Insert]:
        text, at = self._text, self._at
        if insert := _INSERT.match(text, at):
            self._at = insert.end()
            self._in_rows = True
            yield Insert(bare_name(insert[1]), _names(insert[2] or ""))
            if self._in_rows:
                self._end_rows("")
        elif create := _CREATE.match(text, at):
            self._at = create.end()
            yield Create(bare_name(create[1]), self._columns())
            self._skip_statement()
        elif _COPY.match(text, at):
            raise FileRefused(
                self._path.name,
                "is a dump of PostgreSQL with rows in its own COPY format: "
                "dump the table again with pg_dump --inserts.",
            )
        elif _DELIMITER.match(text, at):
            self._skip_routines()
        else:
            self._skip_statement()

    def _columns(self) -> dict[str, str]:
        columns: dict[str, str] = {}
        while piece := self.grammar.definition.match(self._text, self._at):
            column = _COLUMN.match(self._text, self._at)
            if column and column[1].upper() not in _NO_COLUMNS:
                columns[bare_name(column[1])] = column[2].lower()
            self._at = piece.end()
            if piece[1] == ")":
                break
        return columns

    def _end_rows(self, end: str) -> None:
        self._in_rows = False
        if end != ";" and not self._skip_statement():  # ON DUPLICATE KEY UPDATE
            self.broken_off = True

    def _odd_row(self, width: int) -> Reason | None:
        """Goes past what is no row of so many plain values, and says why; None for the end."""
        text = self._text
        begin = _BLANK.match(text, self._at)
        self._at = begin.end() if begin else self._at
        if self._at == len(text):
            return None
        found = self.grammar.open_row.match(text, self._at)
        end = found.end() if found else self._at
        if found and (closed := _ROW_END.match(text, end)):
            self._at = closed.end()
            if closed[1] != ",":
                self._end_rows(closed[1])
            return Reason.of("dump_width", width=width)
        if found and self._ended and text[end : end + 1] in ("", "'", '"'):
            self._at = len(text)
            return BROKEN_OFF
        self._end_rows("")
        return UNREADABLE

    def _fill(self) -> bool:
        """Makes sure that enough text is at hand, or all that is left. False where none is."""
        while not self._ended and len(self._text) - self._at < LONGEST:
            more = self._more(_CHUNK)
            self._ended = not more
            self._text = self._text[self._at :] + more
            self._at = 0
        return self._at < len(self._text)

    def _skip_statement(self) -> bool:
        """Goes past the next semicolon that stands in no string. False where there is none."""
        while self._fill():
            found = self.grammar.anything.match(self._text, self._at)
            end = found.end() if found else self._at
            mark = self._text[end : end + 1]
            self._at = end + len(mark)
            if mark == ";":
                return True
            if mark:
                self._skip_string(mark)
        return False

    def _skip_string(self, mark: str) -> None:
        """Goes past a string that goes on beyond the text at hand."""
        while self._fill():
            found = self.grammar.rest_of_string[mark].match(self._text, self._at)
            end = found.end() if found else self._at
            at_hand = len(self._text) if self._ended else len(self._text) - 1
            if end < at_hand and self._text[end] == mark:
                self._at = end + 1
                return
            self._at = len(self._text) if self._ended else end  # half of a pair, perhaps

    def _skip_routines(self) -> None:
        """Goes past triggers and procedures, which hold statements of their own."""
        while self._fill():
            if found := _USUAL_DELIMITER.search(self._text, self._at):
                self._at = found.end()
                return
            self._at = len(self._text) if self._ended else len(self._text) - len("DELIMITER ;") * 2


@lru_cache(maxsize=64)
def _names(listed: str) -> tuple[str, ...]:
    """The names of a list in parentheses; none where there is no list."""
    return tuple(bare_name(name) for name in re.findall(NAME, listed))
