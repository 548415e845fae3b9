"""The statements of an SQL script: its INSERTs and COPYs row by row, and what its tables have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, NamedTuple

from almareplay.sources.capture import FileRefused
from almareplay.sources.sql.copydata import COPY, END, LINE, CopyForm, behind
from almareplay.sources.sql.grammar import NAME, TABLE, bare_name, bare_names
from almareplay.sources.sql.text import LONGEST, ScriptText
from almareplay.sources.sql.values import Values
from almareplay.sources.textlines import encoding_of, errors_of
from almareplay.transactions import Reason

BROKEN_OFF = Reason("dump_breaks_off")
UNREADABLE = Reason("dump_unreadable")

_END_MARK = re.compile(r"-- (?:Dump completed|PostgreSQL database dump complete)")
_HAS_END_MARK = re.compile(
    r"^-- (?:(?:MySQL|MariaDB) dump |PostgreSQL database dump$)", re.MULTILINE
)
_IN_UTC = re.compile(r"SET\s+TIME_ZONE\s*=\s*['\"]\+00:00['\"]", re.IGNORECASE)

_GAP = re.compile(
    r"[\s\ufeff\x00\x1a]++|--[^\n]*+|#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?"
    r"|\\[^\n]*+"  # what psql, the client, is told: \connect, \restrict
)
_INSERT = re.compile(
    rf"(?:INSERT|REPLACE)\s++(?:(?!INTO\b)\w++\s++){{0,3}}INTO\s++{TABLE}"
    r"\s*+(\([^()']*+\))?\s*+(?:OVERRIDING\s++\w++\s++VALUE\s++)?VALUES?\b",
    re.IGNORECASE,
)
_CREATE = re.compile(
    rf"CREATE\s++(?:\w++\s++){{0,2}}?TABLE\s++(?:IF\s++NOT\s++EXISTS\s++)?{TABLE}\s*+\(",
    re.IGNORECASE,
)
_COLUMN = re.compile(rf"\s*+({NAME})\s*+([^\s(),]*+)")
_NO_COLUMNS = {
    *("PRIMARY", "KEY", "UNIQUE", "INDEX", "CONSTRAINT", "FULLTEXT", "SPATIAL", "FOREIGN"),
    *("CHECK", "PERIOD", "LIKE"),
}
_DELIMITER = re.compile(r"DELIMITER\s++(?!;\s)", re.IGNORECASE)
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


class Copy(NamedTuple):
    """A COPY of PostgreSQL with its rows behind it, if it has any, in their form. ``columns`` as of
    an INSERT."""

    table: str
    columns: tuple[str, ...]
    form: CopyForm
    has_rows: bool


class SqlScript:
    """Reads a script statement by statement. ``progress`` is the share of its bytes, 0.0 to 1.0.

    ``in_utc``: it says that its values of type TIMESTAMP are in UTC, as mysqldump does.
    ``broken_off``: once it is read, whether its end is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes: BinaryIO | None = None
        self._begin(ScriptText(StringIO().read))

    def _begin(self, source: ScriptText) -> None:
        self._source = source
        self.grammar = source.grammar
        self.values = Values(source.grammar)
        self.in_utc = bool(_IN_UTC.search(source.head))
        self.broken_off = False
        self._in_rows = False

    @property
    def progress(self) -> float:
        if self._bytes is None:
            return 0.0
        if self._bytes.closed:
            return 1.0
        return self._bytes.tell() / max(1, self._path.stat().st_size)

    def statements(self) -> Iterator[Create | Insert | Copy]:
        """Each CREATE TABLE, INSERT and COPY; the caller may read the rows of an INSERT by
        ``rows``, and those of a COPY by ``lines``.

        Raises FileRefused.
        """
        try:
            encoding = encoding_of(self._path)
            self._bytes = self._path.open("rb")
            with TextIOWrapper(self._bytes, encoding=encoding, errors=errors_of(encoding)) as file:
                self._begin(ScriptText(file.read))
                yield from self._statements()
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}."
            raise FileRefused(self._path.name, reason) from error

    def rows(
        self, width: int, wanted: Sequence[int]
    ) -> Iterator[tuple[Sequence[str | None], Reason | None]]:
        """The rows of the INSERT that ``statements`` gave last, and what is wrong with each.

        Of the ``width`` values of a row those at ``wanted``, in ascending order, as they are
        written (see ``values``); a row in which something is wrong has none.
        """
        source = self._source
        match = self.grammar.row(width, frozenset(wanted)).match
        while self._in_rows and source.fill():
            text, at, settled = source.text, source.at, source.settled
            while at <= settled and (found := match(text, at)):
                at = source.at = found.end()
                *values, end = found.groups()
                yield values, None
                if end != ",":
                    self._end_rows(end)
                    return
            if at <= settled and (problem := self._odd_row(width)):
                yield [], problem

    def lines(
        self, form: CopyForm, width: int, wanted: Sequence[int]
    ) -> Iterator[tuple[int, Sequence[str | None], Reason | None]]:
        """The rows of the COPY that ``statements`` gave last: for each the number of its line, the
        values at ``wanted`` as by ``rows``, None for NULL, and what is wrong with it."""
        source, value = self._source, form.value
        match = form.row(width, frozenset(wanted)).match
        while self._in_rows and source.fill():
            text, at, settled = source.text, source.at, source.settled
            while at <= settled and (found := match(text, at)):
                line = source.line
                at = source.at = found.end()
                yield line, [value(field) for field in found.groups()], None
            if at <= settled and at < len(text):
                line = source.line
                problem = self._odd_line(form, width)
                if self._in_rows or problem:
                    yield line, [None] * (0 if problem else len(wanted)), problem

    def _statements(self) -> Iterator[Create | Insert | Copy]:
        source = self._source
        lacks_end_mark = bool(_HAS_END_MARK.search(source.head))
        while source.fill():
            if gap := _GAP.match(source.text, source.at):
                lacks_end_mark = lacks_end_mark and not _END_MARK.match(gap[0])
                source.at = gap.end()
            else:
                yield from self._statement()
        self.broken_off = self.broken_off or lacks_end_mark

    def _statement(self) -> Iterator[Create | Insert | Copy]:
        source = self._source
        text, at = source.text, source.at
        if insert := _INSERT.match(text, at):
            source.at = insert.end()
            self._in_rows = True
            yield Insert(bare_name(insert[1]), bare_names(insert[2] or ""))
            if self._in_rows:
                self._end_rows("")
        elif copy := COPY.match(text, at):
            source.at = copy.end()
            self._in_rows = True
            columns, form = bare_names(copy[2] or ""), CopyForm.of(copy[3] + copy[4])
            yield Copy(bare_name(copy[1]), columns, form, not END.match(text, source.at))
            if self._in_rows:
                self._skip_lines(form, several=len(columns) > 1)
        elif create := _CREATE.match(text, at):
            source.at = create.end()
            yield Create(bare_name(create[1]), self._columns())
            source.skip_statement()
        elif _DELIMITER.match(text, at):
            source.skip_routines()
        else:
            source.skip_statement()

    def _columns(self) -> dict[str, str]:
        source = self._source
        columns: dict[str, str] = {}
        while piece := self.grammar.definition.match(source.text, source.at):
            column = _COLUMN.match(source.text, source.at)
            if column and column[1].upper() not in _NO_COLUMNS:
                columns[bare_name(column[1])] = column[2].lower()
            source.at = piece.end()
            if piece[1] == ")":
                break
        return columns

    def _end_rows(self, end: str) -> None:
        self._in_rows = False
        if end != ";" and not self._source.skip_statement():  # ON DUPLICATE KEY UPDATE
            self.broken_off = True

    def _odd_row(self, width: int) -> Reason | None:
        """Goes past what is no row of so many plain values, and says why; None for the end."""
        source = self._source
        text = source.text
        begin = _BLANK.match(text, source.at)
        source.at = begin.end() if begin else source.at
        if source.at == len(text):
            return None
        found = self.grammar.open_row.match(text, source.at)
        end = found.end() if found else source.at
        if found and (closed := _ROW_END.match(text, end)):
            source.at = closed.end()
            if closed[1] != ",":
                self._end_rows(closed[1])
            return Reason.of("dump_width", width=width)
        if found and source.ended and text[end : end + 1] in ("", "'", '"'):
            source.at = len(text)
            return BROKEN_OFF
        self._end_rows("")
        return UNREADABLE

    def _odd_line(self, form: CopyForm, width: int) -> Reason | None:
        """Goes past a line that is no row of so many fields, and says why; None for a blank line,
        and for the end of the rows."""
        source = self._source
        text, at = source.text, source.at
        if self._ends(form, several=width > 1):
            return None
        found = LINE.match(text, at)
        end = found.end() if found else at
        if text[end : end + 1] == "\n":
            source.at = end + 1
            if not text[at:end].strip():
                return None
            if (fields := form.fields(text[at:end])) == 1:
                return Reason.of("one_field", width=width)
            return Reason.of("other_fields", fields=fields, width=width)
        source.at = len(text) if source.ended else end
        if source.skip_line():
            return Reason.of("line_too_long", characters=LONGEST)
        self._in_rows, self.broken_off = False, True
        return BROKEN_OFF

    def _ends(self, form: CopyForm, *, several: bool) -> bool:
        """Goes past the end mark of a COPY's rows, or finds out that it is missing."""
        source = self._source
        if end := END.match(source.text, source.at):
            source.at = end.end()
            self.broken_off = self.broken_off or not end[1]
        elif several and behind(form.delimiter).match(source.text, source.at):
            self.broken_off = True
        else:
            return False
        self._in_rows = False
        return True

    def _skip_lines(self, form: CopyForm, *, several: bool) -> None:
        """Goes past the rows of a COPY that nobody reads, or that end without their end mark."""
        while self._source.fill():
            if self._ends(form, several=several):
                return
            self._source.skip_line()
        self._in_rows, self.broken_off = False, True
