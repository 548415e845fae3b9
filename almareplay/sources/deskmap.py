"""What captures call their desks, and the library and circulation desk that Alma knows them by.

A desk map is a CSV file of three columns, `capture,library,circ_desk`: a word of the captures, then
Alma's code of the library, then Alma's code of its circulation desk.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from almareplay.sources.capture import FileRefused
from almareplay.sources.textlines import TextLines
from almareplay.transactions import AlmaReplayError, Reason, most_like

_DELIMITERS = ",;\t"
_COLUMNS = ("capture", "library", "circdesk")
_HEADERS = {
    "capture": "capture",
    "thecapturesays": "capture",
    "whatthecapturesays": "capture",
    "name": "capture",
    "library": "library",
    "librarycode": "library",
    "desk": "circdesk",
    "circdesk": "circdesk",
    "circdeskcode": "circdesk",
    "circulationdesk": "circdesk",
}
_LIKE_AN_ID = re.compile(r"[0-9]{5}|@")
_AS_IT_SHOULD_BE = "write capture,library,circ_desk"
_SHOWN = 40
"""So many characters of a name are shown, and compared to find the nearest one."""


class DeskMapError(AlmaReplayError):
    """A desk map that cannot be used; ``str()`` names the file, the line and what to do."""

    in_logs = False


class Place(NamedTuple):
    """Where something happened, in Alma's codes."""

    library: str
    circ_desk: str


class Entry(NamedTuple):
    """One line of a desk map."""

    name: str
    place: Place
    line: int


@dataclass(frozen=True, slots=True)
class DeskMap:
    """The places of a desk map, by their names without regard to case."""

    entries: Mapping[str, Entry]

    def find(self, names: Iterable[str]) -> Place | None:
        """The place of the first of the names that the map has."""
        for name in names:
            if entry := self.entries.get(_key(name)):
                return entry.place
        return None

    def has_no(self, name: str) -> Reason:
        """That the map does not have a name, with the nearest one that it has.

        What may be a patron id in the wrong column is not quoted.
        """
        if _LIKE_AN_ID.search(name):
            return Reason("not_in_desk_map")
        wanted = _shown(name)
        known = (_shown(entry.name) for entry in self.entries.values())
        if nearest := most_like(wanted, known):
            return Reason.of("name_nearly_in_desk_map", name=wanted, nearest=nearest)
        return Reason.of("name_not_in_desk_map", name=wanted)


def read_desk_map(path: Path) -> DeskMap:
    """Reads a desk map in UTF-8, UTF-16 or Windows-1252, divided by commas, semicolons or tabs.

    Blank lines and lines that begin with ``#`` mean nothing; a header line may come first. Raises
    DeskMapError.
    """
    try:
        lines = [
            (number, line)
            for number, line in enumerate(TextLines(path), 1)
            if line.strip(" \t,;\x00\x1a") and not line.lstrip().startswith("#")
        ]
    except FileRefused as error:
        raise DeskMapError(str(error)) from error
    entries: dict[str, Entry] = {}
    for entry in _entries(path.name, lines):
        known = entries.setdefault(_key(entry.name), entry)
        if known.place != entry.place:
            raise DeskMapError(
                f'{path.name}:{entry.line}: "{_shown(entry.name)}" stands in line {known.line} '
                "with another place: keep one of the two."
            )
    if not entries:
        raise DeskMapError(f"{path.name}: has no desks in it: {_AS_IT_SHOULD_BE}, a desk a line.")
    return DeskMap(entries)


def _entries(file: str, lines: list[tuple[int, str]]) -> Iterator[Entry]:
    delimiter = _delimiter(line for _, line in lines)
    order = [0, 1, 2]
    for index, (number, line) in enumerate(lines):
        cells = _cells(line, delimiter)
        headers = [_HEADERS.get(_letters(cell), "") for cell in cells]
        if index == 0 and sorted(headers) == sorted(_COLUMNS):
            order = [headers.index(column) for column in _COLUMNS]
            continue
        if len(cells) > len(_COLUMNS):
            raise DeskMapError(
                f"{file}:{number}: has {len(cells)} columns where 3 belong: {_AS_IT_SHOULD_BE}."
            )
        cells += [""] * (len(_COLUMNS) - len(cells))
        name, library, circ_desk = (cells[column] for column in order)
        for cell, what in (
            (name, "word of the captures"),
            (library, "library code"),
            (circ_desk, "circulation desk"),
        ):
            if not cell:
                raise DeskMapError(f"{file}:{number}: has no {what}: {_AS_IT_SHOULD_BE}.")
        yield Entry(name, Place(library, circ_desk), number)


def _delimiter(lines: Iterable[str]) -> str:
    """The delimiter that divides most of the lines into three."""
    threes: Counter[str] = Counter()
    for line in lines:
        threes.update(
            delimiter for delimiter in _DELIMITERS if len(_cells(line, delimiter)) == len(_COLUMNS)
        )
    return max(_DELIMITERS, key=lambda delimiter: threes[delimiter])


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line without blanks around them, and without empty ones at its end."""
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a lone carriage return, or a cell beyond any length
        cells = line.split(delimiter)
    cells = [cell.strip(" \t\xa0\x00\x1a") for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _letters(cell: str) -> str:
    return "".join(sign for sign in cell.casefold() if sign.isalnum())


def _key(name: str) -> str:
    return name.strip().casefold()


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}…"
