"""Patrons that stand once for several rows: the card scanned above the items that were lent.

Either the items' rows have no patron (``--fill-patron``), or cards and items stand in one column,
told apart by their check digits or by ``--card-prefix``.
"""

from __future__ import annotations

from collections.abc import Mapping

from almareplay.sources.cells.kinds import read_kind
from almareplay.sources.cells.librarybarcodes import field_of
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.findings import WHEN, Findings
from almareplay.sources.tables.headers import letter
from almareplay.sources.tables.othercolumns import OtherColumns
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Kind, Notes, Reason

CARD = Reason("card")
FILLED = Reason("patron_filled")
SCANNED = Reason("card_above")


class Carried:
    """Carries a patron down to the rows below.

    ``columns`` are those of the fields, with the one into which a carried patron is put.
    ``problem`` is what the user must say first.
    """

    def __init__(
        self,
        options: ReadingOptions,
        found: Findings,
        columns: Mapping[str, int],
        others: OtherColumns,
    ) -> None:
        self._item = columns["item_barcode"]
        self._patron = columns.get("patron_id")
        self._kinds = columns.get("kind")
        self._when = [columns[name] for name in WHEN if name in columns]
        self._prefix = options.card_prefix
        self._kind = options.kind
        self._fills = options.fill_patron and self._patron is not None
        self.in_one_column = self._patron is None and bool(
            self._prefix or (found.certain["patron_id"] and found.certain["item_barcode"])
        )
        if self.in_one_column:
            self._patron = max(*columns.values(), others.last) + 1
        self.columns = dict(columns)
        if self._patron is not None:
            self.columns["patron_id"] = self._patron
        self.is_used = self._fills or self.in_one_column
        self.problem = self._problem(found)
        self.assumptions = self._assumptions(found, is_tools=others.are_known)
        self.begin()

    def begin(self) -> None:
        """Makes ready for the first row."""
        self._carried: Cell = ""
        self._moment: dict[int, Cell] = {}

    def end_of_group(self) -> None:
        """A row that is no transaction ends what was carried."""
        self.begin()

    def take(self, cells: list[Cell]) -> Reason | None:
        """Takes the card of a row that has nothing else, and answers why the row is left out;
        None for all others."""
        item = cells[self._item] if self._item < len(cells) else ""
        if self.in_one_column:
            if item == "" or not self._is_card(item):
                return None
            self._carried = item
        elif self._fills and self._patron is not None:
            patron = cells[self._patron] if self._patron < len(cells) else ""
            if patron == "":
                return None
            self._carried = patron
            self._moment = {c: cells[c] for c in self._when if c < len(cells) and cells[c] != ""}
            if item != "":
                return None
        else:
            return None
        return CARD

    def fill(self, cells: list[Cell]) -> Notes:
        """Puts the carried patron, and the time of its row where the items have none, into a row;
        answers what is to be noted."""
        patron = self._patron
        if self._carried == "" or patron is None or self._is_return(cells):
            return ()
        if patron < len(cells) and cells[patron] != "":
            return ()
        cells += [""] * (max(patron, *self._moment, -1) + 1 - len(cells))
        cells[patron] = self._carried
        if all(cells[column] == "" for column in self._moment):
            for column, cell in self._moment.items():
                cells[column] = cell
        return (FILLED if self._fills else SCANNED,)

    def _is_return(self, cells: list[Cell]) -> bool:
        if self._kinds is None or self._kinds >= len(cells) or cells[self._kinds] == "":
            return self._kind is Kind.RETURN
        return read_kind(str(cells[self._kinds]))[0] is Kind.RETURN

    def _is_card(self, item: Cell) -> bool:
        if self._prefix:
            return str(item).startswith(self._prefix)
        return field_of(item) == "patron_id"

    def _problem(self, found: Findings) -> str:
        if not self.in_one_column:
            return ""
        here = letter(self._item)
        if self._kind is Kind.RETURN or found.returns:
            return (
                f"has patrons' cards in column {here}, among the items: that is how loans look, "
                "and no returns. Give --kind loan, or take the cards out."
            )
        unknown = found.certain[""]
        if unknown and not self._prefix:
            return (
                f"has patrons' cards and items in column {here}, one below the other, and "
                f"{unknown} of its numbers may be either: give --card-prefix with the first digits "
                "of the cards."
            )
        return ""

    def _assumptions(self, found: Findings, *, is_tools: bool) -> list[str]:
        if self.in_one_column:
            told = f"begin with {self._prefix}" if self._prefix else "have the cards' check digits"
            return [
                f"cards and items stand in column {letter(self._item)}: those that {told} are cards"
            ]
        rows = found.without_patron
        if rows and not self._fills and not is_tools:
            have = "row has" if rows == 1 else "rows have"
            return [
                f"{rows} {have} no patron below a row that has one: if the card was scanned once "
                "for the items below it, give --fill-patron"
            ]
        return []
