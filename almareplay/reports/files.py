"""A report's file: its ending picks the format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from almareplay.outcomes import ReportRow
from almareplay.reports.beside import file_beside, whole_file
from almareplay.reports.content import Report
from almareplay.reports.delimited import Row, write_csv
from almareplay.reports.jsonl import write_jsonl
from almareplay.reports.replacing import ReportError, make_sure_it_may_be_replaced
from almareplay.transactions import nearest

_ROWS: dict[str, Callable[[Iterable[Row], TextIO, Sequence[str]], None]] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
}
_REPORTS = [".csv", ".xlsx", ".html", ".jsonl"]
_LISTS = [".csv", ".xlsx", ".jsonl"]


def check_report_path(path: Path, *, overwrite: bool = False) -> None:
    """Make sure that a report can be written there later, over an older output of ours or, with
    ``overwrite``, over any file. Raises ReportError."""
    _check_ending(path, "report", _REPORTS)
    check_place(path)
    make_sure_it_may_be_replaced(path, overwrite=overwrite)


def check_list_path(path: Path, *, overwrite: bool = False) -> None:
    """The same for a list. Raises ReportError."""
    _check_ending(path, "list", _LISTS)
    check_place(path)
    make_sure_it_may_be_replaced(path, overwrite=overwrite)


def _check_ending(path: Path, what: str, endings: list[str]) -> None:
    if path.suffix.lower() not in endings:
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        alike = [ending for ending in endings if nearest(path.suffix, [ending])]
        meant = nearest(path.name, [path.stem + ending for ending in alike])
        raise ReportError(
            f"{path}: a {what}'s name must end in {known}; the ending is its format.{meant}"
        )


def check_place(path: Path) -> None:
    """Make sure that an output of any kind can stand there. Raises ReportError."""
    if path.is_dir():
        raise ReportError(f"{path}: this is a folder; give the file a name in it.")
    if not path.absolute().parent.is_dir():
        raise ReportError(f"{path}: there is no such folder to write into.")


def write_report(path: Path, report: Report, *, overwrite: bool = False) -> None:
    """Write a report to a file in the format of its ending, over an older output of ours or, with
    ``overwrite``, over any file.

    CSV and JSON Lines hold the rows alone. Raises ReportError; then an older file is still what it
    was.
    """
    check_report_path(path, overwrite=overwrite)
    ending = path.suffix.lower()
    # What writes workbooks and pages takes long to import, and most commands write neither.
    if ending == ".xlsx":
        from almareplay.reports.xlsx import write_xlsx

        with file_beside(path, overwrite=overwrite) as beside:
            write_xlsx(report, beside)
        return
    with whole_file(path, overwrite=overwrite) as file:
        if ending == ".html":
            from almareplay.reports.html import write_html

            write_html(report, file)
        else:
            _ROWS[ending](report.rows(), file, ReportRow._fields)


def write_list(
    path: Path, rows: Iterable[Row], columns: Sequence[str], *, overwrite: bool = False
) -> None:
    """Write a list, as of items to fetch, in the format of its ending, over files as a report.

    Raises ReportError; then an older file is still what it was.
    """
    check_list_path(path, overwrite=overwrite)
    ending = path.suffix.lower()
    if ending == ".xlsx":
        from almareplay.reports.xlsx import write_xlsx_list

        with file_beside(path, overwrite=overwrite) as beside:
            write_xlsx_list(rows, beside, columns)
        return
    with whole_file(path, overwrite=overwrite) as file:
        _ROWS[ending](rows, file, columns)
