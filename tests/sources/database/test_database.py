"""The capture tools' tables in SQLite files and behind URLs; a MariaDB server is in tests/cli."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from almareplay.sources import (
    Capture,
    FileRefused,
    ReadingOptions,
    is_database_url,
    needs_password,
    open_capture,
    open_database,
)
from almareplay.sources.database import sqlite
from almareplay.transactions import Transaction

Options = Callable[..., ReadingOptions]

FIXTURE = Path(__file__).parents[3] / "fixtures" / "captures" / "circulation.sqlite"
COLUMNS = "library, timestamp, return_or_loan, item_barcode, patron_barcode, saved"
SECRET = "S3cret"
LOGIN = f"user:{SECRET}@"
SAVED = "(written out by the capture tool already)"


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """Makes a SQLite file of statements."""

    def made(*statements: str) -> Path:
        path = tmp_path / "outage.db"
        with closing(sqlite3.connect(path)) as new, new:
            for statement in statements:
                new.execute(statement)
        return path

    return made


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


LOAN = "'M', '2026-09-14 09:03:10', 'L'"
MANY = (
    "create table t (a)",
    "insert into t with recursive c (x) as (select 1 union all select x + 1 from c where x < 999) "
    "select x from c",
)
ENDLESS = (
    f"create view transactions ({COLUMNS}) as select {LOAN}, a.a, b.a, 0 from t a, t b, t c, t d"
)


@pytest.mark.parametrize(
    "statements",
    [
        (*MANY, ENDLESS),
        (*MANY, f"{ENDLESS} where a.a + b.a + c.a + d.a < 0"),
        (*MANY, ENDLESS.replace("a.a,", "hex(zeroblob(30000)),")),
    ],
)
def test_a_view_that_never_ends(
    made: Callable[..., Path],
    options: Options,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite, "SECONDS", 0.3)
    with pytest.raises(FileRefused, match=r"^outage\.db: takes too long to read: one of"):
        open_capture(made(*statements), options())


@pytest.mark.parametrize(
    "statements",
    [
        [
            f"create view transactions ({COLUMNS}) as with recursive c (x) as "
            f"(select 1 union all select x + 1 from c) select {LOAN}, x, x, 0 from c"
        ],
        [
            "create view v0 as select 1 as a",
            *(f"create view v{n} as select x.a from v{n - 1} x, v{n - 1} y" for n in range(1, 40)),
            f"create view transactions ({COLUMNS}) as select {LOAN}, a, a, 0 from v39",
        ],
    ],
)
def test_a_view_that_grows_with_every_step(
    made: Callable[..., Path], options: Options, statements: list[str]
) -> None:
    with pytest.raises(FileRefused, match="but for what its view transactions may show"):
        open_capture(made(*statements), options())


def test_intricate_views_beside_a_table_of_captures_do_not_matter(
    made: Callable[..., Path], options: Options
) -> None:
    path = made(
        f"create table transactions ({COLUMNS})",
        f"insert into transactions values ({LOAN}, '1', '2', 0)",
        "create view a as with recursive c (x) as (select 1 union all select x from c) select x",
    )
    assert len(list(open_capture(path, options()).rows())) == 1


@pytest.mark.parametrize("value", ["zeroblob(1000000000)", "hex(zeroblob(50000))"])
@pytest.mark.parametrize("kind", ["table", "view"])
def test_a_huge_value(made: Callable[..., Path], options: Options, kind: str, value: str) -> None:
    if kind == "view":
        path = made(f"create view transactions ({COLUMNS}) as select {LOAN}, {value}, 1, 0")
    else:
        path = made(
            f"create table transactions ({COLUMNS.replace('item_barcode', 'b')}, "
            f"item_barcode as ({value}))",
            f"insert into transactions values ({LOAN}, '1', '2', 0)",
        )
    with pytest.raises(FileRefused, match="has a value of more than 65,536 bytes in its table"):
        open_capture(path, options())


def test_a_large_value_that_is_not_read(made: Callable[..., Path], options: Options) -> None:
    path = made(
        f"create table transactions ({COLUMNS}, photo)",
        f"insert into transactions values ({LOAN}, '1', '2', 0, zeroblob(1000000))",
    )
    assert len(list(open_capture(path, options()).rows())) == 1


def test_a_value_of_which_the_file_lies(made: Callable[..., Path], options: Options) -> None:
    path = made(
        f"create table transactions ({COLUMNS})",
        f"insert into transactions values ({LOAN}, zeroblob(70), '2', 0)",
    )
    content = path.read_bytes()
    said = content.rindex(b"\x81\x18")  # the length of the blob, as SQLite writes it
    path.write_bytes(content[:said] + b"\xff\x7e" + content[said + 2 :])
    with pytest.raises(FileRefused, match="cannot be read as a SQLite database"):
        open_capture(path, options())


def test_ctrl_c_while_sqlite_works(made: Callable[..., Path], options: Options) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    path = made(*MANY, f"{ENDLESS} where a.a + b.a + c.a + d.a < 0")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            open_capture(path, options())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("url", "is_url", "asks"),
    [
        ("mysql+pymysql://user@host/alma_offline", True, True),
        ("mysql+pymysql://user:secret@host/alma_offline", True, False),
        ("mysql+pymysql://user:@host/alma_offline", True, False),
        ("mysql+pymysql://user@host/alma_offline?passwd=secret", True, False),
        ("mysql+pymysql://user@/alma_offline?unix_socket=/run/socket", True, False),
        ("sqlite:///outage.db", True, False),
        ("mysql://user@host:port/alma", True, False),
        ("outage.db", False, False),
        ("C:\\captures\\desk.dat", False, False),
        ("captures/desk.dat", False, False),
    ],
)
def test_urls(url: str, is_url: bool, asks: bool) -> None:
    assert is_database_url(url) is is_url
    assert needs_password(url) is asks


def test_what_cannot_be_opened_is_said_without_the_password(options: Options) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        closed = listening.getsockname()[1]
    refusals = {
        f"mysql://{LOGIN}host:port/alma": "The database URL: cannot be read: write it as my",
        f"mysql+pymysql://user:S3c@{SECRET}@host/alma": "has more than one @",
        f"nosuch://{LOGIN}host/alma": "alma: a database of the kind nosuch cannot be read",
        f"oracle://{LOGIN}host/alma": "is its driver installed",
        f"mariadb://{LOGIN}127.0.0.1:{closed}/alma": "alma: no database server answers",
        f"mysql://u@127.0.0.1:{closed}/alma?passwd={SECRET}&zz=1": "alma: cannot be read. What its",
        "sqlite://": "The database URL: cannot be read: there is no such file",
        "sqlite:////no/such.db": "cannot be read: there is no such file",
        "https://docs.example/sheet": "a database of the kind https cannot be read here",
    }
    for url, words in refusals.items():
        with pytest.raises(FileRefused) as refused:
            open_database(url, options(), SECRET)
        assert words in str(refused.value)
        shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
        assert SECRET not in shown
