"""Anonymous reports: stable numbers for patrons, and no id of any in whatever format."""

from __future__ import annotations

import random
import re
import zipfile
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.outcomes import Outcome, ReportRow
from almareplay.reports import Report, write_report
from almareplay.reports.anonymous import Names, anonymous, number_patrons, number_words
from tests.examples import examples

IDS = ["24880000100016", "zora.kestrel001", "ÅSA-77", "p+q@uni.example", "(5)"]
PRIMARY = "K0099887"


def shown(row: ReportRow, names: dict[str, str]) -> ReportRow:
    (made,) = anonymous([row], Names(names))
    return made


def test_patrons_are_numbered_as_they_first_appear_whatever_the_case() -> None:
    assert number_patrons(["B7", "a1", "b7", "A1", "c3"], ["X", "a1"]) == {
        "b7": "patron 1",
        "a1": "patron 2",
        "c3": "patron 3",
        "x": "a patron",
    }


def test_borrowers_have_numbers_of_their_own_that_no_correction_moves() -> None:
    for corrected in ([], ["c3"]):
        names = number_patrons(["a1", *corrected], ["x"], borrowers=["k7", "A1", "K7", "m8"])
        assert (names["k7"], names["m8"], names["a1"]) == ("borrower 1", "borrower 2", "patron 1")
        assert names["x"] == "a patron"


def test_a_patron_keeps_the_number_whatever_rows_are_shown(row: ReportRow) -> None:
    rows = [row._replace(row=n, patron_id=IDS[n % 5], item_barcode=f"i{n}") for n in range(20)]
    names = number_patrons(each.patron_id for each in rows)
    of_row = {each.row: each.patron_id for each in anonymous(rows, Names(names))}
    random.Random(1).shuffle(rows)
    for some in (rows[:7], rows[5:], rows):
        assert all(each.patron_id == of_row[each.row] for each in anonymous(some, Names(names)))
    assert set(of_row.values()) == {f"patron {n}" for n in range(1, 6)}


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("User with identifier 24880000100016 was not found.", "User with identifier patron 1 was"),
        ("asked for ZORA.Kestrel001, then", "asked for patron 2, then"),
        ("id=24880000100016;", "id=patron 1;"),
        ("<k0099887>", "<a patron>"),
        ("åsa-77: blocked", "patron 3: blocked"),
        ("the same as row 12; 2026-09-14 09:00", "the same as row 12; 2026-09-14 09:00"),
        ("24880000100016x 124880000100016", "24880000100016x 124880000100016"),
    ],
)
def test_ids_in_a_note_are_replaced_and_the_rest_stays(
    row: ReportRow, note: str, expected: str
) -> None:
    names = number_patrons(IDS, [PRIMARY])
    other = row._replace(patron_id="", note=note, destination=note)
    assert expected in shown(other, names).note
    assert shown(other, names).destination == shown(other, names).note


@pytest.mark.parametrize(
    ("patron_id", "written", "expected"),
    [
        ("zo\u00e9", "asked for zoe\u0301.", "asked for patron 1."),
        ("zoe\u0301", "asked for ZO\u00c9, then", "asked for patron 1, then"),
        ("zo\u00e9", "id=zoe\u0301;", "id=patron 1;"),
        ("q\u030c77q\u030c", "<Q\u030c77q\u030c>", "<patron 1>"),
        ("\u0930\u0935\u093f", "asked for \u0930\u0935\u093f.", "asked for patron 1."),
        ("zoe", "zoe\u0301 q\u030czoe zoeq\u030c", "zo\u00e9 q\u030czoe zoeq\u030c"),
        ("zoe", "a '\u0301zoe' was", "a '\u0301patron 1' was"),
    ],
)
@pytest.mark.parametrize("is_own", [True, False])
def test_a_letter_and_its_mark_are_one_letter(
    row: ReportRow, patron_id: str, written: str, expected: str, is_own: bool
) -> None:
    quoted = row._replace(patron_id=patron_id if is_own else "", note=written)
    assert shown(quoted, number_patrons([patron_id])).note == expected


def test_a_rows_own_id_may_begin_and_end_with_signs(row: ReportRow) -> None:
    quoted = row._replace(patron_id="(zo\u00e9)", note="asked for (zoe\u0301)")
    assert shown(quoted, number_patrons(["(zo\u00e9)"])).note == "asked for patron 1"


def test_what_alma_said_and_the_loan_are_left_out(row: ReportRow) -> None:
    made = shown(row._replace(alma_message="Kestrel, Zora has overdue items"), {})
    assert (made.alma_message, made.loan_id, made.patron_id) == ("", "", "a patron")
    assert (made.alma_code, made.tracking_id) == (row.alma_code, row.tracking_id)
    assert (made.row, made.item_barcode, made.outcome) == (row.row, row.item_barcode, row.outcome)


def test_a_return_without_a_patron_has_none_and_a_card_for_an_item_is_a_patron(
    row: ReportRow,
) -> None:
    made = shown(row._replace(patron_id="", item_barcode=IDS[1].upper()), number_patrons(IDS))
    assert (made.patron_id, made.item_barcode) == ("", "patron 2")


def test_what_was_captured_is_numbered_unless_alma_has_taken_it(row: ReportRow) -> None:
    names = Names(
        libraries=number_words("library", ["MAIN", "u77", "", "Zora"], {"MAIN"}),
        desks=number_words("desk", ["FRONT", "24880000100016"], {"FRONT"}),
        files=number_words("file", ["Kestrel_Zora.dat", "desk.xlsx#u77"]),
    )
    places = [("MAIN", "FRONT"), ("u77", "24880000100016"), ("", "FRONT"), ("Zora", "new")]
    rows = [
        row._replace(library=library, circ_desk=desk, source_file="desk.xlsx#u77")
        for library, desk in places
    ]
    made = [(each.library, each.circ_desk, each.source_file) for each in anonymous(rows, names)]
    assert made == [
        ("MAIN", "FRONT", "file 2"),
        ("library 1", "desk 1", "file 2"),
        ("", "FRONT", "file 2"),
        ("library 2", "not shown", "file 2"),
    ]


@pytest.mark.parametrize("outcome", Outcome)
def test_an_item_is_shown_where_alma_has_found_it(row: ReportRow, outcome: Outcome) -> None:
    made = shown(row._replace(outcome=outcome, disposition=outcome.disposition, note="u77?"), {})
    hidden = {
        *("item_not_found", "duplicate", "cancelled", "invalid", "held_back", "unavailable"),
        "pending",
    }
    assert (made.item_barcode == "not shown") == (outcome.value in hidden)
    assert made.note == ("could not be read" if outcome is Outcome.INVALID else "u77?")


def written(path: Path) -> str:
    """All text of a report."""
    if path.suffix != ".xlsx":
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as parts:
        # Without the summary, whose numbers look like one of the ids.
        cells = [name for name in parts.namelist() if re.search(r"sheet[2-5]\.xml$", name)]
        return "".join(parts.read(name).decode("utf-8") for name in cells)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
def test_no_format_has_an_id_of_a_patron(row: ReportRow, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"report{ending}"
    texts = [f"User {each.upper()}, also {PRIMARY.lower()}: {each}." for each in IDS]
    rows = [
        row._replace(row=n, patron_id=each, alma_message=text, note=text, destination=text)
        for n, (each, text) in enumerate(zip(IDS, texts, strict=True), start=1)
    ]
    write_report(path, Report("main", lambda: rows))
    assert all(each in written(path) for each in IDS)
    names = number_patrons(IDS, [PRIMARY])
    write_report(path, Report("main", lambda: anonymous(rows, Names(names))))
    left = written(path).casefold()
    assert [each for each in [*IDS, PRIMARY] if each.casefold() in left] == []
    assert all(f"patron {n}" in left for n in range(1, 6))


@settings(max_examples=examples(60))
@given(
    patron_id=st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=5),
    form=st.sampled_from(["NFC", "NFD"]),
)
def test_a_rows_own_id_is_found_however_it_is_written(
    row: ReportRow, patron_id: str, form: Literal["NFC", "NFD"]
) -> None:
    note = f"User {normalize(form, patron_id)} was not found"
    quoted = row._replace(patron_id=patron_id, note=note)
    made = shown(quoted, number_patrons([patron_id]))
    assert (made.patron_id, made.note) == ("patron 1", "User patron 1 was not found")
