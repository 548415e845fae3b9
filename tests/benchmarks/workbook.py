"""How long a large spreadsheet takes to load, in real time.

By the command line, into a new queue; and beside it what calamine alone takes to give the cells.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]  # it comes without types
from python_calamine import CalamineWorkbook

from tests.benchmarks.measuring import Figure, measured, of_command

ROWS, QUICK = 200_000, 5_000


def figures(rows: int) -> Iterator[Figure]:
    """What the load takes, and how many times what calamine does."""
    with tempfile.TemporaryDirectory(prefix="almareplay-workbook-") as name:
        folder = Path(name)
        path = folder / "desk.xlsx"
        write_capture(path, rows)
        cells = measured(partial(_every_cell, path))
        load = of_command("load", path, folder=folder, TIMEZONE="America/Los_Angeles")
    case = f"{rows:,} rows"
    yield Figure(case, "time", load.seconds, "s")
    yield Figure(case, "rows a second", rows / load.seconds)
    # Of the command and the process in which it reads workbooks: the larger one's.
    yield Figure(case, "memory at its peak", load.megabytes, "MB")
    yield Figure(case, "times calamine's time", load.seconds / cells.seconds)
    yield Figure(case, "times calamine's processor", load.processor / cells.processor)


def write_capture(path: Path, rows: int) -> None:
    """Loans and returns of one desk, six columns, eight a second."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as workbook:
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = workbook.add_worksheet("Desk")
        header = ["Timestamp", "Type", "Item Barcode", "Patron ID", "Library", "Desk"]
        sheet.write_row(0, 0, header)
        began = datetime(2026, 9, 14, 8)  # noqa: DTZ001 - local to the setting
        for row in range(rows):
            is_loan = row % 2 == 0
            sheet.write_datetime(row + 1, 0, began + timedelta(seconds=row // 8), moment)
            sheet.write_string(row + 1, 1, "Loan" if is_loan else "Return")
            sheet.write_string(row + 1, 2, f"{34_880_000_000_000 + row}")
            sheet.write_string(row + 1, 3, f"{24_880_000_000_000 + row % 5000}" if is_loan else "")
            sheet.write_string(row + 1, 4, "MAIN")
            sheet.write_string(row + 1, 5, "DEFAULT_CIRC_DESK")


def _every_cell(path: Path) -> None:
    with path.open("rb") as file:
        for _ in CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).iter_rows():
            pass
