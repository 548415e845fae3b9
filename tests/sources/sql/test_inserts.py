"""The rows of INSERTs, and their values in the dialects of many programs."""

from __future__ import annotations

import time

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources.textlines import WINDOWS_1252
from almareplay.transactions import InvalidRow, Transaction
from tests.sources.sql.portland import COLUMNS, INSERT, ROW, SAVED, VALUES, Read, Seen


@pytest.mark.parametrize(
    "script",
    [
        f"{INSERT} ({VALUES});",
        f"insert ignore into `alma`.`Transactions` values\n ( {VALUES} ) ;\n",
        f"REPLACE INTO a.transactions ({COLUMNS}) VALUES ({VALUES}) ON CONFLICT DO NOTHING;",
        f'PRAGMA a=OFF;\nINSERT INTO "transactions" VALUES({VALUES.replace("Z5 .B", chr(92))});',
        *(f"{INSERT} ({VALUES[:-3]}{saved});" for saved in ("b'0'", "0x00", "false", "0", "NULL")),
        *(
            f"{INSERT} ({VALUES[:-3]}{saved});"
            for saved in (r"_binary '\0'", "X'00'", "x''", '"0"')
        ),
        f"{INSERT} ({VALUES.replace('O Hara', 'O Hara),(--')});",
        f"{INSERT} ({VALUES.replace(chr(39), chr(34))});",
        f"{INSERT} ({VALUES.replace('O Hara', 'O' + chr(39) * 2 + 'Ha ;' + chr(92) + chr(39))});",
        f"{INSERT} ({VALUES.replace(chr(39) + 'O Hara' + chr(39), 'NULL')});",
        "CREATE TABLE transactions (a set('b','c)') DEFAULT 'b' CHECK (a in ('b')), saved bit, "
        "item_barcode text, patron_barcode text, `timestamp` datetime, return_or_loan char, "
        "library text, PRIMARY KEY (`a`));\n/* ; ' */ -- it's here\n"
        f"{INSERT} ('b',b'0','0092614416','o.hara','2026-09-14 09:03:10','l','MAIN');",
        f"DELIMITER ;;\nCREATE TRIGGER t BEGIN {INSERT} (1); END ;;\nDELIMITER ;\n"
        f"{INSERT} ({VALUES});",
        f"\ufeff# it's a comment\nDROP TABLE a;\r\n{INSERT}\r\n({VALUES});\r\n",
    ],
)
def test_the_ways_to_write_a_row(seen: Seen, script: str) -> None:
    assert seen(f"{script}\n") == [f"1 {ROW}"]
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        assert seen(f"{script}\n".encode(encoding)) == [f"1 {ROW}"]


def test_strings_in_their_escapes(read: Read) -> None:
    odd = VALUES.replace("o.hara", r"o\'ha\"ra\\").replace("MAIN", "B\u00dcCH")
    (row,) = read(f"-- MySQL dump of a part\n{INSERT} ({odd});\n".encode("cp1252"))
    assert isinstance(row, Transaction)
    assert (row.patron_id, row.library) == ("o'ha\"ra\\", "BÜCH")
    assert row.notes == (WINDOWS_1252,)


@pytest.mark.parametrize(
    "written",
    [
        r"replace('0092614416\r','\r',char(13))",
        r"replace(replace('0092\r\n614416','\r',''),'\n','')",
        r"unistr('\u0030092\u0036\+0000314416')",
        "'0092'||'614416'",
        "'0092614416' || char(13, 10)",
        "x'30303932363134343136'",
        "unhex('30303932363134343136')",
        "CAST(X'30303932363134343136' AS TEXT)",
        "concat('0092','6144',char(49),'6')",
        "CONVERT('0092614416' USING utf8mb4)",
        "'0092614416'::character varying",
        "((('0092614416')))",
    ],
)
def test_functions_of_which_the_value_is_certain(seen: Seen, written: str) -> None:
    values = VALUES.replace("'0092614416'", written)
    assert seen(f"PRAGMA foreign_keys=OFF;\n{INSERT} ({values});\n") == [f"1 {ROW}"]


def test_a_bit_as_adminer_writes_it(seen: Seen) -> None:
    rows = ",\n".join(f"({VALUES[:-3]}\tCONV('{bit}', 2, 10) + 0)" for bit in (0, 1))
    script = (
        f"-- Adminer 4.8.1 MySQL 10.11.6-MariaDB dump\n\nSET NAMES utf8;\n\n{INSERT}\n{rows};\n"
    )
    assert seen(script) == [f"1 {ROW}", SAVED]


@pytest.mark.parametrize(
    ("column", "written", "reason"),
    [
        ("'2026-09-14 09:03:10'", "now()", "now() where the timestamp"),
        ("'0092614416'", "substr(x,1,9)", "substr() where the item_barcode"),
        ("'0'", "CONV('0', 2, 16)", "conv() where the saved"),
        (
            "'0092614416'",
            "replace('00', '0', replace('a','a','0'), 1)",
            "replace() where the item_barcode",
        ),
        ("'o.hara'", "unistr('\\Uffffffff')", "unistr() where the patron_barcode"),
        ("'o.hara'", "'a' ~ 'b'", "an expression where the patron_barcode"),
        ("'o.hara'", "- - - '1'", "a sum where the patron_barcode"),
    ],
)
def test_a_value_that_only_the_database_could_tell(
    read: Read, column: str, written: str, reason: str
) -> None:
    values = VALUES.replace(column, written)
    (row,) = read(f"PRAGMA foreign_keys=OFF;\n{INSERT} ({values});\n")
    assert isinstance(row, InvalidRow)
    said = in_words(row.reason)
    assert said.startswith(f"the dump has {reason} belongs: only the database knows")
    # What can be read stands in the report.
    assert row.item_barcode == ("" if "item" in reason else "0092614416")
    assert row.patron_id == ("" if "patron" in reason else "o.hara")


def test_a_function_in_a_column_that_is_not_read_does_not_matter(seen: Seen) -> None:
    values = VALUES.replace("'O Hara'", "secret(crypt('x', 1), ';(')")
    assert seen(f"{INSERT} ({values});\n") == [f"1 {ROW}"]


def test_values_that_would_fill_the_memory(read: Read) -> None:
    grown = "'a'"
    for _ in range(6):
        grown = f"replace({grown},'a','aaaaaaaaaaaaaaaaaaaa')"
    (row,) = read(f"{INSERT} ({VALUES.replace(chr(39) + '0092614416' + chr(39), grown)});\n")
    assert isinstance(row, InvalidRow)
    assert in_words(row.reason).startswith("the dump has replace() where the item_barcode")


@pytest.mark.parametrize("piece", ["(", "((", "('", "a(", "',", "-", "||'a'", "/*", "`", "x'0"])
def test_a_row_of_any_length_takes_linear_time(piece: str, read: Read) -> None:
    began = time.process_time()
    rows = read(f"{INSERT} ({VALUES});\n{INSERT} ('M', {piece * (400_000 // len(piece))}")
    assert isinstance(rows[0], Transaction)
    assert time.process_time() - began < 10


def test_a_number_for_a_barcode_is_noted(seen: Seen) -> None:
    (row,) = seen(f"{INSERT} ({VALUES.replace(chr(39) + '0092614416' + chr(39), '92614416')});\n")
    assert row.startswith("1 loan 92614416 o.hara")
    assert "leading zeros, if it had any, are lost" in row
