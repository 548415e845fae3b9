"""Dumps of the capture tools' databases."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import Capture, FileRefused, Row
from almareplay.sources.sql import script as reading
from almareplay.sources.sql.script import BROKEN_OFF, UNREADABLE
from almareplay.transactions import InvalidRow, LeftOut, Transaction, same_identifier

Opened = Callable[..., Capture]
Read = Callable[..., list[Row]]
Seen = Callable[..., list[str]]

SAVED = "(written out by the capture tool already)"
COLUMNS = (
    "library, timestamp, return_or_loan, item_barcode, item_callnumber, patron_barcode, "
    "patron_name, saved"
)
VALUES = "'MAIN','2026-09-14 09:03:10','L','0092614416','Z5 .B','o.hara','O Hara','0'"
INSERT = "INSERT INTO transactions VALUES"
ROW = "loan 0092614416 o.hara 09-14 09:03"


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
    assert all_in_words(row.notes) == "not in UTF-8: read as Windows-1252"


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
    assert in_words(row.reason).startswith(
        f"the dump has {reason} belongs: only the database knows"
    )
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


@pytest.mark.parametrize(
    ("script", "rows", "broken_off"),
    [
        (f"{INSERT} ({VALUES}),({VALUES[:40]}", [f"1 {ROW}", f"2 {in_words(BROKEN_OFF)}"], True),
        (f"{INSERT} ({VALUES}),({VALUES}", [f"1 {ROW}", f"2 {in_words(BROKEN_OFF)}"], True),
        (f"{INSERT} ({VALUES}),", [f"1 {ROW}"], True),
        (f"{INSERT} ({VALUES})", [f"1 {ROW}"], True),
        (f"-- MySQL dump 10.13\n{INSERT} ({VALUES});", [f"1 {ROW}"], True),
        (f"{INSERT} ({VALUES});", [f"1 {ROW}"], False),
        (
            f"{INSERT} ({VALUES}),('MAIN',now(),'L'),({VALUES});",
            [f"1 {ROW}", "2 the row does not have the 8 values that belong there", f"3 {ROW}"],
            False,
        ),
        (
            f"{INSERT} ({VALUES}),('a'}},('MAIN');\n{INSERT} ({VALUES});",
            [f"1 {ROW}", f"2 {in_words(UNREADABLE)}", f"3 {ROW}"],
            False,
        ),
    ],
)
def test_damaged_dumps(
    opened: Opened, seen: Seen, script: str, rows: list[str], broken_off: bool
) -> None:
    assert seen(f"{script}\n") == rows
    said = " ".join(opened(f"{script}\n").assumptions)
    assert ("the dump breaks off" in said) is broken_off


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
        (
            "-- PostgreSQL database dump\nCOPY public.transactions (library) FROM stdin;\nMAIN\n",
            "is a dump of PostgreSQL with rows in its own COPY format: .* --inserts",
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


def test_rows_across_the_pieces_that_are_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = r"\'x;" * 900
    script = (
        f"CREATE TABLE notes (a text);\nINSERT INTO notes VALUES ('{blob}'),('{blob}');\n"
        + f"-- {'a comment; ' * 20}\n" * 3
        + f"{INSERT} {','.join([f'({VALUES})'] * 200)};\n"
        + f"{INSERT} ({VALUES.replace('Z5', 'Z' * 1000)}),({VALUES});\n{INSERT} ({VALUES});\n"
    )
    whole = read(script)
    assert [isinstance(row, Transaction) for row in whole] == [True] * 203
    monkeypatch.setattr(reading, "LONGEST", 400)
    monkeypatch.setattr(reading, "_CHUNK", 100)
    rows = read(script)
    # A row longer than what is at hand is reported, with what follows it in its INSERT.
    assert rows[:200] == whole[:200]
    assert [row.reason for row in rows[200:] if isinstance(row, InvalidRow)] == [UNREADABLE]
    assert [row.source_row for row in rows[200:] if isinstance(row, Transaction)] == [202]


# Neither several numbers nor a number between Codabar letters.
identifiers = st.from_regex(r"\A[F-Mf-mÄß'\"\\][(),;'\"\\]{0,4}[0-9'\"\\]{0,5}[f-m]\Z")
# A column of "E,e" would be one of names, which is refused.
patron_ids = identifiers.filter(lambda text: "," not in text)


def quoted(text: str) -> str:
    """Text as mysqldump writes it."""
    for plain, escaped in (("\\", r"\\"), ("'", r"\'"), ("\0", r"\0"), ("\n", r"\n")):
        text = text.replace(plain, escaped)
    return f"'{text}'"


names = st.text().filter(lambda name: not name.strip().isdigit())  # which would be a slipped id


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(identifiers, patron_ids, names).filter(
            lambda row: not same_identifier(row[0], row[1])
        ),
        min_size=1,
    ),
    st.data(),
)
def test_what_is_dumped_is_read_and_any_end_is_survived(
    read: Read, rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    rows = [row for row in rows if row[0].casefold() != row[1].casefold()]  # one scanned twice
    assume(rows)
    values = [
        f"('M','2026-09-14 09:03:10','L',{quoted(item)},NULL,{quoted(patron)},{quoted(name)},'0')"
        for item, patron, name in rows
    ]
    script = f"-- MySQL dump\n{INSERT} {','.join(values)};\n".encode()
    assert [
        (row.item_barcode, row.patron_id) for row in read(script) if type(row) is Transaction
    ] == [(item, patron) for item, patron, _ in rows]
    end = data.draw(st.integers(script.index(b"("), len(script)))
    whole = read(script[:end])
    assert len(whole) <= len(rows)
    assert [type(row) for row in whole[:-1]] == [Transaction] * len(whole[:-1])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([INSERT, *"(),;'`\"\\\n", "--", "/*", "*/", VALUES, "DELIMITER $"]))
)
def test_any_script_ends_in_rows_or_one_sentence(read: Read, parts: list[str]) -> None:
    try:
        rows = read(f"{INSERT} ({VALUES});{' '.join(parts)}\n")
    except FileRefused as refused:
        assert str(refused).startswith("capture: ")
    else:
        assert isinstance(rows[0], Transaction)
