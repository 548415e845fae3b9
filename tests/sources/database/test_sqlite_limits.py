"""SQLite files that never end, are too large, or lie: each is one refusal."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from almareplay.sources import FileRefused, ReadingOptions, open_capture
from almareplay.sources.database import sqlite

Options = Callable[..., ReadingOptions]

COLUMNS = "library, timestamp, return_or_loan, item_barcode, patron_barcode, saved"
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
