"""The columns of a table that no field has: read as further items, left aside in words, or the
reason why the table is refused. None is passed over in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from almareplay.sources.cells.shapes import shape
from almareplay.sources.tables.findings import WHEN, Findings
from almareplay.sources.tables.headers import Layout, letter
from almareplay.sources.times.datetimes import Cell, read_when
from almareplay.sources.times.localtime import NoTimeError

_LOOKED_AT = 300
"""So many filled cells of a column tell what it holds."""

_TIMES, _PATRONS, _ITEMS = "times", "patron ids", "item barcodes"
_FIELDS = {_TIMES: "captured_at", _PATRONS: "patron_id", _ITEMS: "item_barcode"}


@dataclass
class OtherColumn:
    """A column that no field has: how many of its cells are filled, and some of them."""

    filled: int = 0
    cells: list[Cell] = field(default_factory=list)


class OtherColumns:
    """The columns besides those that the layout tells, and what is to become of them.

    ``further`` are those with further items of their row.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._read = {*layout.columns.values()}
        self._unread = lru_cache(maxsize=16)(self._unread_of)  # most rows have one width
        self._seen: dict[int, OtherColumn] = {}
        self.further: list[int] = []
        self.are_known = bool(layout.tool)

    def look_at(self, cells: Sequence[Cell]) -> None:
        """Takes in a row."""
        for column in self._unread(len(cells)):
            if (cell := cells[column]) != "":
                seen = self._seen.get(column)
                if seen is None:
                    seen = self._seen[column] = OtherColumn()
                seen.filled += 1
                if len(seen.cells) < _LOOKED_AT:
                    seen.cells.append(cell)

    def _unread_of(self, width: int) -> list[int]:
        """The columns, of so many, that no field has."""
        return [column for column in range(width) if column not in self._read]

    def settle(self, found: Findings) -> list[str]:
        """Tells further items from what is left aside; answers what the user must say, each as the
        end of a refusal."""
        problems = []
        for column, seen in sorted(self._seen.items()):
            holds = _held(seen.cells, found)
            if self._are_further(column, holds):
                self.further.append(column)
            elif problem := self._problem(column, holds):
                problems.append(problem)
        for column in self.further:
            self._seen.pop(column, None)
        return list(dict.fromkeys(problems))

    @property
    def last(self) -> int:
        """The last column that has anything; -1 where there is none."""
        return max((*self._seen, *self.further), default=-1)

    @property
    def in_words(self) -> list[str]:
        """What is said of the columns when the table is read."""
        sentences = []
        if self.further:
            listed = ", ".join(map(letter, self.further))
            sentences.append(
                f"further items of the same row in {_columns(self.further)} {listed}: "
                "each is a row of its own"
            )
        aside = {
            column: seen
            for column, seen in self._seen.items()
            if column < self._layout.width or not self._layout.header
        }
        if aside:
            listed = ", ".join(self._called(column) for column in sorted(aside))
            sentences.append(f"not read: {_columns(aside)} {listed}")
        return sentences

    def _are_further(self, column: int, holds: str) -> bool:
        if column in self._layout.aside:
            return False
        if column in self._layout.further:
            # Two columns called Barcode may be the patron's and the item's.
            is_alike = self._word(column) == self._word(self._layout.columns["item_barcode"])
            if is_alike and "item_barcode" not in self._layout.named:
                return holds == _ITEMS
            return holds not in (_PATRONS, _TIMES)
        return holds == _ITEMS and not self._word(column)

    def _problem(self, column: int, holds: str) -> str:
        """Why a column cannot just be left aside."""
        if column in self._layout.aside or column >= self._layout.width:
            return ""
        if column in self._layout.further:
            return (
                "more than one column can be the item barcode by its header: say which, as in "
                f"--columns item_barcode={letter(self._layout.further[0])}."
            )
        if not holds or _is_settled(holds, self._layout.named):
            return ""
        columns, here = self._layout.columns, letter(column)
        field = _FIELDS[holds]
        if holds == _TIMES:
            field = next((name for name in WHEN if name in columns), field)
            if field == "date" and "time" not in columns:
                field = "time"
        told = columns.get(field)
        if told is None:
            if holds == _PATRONS:
                return ""
            return (
                f"has {holds} in column {self._called(column)}, by the look of it: give "
                f"--columns {field}={here}, or ignore={here} where it is something else."
            )
        settle = f"{field}={letter(told)}" if holds != _ITEMS else f"{field}={letter(told)}+{here}"
        return (
            f"has {holds} in column {self._called(column)} as well, by the look of it: "
            f"give --columns {settle}, or ignore={here} to leave it aside."
        )

    def _word(self, column: int) -> str:
        header = self._layout.header
        return header[column] if column < len(header) else ""

    def _called(self, column: int) -> str:
        word = self._word(column)
        return f"{letter(column)} ({word})" if word else letter(column)


def _columns(columns: Iterable[int]) -> str:
    return "column" if len([*columns]) == 1 else "columns"


def _is_settled(holds: str, named: frozenset[str]) -> bool:
    """Whether the user has said which column holds these."""
    return bool(named & (set(WHEN) if holds == _TIMES else {_FIELDS[holds]} - {"item_barcode"}))


def _held(cells: Sequence[Cell], found: Findings) -> str:
    """What the cells of a column are, by the look of nearly all of them; empty for anything else.

    Items and patrons look like those in the columns that are known."""

    def is_item(cell: Cell) -> bool:
        seen = shape(_text(cell))
        return (
            seen is not None
            and found.items.usual(seen)
            and found.items.forms[seen] >= found.patrons.forms[seen]
        )

    def is_patron(cell: Cell) -> bool:
        seen = shape(_text(cell))
        return seen is not None and found.patrons.usual(seen) and not is_item(cell)

    tests: list[tuple[str, Callable[[Cell], bool]]] = [
        (_ITEMS, is_item), (_PATRONS, is_patron), (_TIMES, _is_time),
    ]  # fmt: skip
    for holds, test in tests:
        if sum(map(test, cells)) * 10 >= len(cells) * 8:
            return holds
    return ""


def _is_time(cell: Cell) -> bool:
    try:
        written = read_when(cell)
    except NoTimeError:
        return False
    if written.day or written.figures:
        return True
    return written.clock is not None and ":" in str(cell)


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
