"""A report's file: its ending picks the format; it is its owner's only, and whole or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from almareplay.outcomes import ReportRow
from almareplay.reports.content import Report
from almareplay.reports.delimited import Row, write_csv
from almareplay.reports.html import write_html
from almareplay.reports.jsonl import write_jsonl
from almareplay.reports.xlsx import write_xlsx, write_xlsx_list
from almareplay.transactions import AlmaReplayError, nearest

_ROWS: dict[str, Callable[[Iterable[Row], TextIO, Sequence[str]], None]] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
}
_REPORTS = [".csv", ".xlsx", ".html", ".jsonl"]
_LISTS = [".csv", ".xlsx", ".jsonl"]


class ReportError(AlmaReplayError):
    """A report cannot be written where or how it was asked for."""


def check_report_path(path: Path) -> None:
    """Make sure that a report can be written there later. Raises ReportError."""
    _check_ending(path, "report", _REPORTS)
    check_place(path)


def check_list_path(path: Path) -> None:
    """Make sure that a list can be written there later. Raises ReportError."""
    _check_ending(path, "list", _LISTS)
    check_place(path)


def _check_ending(path: Path, what: str, endings: list[str]) -> None:
    if path.suffix.lower() not in endings:
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        alike = [ending for ending in endings if nearest(path.suffix, [ending])]
        meant = nearest(path.name, [path.stem + ending for ending in alike])
        raise ReportError(
            f"{path}: a {what}'s name must end in {known}; the ending is its format.{meant}"
        )


def check_place(path: Path) -> None:
    """Make sure that a file of any kind can stand there. Raises ReportError."""
    if path.is_dir():
        raise ReportError(f"{path}: this is a folder; give the file a name in it.")
    if not path.absolute().parent.is_dir():
        raise ReportError(f"{path}: there is no such folder to write into.")


def write_report(path: Path, report: Report) -> None:
    """Write a report to a file in the format of its ending, over an older one of that name.

    CSV and JSON Lines hold the rows alone. Raises ReportError; then an older file is still what it
    was.
    """
    check_report_path(path)
    ending = path.suffix.lower()
    if ending == ".xlsx":
        with file_beside(path) as beside:
            write_xlsx(report, beside)
        return
    with whole_file(path) as file:
        if ending == ".html":
            write_html(report, file)
        else:
            _ROWS[ending](report.rows(), file, ReportRow._fields)


def write_list(path: Path, rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Write a list, as of items to fetch, in the format of its ending, over an older one.

    Raises ReportError; then an older file is still what it was.
    """
    check_list_path(path)
    ending = path.suffix.lower()
    if ending == ".xlsx":
        with file_beside(path) as beside:
            write_xlsx_list(rows, beside, columns)
        return
    with whole_file(path) as file:
        _ROWS[ending](rows, file, columns)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file to write UTF-8 text to. It comes to stand at ``path`` when all is written.

    Half a character, which UTF-8 cannot hold, becomes its number as in JSON: ``\\ud83d``. On any
    error an older file is still what it was. Raises ReportError for those of writing.
    """
    with (
        file_beside(path) as beside,
        beside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        yield file


@contextlib.contextmanager
def file_beside(path: Path) -> Iterator[Path]:
    """An empty file to fill. It comes to stand at ``path`` when the block ends without an error.

    On any error an older file is still what it was. Raises ReportError for those of writing.
    """
    try:
        # mkstemp makes the file readable by its owner only: it names patrons.
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        os.close(handle)
        beside = Path(name)
        try:
            yield beside
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        raise ReportError(f"{path}: this file cannot be written: {error.strerror}.") from error
