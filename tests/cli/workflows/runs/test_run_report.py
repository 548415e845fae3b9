"""The lists for staff: items that others wait for, and fines that may be too high."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.store import Queue
from almareplay.simulator.world import Item, Loan, Patron, Request

if TYPE_CHECKING:
    from tests.cli.conftest import User

IN_TIME = datetime(2099, 1, 1, tzinfo=UTC)
FALLEN_DUE = datetime(2026, 9, 20, tzinfo=UTC)
OVERDUE = datetime(2026, 9, 10, tzinfo=UTC)

PULL = "1 item is asked for by others: almareplay report --pull-list pull.csv"
FINES = "2 fines to look at: almareplay report --fines fines.csv"


@dataclass(frozen=True)
class Night:
    """A user who has replayed returns: of an item that is waited for (row 1), one on time of a loan
    that has fallen due since (row 2), a late one (row 3), one of no concern (row 4)."""

    user: User
    barcodes: list[str]
    patrons: list[str]
    said: str


def borrowed(user: User, due: datetime, title: str = "", call_number: str = "") -> tuple[str, str]:
    """Have an item borrowed until then; answers its barcode and the patron."""
    number = next(user.numbers)
    barcode, patron = f"3188{number}", f"2188{number}"
    world = user.alma.world
    world.add_item(Item(barcode, "MAIN", title=title, call_number=call_number))
    world.add_patron(Patron(patron))
    world.add_loan(Loan(patron, barcode, datetime(2026, 8, 1, tzinfo=UTC), due))
    return barcode, patron


@pytest.fixture
def night(user: User) -> Night:
    pairs = [
        borrowed(user, IN_TIME, "=Held", "K 1"),
        borrowed(user, FALLEN_DUE),
        borrowed(user, OVERDUE),
        borrowed(user, IN_TIME),
    ]
    barcodes, patrons = [item for item, _ in pairs], [patron for _, patron in pairs]
    requester = patrons[3]
    user.alma.world.requests.append(Request(requester, barcodes[0], "LAW", "33"))
    lines = [f"202609141000R{item:<80}" for item in barcodes]
    # Some tools keep whom they believe to have had the item.
    lines[2] += patrons[2]
    user.types("load", str(user.writes("desk.dat", *lines)))
    done = user.types("replay", "--yes")
    assert done.code == 0
    return Night(user, barcodes, patrons, done.err)


def test_a_replay_and_the_status_say_which_lists_there_are(night: Night) -> None:
    for said in (night.said, night.user.types("status").out):
        assert [line for line in said.splitlines() if "almareplay report --" in line] == (
            [PULL, FINES]
        )
    state = json.loads(night.user.types("status", "--json").out)
    assert (state["pull_list"], state["fines"]) == (1, 2)


def test_the_pull_list_has_what_is_waited_for(night: Night) -> None:
    done = night.user.types("report", "--pull-list", "pull.csv")
    assert (done.code, done.problems()) == (0, ["Pull list: pull.csv"])
    path = night.user.folder / "pull.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(path.read_text("utf-8").splitlines())
    assert row == {
        "library": "MAIN",
        "location": "STACKS",
        "call_number": "K 1",
        "title": "'=Held",
        "item_barcode": night.barcodes[0],
        "destination": "transit: Law Library",
        "returned": "2026-09-14T10:00:00+02:00",
        "desk": "MAIN/FRONT",
        "row": "1",
        "institution": night.user.alma.world.institution,
        "environment": "sandbox",
    }


def test_the_fines_are_listed_with_who_owes_them(night: Night) -> None:
    fees = [
        fee
        for fee in night.user.alma.world.fees
        if fee.item_barcode in night.barcodes and fee.type == "OVERDUEFINE"
    ]
    done = night.user.types("report", "all.csv", "--fines", "fines.jsonl")
    assert (done.code, done.problems()) == (0, ["Report: all.csv", "Fines: fines.jsonl"])
    lines = (night.user.folder / "fines.jsonl").read_text("utf-8").splitlines()
    listed = [json.loads(line) for line in lines]
    assert [
        (each["row"], each["patron_id"], each["item_barcode"], each["wrong"], each["waived_at"])
        for each in listed
    ] == [
        (2, night.patrons[1], night.barcodes[1], "whole", None),
        (3, night.patrons[2], night.barcodes[2], "part", None),
    ]
    assert {each["fee_id"]: float(each["amount"]) for each in listed} == {
        fee.fee_id: fee.balance for fee in fees
    }
    assert (listed[0]["captured_at"], listed[0]["due_date"], listed[0]["currency"]) == (
        "2026-09-14T10:00:00+02:00",
        "2026-09-20T02:00:00+02:00",
        "USD",
    )


def test_without_patrons_the_fines_name_nobody(night: Night) -> None:
    done = night.user.types("report", "--anonymous", "--fines", "fines.jsonl")
    assert (done.code, done.problems()) == (0, ["Fines: fines.jsonl"])
    text = (night.user.folder / "fines.jsonl").read_text("utf-8")
    listed = [json.loads(line) for line in text.splitlines()]
    assert [each["patron_id"] for each in listed] == ["a patron", "patron 1"]
    assert [each["fee_id"] for each in listed] == ["", ""]
    assert not any(patron in text for patron in night.patrons)


def test_without_patrons_another_borrower_is_a_number(loaded: User) -> None:
    # A primary id with blanks, as none of the words of a text is one.
    since, due = datetime(2026, 9, 1, 7, 2, tzinfo=UTC), datetime(2026, 11, 2, 21, tzinfo=UTC)
    other = Result(
        Outcome.ON_LOAN_TO_OTHER, due_date=due, on_loan_to="Vale 7 b", on_loan_since=since
    )
    with Queue.open(f"sqlite:///{loaded.folder}/almareplay.db") as queue:
        hold = take_hold(queue, queue.run("main"))
        store_result(queue, hold, 1, other)
        release_hold(queue, hold)
    for flags, who in ((), "Vale 7 b"), (("--anonymous",), "borrower 1"):
        assert loaded.types("report", "report.csv", *flags).code == 0
        (row,) = csv.DictReader((loaded.folder / "report.csv").read_text("utf-8").splitlines())
        assert row["note"] == f"on loan to {who} since 1 Sep 2026 09:02, due 2 Nov 2026 22:00"
        assert row["due_date"] == "2026-11-02T22:00:00+01:00"


def test_an_empty_list_has_its_columns(loaded: User) -> None:
    assert loaded.types("report", "--pull-list", "p.csv", "--fines", "f.csv").code == 0
    (header,) = (loaded.folder / "f.csv").read_text("utf-8").splitlines()
    assert header == (
        "row,made_by,patron_id,item_barcode,captured_at,due_date,amount,currency,wrong,waived_at,"
        "fee_id,advice,institution,environment"
    )
    (header,) = (loaded.folder / "p.csv").read_text("utf-8").splitlines()
    assert header.startswith("library,location,call_number,title,item_barcode,destination")


def test_a_report_of_nothing_is_refused(loaded: User) -> None:
    done = loaded.types("report")
    assert (done.code, "Name a file to write" in done.err) == (2, True)
    assert loaded.types("report", "--pull-list", "a.csv", "--fines", "b.doc").code == 2
    assert not (loaded.folder / "a.csv").exists()
