"""Dumps that break off, are damaged, or are no dumps at all."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from almareplay.outcomes.reasons import in_words
from almareplay.sources import FileRefused
from almareplay.sources.sql import text as reading
from almareplay.sources.sql.script import BROKEN_OFF, UNREADABLE
from almareplay.transactions import InvalidRow, Transaction, same_identifier
from tests.examples import examples
from tests.sources.sql.portland import INSERT, ROW, VALUES, Opened, Read, Seen


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


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
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


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
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
