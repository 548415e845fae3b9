"""What the offline clients' files have in common: one transaction a line, at one desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from almareplay.sources.assembler import Assembler, Fields
from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.identifiers import bare
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import missing_place, names_of, place_of
from almareplay.sources.scannednumbers import ScannedNumbers
from almareplay.sources.textlines import LONGEST_LINE, TextLines
from almareplay.sources.times.localtime import Moment
from almareplay.transactions import InvalidRow, Kind, LeftOut, Notes, Reason


class Entry(NamedTuple):
    """What a line says. ``unread`` are the names of the fields that hold something which is not
    taken."""

    kind: Kind | None
    moment: Moment
    item: str = ""
    patron: str = ""
    notes: Notes = ()
    problem: Reason | None = None
    unread: tuple[str, ...] = ()


class Client(Protocol):
    """A client that writes files: its ``format`` in words, what stands where, its lines.

    ``refusal`` and ``assumption`` are what all of its lines together tell, once each was read.
    """

    @property
    def format(self) -> str: ...

    @property
    def columns(self) -> list[str]: ...

    @property
    def has_seconds(self) -> bool: ...

    @property
    def refusal(self) -> str: ...

    @property
    def assumption(self) -> str: ...

    def read(self, line: str) -> Entry | LeftOut:
        """A line that is not blank."""
        ...


class ClientCapture:
    """Reads the file of one client. Needs library and desk from the options, else FileRefused."""

    def __init__(
        self,
        makes: Callable[[str, ReadingOptions], Client],
        path: Path,
        options: ReadingOptions,
    ) -> None:
        """``makes`` the client of a file, by its name and what the user says of it."""
        self._path = path
        client = self._client = makes(path.name, options)
        self._lines = TextLines(path)
        names = names_of(path.name)
        if missing := missing_place(options, names):
            raise FileRefused(path.name, missing)
        self._place = place_of(options, names)
        self._numbers = ScannedNumbers(options)
        self._assembler = Assembler(path.name, self._numbers.mixed_up)
        unread: set[str] = set()
        for line in TextLines(path):
            if bare(line) and isinstance(entry := client.read(line), Entry):
                self._numbers.look_at(entry.item, entry.patron)
                unread.update(entry.unread)
        if client.refusal:
            raise FileRefused(path.name, client.refusal)
        self._of_file = [client.assumption] if client.assumption else []
        self._of_file += [f"not read: {', '.join(sorted(unread))}"] if unread else []
        self._assumptions = Assumptions(self._of_file)

    @property
    def format(self) -> str:
        return self._client.format

    @property
    def columns(self) -> list[str]:
        return self._client.columns

    @property
    def assumptions(self) -> list[str]:
        return self._assumptions.in_words()

    @property
    def progress(self) -> float:
        return self._lines.progress

    def rows(self) -> Iterator[Row]:
        self._assumptions = Assumptions(self._of_file)
        read = (self._row(*line) for line in self._lines.numbered())
        return self._assumptions.counted(read)

    def _row(self, number: int, line: str, notes: Notes) -> Row:
        if not bare(line):
            return LeftOut(Reason("blank_line"))
        if len(line) >= LONGEST_LINE - 1:
            reason = Reason.of("line_too_long", characters=LONGEST_LINE)
            return InvalidRow(reason, self._path.name, number)
        entry = self._client.read(line)
        if isinstance(entry, LeftOut):
            return entry
        fields = Fields(
            entry.kind,
            entry.moment,
            *self._numbers.read(entry.item, entry.patron),
            self._place,
            self._client.has_seconds,
            notes + entry.notes,
            entry.problem,
        )
        return self._assembler.row(number, fields)
