"""The marks of an `.ods`: fonts, hidden rows, merged cells, formulas without a value.

Source: OASIS, Open Document Format 1.3, part 3: 9 (tables), 16 (styles), 19 and 20 (attributes).
"""

from __future__ import annotations

import re
import zipfile
from xml.parsers import expat

from almareplay.sources.novalue import NOT_CALCULATED
from almareplay.sources.sheetmarks import LockedError, Merged, SheetMarks, WorkbookMarks

CONTENT = "content.xml"

_PADDED = re.compile("0[0-9]+")
_MOST_ROWS = 1 << 20
_MOST_COLUMNS = 1 << 14
_MOST_PARENTS = 100
"""No chain of styles is longer, unless it is a circle."""

_Attributes = dict[str, str]


def ods_marks(archive: zipfile.ZipFile) -> WorkbookMarks:
    """The marks of a workbook. Raises LockedError, and what damaged archives and XML do."""
    manifest = "META-INF/manifest.xml"
    if manifest in archive.NameToInfo and b"encryption-data" in archive.read(manifest):
        raise LockedError
    styles = _Styles()
    reader = _ContentReader(styles)
    for part in ("styles.xml", CONTENT):
        if part in archive.NameToInfo:
            reader.read(archive, part)
    return WorkbookMarks(reader.sheets)


class _Styles:
    """What styles say of being struck through, by their families and names."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], bool] = {}
        self._parents: dict[tuple[str, str], str] = {}
        self._rules: dict[str, set[str]] = {}
        self._style = ("", "")

    def take(self, name: str, attributes: _Attributes) -> None:
        """Takes in an element of a style."""
        if name == "style":
            self._style = attributes.get("style:family", ""), attributes.get("style:name", "")
            self._parents[self._style] = attributes.get("style:parent-style-name", "")
        elif name == "text-properties":
            lines = [
                attributes[f"style:text-line-through-{what}"]
                for what in ("style", "type")
                if f"style:text-line-through-{what}" in attributes
            ]
            if lines:
                self._own[self._style] = "none" not in lines
        elif name == "map":
            applied = attributes.get("style:apply-style-name", "")
            self._rules.setdefault(self._style[1], set()).add(applied)

    @property
    def can_strike(self) -> bool:
        return any(self._own.values())

    def is_struck(self, family: str, name: str) -> bool | None:
        """Whether the style strikes through; None where it does not say."""
        for _ in range(_MOST_PARENTS):
            if (family, name) in self._own:
                return self._own[family, name]
            if not (name := self._parents.get((family, name), "")):
                break
        return None

    def strikes_by_rule(self, name: str) -> bool:
        """Whether a rule of a cell's style may strike the cell through."""
        return any(self.is_struck("table-cell", applied) for applied in self._rules.get(name, ()))


class _ContentReader:
    """Goes through the XML of styles and of sheets, one part after the other."""

    def __init__(self, styles: _Styles) -> None:
        self.sheets: dict[str, SheetMarks] = {}
        self._styles = styles
        self._marks = SheetMarks()
        self._depth = self._cell_depth = 0
        self._row, self._rows, self._row_style, self._is_hidden = 0, 1, "", False
        self._column, self._columns = 0, 1
        self._column_styles: list[str] = []
        self._cell: _Attributes = {}
        self._text: list[str] = []
        self._looks: list[bool] = []
        self._fonts: set[bool] = set()

    def read(self, archive: zipfile.ZipFile, name: str) -> None:
        """Goes through one part of the archive. Raises ExpatError, ValueError."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        with archive.open(name) as part:
            parser.ParseFile(part)

    def _start(self, tag: str, attributes: _Attributes) -> None:
        self._depth += 1
        match tag:
            case "table:table-cell" | "table:covered-table-cell" if not self._cell_depth:
                self._cell, self._cell_depth = attributes, self._depth
                self._columns = int(attributes.get("table:number-columns-repeated", 1))
                style = self._styles.is_struck("table-cell", self._cell_style())
                self._looks, self._fonts = [bool(style)], set()
                self._text.clear()
            case "text:p" if self._cell_depth == self._depth - 1 > 0:
                self._look("paragraph", attributes)
            case "text:span" if len(self._looks) > 1:
                self._look("text", attributes)
            case "table:table-row" if not self._cell_depth:
                self._rows = int(attributes.get("table:number-rows-repeated", 1))
                self._row_style = attributes.get("table:default-cell-style-name", "")
                self._is_hidden = attributes.get("table:visibility", "visible") != "visible"
                self._column = 0
            case "table:table-column":
                self._take_column(attributes)
            case "table:table" if not self._cell_depth:
                self._marks = self.sheets.setdefault(attributes.get("table:name", ""), SheetMarks())
                self._row, self._column_styles = 0, []
            case "style:style" | "style:text-properties" | "style:map":
                self._styles.take(tag.partition(":")[2], attributes)
            case "calcext:condition":
                applied = attributes.get("calcext:apply-style-name", "")
                if self._styles.is_struck("table-cell", applied):
                    self._marks.by_rule = True

    def _look(self, family: str, attributes: _Attributes) -> None:
        own = self._styles.is_struck(family, attributes.get("text:style-name", ""))
        self._looks.append(self._looks[-1] if own is None else own)

    def _take_column(self, attributes: _Attributes) -> None:
        first = len(self._column_styles)
        columns = int(attributes.get("table:number-columns-repeated", 1))
        columns = min(columns, _MOST_COLUMNS - first)
        style = attributes.get("table:default-cell-style-name", "")
        self._column_styles += [style] * columns
        if attributes.get("table:visibility", "visible") != "visible":
            self._marks.hidden_columns.update(range(first, first + columns))

    def _cell_style(self) -> str:
        of_column = ""
        if self._column < len(self._column_styles):
            of_column = self._column_styles[self._column]
        return self._cell.get("table:style-name") or self._row_style or of_column

    def _characters(self, text: str) -> None:
        if len(self._looks) > 1:
            self._text.append(text)
            if not text.isspace():
                self._fonts.add(self._looks[-1])

    def _end(self, tag: str) -> None:
        if self._depth == self._cell_depth:
            self._finish_cell()
            self._column += self._columns
            self._cell_depth, self._looks = 0, []
        elif len(self._looks) > 1 and tag in ("text:p", "text:span"):
            self._looks.pop()
        elif tag == "table:table-row" and not self._cell_depth:
            self._row += self._rows
        self._depth -= 1

    def _finish_cell(self) -> None:
        cell, text = self._cell, "".join(self._text)
        formula = "table:formula" in cell
        if "office:value-type" not in cell and not text and not formula:
            return
        self._marks.reach(self._row + self._rows, self._column + self._columns - 1)
        shown = self._shown(text, is_formula=formula)
        merged_rows = int(cell.get("table:number-rows-spanned", 1))
        by_rule = self._styles.strikes_by_rule(self._cell_style())
        self._marks.by_rule = self._marks.by_rule or by_rule
        for row in range(self._row + 1, min(self._row + self._rows, _MOST_ROWS) + 1):
            if self._is_hidden:
                self._marks.hidden_rows.add(row)
            if self._styles.can_strike:
                self._marks.fonts(row, self._fonts or {self._looks[0]})
            if shown is not None:
                of_row = self._marks.shown.setdefault(row, {})
                of_row |= dict.fromkeys(self._all_columns(), shown)
            if merged_rows > 1 and cell.get("table:number-columns-spanned", "1") == "1":
                self._marks.merged.append(Merged(row, row + merged_rows - 1, self._column))

    def _all_columns(self) -> range:
        return range(self._column, min(self._column + self._columns, _MOST_COLUMNS))

    def _shown(self, text: str, *, is_formula: bool) -> int | str | None:
        """What the screen shows, where the value is something else."""
        if self._cell.get("calcext:value-type") == "error":
            return text
        kind = self._cell.get("office:value-type")
        if is_formula and kind is None:
            return NOT_CALCULATED
        if kind == "float" and _PADDED.fullmatch(text):
            return len(text) if int(text) == float(self._cell.get("office:value", -1)) else None
        return None
