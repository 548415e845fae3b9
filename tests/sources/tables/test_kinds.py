"""Loan or return: words for them, files without, and the flag."""

from __future__ import annotations

import pytest

from almareplay.outcomes.reasons import all_in_words
from almareplay.sources import FileRefused
from almareplay.transactions import Kind
from tests.sources.tables.captures import HEADER, Opened, Read, reasons, transactions


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *(("L", Kind.LOAN), ("Check-out", Kind.LOAN), ("CO", Kind.LOAN), ("issued", Kind.LOAN)),
        *(("r", Kind.RETURN), ("Checked in", Kind.RETURN), ("CI", Kind.RETURN)),
        *(("Returned", Kind.RETURN), ("discharge", Kind.RETURN)),
    ],
)
def test_kinds_in_any_wording(read: Read, word: str, kind: Kind) -> None:
    rows = transactions(read(f"{HEADER}2026-09-14 09:05,{word},24880000200014,34880000400010\n"))
    assert [row.kind for row in rows] == [kind]


def test_a_file_without_kinds(opened: Opened, read: Read) -> None:
    content = "Timestamp,Barcode\n2026-09-14 09:05,34880000400010\n"
    with pytest.raises(FileRefused, match="give --kind loan or --kind return"):
        opened(content)
    with pytest.raises(FileRefused, match="has loans but no column for the patron"):
        opened(content, kind=Kind.LOAN)
    assert [row.kind for row in transactions(read(content, kind=Kind.RETURN))] == [Kind.RETURN]


def test_a_column_type_that_is_no_kind(opened: Opened) -> None:
    capture = opened(
        "Timestamp,Type,Barcode\n2026-09-14 09:05,DVD,34880000400010\n", kind=Kind.RETURN
    )
    assert len(transactions(list(capture.rows()))) == 1
    assert "column B holds no loans or returns: left aside" in capture.assumptions


def test_a_rows_own_kind_wins_over_the_flag(read: Read) -> None:
    content = (
        HEADER + "2026-09-14 09:05,R,,34880000400010\n2026-09-14 09:06,,vale.t,34880000400028\n"
    )
    rows = transactions(read(content, kind=Kind.LOAN))
    assert [(row.kind, all_in_words(row.notes)) for row in rows] == [
        (Kind.RETURN, ""),
        (Kind.LOAN, "the row does not say loan or return: --kind is taken"),
    ]
    assert reasons(read(content)) == ["neither loan nor return is said"]
