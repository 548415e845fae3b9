"""What is mistyped is met with the nearest thing that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it comes without types

from almareplay.transactions import nearest

if TYPE_CHECKING:
    from tests.cli.conftest import User

MISTYPED = {
    "command": ("rehaerse", "rehearse"),
    "option": ("replay --repord a.csv", "--report"),
    "capture": ("load dsek.dat", "Did you mean desk.dat?"),
    "desk map": ("load desk.dat --desk-map dseks.csv", "Did you mean desks.csv?"),
    "settings file": ("status --settings setings.env", "Did you mean settings.env?"),
    "field of a column": ("load desk.dat --columns item_bracode=A", "Did you mean item_barcode?"),
    "header": ("load book.xlsx --columns patron_id=Crad", "Did you mean card?"),
    "header under others": ("load list.csv --columns patron_id=Crad", "Did you mean card?"),
    "sheet": ("load book.xlsx --sheet Fridya", "Did you mean Friday?"),
    "outcome": ("retry --outcome patron_bloked", "Did you mean patron_blocked?"),
    "run": ("status --run mian", "Did you mean main?"),
    "loaded file": ("unload dekS.dat", "Did you mean desk.dat?"),
    "ending of a report": ("report report.xslx", "Did you mean report.xlsx?"),
    "ending of a list": ("report --pull-list pull.cvs", "Did you mean pull.csv?"),
}


@pytest.mark.parametrize(("typed", "meant"), MISTYPED.values(), ids=MISTYPED.keys())
def test_the_nearest_is_named(loaded: User, typed: str, meant: str) -> None:
    for name in ("settings.env", "desks.csv"):
        loaded.writes(name)
    loaded.writes("list.csv", "Card,Item Barcode,When", "24880001,318811,2026-09-14 09:00")
    with xlsxwriter.Workbook(loaded.folder / "book.xlsx") as book:
        sheet = book.add_worksheet("Friday")
        for number, row in enumerate((["Card", "Thing"], ["24880001", "318811"])):
            sheet.write_row(number, 0, row)
    done = loaded.types(*typed.split())
    assert (done.code, meant in " ".join(done.err.split())) == (2, True), done.err


def test_codes_that_alma_does_not_know_are_met_as_well(user: User) -> None:
    capture = str(user.captures())
    user.types("load", capture, "--library", "MIAN")
    user.types("load", capture, "--circ-desk", "FORNT", "--run", "desk", "--again")
    assert "Did you mean MAIN?" in user.types("check").err
    assert "Did you mean FRONT?" in user.types("check", "--run", "desk").err


def test_what_is_like_nothing_is_met_with_nothing() -> None:
    assert nearest("mian", ["", " ", "LAW", "Main"]) == " Did you mean Main?"
    assert nearest("mian", ["LAW"]) == nearest("", [" "]) == nearest("x", []) == ""


def test_no_patron_is_suggested_as_a_column(loaded: User) -> None:
    loaded.writes("list.csv", "ida.morgenrot,318811", "bo.weld,318812")
    columns = "patron_id=ida.morgenrod,item_barcode=B"
    done = loaded.types("load", "list.csv", "--kind", "loan", "--columns", columns)
    assert done.code == 2
    assert "has no column" in done.err
    assert "morgenrot" not in done.err
