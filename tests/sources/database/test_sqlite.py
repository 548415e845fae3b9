"""The capture tools' tables in SQLite files; a MariaDB server is in tests/cli."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from almareplay.sources import Capture, FileRefused, ReadingOptions, open_capture, open_database
from almareplay.sources.database import sqlite
from almareplay.transactions import Transaction

Options = Callable[..., ReadingOptions]

FIXTURE = Path(__file__).parents[3] / "fixtures" / "captures" / "circulation.sqlite"
COLUMNS = "library, timestamp, return_or_loan, item_barcode, patron_barcode, saved"
SAVED = "(written out by the capture tool already)"


def test_a_sqlite_file(
    opened: Callable[..., Capture], seen: Callable[..., list[str]], options: Options
) -> None:
    number = "the item barcode was stored as a number: leading zeros, if it had any, are lost"
    rows = [
        SAVED,
        "2 loan 35226030011207 25226000101133 09-14 09:08",
        "3 return 35226030018848 09-14 09:44",
        f"4 loan 35226030018848 951300472 09-14 09:55 [{number}]",
        "5 the date or time cannot be read",
    ]
    before = FIXTURE.read_bytes()
    assert seen("captures/circulation.sqlite") == rows
    assert opened("captures/circulation.sqlite").format == "SQLite: table circulation (Oregon)"
    assert FIXTURE.read_bytes() == before
    capture = open_database(f"sqlite:///{FIXTURE}", options())
    assert capture.name == "circulation.sqlite"
    assert capture.progress == 0.0
    read = list(capture.rows())
    assert [row for row in capture.rows() if isinstance(row, Transaction)] == [
        row for row in read if isinstance(row, Transaction)
    ]
    assert capture.progress == 1.0
    assert "source_file='circulation.sqlite#circulation'" in str(read[1])


def test_rows_written_out_are_read_when_told(seen: Callable[..., list[str]]) -> None:
    first, *_ = seen("captures/circulation.sqlite", include_saved=True)
    assert first.startswith("1 return 35226030014417 03-01 11:30 [written out by")


def test_the_fingerprint_is_that_of_what_is_read(
    made: Callable[..., Path], options: Options
) -> None:
    path = made(
        f"create table transactions (id integer primary key, {COLUMNS}, patron_name)",
        f"insert into transactions ({COLUMNS}, patron_name) "
        "values ('M', '2026-09-14 09:03:10', 'R', '1', '', 0, 'A')",
    )
    url = f"sqlite:///{path}"
    fingerprint = open_database(url, options()).fingerprint()
    with closing(sqlite3.connect(path)) as changed, changed:
        changed.execute("update transactions set patron_name = 'B'")
    assert open_database(url, options()).fingerprint() == fingerprint
    with closing(sqlite3.connect(path)) as changed, changed:
        changed.execute("update transactions set item_barcode = '2'")
    assert open_database(url, options()).fingerprint() != fingerprint


def test_a_view_with_the_columns_is_taken(made: Callable[..., Path], options: Options) -> None:
    path = made(
        "create table log (at, item)",
        "insert into log values ('2026-09-14 09:03:10', '00123')",
        f"create view outage ({COLUMNS}) as select 'M', at, 'R', item, null, 'false' from log",
    )
    capture = open_capture(path, options())
    assert capture.assumptions == [
        "the table outage is read: it has the columns of transactions",
        "not read: table log",
    ]
    (row,) = capture.rows()
    assert isinstance(row, Transaction)
    assert (row.item_barcode, row.source_file) == ("00123", "outage.db#outage")


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (["create table notes (a)"], "has no table transactions or circulation: its tables are n"),
        (
            ["create table circulation (library, datetime, retorlo, itmbarcd)"],
            "is no capture tool's: its table circulation lacks ptrbarcd, saved",
        ),
        ([f"create table transactions ({COLUMNS})"], "has no rows in its table of captures"),
    ],
)
def test_databases_without_captures(
    made: Callable[..., Path], options: Options, statements: list[str], sentence: str
) -> None:
    with pytest.raises(FileRefused, match=f"^outage.db: {sentence}"):
        open_capture(made(*statements), options())


def test_a_file_that_is_written_to(
    tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.0)
    path = tmp_path / "outage.db"
    shutil.copyfile(FIXTURE, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        with pytest.raises(FileRefused, match="is in use by another program: close it there"):
            open_capture(path, options())
    whole = path.read_bytes()
    path.write_bytes(whole[:600] + bytes(len(whole) - 600))
    with pytest.raises(FileRefused, match=r"outage\.db: cannot be read as a SQLite database"):
        open_capture(path, options())


def test_rows_that_stand_in_the_file_beside_it(tmp_path: Path, options: Options) -> None:
    """SQLite would not say a word, and leave files of its own beside the capture."""
    path, copied = tmp_path / "outage.db", tmp_path / "copied.db"
    row = "'M', '2026-09-14 09:03:10', 'R', '{}', '', 0"
    with closing(sqlite3.connect(path)) as tool:
        tool.execute("pragma journal_mode=wal")
        tool.execute(f"create table transactions ({COLUMNS})")
        tool.execute(f"insert into transactions values ({row.format(1)})")
        tool.commit()
        tool.execute("pragma wal_checkpoint(truncate)")
        tool.execute(f"insert into transactions values ({row.format(2)})")
        tool.commit()
        shutil.copyfile(path, copied)
        assert len(list(open_capture(path, options()).rows())) == 2
    capture = open_capture(copied, options())
    assert len(list(capture.rows())) == 1
    assert "its newest rows may be missing: " in capture.assumptions[0]
    assert {each.name for each in tmp_path.iterdir()} == {"outage.db", "copied.db"}
    with closing(sqlite3.connect(copied)) as tool, tool:
        tool.execute("delete from transactions")
    with pytest.raises(FileRefused, match=r"nothing to load\. Its newest rows may be missing: "):
        open_capture(copied, options())


def test_a_queue_is_no_capture(made: Callable[..., Path], options: Options) -> None:
    with pytest.raises(FileRefused, match="is a queue of almareplay and no capture"):
        open_capture(made("create table almareplay_schema (version)"), options())
