"""The two capture tools that write their loans and returns to a table of a database.

Source: their code and their output, by running them.
"""

from __future__ import annotations

from typing import NamedTuple

from almareplay.sources.times.datetimes import Cell

FIELDS = ("library", "captured_at", "kind", "item_barcode", "patron_id", "saved", "patron_name")
"""The cells of a record, in this order, whatever the order of the columns. A table may have no
column for the last."""


class Tool(NamedTuple):
    """A capture tool: its name, its table, all columns of that in order, those of FIELDS without
    which a table is none of its, and that of patrons' names."""

    name: str
    table: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]
    names: str

    @property
    def read(self) -> tuple[str, ...]:
        """Its columns in order of FIELDS."""
        return (*self.needed, self.names)


PORTLAND = Tool(
    "Portland State",
    "transactions",
    (
        *("library", "timestamp", "return_or_loan", "item_barcode", "item_callnumber"),
        *("patron_barcode", "patron_name", "saved"),
    ),
    ("library", "timestamp", "return_or_loan", "item_barcode", "patron_barcode", "saved"),
    "patron_name",
)
OREGON = Tool(
    "Oregon",
    "circulation",
    ("library", "datetime", "retorlo", "itmbarcd", "itmcalnm", "ptrbarcd", "ptrname", "saved"),
    ("library", "datetime", "retorlo", "itmbarcd", "ptrbarcd", "saved"),
    "ptrname",
)
TOOLS = {tool.table: tool for tool in (PORTLAND, OREGON)}


def is_slipped_id(cell: Cell) -> bool:
    """Whether what stands in the column of patrons' names is an id that has slipped into it: the
    pages of both tools keep only the digits of an id, and no name is made of digits."""
    text = str(cell)
    return text.isascii() and text.isdigit()
