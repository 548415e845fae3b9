"""Dumps of PostgreSQL as pg_dump writes them: rows behind a COPY, a line each."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almareplay.outcomes.reasons import in_words
from almareplay.sources import FileRefused
from almareplay.sources.sql import text as reading
from almareplay.sources.sql.script import BROKEN_OFF
from almareplay.sources.textlines import WINDOWS_1252
from almareplay.transactions import InvalidRow, Reason, Transaction
from tests.examples import examples
from tests.sources.sql.portland import COLUMNS, COPY, LINE, ROW, Opened, Read, Seen

HEAD = "-- PostgreSQL database dump\n"
END = "\\.\n"
COMPLETE = "-- PostgreSQL database dump complete\n"
BROKEN = "the dump breaks off: rows that stood behind its last one are missing"


def dump(*lines: str) -> str:
    return f"{HEAD}{COPY}{''.join(lines)}{END}{COMPLETE}"


def table(**types: str) -> str:
    """A CREATE TABLE with these types, text for the others."""
    columns = ", ".join(f'"{name}" {types.get(name, "text")}' for name in COLUMNS.split(", "))
    return f"{HEAD}CREATE TABLE public.transactions ({columns});\n"


def test_a_whole_dump(seen: Seen, opened: Opened) -> None:
    assert seen("captures/postgres.sql") == [
        "72 loan 39092000614408 29092000071125 09-14 09:03",
        "73 return 39092000614416 09-14 09:04",
        "74 loan O'NEILL-2 jun.sato 09-14 09:04",
        "75 loan 0092000614416 00417 09-14 09:05",
        "(written out by the capture tool already)",
        "77 a loan without a patron",
    ]
    capture = opened("captures/postgres.sql")
    assert capture.format == "SQL dump: table transactions (Portland State)"
    assert capture.assumptions == [
        "not read: table notes",
        "not read of transactions: column item_callnumber",
    ]
    assert capture.progress == 0.0
    assert len(list(capture.rows())) == 6
    assert capture.progress == 1.0


def test_rows_with_fields_missing_or_too_many_are_never_shifted(read: Read) -> None:
    rows = read("captures/postgres-cut-off.sql", library=None)
    assert [row.source_row for row in rows if isinstance(row, Transaction)] == [21, 22, 25]
    assert [(row.source_row, row.reason) for row in rows if isinstance(row, InvalidRow)] == [
        (23, Reason.of("other_fields", fields=8, width=9)),
        (24, Reason.of("other_fields", fields=11, width=9)),
        (26, BROKEN_OFF),
    ]
    kept = " ".join(str(value) for row in rows for value in row)
    for name in ("Okafor", "Sato", "Vol. 2", "QE26"):
        assert name not in kept


def test_all_escapes(read: Read) -> None:
    line = LINE.replace("0092614416", r"\60\x30\0712614416").replace("o.hara", r"\o\x2e\150ara\\")
    (row,) = read(dump(line.replace("MAIN", r"B\303\234CH").replace("O Hara", r"\b\f\n\r\t\v\N")))
    assert isinstance(row, Transaction)
    assert (row.item_barcode, row.patron_id, row.library) == ("0092614416", "o.hara\\", "BÜCH")
    assert not row.notes
    # A value may also hold a line break or a delimiter with a backslash before it.
    rows = read(dump(LINE.replace("Z5 .B", "Z5\\\n.B\\\t\\\\"), LINE))
    assert [row.source_row for row in rows if isinstance(row, Transaction)] == [3, 5]


def test_other_encodings(read: Read) -> None:
    (row,) = read(dump(LINE.replace("MAIN", "BÜCH")).encode("cp1252"))
    assert isinstance(row, Transaction)
    assert (row.library, row.notes) == ("BÜCH", (WINDOWS_1252,))
    # A shell of Windows that takes what pg_dump says into a file.
    (row,) = read(dump(LINE.replace("MAIN", "BÜCH")).replace("\n", "\r\n").encode("utf-16"))
    assert isinstance(row, Transaction)
    assert (row.library, row.notes, row.source_row) == ("BÜCH", (), 3)


@pytest.mark.parametrize(
    ("types", "before", "after"),
    [
        ({"saved": "boolean"}, "0\n", "f\n"),
        ({"saved": "bytea"}, "0\n", "\\\\x00\n"),
        ({"saved": "smallint"}, "0\n", "\\N\n"),
        ({"timestamp": "timestamp without time zone"}, "09:03:10", "09:03:10.123456"),
        ({"library": "character(8)"}, "MAIN", "MAIN    "),
    ],
)
def test_columns_of_other_types(seen: Seen, types: dict[str, str], before: str, after: str) -> None:
    script = f"{table(**types)}{COPY}{LINE.replace(before, after)}{END}"
    assert seen(script) == [f"4 {ROW}"]


def test_times_with_their_zone(seen: Seen) -> None:
    script = table(timestamp="timestamp with time zone")
    at = [LINE.replace("09:03:10", each) for each in ("16:03:10+00", "09:03:10.25-07")]
    assert seen(f"{script}{COPY}{''.join(at)}{END}") == [
        f"4 {ROW} [the time is in UTC, as the row says]",
        f"5 {ROW}",
    ]


@pytest.mark.parametrize(
    ("kind", "saved"), [("boolean", "t"), ("bytea", r"\\x01"), ("integer", "1"), ("bit(1)", "1")]
)
def test_rows_written_out_already(seen: Seen, kind: str, saved: str) -> None:
    line = LINE.replace("0\n", f"{saved}\n")
    script = f"{table(saved=kind)}{COPY}{LINE}{line}{END}{COMPLETE}"
    assert seen(script) == [f"4 {ROW}", "(written out by the capture tool already)"]


@pytest.mark.parametrize("kind", ["bigint", "numeric(14,0)"])
def test_a_number_for_a_barcode_is_noted(seen: Seen, kind: str) -> None:
    (row,) = seen(f"{table(item_barcode=kind)}{COPY}{LINE.replace('0092614416', '92614416')}{END}")
    assert row.startswith("4 loan 92614416 o.hara")
    assert "leading zeros, if it had any, are lost" in row
    (row,) = seen(f"{table(item_barcode=kind)}{COPY}{LINE.replace('009', '9' * 5_000)}{END}")
    assert row.startswith("4 the item barcode")


@pytest.mark.parametrize(
    ("said", "delimiter", "null"),
    [
        ("", "\t", r"\N"),
        (" WITH DELIMITER '|' NULL AS ''", "|", ""),
        (" USING DELIMITERS ';'", ";", r"\N"),
        (" WITH (FORMAT text, DELIMITER E'\\t', NULL 'nothing')", "\t", "nothing"),
        (" (delimiter '^', null '''')", "^", "'"),
    ],
)
def test_forms_that_are_read(seen: Seen, said: str, delimiter: str, null: str) -> None:
    script = COPY.replace(" FROM stdin", f"\nfrom STDIN{said}")
    line = LINE.replace("O Hara", null).replace("\t", delimiter)
    returned = LINE.replace("\tL\t", "\tR\t").replace("o.hara", null).replace("\t", delimiter)
    assert seen(f"{HEAD}{script}{line}{returned}{END}") == [
        f"4 {ROW}",
        "5 return 0092614416 09-14 09:03",
    ]


@pytest.mark.parametrize(
    ("said", "option"),
    [
        (" WITH (FORMAT csv, HEADER)", "FORMAT csv"),
        (" CSV", "CSV"),
        (" WITH NULL '' CSV HEADER QUOTE ';'", "CSV"),
        (" (DELIMITER '||')", "DELIMITER"),
        (" WITH (HEADER, FORMAT text)", "HEADER"),
        (" WHERE patron_barcode <> '417'", "WHERE"),
        (" %", "options"),
    ],
)
def test_forms_that_are_refused(opened: Opened, seen: Seen, said: str, option: str) -> None:
    form = COPY.replace(" FROM stdin", f" FROM stdin{said}")
    with pytest.raises(FileRefused) as refused:
        opened(f"{form}{LINE}{END}")
    assert str(refused.value) == (
        "capture: has the rows of its table transactions in another form than pg_dump writes "
        f"(COPY with {option}): dump the table again, by pg_dump --table=transactions."
    )
    # In a table that is not read they do not matter.
    aside = form.replace("transactions", "notes").replace(COLUMNS, "a, b")
    assert seen(f'{aside}x,"\n{END}{COPY}{LINE}{END}') == [f"5 {ROW}"]


def test_oids_of_old_dumps_are_refused(opened: Opened) -> None:
    with pytest.raises(FileRefused, match="COPY with OIDS"):
        opened(f"{COPY.replace(' FROM', ' WITH OIDS FROM')}16384\t{LINE}{END}")


@pytest.mark.parametrize(
    ("script", "rows", "broken_off"),
    [
        (dump(LINE), [f"3 {ROW}"], False),
        (f"{COPY}{LINE}{END}", [f"2 {ROW}"], False),
        (f"{HEAD}{COPY}{LINE}{END}", [f"3 {ROW}"], True),
        (f"{COPY}{LINE}", [f"2 {ROW}"], True),
        (f"{COPY}{LINE}\\", [f"2 {ROW}"], True),
        (f"{COPY}{LINE}\\.", [f"2 {ROW}"], False),
        # The last field may be the half of itself.
        (f"{COPY}{LINE}{LINE[:-1]}", [f"2 {ROW}", f"3 {in_words(BROKEN_OFF)}"], True),
        (f"{COPY}{LINE}{LINE[:30]}", [f"2 {ROW}", f"3 {in_words(BROKEN_OFF)}"], True),
        # The end of one COPY and the beginning of the next are missing, or only the end mark.
        (
            f"{COPY}{LINE}{COPY.replace('transactions', 'older')}{LINE}{END}{COPY}{LINE}{END}",
            [f"2 {ROW}", f"7 {ROW}"],
            True,
        ),
        (f"{COPY}{LINE}\n--\n-- Name: notes\n--\n{COPY}{LINE}{END}", None, True),
        (
            f"COPY notes (a, b) FROM stdin;\n1\t2\n{COPY}{LINE}{END}",
            [f"4 {ROW}"],
            True,
        ),
        # In a table of one column it may be what stands there.
        (f"COPY notes (a) FROM stdin;\n{COPY}{END}{COPY}{LINE}{END}", [f"5 {ROW}"], False),
        (f"{COPY}\n{LINE}  \n{END}", ["(blank line)", f"3 {ROW}", "(blank line)"], False),
        (f"{COPY}MAIN\n{LINE}{END}", ["2 the line has 1 field where 8 belong", f"3 {ROW}"], False),
    ],
)
def test_damaged_dumps(
    opened: Opened, seen: Seen, script: str, rows: list[str] | None, broken_off: bool
) -> None:
    assert seen(script) == (rows or [f"2 {ROW}", "(blank line)", f"8 {ROW}"])
    assert (BROKEN in opened(script).assumptions) is broken_off


def test_a_table_without_rows(opened: Opened) -> None:
    with pytest.raises(FileRefused, match="has no rows for its table of captures"):
        opened(dump())


@pytest.mark.parametrize("pieces", [False, True])
def test_functions_and_what_psql_is_told(
    seen: Seen, pieces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pieces:  # every mark is cut in two somewhere
        monkeypatch.setattr(reading, "LONGEST", 400)
        monkeypatch.setattr(reading, "_CHUNK", 1)
    function = (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $fn_1$\nbegin -- it's here;\n"
        "perform format($$it's; %s$$, 'a'); return new; end;\n$fn_1$;\n"
    )
    script = (
        f"{HEAD}\\restrict it's\n{function}{COPY}{LINE}{END}\\connect alma\n"
        f"COMMENT ON TABLE a IS 'costs 5$, it''s $a b$';\n{COPY}{LINE}{END}{COMPLETE}"
    )
    assert seen(script) == [f"8 {ROW}", f"13 {ROW}"]


def test_rows_across_the_pieces_that_are_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = f"COPY notes (a, b) FROM stdin;\n1\t{'-- it is; ' * 200}\n"
    long = LINE.replace("Z5", "Z" * 2_000)
    script = f"{HEAD}{notes}{END}{COPY}{LINE * 100}{long}{LINE}{END}{COMPLETE}"
    whole = read(script)
    assert [row.source_row for row in whole if isinstance(row, Transaction)] == [*range(6, 108)]
    monkeypatch.setattr(reading, "LONGEST", 200)
    monkeypatch.setattr(reading, "_CHUNK", 100)
    rows = read(script)
    assert [*rows[:100], rows[101]] == [*whole[:100], whole[101]]
    assert isinstance(rows[100], InvalidRow)
    assert rows[100].reason.code == "line_too_long"
    assert rows[100].source_row == 106


@pytest.mark.parametrize("piece", ["\\", "\t", "--\n", "COPY a FROM stdin;\n", "$a", "\\\n"])
def test_lines_of_any_length_take_linear_time(piece: str, read: Read) -> None:
    began = time.process_time()
    rows = read(f"{HEAD}{COPY}{LINE}{piece * (200_000 // len(piece))}")
    assert isinstance(rows[0], Transaction)
    assert time.process_time() - began < 10


def escaped(text: str | None) -> str:
    """A field as pg_dump writes it."""
    if text is None:
        return r"\N"
    text = text.replace("\\", r"\\").replace("\b", r"\b").replace("\v", r"\v").replace("\f", r"\f")
    return text.replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


identifiers = st.from_regex(r"\A[F-MÄß\\][|;'\"\\.N]{0,2}[0-9\\]{0,5}[f-m]\Z")
names = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs", "Nd"))))


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(identifiers, names), min_size=1, max_size=6), st.data())
def test_what_is_dumped_is_read_and_any_end_is_survived(
    read: Read, rows: list[tuple[str, str | None]], data: st.DataObject
) -> None:
    script = dump(
        *(
            f"M\t2026-09-14 09:03:10\tR\t{escaped(item)}\t\\N\t\t{escaped(name)}\t0\n"
            for item, name in rows
        )
    ).encode()
    whole = read(script)
    items = [row.item_barcode for row in whole if isinstance(row, Transaction)]
    assert items == [item for item, _ in rows]
    begin = script.index(COPY.encode()) + len(COPY)
    cut = read(script[: data.draw(st.integers(begin + 1, len(script)))])
    good = [row for row in cut if isinstance(row, Transaction)]
    assert good == whole[: len(good)]
    assert [row.reason for row in cut[len(good) :] if isinstance(row, InvalidRow)] in (
        [],
        [BROKEN_OFF],
    )
