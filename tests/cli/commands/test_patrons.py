"""``patrons export``: who may borrow, as hashes that the capture page looks up."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from almareplay.capture.patrons import read_patrons
from almareplay.reports.patron_list import hash_of
from almareplay.simulator.records import Block
from almareplay.simulator.world import Patron

if TYPE_CHECKING:
    from tests.cli.conftest import User

HEADER = "Name,Barcode,Primary Identifier,Expiry Date,Block Description"


def made(user: User) -> dict[str, Any]:
    return dict(json.loads((user.folder / "list.json").read_text()))


def standing(said: dict[str, Any], patron_id: str) -> str | None:
    found = said["entries"].get(hash_of(patron_id, said["salt"], said["rounds"]))
    return found if found is None else str(found)


def test_the_hash_is_that_of_the_page() -> None:
    # SHA-256 of "5a17:ROBIN.X", and once more of the digest, as any other program makes it.
    assert hash_of(" robin.x ", "5a17", 1) == "41f709d45974aa5ba9414d218895b576"
    assert hash_of("Robin.X", "5a17", 2) == "7c98cfea0cebcadf9bbbdd39632048e6"


def test_a_table_without_names_and_ids(user: User) -> None:
    user.writes(
        "patrons.csv",
        HEADER,
        "Vale Robin,24880000100016,vale.r,2099-12-31,",
        "Sato Jun,24880000100024,sato.j,2020-01-01,",
        'Moss Ann,24880000100032,moss.a,2099-12-31,"Lost, not paid"',
        "Fern Kim,24880000100040,fern.k,2020-01-01,General block",
        "Pryce Lee,24880000100057,pryce.l,,0",
    )
    done = user.types("patrons", "export", "list.json", "--from", "patrons.csv")
    assert done.code == 0
    assert "  not read: Name" in done.problems()
    assert "list.json: 5 patrons by 10 ids (4 ok, 2 expired, 4 blocked)." in done.err
    said = made(user)
    told = [standing(said, each) for each in ("VALE.R", "24880000100024", " moss.a ", "fern.k")]
    assert told == ["ok", "expired", "blocked", "blocked"]
    assert standing(said, "pryce.l") == "ok"
    assert standing(said, "nobody") is None
    text = (user.folder / "list.json").read_text()
    assert not any(word in text for word in ("vale", "Vale", "24880000100016"))
    assert (user.folder / "list.json").stat().st_mode & 0o077 == 0
    assert read_patrons(user.folder / "list.json").patrons == 10


def test_each_list_has_a_salt_of_its_own(user: User) -> None:
    user.writes("patrons.csv", HEADER, "A,1234567,a.b,2099-12-31,")
    user.types("patrons", "export", "list.json", "--from", "patrons.csv")
    first = made(user)
    assert user.types("patrons", "export", "list.json", "--from", "patrons.csv").code == 0
    assert made(user)["salt"] != first["salt"]
    assert not made(user)["entries"].keys() & first["entries"].keys()


def test_dates_of_two_readings_ask_for_their_order(user: User) -> None:
    user.writes("patrons.csv", "Barcode;Expires;Block", "1234567;03/04/2099;", "1234568;1/2/2020;x")
    words = ["patrons", "export", "list.json", "--from", "patrons.csv"]
    done = user.types(*words)
    assert done.code == 2
    assert "give --date-order dmy or mdy" in done.err
    assert not (user.folder / "list.json").exists()
    assert user.types(*words, "--date-order", "dmy").code == 0
    assert standing(made(user), "1234567") == "ok"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Barcode,Name", "1234567,A"], "neither a column of expiry dates nor one of blocks"),
        (["Card,Expiry Date", "1234567,2099-01-01"], "no column of patrons' ids that is known"),
        (["Barcode,Expiry Date", "1234567,soon"], "The date in line 2 cannot be read"),
        (["Barcode,Expiry Date", "1234567,2099-13-01"], "The date in line 2 cannot be read"),
        (["Barcode,Expiry Date"], "there is no patron to write"),
        ([], "no column of patrons' ids"),
    ],
)
def test_a_table_that_does_not_serve_is_refused(user: User, lines: list[str], said: str) -> None:
    user.writes("patrons.csv", *lines)
    done = user.types("patrons", "export", "list.json", "--from", "patrons.csv")
    assert done.code == 2
    assert said in done.err
    assert not (user.folder / "list.json").exists()


def test_columns_can_be_named(user: User) -> None:
    user.writes("patrons.csv", "Card,Other,Until,Stop", "1234567,abc,2099-01-01,yes")
    named = "patron_id=Card+B,expiry_date=3,block=stop"
    words = ["patrons", "export", "list.json", "--from", "patrons.csv", "--columns", named]
    assert user.types(*words).code == 0
    assert [standing(made(user), each) for each in ("1234567", "abc")] == ["blocked", "blocked"]


def test_a_missing_column_is_said(user: User) -> None:
    user.writes("patrons.csv", "Barcode,Expiry Date", "1234567,2099-01-01", "1.2E+13,2099-01-01")
    done = user.types("patrons", "export", "list.json", "--from", "patrons.csv")
    assert "There is no column of blocks: the list will show nobody as blocked." in done.problems()
    assert "1 id left out:" in done.err


def test_alma_is_asked_about_each_id(user: User) -> None:
    world = user.alma.world
    world.add_patron(Patron("list.ok", {"BARCODE": "2199001"}))
    world.add_patron(Patron("list.old", expiry_date=date(2020, 1, 1)))
    world.add_patron(Patron("list.stop", blocks=[Block("GENERAL", "Lost card")]))
    user.writes("ids.txt", "2199001", "list.old", "", "list.stop", "list.nobody")
    done = user.types("patrons", "export", "list.json", "--ids", "ids.txt", "--yes")
    assert done.code == 0
    assert "4 calls to Alma, one for each patron: about 1 minute." in done.err
    assert "1 id not known to Alma: not in the list." in done.problems()
    said = made(user)
    ids = ("list.ok", "2199001", "list.old", "list.stop", "list.nobody")
    assert [standing(said, each) for each in ids] == ["ok", "ok", "expired", "blocked", None]


def test_alma_is_not_asked_without_a_yes(user: User) -> None:
    user.writes("ids.txt", "2199001")
    done = user.types("patrons", "export", "list.json", "--ids", "ids.txt")
    assert done.code == 2
    assert "Nothing was written: there is nobody to ask. Say --yes to go on without." in done.err
    assert not (user.folder / "list.json").exists()


def test_either_a_table_or_ids(user: User) -> None:
    done = user.types("patrons", "export", "list.json")
    assert done.code == 2
    assert "either as a table (--from) or as ids (--ids)" in done.err


def test_another_file_is_not_replaced(user: User) -> None:
    user.writes("patrons.csv", HEADER, "A,1234567,a.b,2099-12-31,")
    user.writes("list.json", '{"made_at": "yesterday"}')
    done = user.types("patrons", "export", "list.json", "--from", "patrons.csv")
    assert done.code == 2
    assert "almareplay did not write it" in done.err
    assert "must end in .json" in user.types("patrons", "export", "x", "--from", "p.csv").err
