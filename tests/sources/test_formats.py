"""What a file is, told by its bytes; and the files that are no captures."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from almareplay.sources import Capture, Codabar, FileRefused, ReadingOptions, open_capture

Opened = Callable[..., Capture]
Options = Callable[..., ReadingOptions]


@pytest.mark.parametrize(
    ("fixture", "format"),
    [
        ("outage-main.dat", "offline circulation .dat"),
        ("outage-oregon.csv", "Oregon CSV"),
        ("captures/oregon-header.csv", "Oregon CSV"),
        ("captures/self-check.log", "SIP2 log"),
        ("captures/headers.csv", "delimited text"),
        ("captures/unicode-text.txt", "delimited text"),
        ("outage-branch.xlsx", "spreadsheet (xlsx)"),
    ],
)
def test_content_decides_not_the_name(opened: Opened, fixture: str, format: str) -> None:
    content = (Path(__file__).parents[2] / "fixtures" / fixture).read_bytes()
    assert opened(content).format == format


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("fixture", ["outage-main.dat", "captures/headers.csv"])
def test_utf_16_without_its_mark_is_told_by_its_empty_bytes(
    opened: Opened, fixture: str, encoding: str
) -> None:
    text = (Path(__file__).parents[2] / "fixtures" / fixture).read_text("cp1252")
    there = list(opened(text.encode(encoding), codabar=Codabar.STRIP).rows())
    assert there == [*opened(text.encode(), codabar=Codabar.STRIP).rows()]


def test_padding_of_empty_bytes_is_no_utf_16(opened: Opened) -> None:
    line = "202609140901R34880000500012" + "\0" * 200 + "\r\n"
    assert opened(line * 3).format == "offline circulation .dat"


def test_a_dat_file_of_bad_lines_is_a_dat_file(opened: Opened) -> None:
    assert opened("2014010111239L33031245\n").format == "offline circulation .dat"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\0\0\0\r\n \xef\xbb\xbf\n", "is empty"),
        (b"%PDF-1.7\n", "is a PDF"),
        (gzip.compress(b"202609140901R1\n", mtime=0), r"is compressed \(gzip\): unpack it, and"),
        (b"-- MySQL dump 10.13\n--\nCREATE TABLE `t` (\n", "has no table transactions or"),
        (b"\n<!DOCTYPE html><html>\n", "is a web page: open it in a spreadsheet program, and save"),
        (
            b"09:05 >> 9900302.00\n09:05 << 98YYYYNN30000520260914    0905002.00AOLIB|BXYY|\n",
            "is a SIP2 log without loans and returns",
        ),
        (b"Dear colleagues,\nthe outage is over.\n", "has no header row"),
        (b"PK\x03\x04 and then nothing", "is a damaged spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and then nothing", "is a damaged spreadsheet"),
        (bytes(range(256)) * 9, "is neither text nor a spreadsheet that is known"),
    ],
)
def test_what_is_no_capture_is_refused_in_one_sentence(
    opened: Opened, content: bytes, sentence: str
) -> None:
    with pytest.raises(FileRefused, match=f"^capture: {sentence}"):
        opened(content)


def test_a_sqlite_file(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "captures.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table circulation (library text)")
    with pytest.raises(FileRefused, match=r"captures\.db: is no capture tool's: its table"):
        open_capture(path, options())


def test_what_is_no_file(tmp_path: Path, options: Options) -> None:
    with pytest.raises(FileRefused, match="is a folder or no file"):
        open_capture(tmp_path, options())
    with pytest.raises(FileRefused, match=r"missing\.dat: cannot be read: No such file"):
        open_capture(tmp_path / "missing.dat", options())


def test_a_file_that_goes_away_meanwhile(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "gone.dat"
    path.write_text("202609140901R1\n")
    capture = open_capture(path, options())
    path.unlink()
    with pytest.raises(FileRefused, match=r"gone\.dat: cannot be read"):
        list(capture.rows())
