"""Which column of one table is what: by its header, by what the user says, by what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from almareplay.sources.capture import ColumnSample, FileRefused
from almareplay.sources.cells.librarybarcodes import certain_columns
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.headers import (
    Layout,
    LayoutError,
    NoHeaderError,
    find_layout,
    letter,
)
from almareplay.sources.tables.record import Table
from almareplay.sources.tables.toolcolumns import tool_layout
from almareplay.sources.times.datetimes import Cell

HEAD = 40
"""A header row is looked for in so many rows that are not blank."""


def layout_of(table: Table, options: ReadingOptions) -> tuple[Layout, list[str]]:
    """The layout of a table, and what was assumed for it. Raises FileRefused."""
    head = list(_head(table))
    if not options.columns and head and (layout := tool_layout(head)):
        assumed = f"the columns are those of the {layout.tool} tool"
        return layout, [] if layout.header else [assumed]
    try:
        return find_layout(head, options.columns), []
    except NoHeaderError as error:
        if layout := _by_numbers(table):
            told = f"every number and its check digit tells: {listed(layout.columns)}"
            return layout, [f"there is no header; {told}"]
        if options.card_prefix and all(len(cells) == 1 for _, cells in head):
            return Layout({"item_barcode": 0}, 1), []
        raise FileRefused(table.name, str(error), samples_of(table)) from error
    except LayoutError as error:
        raise FileRefused(table.name, str(error), samples_of(table)) from error


def samples_of(table: Table) -> list[ColumnSample]:
    """Some cells of each column, for the user to tell what they are."""
    return ColumnSample.of(cells for _, cells in _head(table))


def listed(columns: Mapping[str, int]) -> str:
    """The fields and the letters of their columns, from left to right."""
    return ", ".join(
        f"{name.replace('_', ' ')} {letter(column)}"
        for name, column in sorted(columns.items(), key=lambda entry: entry[1])
    )


def _by_numbers(table: Table) -> Layout | None:
    columns = certain_columns(record.cells for record in table.records() if not record.problem)
    return Layout(columns, max(columns.values()) + 1) if columns else None


def _head(table: Table) -> Iterator[tuple[int, list[Cell]]]:
    filled = (
        (record.number, record.cells)
        for record in table.records()
        if not record.problem and any(cell != "" for cell in record.cells)
    )
    return islice(filled, HEAD)
