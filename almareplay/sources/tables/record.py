"""A row as it stands in a table, before it is known what its columns hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple, Protocol

from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Notes, Reason


def taker(columns: Sequence[int]) -> Callable[[Sequence[Cell]], Sequence[Cell]]:
    """Takes the cells of these columns out of rows; ``""`` where a row ends before them."""
    if len(columns) == 1:
        (only,) = columns
        return lambda cells: (cells[only] if only < len(cells) else "",)
    last, of_whole = max(columns, default=-1), itemgetter(*columns) if columns else _nothing

    def taken(cells: Sequence[Cell]) -> Sequence[Cell]:
        if last < len(cells):
            return of_whole(cells)
        return [cells[column] if column < len(cells) else "" for column in columns]

    return taken


def _nothing(_: Sequence[Cell]) -> tuple[Cell, ...]:
    return ()


class Record(NamedTuple):
    """One row as it stands: its number, its cells (text without blanks around it), what was
    assumed to read it, what is already wrong with it, and what was assumed to read single cells, by
    their columns from 0."""

    number: int
    cells: list[Cell]
    notes: Notes = ()
    problem: Reason | None = None
    cell_notes: Mapping[int, Reason] = MappingProxyType({})


class Table(Protocol):
    """What a delimited file, a sheet and a database's table have in common.

    ``name`` is for the rows' ``source_file``. ``day_of_name`` is the date that the name gives.
    ``progress`` is the share of it that ``records`` has gone through, 0.0 to 1.0, roughly.
    """

    @property
    def name(self) -> str: ...

    @property
    def day_of_name(self) -> date | None: ...

    @property
    def progress(self) -> float: ...

    def records(self) -> Iterator[Record]:
        """All rows, blank ones too, as often as asked for. Raises FileRefused."""
        ...
