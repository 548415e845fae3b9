"""``python -m tests.benchmarks.workbook``: how long a large spreadsheet takes to load.

By the command line, into a new queue; and beside it what calamine alone takes to give the cells.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]  # it comes without types
from python_calamine import CalamineWorkbook


def main() -> None:
    """Write a spreadsheet, load it, and say how fast that was."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.workbook")
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="almareplay-workbook-") as name:
        folder = Path(name)
        path = folder / "desk.xlsx"
        write_capture(path, rows)
        size = path.stat().st_size / 1e6
        cells, cells_processor = calamine_seconds(path)
        seconds = load_seconds(folder, path)
    # Of the command and the process in which it reads workbooks: the larger one's kilobytes.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory, processor = used.ru_maxrss / 1e3, used.ru_utime + used.ru_stime
    print(
        f"{rows:,} rows, {size:.1f} MB: {seconds:.1f} s, {rows / seconds:,.0f} rows a second "
        f"({processor:.1f} s of the processor)"
    )
    # What else the machine does changes the seconds of both, and their processor's time less.
    print(
        f"peak memory {memory:.0f} MB; {seconds / cells:.1f} times calamine alone ({cells:.1f} s), "
        f"{processor / cells_processor:.1f} times its processor's time ({cells_processor:.1f} s)"
    )


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


def calamine_seconds(path: Path) -> tuple[float, float]:
    """How long calamine takes to give all cells, and how much of the processor's time."""
    began, used = time.perf_counter(), time.process_time()
    with path.open("rb") as file:
        sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
        for _ in sheet.iter_rows():
            pass
    return time.perf_counter() - began, time.process_time() - used


def load_seconds(folder: Path, path: Path) -> float:
    """How long the command takes, its start included."""
    environment = {
        **os.environ,
        "ALMAREPLAY_QUEUE": f"sqlite:///{folder}/queue.db",
        "ALMAREPLAY_TIMEZONE": "America/Los_Angeles",
    }
    began = time.perf_counter()
    command = [sys.executable, "-m", "almareplay", "load", str(path)]
    subprocess.run(command, check=True, cwd=folder, env=environment)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
