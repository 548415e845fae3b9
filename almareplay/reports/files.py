"""A report's file: its ending picks the format; it is its owner's only, and whole or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from almareplay.outcomes import ReportRow
from almareplay.reports.delimited import Row, write_csv
from almareplay.reports.jsonl import write_jsonl
from almareplay.transactions import AlmaReplayError

_WRITERS: dict[str, Callable[[Iterable[Row], TextIO, Sequence[str]], None]] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
}


class ReportError(AlmaReplayError):
    """A report cannot be written where or how it was asked for."""


def check_report_path(path: Path) -> None:
    """Make sure that a report can be written there later. Raises ReportError."""
    if path.suffix.lower() not in _WRITERS:
        known = " or ".join(_WRITERS)
        raise ReportError(f"{path}: a report's name must end in {known}; the ending is its format.")
    check_place(path)


def check_place(path: Path) -> None:
    """Make sure that a file of any kind can stand there. Raises ReportError."""
    if path.is_dir():
        raise ReportError(f"{path}: this is a folder; give the file a name in it.")
    if not path.absolute().parent.is_dir():
        raise ReportError(f"{path}: there is no such folder to write into.")


def write_report(
    path: Path, rows: Iterable[Row], columns: Sequence[str] = ReportRow._fields
) -> None:
    """Write rows to a file in the format of its ending, over an older one of that name.

    They are those of the report, or of a list whose ``columns`` are named.
    Raises ReportError; then an older file is still what it was.
    """
    check_report_path(path)
    with whole_file(path) as file:
        _WRITERS[path.suffix.lower()](rows, file, columns)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file to write UTF-8 text to. It comes to stand at ``path`` when all is written.

    On any error an older file is still what it was. Raises ReportError for those of writing.
    """
    try:
        # mkstemp makes the file readable by its owner only: it names patrons.
        handle, beside = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
            Path(beside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(beside).unlink()
            raise
    except OSError as error:
        raise ReportError(f"{path}: this file cannot be written: {error.strerror}.") from error
