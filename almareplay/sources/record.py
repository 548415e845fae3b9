"""A row as it stands in a table, before it is known what its columns hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, Protocol

from almareplay.sources.moments import Cell


class Record(NamedTuple):
    """One row as it stands: its number, its cells (text without blanks around it), what was
    assumed to read it, what is already wrong with it, what was assumed to read single cells, by
    their columns from 0, and whether what is wrong is that somebody has cancelled it."""

    number: int
    cells: list[Cell]
    note: str = ""
    problem: str = ""
    cell_notes: Mapping[int, str] = MappingProxyType({})
    cancelled: bool = False


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
