"""The sheets of an Excel workbook, filled row by row in constant memory; no formula, no link."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it comes without types
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]  # the same
from xlsxwriter.utility import xl_range  # type: ignore[import-untyped]  # the same

from almareplay.reports.delimited import Row
from almareplay.reports.replacing import AUTHOR

# Excel's limits of a sheet and of a cell. Source: Microsoft, "Excel specifications and limits".
LINES_OF_A_SHEET = 1_048_576
LONGEST_TEXT = 32_767
CUT = " … [cut]"

# Excel takes 1900 for a leap year; before its 1 March other programs read another date.
_EARLIEST = (1900, 3)

# In characters, of columns that need more or less than others.
_WIDTHS = {
    "row": 7,
    "kind": 7,
    "captured_at": 26,
    "item_barcode": 17,
    "patron_id": 17,
    "circ_desk": 19,
    "source_file": 20,
    "disposition": 12,
    "outcome": 18,
    "advice": 50,
    "alma_message": 34,
    "tracking_id": 22,
    "loan_id": 18,
    "due_date": 26,
    "destination": 18,
    "note": 38,
    "completed_at": 26,
    "call_number": 26,
    "title": 50,
    "returned": 26,
    "desk": 26,
    "waived_at": 26,
    "fee_id": 18,
}
_WIDTH = 11
# So wide that a page across still has letters that can be read.
_PAGE_WIDTH = 300
# Words that are read; all other texts are codes, which stay texts when somebody edits their cell.
_WORDS = ("done", "advice", "alma_message", "destination", "note", "title")
_LONGEST_MARK = 100
# In points; not every program finds the height that the words of a row need.
_ONE_LINE, _THREE_LINES = 15, 46


class Book:
    """A workbook in the making; ``cut`` counts its cells whose text was too long for one, ``mark``
    are words for the head of each printed page."""

    def __init__(self, workbook: Any, mark: str = "") -> None:
        self.workbook = workbook
        self.cut = 0
        self.mark = mark
        self.header = self.format(bold=True, bg_color="#DCE6F1", bottom=1)
        self._number = self.format(num_format="0", align="left")
        self._money = self.format(num_format="#,##0.00")
        self._moments: dict[str, Any] = {}

    def format(self, **properties: object) -> Any:
        """A format of cells, by XlsxWriter's names."""
        return self.workbook.add_format({"valign": "top", **properties})

    def write(self, sheet: Any, line: int, column: int, value: object, form: Any = None) -> None:
        """Write a value as what it is; a time as the clocks at its offset showed it.

        ``form`` is a format for texts and numbers instead of the usual one.
        """
        if isinstance(value, str):
            if value:
                sheet.write_string(line, column, self._text(value), form)
        elif isinstance(value, datetime):
            self._write_moment(sheet, line, column, value)
        elif isinstance(value, bool):
            sheet.write_boolean(line, column, value, form)
        elif isinstance(value, Decimal):
            sheet.write_number(line, column, value, self._money)
        elif value is not None:
            sheet.write_number(line, column, value, form or self._number)

    def _write_moment(self, sheet: Any, line: int, column: int, moment: datetime) -> None:
        if (moment.year, moment.month) < _EARLIEST:
            sheet.write_string(line, column, moment.isoformat(" ", timespec="seconds"))
            return
        offset = offset_of(moment)
        if offset not in self._moments:
            # Excel knows no zones: the offset stands in the cell as a word of its format.
            shown = f'yyyy-mm-dd hh:mm:ss "{offset}"'
            self._moments[offset] = self.format(num_format=shown, align="left")
        local = moment.replace(microsecond=0, tzinfo=None)
        sheet.write_datetime(line, column, local, self._moments[offset])

    def _text(self, text: str) -> str:
        if not text.isascii():
            # Half a character, which no file of UTF-8 can hold, is shown by its number.
            text = text.encode("utf-8", "backslashreplace").decode("utf-8")
        # XlsxWriter takes such a text for markup of its own and would write it as it is; a version
        # of it may do so with a line's end behind it as well.
        if text.startswith("<r>") and text.rstrip().endswith("</r>"):
            text = f"'{text}"
        # Excel counts as UTF-16 does, where a character is one unit or two.
        if len(text) > LONGEST_TEXT // 2:
            units = text.encode("utf-16-le")
            if len(units) > 2 * LONGEST_TEXT:
                self.cut += 1
                kept = units[: 2 * (LONGEST_TEXT - len(CUT))]
                text = kept.decode("utf-16-le", "ignore") + CUT
        return text


class Table:
    """Rows under a frozen header with filters; where a sheet is full they go on in a further one.

    ``lines`` counts the rows, ``names`` the sheets. ``tall`` rows have three lines for words.
    """

    def __init__(
        self, book: Book, name: str, columns: Sequence[str], *, tall: bool = False
    ) -> None:
        self.lines = 0
        self.names: list[str] = []
        self._book = book
        self._name = name
        self._columns = columns
        self._tall = tall
        self._code = book.format(num_format="@")
        self._word = book.format(text_wrap=tall)
        self._open()

    def add(self, row: Row) -> None:
        """Write a row."""
        if self._line == LINES_OF_A_SHEET:
            self.close()
            self._open()
        for column, value in enumerate(row):
            self._book.write(self._sheet, self._line, column, value)
        self._line += 1
        self.lines += 1

    def close(self) -> None:
        """Give the sheet what depends on its number of rows."""
        last = max(self._line - 1, 1)
        self._sheet.autofilter(0, 0, self._line - 1, len(self._columns) - 1)
        everything = xl_range(0, 0, last, len(self._columns) - 1)
        # A barcode is a text that looks like a number: not worth a green mark each.
        self._sheet.ignore_errors({"number_stored_as_text": everything})
        if "done" in self._columns:
            column = self._columns.index("done")
            offered = {"validate": "list", "source": ["yes", "no"], "show_error": False}
            self._sheet.data_validation(1, column, last, column, offered)

    def _open(self) -> None:
        self.names.append(f"{self._name} {len(self.names) + 1}" if self.names else self._name)
        self._sheet = self._book.workbook.add_worksheet(self.names[-1])
        if self._tall:
            self._sheet.set_default_row(_THREE_LINES)
            self._sheet.set_row(0, _ONE_LINE)
        widths = [_WIDTHS.get(name, _WIDTH) for name in self._columns]
        for column, (name, width) in enumerate(zip(self._columns, widths, strict=True)):
            form = self._word if name in _WORDS else self._code
            self._sheet.set_column(column, column, width, form)
            self._sheet.write_string(0, column, name, self._book.header)
        self._sheet.freeze_panes(1, 0)
        # On paper, too, there are lines between the cells.
        self._sheet.hide_gridlines(0)
        self._sheet.repeat_rows(0)
        self._sheet.repeat_columns(0)
        set_page(self._sheet, self._book.mark, pages_wide=ceil(sum(widths) / _PAGE_WIDTH))
        self._line = 1


def offset_of(moment: datetime) -> str:
    """The offset of a time from UTC as ISO 8601 writes it: ``-07:00``."""
    return moment.isoformat(timespec="seconds")[19:]


def set_page(sheet: Any, mark: str, *, pages_wide: int = 1, pages_high: int = 0) -> None:
    """Have a sheet printed across the page with ``mark`` above, on so many pages; 0: as many as it
    needs."""
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4)
    sheet.fit_to_pages(pages_wide, pages_high)
    # A heading has 255 characters at most, and "&" begins a code in it.
    sheet.set_header("&L&B" + mark[:_LONGEST_MARK].replace("&", "&&"))
    sheet.set_footer("&L&A&RPage &P of &N")


@contextlib.contextmanager
def workbook(path: Path, title: str, mark: str = "") -> Iterator[Book]:
    """A workbook to fill; it stands at ``path`` when the block ends. Raises OSError.

    ``mark`` are words for the head of each printed page.
    """
    # XlsxWriter keeps the rows in files until the end: they name patrons, as the workbook does.
    with tempfile.TemporaryDirectory(dir=path.absolute().parent) as folder:
        # A sheet of a million rows may have more bytes than a plain archive takes.
        options = {"constant_memory": True, "tmpdir": folder, "use_zip64": True}
        made = xlsxwriter.Workbook(path, options)
        made.set_properties({"title": title, "author": AUTHOR})
        try:
            yield Book(made, mark)
            made.close()
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error
        finally:
            for sheet in made.worksheets():
                with contextlib.suppress(OSError):
                    sheet.row_data_fh.close()
