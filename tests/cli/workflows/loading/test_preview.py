"""``load --preview``, and the flags of ``load`` that say where the rows of a capture happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import User

CAPTURES = Path(__file__).parents[4] / "fixtures/captures"
DESK = """\
Timestamp;CI/CO;Card #;Barcode
2026-09-21 08:15;CO;24880000100016;34880000500012
2026-09-21 08:16;CI;;34880000500020
2026-09-31 08:16;CI;;34880000500020
"""
SHOWN = """\
desk.csv: delimited text
  Columns:
    A: captured at (timestamp)
    B: kind (ci co)
    C: patron id (card)
    D: item barcode (barcode)
  First rows, as understood:
    row  captured at       kind    item barcode    patron id       library  desk
    2    2026-09-21 08:15  loan    34880000500012  24••••••••••16  MAIN     DEFAULT_CIRC_DESK
    3    2026-09-21 08:16  return  34880000500020                  MAIN     DEFAULT_CIRC_DESK
  2 rows would be read, 21 Sep 2026 08:15 to 21 Sep 2026 08:16 (America/Los_Angeles)
  1 line would be left out: header
  1 row cannot be read: 31 September does not exist (row 4)
  Assumed:
    the header tells the columns: captured at A, kind B, patron id C, item barcode D
  Nothing was stored.
"""


def test_a_preview_shows_how_a_file_is_understood_and_stores_nothing(user: User) -> None:
    capture = user.writes("desk.csv", *DESK.splitlines())
    done = user.types(
        *("load", "--preview", "--library", "MAIN", "--circ-desk", "DEFAULT_CIRC_DESK"),
        *("--timezone", "America/Los_Angeles", str(capture)),
    )
    assert (done.code, done.out, done.err) == (1, SHOWN, "")
    assert "24880000100016" not in done.out
    assert not list(user.folder.glob("*.db*"))


def test_a_preview_ends_as_the_load_would(user: User) -> None:
    good, closed = user.captures(), CAPTURES / "password.xlsx"
    assert user.types("load", "--preview", str(good)).code == 0
    assert user.types("load", "--preview", str(good), str(closed)).code == 1
    refused = user.types("load", "--preview", str(closed))
    assert refused.code == 2
    assert refused.problems() == ["password.xlsx: has a password: save it without one."]


def test_one_load_holds_the_places_of_a_desk_map(user: User) -> None:
    capture = user.writes(
        "both.csv",
        "Timestamp,Type,Patron ID,Item Barcode,Desk",
        "2026-09-14 09:01,loan,24880000000001,34880000000001,front desk",
        "2026-09-14 09:02,loan,24880000000001,34880000000002,Law",
        "2026-09-14 09:03,loan,24880000000001,34880000000003,Basement",
    )
    desks = user.writes(
        "desks.csv", "capture,library,circ_desk", "Front desk,MAIN,FRONT", "Law,LAW,LAW_DESK"
    )
    done = user.types("load", "--desk-map", str(desks), str(capture))
    assert done.code == 1
    assert '  both.csv:4: the desk map has no "Basement"' in done.problems()
    assert [(row.library, row.circ_desk) for row in user.rows()[:2]] == [
        ("MAIN", "FRONT"),
        ("LAW", "LAW_DESK"),
    ]


def test_the_sheets_of_a_workbook_are_places_in_a_desk_map(user: User) -> None:
    desks = user.writes("desks.csv", "Front desk,MAIN,FRONT", "Children,KIDS,SIDE")
    done = user.types("load", "--desk-map", str(desks), str(CAPTURES / "one-sheet-a-desk.xlsx"))
    assert done.code == 0, done.err
    assert {(row.source_file.partition("#")[2], row.library) for row in user.rows()} == {
        ("Front desk", "MAIN"),
        ("Children", "KIDS"),
    }


def test_a_desk_map_that_cannot_be_right_is_said_with_its_line(user: User) -> None:
    desks = user.writes("desks.csv", "Front desk,MAIN,FRONT", "Law,LAW")
    done = user.types("load", "--desk-map", str(desks), str(user.captures()))
    assert done.code == 2
    assert done.problems()[0].startswith("desks.csv:2: ")


def test_a_second_sheet_of_a_workbook_is_not_known_yet(user: User) -> None:
    workbook = str(CAPTURES / "one-sheet-a-desk.xlsx")
    first = user.types("load", "--sheet", "Children", workbook)
    again = user.types("load", "--sheet", "Children", workbook)
    second = user.types("load", "--sheet", "Front desk", workbook)
    assert (first.code, second.code) == (0, 0), second.err
    assert "adds nothing" in again.err
    assert len({row.source_file for row in user.rows()}) == 2


def test_a_preview_of_an_unknown_table_shows_its_columns_and_no_whole_id(user: User) -> None:
    capture = user.writes(
        "list.csv",
        "24880000100016,34880000500012,9/14/2026 9:05,Mira Example,out",
        "24880000100024,34880000500020,9/14/2026 9:06,Otis Example,in",
    )
    done = user.types("load", "--preview", str(capture), LIBRARY=None, CIRC_DESK=None)
    assert done.code == 2
    assert done.out.splitlines() == [
        "list.csv: its columns, to be named by --columns:",
        "  A: 24••••••••••16, 24••••••••••24",
        "  B: 34••••••••••12, 34••••••••••20",
        "  C: 9/14/2026 9:05, 9/14/2026 9:06",
        "  D: Mi••••••••le, Ot••••••••le",
        "  E: out, in",
    ]
    assert "has no header row" in done.err
    columns = "patron_id=A,item_barcode=B,captured_at=C,kind=E"
    assert user.types("load", "--columns", columns, str(capture)).code == 0


def test_a_preview_needs_no_library_and_no_desk(user: User) -> None:
    capture = user.writes("desk.csv", *DESK.splitlines()[:3])
    done = user.types("load", "--preview", str(capture), LIBRARY=None, CIRC_DESK=None)
    assert done.code == 0, done
    assert "To load it: give --library CODE and --circ-desk CODE" in done.out
    assert "2 rows would be read" in done.out


def test_reasons_are_counted_without_what_stood_in_each_row(user: User) -> None:
    rows = [f"2026-09-31 08:{minute};CI;;34880000500020" for minute in ("15", "16")]
    wide = ["2026-09-21 08:17;CI;;34880000500020;x", "2026-09-21 08:18;CI;;34880000500020;x;y"]
    capture = user.writes("desk.csv", *DESK.splitlines()[:2], *rows, *wide)
    done = user.types("load", "--preview", str(capture))
    assert [line.strip() for line in done.out.splitlines() if "cannot be read" in line] == [
        "2 rows cannot be read: 31 September does not exist (the first is row 3)",
        "1 row cannot be read: the row has 5 columns where 4 belong (row 5)",
        "1 row cannot be read: the row has 6 columns where 4 belong (row 6)",
    ]


def test_what_the_desk_cancelled_is_no_reason_to_look_again(user: User) -> None:
    capture = str(CAPTURES / "struck.xlsx")
    seen = user.types("load", "--preview", capture)
    assert " cancelled at the desk: not to be sent\n" in seen.out
    assert "cancelled: the row is struck through" not in seen.out
    assert seen.code == user.types("load", capture).code
