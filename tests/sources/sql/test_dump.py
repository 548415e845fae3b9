"""Which tables of a dump are read, which rows of them, and what is refused."""

from __future__ import annotations

import time

import pytest

from almareplay.sources import FileRefused
from almareplay.transactions import LeftOut, Transaction
from tests.sources.sql.portland import COLUMNS, INSERT, ROW, SAVED, VALUES, Opened, Read, Seen


def test_both_tables_among_others(seen: Seen, opened: Opened) -> None:
    assert seen("captures/tables.sql") == [
        SAVED,
        "2 loan 35226030011207 25226000101133 09-14 09:08",
        "3 return 35226030018848 09-14 09:44",
        "4 31 September does not exist: 20260931101500",
        SAVED,
        "2 loan 39092000614408 29092000071125 09-17 13:02",
        "3 loan 0092000614416 o'hara 09-17 13:03",
        "4 return AVS-PROJ-3 09-17 13:08",
        "5 there is no month 0: 0000-00-00",
        "6 a loan without a patron",
        "7 return 39092000614408 09-17 15:01",
    ]
    capture = opened("captures/tables.sql", library=None)
    assert capture.format == (
        "SQL dump: table circulation (Oregon) and transactions (Portland State)"
    )
    assert "transactions.patron_barcode: patron id" in capture.columns
    first = next(row for row in capture.rows() if isinstance(row, Transaction))
    assert (first.library, first.source_file) == ("SCI", "tables.sql#circulation")
    assert first.captured_at.isoformat() == "2026-09-14T09:08:33-07:00"


def test_rows_written_out_are_read_when_told(seen: Seen, opened: Opened) -> None:
    rows = seen("captures/tables.sql", include_saved=True)
    note = "written out by the capture tool already, and read again by --include-saved"
    assert rows[0] == f"1 return 35226030014417 03-01 11:30 [{note}]"
    capture = opened("captures/tables.sql", include_saved=True)
    assert not [row for row in capture.rows() if isinstance(row, LeftOut)]
    assert f"circulation: 1 row: {note}" in capture.assumptions


def test_names_of_patrons_are_never_kept(read: Read) -> None:
    kept = " ".join(str(value) for row in read("captures/tables.sql") for value in row)
    for name in ("Okafor", "Sato", "Lindqvist", "Hara", "Halloran", "QE26", "BF637"):
        assert name not in kept


def test_a_table_of_too_many_columns(opened: Opened, seen: Seen) -> None:
    added = ", ".join(f"c{number}" for number in range(60_000))
    wide = f"INSERT INTO transactions ({COLUMNS}, {added}) VALUES (1);\n"
    began = time.process_time()
    with pytest.raises(FileRefused, match="has a table transactions of more than 250 columns"):
        opened(wide)
    with pytest.raises(FileRefused, match="has a table transactions of more than 250 columns"):
        seen(f"{INSERT} ({VALUES});\n{wide}")
    # Beside the table of captures it does not matter.
    beside = (
        f"CREATE TABLE notes ({added.replace(',', ' int,')} int);\nINSERT INTO notes VALUES (1);\n"
    )
    assert seen(f"{beside}{INSERT} ({VALUES});\n") == [f"1 {ROW}"]
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            "CREATE TABLE loans (a int);\nCREATE TABLE notes (b int);\n",
            r"has no table transactions or circulation: its tables are loans, notes\.",
        ),
        ("-- MySQL dump 10.13\n", "has no table transactions or circulation: it has no tables"),
        (
            f"INSERT INTO transactions ({COLUMNS.replace('saved', 'done')}) VALUES ({VALUES});\n",
            "is no capture tool's: its table transactions lacks saved",
        ),
        (
            f"INSERT INTO a ({COLUMNS}) VALUES ({VALUES});\n"
            f"INSERT INTO b ({COLUMNS}) VALUES ({VALUES});\n",
            "has more than one table of captures: a, b. Dump the right one by itself",
        ),
        (
            "CREATE TABLE transactions (library int, timestamp datetime, return_or_loan char, "
            "item_barcode text, patron_barcode text, saved bit);\n",
            "has no rows for its table of captures",
        ),
    ],
)
def test_refusals(opened: Opened, script: str, sentence: str) -> None:
    with pytest.raises(FileRefused, match=f"^capture: {sentence}"):
        opened(script)


def test_a_table_by_its_columns(opened: Opened, seen: Seen) -> None:
    script = f"INSERT INTO outage_2026 ({COLUMNS}) VALUES ({VALUES});\n"
    assert seen(script) == [f"1 {ROW}"]
    assert opened(script).assumptions == [
        "the table outage_2026 is read: it has the columns of transactions",
        "not read of outage_2026: column item_callnumber",
    ]


def test_timestamps_in_utc(opened: Opened, seen: Seen) -> None:
    script = (
        "/*!40103 SET TIME_ZONE='+00:00' */;\nCREATE TABLE transactions (library text, `timestamp` "
        "timestamp NULL, return_or_loan char, item_barcode text, patron_barcode text, saved bit);\n"
        "INSERT INTO transactions VALUES ('MAIN','2026-09-14 16:03:10','R','1','',NULL);\n"
    )
    assert seen(script) == ["1 return 1 09-14 09:03"]
    assert "the times of transactions are in UTC, as the dump says" in opened(script).assumptions[0]
    assert seen(script.replace("timestamp NULL", "datetime")) == ["1 return 1 09-14 16:03"]
