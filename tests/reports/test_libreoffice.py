"""LibreOffice opens the XLSX report and finds the same cells in it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import pytest

from almareplay.outcomes import FineRow, Outcome, PullRow, ReportRow
from almareplay.reports import Report, write_report
from tests.reports.reading import HOSTILE, sheet, xlsx_rows

SHEETS = ["Summary", "To do", "Pull list", "Fines", "Rows"]
SOFFICE = shutil.which("soffice")


def as_libreoffice_keeps_it(value: object) -> object:
    """LibreOffice has one kind of line end, 15 digits, and writes _xfffe_ small."""
    if isinstance(value, float):
        return float(f"{value:.15g}")
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("_xFFFE_", "_xfffe_").replace("_xFFFF_", "_xffff_")


# Other readers of workbooks find the same cells in every run of the suite.
@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here")
def test_libreoffice_finds_the_same_cells(row: ReportRow, tmp_path: Path) -> None:
    at = datetime(2026, 9, 14, 9, 2, 59, tzinfo=timezone(timedelta(hours=-7)))
    rows = [
        row._replace(
            row=n,
            captured_at=at + timedelta(seconds=n),
            patron_id=text,
            note=text,
            disposition=outcome.disposition,
            outcome=outcome,
            completed_at=datetime(2026, 11, 22, tzinfo=UTC),
        )
        for n, (outcome, text) in enumerate(zip([*Outcome, *Outcome], HOSTILE, strict=False))
    ]
    pulls = [
        PullRow(
            "MAIN", "STACKS", "QA76 .P98", "A title", "0012", "hold shelf", at, "M/F", 3, "", ""
        )
    ]
    due = datetime(1900, 1, 1, tzinfo=UTC)
    money = Decimal("2.50")
    fines = [
        FineRow(4, "return", "007", "+1", at, due, money, "USD", "part", None, "1E5", "=1", "", "")
    ]
    path = tmp_path / "report.xlsx"
    write_report(path, Report("=main", lambda: rows, pulls, fines))

    assert SOFFICE is not None
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    converting = [SOFFICE, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    done = subprocess.run(
        [*converting, "--outdir", str(tmp_path / "out"), str(path)],
        capture_output=True,
        timeout=120,
        check=False,
    )
    converted = tmp_path / "out" / "report.xlsx"
    assert converted.exists(), done.stderr.decode()

    for name in SHEETS:
        ours = [[as_libreoffice_keeps_it(cell) for cell in line] for line in sheet(path, name)]
        assert sheet(converted, name) == ours, name
    assert [each["captured_at"] for each in xlsx_rows(converted)] == [
        each["captured_at"] for each in xlsx_rows(path)
    ]
    book = openpyxl.load_workbook(converted)
    assert book.sheetnames == SHEETS
    for name in SHEETS[1:]:
        # What is frozen on the screen is lost where there is no screen; what is printed is not.
        assert book[name].print_title_rows == "$1:$1"
        assert book[name].auto_filter.ref == book[name].dimensions
    kinds = {cell.data_type for each in book for line in each.iter_rows() for cell in line}
    # It keeps booleans as formulas of its own.
    assert kinds <= {"s", "n", "d", "f"}
    formulas = {
        cell.value
        for each in book
        for line in each.iter_rows()
        for cell in line
        if cell.data_type == "f"
    }
    assert formulas <= {"=FALSE()", "=TRUE()"}
