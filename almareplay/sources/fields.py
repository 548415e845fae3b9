"""Rows of programs that write each field in its place: what they say needs no guess, but a check.

Self-checks, offline clients: kind, time, item and patron stand where their format has them, and no
spreadsheet has touched them.
"""

from __future__ import annotations

from typing import NamedTuple

from almareplay.sources.cells.doubts import NO_ITEM, NO_PATRON, SAME
from almareplay.sources.cells.librarybarcodes import field_of
from almareplay.sources.identifiers import Identifier, bare, read_identifier, scanner_of
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import RowPlace
from almareplay.sources.tables.findings import Findings
from almareplay.sources.times.localtime import Moment
from almareplay.transactions import InvalidRow, Kind, Transaction, joined, same_identifier

SWAPPED = (
    "the card was scanned as the item and the item as the card, by their numbers: correct the row"
)
DUE_DATE = "the patron was told a due date"

NOWHERE = RowPlace("", "")


class Fields(NamedTuple):
    """What a row says: its kind, when and where it happened, item and patron as they stand."""

    kind: Kind | None
    moment: Moment
    item: str
    patron: str
    place: RowPlace = NOWHERE


class FieldsReader:
    """Makes rows of the fields of one file, once ``look_at`` has seen all of them."""

    def __init__(self, name: str, options: ReadingOptions) -> None:
        self._name = name
        self._scanner = scanner_of(options)
        self._found = Findings()

    def look_at(self, item: str, patron: str) -> None:
        """Takes in the numbers of one row, to tell later which belong to items, which to cards."""
        self._found.items.look_at(bare(item), self._scanner)
        self._found.patrons.look_at(bare(patron), self._scanner)

    def row(
        self,
        number: int,
        fields: Fields,
        note: str = "",
        problem: str = "",
        *,
        later: str = "",
        has_seconds: bool = True,
    ) -> Transaction | InvalidRow:
        """The row in line ``number``. ``problem`` is what is wrong with it before its fields are
        looked at, ``later`` what is wrong besides."""
        kind, moment, _, _, place = fields
        item = self._identifier(fields.item, "the item barcode")
        patron = self._identifier(fields.patron, "the patron id")
        mixed_up = self._mixed_up(item.text, patron.text)
        problem = (
            problem
            or moment.problem
            or item.problem
            or patron.problem
            or ("" if item.text else NO_ITEM)
            or (NO_PATRON if kind is Kind.LOAN and not patron.text else "")
            or mixed_up
            or later
            or place.problem
        )
        if problem or moment.at is None or kind is None:
            if mixed_up:  # the card's number must not stand where items are shown
                item, patron = patron if mixed_up == SWAPPED else Identifier(""), item
            return InvalidRow(
                problem, self._name, number, kind, moment.at, item.text, patron.text,
                place.library, place.circ_desk,
            )  # fmt: skip
        return Transaction(
            kind, moment.at, has_seconds, item.text, patron.text, place.library, place.circ_desk,
            self._name, number, joined(note, moment.note, item.note, patron.note),
        )  # fmt: skip

    def _identifier(self, raw: str, what: str) -> Identifier:
        return read_identifier(raw, what, self._scanner)

    def _mixed_up(self, item: str, patron: str) -> str:
        if not item or not patron:
            return ""
        if same_identifier(item, patron):
            return SAME
        certain = (field_of(item), field_of(patron)) == ("patron_id", "item_barcode")
        against = self._found.swapped(patron, item)  # so the other rows have it as well
        return SWAPPED if self._found.swapped(item, patron) or (certain and not against) else ""
