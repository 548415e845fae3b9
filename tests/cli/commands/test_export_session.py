"""``export --session``: what desks captured, as files, without a run."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.captured import START
from tests.reports.reading import sheet

if TYPE_CHECKING:
    from tests.captured import Outage
    from tests.cli.conftest import User


pytestmark = pytest.mark.usefixtures("captured")


@pytest.fixture
def captured(session: Outage) -> Outage:
    """Two desks: a loan and a return; one scan voided, one refused, one without a patron."""
    front, annex = session.desk("Front desk"), session.desk("Annex", "LAW", "LAW_DESK")
    front.lends("item1", "p1", due_date="2026-10-05")
    front.voids(front.lends("=1+1", "p1"))
    front.lends("item3", "p2", patron_standing="blocked", decision="refused")
    front.lends("item4", "")
    annex.takes_back("item2", at=START + timedelta(seconds=30))
    session.closes()
    return session


def test_a_dat_is_what_a_load_would_take_in_order_of_time(user: User) -> None:
    done = user.types("export", "--session", "outage", "scans.dat")
    assert done.code == 1
    assert (user.folder / "scans.dat").read_text().split("\n")[:2] == [
        f"202609140900R{'item2':<80}",
        f"202609140901L{'item1':<80}p1",
    ]
    assert "Not written: 1 scan: a loan without a patron." in done.problems()
    assert "What is uploaded must not be loaded and replayed as well." in done.problems()
    assert user.types("status").code == 2  # there is no run


def test_a_dat_for_each_desk(user: User) -> None:
    user.types("export", "--session", "outage", "scans.dat", "--by-desk")
    assert sorted(path.name for path in user.folder.glob("*.dat")) == ["scans-1.dat", "scans-2.dat"]


def test_a_csv_has_every_scan_with_all_its_fields(user: User) -> None:
    done = user.types("export", "--session", "outage", "scans.csv")
    assert done.code == 0
    with (user.folder / "scans.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["item_barcode"] for row in rows] == ["item2", "item1", "'=1+1", "item3", "item4"]
    assert [row["station"] for row in rows] == ["Annex", *["Front desk"] * 4]
    loan, voided, refused = rows[1:4]
    assert loan["captured_at"] == "2026-09-14T09:01:00+02:00"
    assert (loan["clerk"], loan["due_date"], loan["voided"]) == ("AB", "2026-10-05", "false")
    assert (voided["voided"], voided["void_reason"]) == ("true", "undone")
    assert (refused["patron_standing"], refused["decision"]) == ("blocked", "refused")
    assert (user.folder / "scans.csv").stat().st_mode & 0o077 == 0


def test_an_xlsx_has_them_too(user: User) -> None:
    assert user.types("export", "--session", "outage", "scans.xlsx").code == 0
    assert len(sheet(user.folder / "scans.xlsx", "List")) == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scans.html"], "must end in .dat, .csv or .xlsx"),
        (["scans.dat", "--all"], "--session is about a session alone"),
        (["scans.dat", "--run", "night"], "--session is about a session alone"),
    ],
)
def test_what_makes_no_sense_is_refused(user: User, words: list[str], said: str) -> None:
    done = user.types("export", "--session", "outage", *words)
    assert done.code == 2
    assert said in done.err
