"""``load`` of captures that need more than one look: written out already, seconds elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User

TABLE = (
    "library,timestamp,return_or_loan,item_barcode,item_callnumber,patron_barcode,patron_name,saved"
)
MARCH = "MAIN,2026-03-03 10:00:01,L,34880000400010,,24880000200014,,1"
AUTUMN = "MAIN,2026-09-14 09:02:05,L,34880000400028,,24880000200014,,1"


def test_a_table_that_was_written_out_already_leads_on(user: User) -> None:
    capture = str(user.writes("table.csv", TABLE, MARCH, AUTUMN))
    nothing = user.types("load", capture)
    assert nothing.code == 2
    assert "all 2 rows were written out" in nothing.err
    assert "--include-saved-since 2026-09-14" in nothing.err
    assert "rehearse" not in nothing.err
    since = user.types("load", "--include-saved-since", "2026-09-14", capture)
    assert since.code == 0, since.err
    assert [row.item_barcode for row in user.rows()] == ["34880000400028"]


def test_a_day_that_cannot_be_read_is_said(user: User) -> None:
    done = user.types("load", "--include-saved-since", "soon", str(user.captures()))
    assert done.code == 2
    assert "'soon' is no day: write it as 2026-09-14." in done.err


MINUTES = (
    f"202609141031L{'34880000400010':<80}24880000200014",
    f"202609141020L{'34880000400028':<80}24880000200022",
    f"202609141031R{'34880000400010':<80}",
)
SECONDS = (
    "sci,20260914103150,L,34880000400010,PS 6,24880000200014,Gray Gil,0",
    "sci,20260914102000,L,34880000400028,PS 7,24880000200022,Hale Ida,0",
    "sci,20260914103105,R,34880000400010,PS 6,,,0",
)


@pytest.mark.parametrize("first", ["all.dat", "all.csv"])
def test_seconds_of_another_file_decide_in_whatever_order_they_are_loaded(
    user: User, first: str
) -> None:
    user.writes("all.dat", *MINUTES)
    user.writes("all.csv", *SECONDS)
    for name in (first, {"all.dat": "all.csv", "all.csv": "all.dat"}[first]):
        assert user.types("load", name).code == 0
    facts = [row for row in user.rows() if row.outcome == "pending"]
    assert [(row.kind, row.item_barcode[-2:]) for row in facts] == [
        ("loan", "28"),
        ("return", "10"),
        ("loan", "10"),
    ]
    assert {row.source_file for row in facts} == {"all.csv"}
    assert {row.library for row in facts} == {"sci"}
    assert not any("guess" in row.note for row in facts)


def test_lines_that_run_back_in_time_put_returns_first_and_note_the_guess(user: User) -> None:
    done = user.types("load", str(user.writes("all.dat", *MINUTES)))
    assert "the lines run back in time once, first at line 2" in done.err
    lane = [row for row in user.rows() if row.item_barcode == "34880000400010"]
    assert [row.kind for row in lane] == ["return", "loan"]
    assert all("guess" in row.note for row in lane)


def test_a_file_whose_items_stand_in_two_columns_may_be_loaded_for_each(user: User) -> None:
    capture = str(user.writes("two.csv", "24880000200014,B-100,X77", "24880000200022,B-101,X78"))
    common = ("--kind", "loan", "--captured-at", "2026-09-14 09:00", capture)
    first = user.types("load", "--columns", "patron_id=A,item_barcode=B", *common)
    assert first.code == 0
    assert "not read: column C" in first.err
    again = user.types("load", "--columns", "patron_id=A,item_barcode=B", *common)
    assert "adds nothing" in again.err
    second = user.types("load", "--columns", "patron_id=A,item_barcode=C", *common)
    assert "adds nothing" not in second.err
    assert {row.item_barcode for row in user.rows()} == {"B-100", "B-101", "X77", "X78"}


def test_the_name_that_a_tool_gives_a_file_is_known_to_the_desk_map(user: User) -> None:
    desks = user.writes("desks.csv", "capture,library,circ_desk", "law,LAW,LAW_DESK")
    capture = user.writes("law_2026-11-25_132753.dat", f"202609141031R{'34880000400010':<80}")
    assert user.types("load", "--desk-map", str(desks), str(capture)).code == 0
    assert [(row.library, row.circ_desk) for row in user.rows()] == [("LAW", "LAW_DESK")]
