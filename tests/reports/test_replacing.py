"""What an output may replace: what almareplay wrote, and nothing of the user's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # the same

from almareplay.outcomes import FineRow, PullRow, ReportRow
from almareplay.queue.processes import this_process
from almareplay.reports import (
    Report,
    ReportError,
    beside,
    check_list_path,
    check_report_path,
    write_list,
    write_report,
)

ENDINGS = [".csv", ".xlsx", ".html", ".jsonl"]


def report(row: ReportRow) -> Report:
    return Report("main", lambda: [row])


def foreign_workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("To do").write_row(0, 0, ["row", "captured_at"])


FOREIGN: dict[str, Callable[[Path], object]] = {
    "capture.csv": lambda path: path.write_text("Time,Kind,Patron,Item\n"),
    "short.csv": lambda path: path.write_text("row,captured_at,kind\n"),
    "no-text.csv": lambda path: path.write_bytes(b"\xff\xfe\x00row"),
    "huge.csv": lambda path: path.write_text('"' * 300_000),
    "table.xlsx": foreign_workbook,
    "no-archive.xlsx": lambda path: path.write_bytes(b"PK\x03\x04 but no more"),
    "page.html": lambda path: path.write_text("<!doctype html><title>almareplay</title>"),
    "other.jsonl": lambda path: path.write_text('{"row": 1, "name": "x"}\n'),
    "list.jsonl": lambda path: path.write_text("[1, 2]\n"),
    "broken.jsonl": lambda path: path.write_text("{\n"),
    "deep.jsonl": lambda path: path.write_text("[" * 100_000),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_the_users_is_not_replaced(row: ReportRow, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    FOREIGN[name](path)
    before = path.read_bytes()
    attempts: list[Callable[[], None]] = [
        lambda: check_report_path(path),
        lambda: write_report(path, report(row)),
    ]
    for attempt in attempts:
        with pytest.raises(ReportError, match=rf"{name}: .*did not write it.*--overwrite"):
            attempt()
    assert (path.read_bytes(), [*tmp_path.iterdir()]) == (before, [path])
    write_report(path, report(row), overwrite=True)
    check_report_path(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_older_report_is_replaced_whatever_its_name_now(
    row: ReportRow, tmp_path: Path, ending: str
) -> None:
    write_report(tmp_path / f"first{ending}", report(row))
    path = tmp_path / f"renamed{ending.upper()}"
    (tmp_path / f"first{ending}").rename(path)
    write_report(path, report(row._replace(item_barcode="34880000200099")))
    if ending in (".csv", ".jsonl"):
        assert "34880000200099" in path.read_text("utf-8")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
@pytest.mark.parametrize("columns", [PullRow._fields, FineRow._fields])
def test_an_older_list_is_replaced_also_an_empty_one(
    tmp_path: Path, ending: str, columns: tuple[str, ...]
) -> None:
    path = tmp_path / f"list{ending}"
    for _ in range(2):
        write_list(path, [], columns)
    check_list_path(path)


def test_a_report_of_an_earlier_version_with_fewer_columns_is_ours(tmp_path: Path) -> None:
    fewer = ReportRow._fields[:-1]
    (tmp_path / "old.csv").write_text(f"{','.join(fewer)}\r\n")
    (tmp_path / "old.jsonl").write_text(f"{json.dumps(dict.fromkeys(fewer))}\n")
    check_report_path(tmp_path / "old.csv")
    check_report_path(tmp_path / "old.jsonl")


def change_properties(path: Path, pattern: str, new: str) -> None:
    """Rewrite what a workbook tells of its author and its times."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = parts["docProps/core.xml"].decode()
    parts["docProps/core.xml"] = re.sub(pattern, new, core).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_workbook_in_which_staff_have_ticked_rows_is_kept(row: ReportRow, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_report(path, report(row))
    change_properties(path, r"T\d\d:\d\d:\d\dZ", "T00:00:00Z")
    check_report_path(path)
    book = openpyxl.load_workbook(path)
    book["To do"]["A2"] = "yes"
    book.save(path)
    with pytest.raises(ReportError, match=r"somebody has changed this workbook.*--overwrite"):
        write_report(path, report(row))
    assert openpyxl.load_workbook(path)["To do"]["A2"].value == "yes"
    write_report(path, report(row), overwrite=True)


def test_a_workbook_that_somebody_has_saved_is_kept(row: ReportRow, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_report(path, report(row))
    change_properties(path, "lastModifiedBy>almareplay", "lastModifiedBy>Desk 2")
    with pytest.raises(ReportError, match="somebody has changed"):
        check_report_path(path)


def test_a_file_that_came_while_a_report_was_written_is_kept(
    row: ReportRow, tmp_path: Path
) -> None:
    path = tmp_path / "report.csv"

    def rows() -> list[ReportRow]:
        path.write_text("notes of the night\n")
        return [row]

    with pytest.raises(ReportError, match="did not write it"):
        write_report(path, Report("main", rows))
    assert (path.read_text(), [*tmp_path.iterdir()]) == ("notes of the night\n", [path])


def test_what_is_no_plain_file_is_never_replaced(row: ReportRow, tmp_path: Path) -> None:
    fifo, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(fifo)
    link.symlink_to(tmp_path / "away.csv")
    for path in (fifo, link):
        with pytest.raises(ReportError, match=f"{path.name}: this is"):
            write_report(path, report(row), overwrite=True)


_KILLED = """
import os, signal, sys
from pathlib import Path
from almareplay.outcomes import ReportRow
from almareplay.reports import Report, write_report

def rows():
    os.kill(os.getpid(), signal.SIGKILL)
    yield

write_report(Path(sys.argv[1]), Report("main", rows))
"""


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_what_a_killed_process_left_is_swept_by_the_next(
    row: ReportRow, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"report{ending}"
    killed = subprocess.run([sys.executable, "-c", _KILLED, path], check=False)
    assert killed.returncode < 0
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".almareplay-")
    write_report(path, report(row))
    assert [*tmp_path.iterdir()] == [path]


def test_nothing_else_is_swept(row: ReportRow, tmp_path: Path) -> None:
    here = this_process()
    place = beside._place(here)
    names = [
        f".almareplay-{place}-{here.pid}-{here.started}-0123abcd",
        f".almareplay-0123456789ab-{here.pid}-1-0123abcd",
        ".almareplay-demo",
        ".almareplay-notes",
    ]
    for name in names:
        (tmp_path / name).mkdir()
    # By its name one of ours that is gone, but a file.
    names.append(f".almareplay-{place}-{here.pid}-1-0123abcd")
    (tmp_path / names[-1]).touch()
    long_gone = tmp_path / f".almareplay-ffffffffffff-{here.pid}-1-0123abcd"
    long_gone.mkdir()
    os.utime(long_gone, (0, 0))
    write_report(tmp_path / "report.csv", report(row))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([*names, "report.csv"])
