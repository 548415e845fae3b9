"""Items and cards of programs that write each number in its place: self-checks, offline clients.

No spreadsheet has touched them, but a card may have been scanned where the item belonged.
"""

from __future__ import annotations

from almareplay.sources.assembler import MixedUp
from almareplay.sources.cells.doubts import SAME
from almareplay.sources.cells.librarybarcodes import field_of
from almareplay.sources.identifiers import Identifier, bare, read_identifier, scanner_of
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.findings import Findings
from almareplay.transactions import Reason, same_identifier

SWAPPED = Reason("swapped_scans")


class ScannedNumbers:
    """Reads the numbers of one file, once ``look_at`` has seen all of them."""

    def __init__(self, options: ReadingOptions) -> None:
        self._scanner = scanner_of(options)
        self._found = Findings()

    def look_at(self, item: str, patron: str) -> None:
        """Takes in the numbers of one row, to tell later which belong to items, which to cards."""
        self._found.items.look_at(bare(item), self._scanner)
        self._found.patrons.look_at(bare(patron), self._scanner)

    def read(self, item: str, patron: str) -> tuple[Identifier, Identifier]:
        """Item and patron of one row."""
        return (
            read_identifier(item, "the item barcode", self._scanner),
            read_identifier(patron, "the patron id", self._scanner),
        )

    def mixed_up(self, item: str, patron: str) -> MixedUp | None:
        """Whether a card was scanned as an item: its number must not stand where items are
        shown."""
        if not item or not patron:
            return None
        if same_identifier(item, patron):
            return MixedUp(SAME, "", patron)
        certain = (field_of(item), field_of(patron)) == ("patron_id", "item_barcode")
        against = self._found.swapped(patron, item)  # so the other rows have it as well
        is_swapped = self._found.swapped(item, patron) or (certain and not against)
        return MixedUp(SWAPPED, patron, item) if is_swapped else None
