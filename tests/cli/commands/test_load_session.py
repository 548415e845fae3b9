"""``load --session``: what desks captured into a run, each scan once, nothing that was voided."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from almareplay.simulator.world import Item, Patron
from tests.captured import START, outage

if TYPE_CHECKING:
    from almareplay.queue.store import Queue
    from tests.captured import Outage
    from tests.cli.conftest import User


def rows(user: User) -> list[tuple[str, str, int, str]]:
    """Item, file, row in it and outcome of each row of the run, in replay order."""
    return [(row.item_barcode, row.source_file, row.source_row, row.outcome) for row in user.rows()]


def test_stations_are_files_and_rows_are_in_order(user: User, session: Outage) -> None:
    front, annex = session.desk("Front desk"), session.desk("Annex", "LAW", "LAW_DESK")
    front.lends("item1", "p1", due_date="2026-10-05")
    annex.takes_back("item2", at=START + timedelta(seconds=90))
    front.takes_back("item3", given_time=1, at=START, clerk="")
    front.lends("item4", "p4", patron_standing="blocked", decision="allowed")
    session.closes()
    done = user.types("load", "--session", "outage")
    assert (done.code, done.out) == (0, "")
    assert done.problems() == [
        "outage#Front desk: capture page; 3 rows read, 14 Sep 2026 09:00 to 14 Sep 2026 09:03",
        "  1 row: the clerk gave the time, as of a book drop",
        "  1 row: by the offline patron list the patron was blocked, and the clerk lent it all the "
        "same",
        "outage#Annex: capture page; 1 row read, 14 Sep 2026 09:01 to 14 Sep 2026 09:01",
        "Next, once all desks are in: almareplay rehearse",
    ]
    assert rows(user) == [
        ("item3", "outage#Front desk", 2, "pending"),
        ("item1", "outage#Front desk", 1, "pending"),
        ("item2", "outage#Annex", 1, "pending"),
        ("item4", "outage#Front desk", 3, "pending"),
    ]
    drop, loan, annexed, allowed = user.rows()
    assert drop.note == "the clerk gave the time, as of a book drop"
    assert loan.note == "clerk: AB; the patron was told a due date: 5 October 2026"
    assert (annexed.library, annexed.circ_desk) == ("LAW", "LAW_DESK")
    assert (loan.library, loan.circ_desk) == ("MAIN", "FRONT")
    assert "the clerk lent it all the same" in allowed.note
    assert annexed.captured_at and annexed.captured_at.isoformat() == "2026-09-14T09:01:30+02:00"


def test_what_was_voided_or_refused_is_left_out_and_counted(user: User, session: Outage) -> None:
    front, annex = session.desk("Front desk"), session.desk("Annex")
    kept = front.lends("item1", "p1")
    front.voids(front.lends("item2", "p1"))
    annex.voids(front.lends("item3", "p1"))  # whoever is in charge, from another station
    front.lends("item4", "p2", patron_standing="blocked", decision="refused")
    assert kept
    done = user.types("load", "--session", "outage")
    assert "  2 lines left out: voided at the desk" in done.problems()
    refused = "  1 line left out: the clerk refused the loan, going by the offline patron list"
    assert refused in done.problems()
    assert [row[0] for row in rows(user)] == ["item1"]


def test_a_session_that_has_grown_adds_what_is_new_only(user: User, session: Outage) -> None:
    front, annex = session.desk("Front desk"), session.desk("Annex")
    front.lends("item1", "p1")
    annex.takes_back("item2")
    user.types("load", "--session", "outage")
    front.lends("item3", "p1")
    done = user.types("load", "--session", "outage")
    assert "outage#Front desk: capture page; 1 row read" in done.err
    assert "  1 line left out: the run has this scan already" in done.problems()
    assert "outage#Annex: capture page" not in done.err
    assert sorted(row[0] for row in rows(user)) == ["item1", "item2", "item3"]
    again = user.types("load", "--session", "outage")
    assert again.code == 0
    assert again.problems()[0] == "Capture session 'outage' is loaded already; it adds nothing."
    assert len(user.rows()) == 3


def test_a_scan_is_in_one_run_unless_insisted_on(user: User, session: Outage) -> None:
    session.desk("Front desk").lends("item1", "p1")
    user.types("load", "--session", "outage")
    other = user.types("load", "--session", "outage", "--run", "night")
    assert other.problems()[0] == (
        "Capture session 'outage' is loaded already, 1 scan of it into another run; it adds "
        "nothing. --again loads these into this run as well."
    )
    assert user.rows("night") == []
    assert user.types("load", "--session", "outage", "--run", "night", "--again").code == 0
    assert len(user.rows("night")) == 1


def test_a_copied_run_has_its_scans(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    front.lends("item1", "p1")
    user.types("load", "--session", "outage")
    user.types("copy", "--to", "production")
    front.lends("item2", "p1")
    user.types("load", "--session", "outage", "--run", "production")
    assert [row.item_barcode for row in user.rows("production")] == ["item1", "item2"]


def test_what_is_voided_after_the_load_is_cancelled(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    wrong = front.lends("item1", "p1")
    first = front.takes_back("item2", at=START)
    front.takes_back("item2", at=START + timedelta(seconds=20))  # repeats it
    user.types("load", "--session", "outage")
    assert [row.outcome for row in user.rows()] == ["pending", "duplicate", "pending"]
    front.voids(wrong)
    front.voids(first)
    status = user.types("status")
    assert (
        "Capture session 'outage': desks have voided 2 rows of this run since they were loaded. "
        "Cancel them: almareplay load --session outage"
    ) in status.out
    done = user.types("load", "--session", "outage")
    assert done.problems()[0] == (
        "Rows 1, 3 were voided at the desk after the load: cancelled, not to be sent."
    )
    told = {row.row: (row.outcome, row.note) for row in user.rows()}
    cancelled = "cancelled: voided at the desk after it was loaded; clerk: AB"
    assert told[1] == ("cancelled", cancelled)
    assert told[3] == ("cancelled", cancelled)
    assert told[2] == ("pending", "clerk: AB")  # it repeats nothing any more
    assert "voided" not in user.types("status").out


def test_a_void_that_comes_too_late_is_said(user: User, session: Outage) -> None:
    user.alma.world.add_item(Item("3177001", "MAIN"))
    user.alma.world.add_patron(Patron("2177001"))
    front = session.desk("Front desk")
    wrong = front.lends("3177001", "2177001")
    user.types("load", "--session", "outage")
    assert user.types("replay", "--yes").code == 0
    front.voids(wrong)
    done = user.types("load", "--session", "outage")
    assert done.problems()[0] == (
        "Row 1 was voided at the desk too late: sent to Alma already, or settled by staff. Look at "
        "these items in Alma."
    )
    assert user.outcomes() == ["loaned"]


def test_rows_are_checked_as_those_of_any_capture(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    front.lends("item1", "")
    front.takes_back("item 2\titem 3")
    front.lends("item3", "p3")
    user.types("load", str(user.writes("annex.dat", f"202609140903L{'item3':<80}p3")))
    done = user.types("load", "--session", "outage")
    assert done.code == 1
    assert "  outage#Front desk:1: a loan without a patron" in done.problems()
    # The row that knows the second is the one that counts.
    assert rows(user) == [
        ("item1", "outage#Front desk", 1, "invalid"),
        ("", "outage#Front desk", 2, "invalid"),
        ("item3", "annex.dat", 1, "duplicate"),
        ("item3", "outage#Front desk", 3, "pending"),
    ]


def test_what_a_station_scans_later_did_not_happen_earlier(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    front.takes_back("item1", at=START + timedelta(minutes=4))
    front.lends("item1", "p1", at=START + timedelta(minutes=1))  # the clock was set right
    user.types("load", "--session", "outage")
    back, loan = user.rows()
    assert (back.kind, loan.kind) == ("return", "loan")
    assert back.captured_at == loan.captured_at
    assert "the station's clock went back" in loan.note


def test_a_desk_map_knows_stations(user: User, session: Outage) -> None:
    session.desk("Front desk").takes_back("item1")
    session.desk("Annex", "", "Counter 2").takes_back("item2")
    words = ["capture,library,circ_desk", "MAIN/FRONT,MAIN,MAIN_DESK", "Counter 2,LAW,LAW_DESK"]
    user.writes("map.csv", *words)
    assert user.types("load", "--session", "outage", "--desk-map", "map.csv").code == 0
    assert {row.circ_desk for row in user.rows()} == {"MAIN_DESK", "LAW_DESK"}


def test_stations_of_one_name_are_told_apart(user: User, session: Outage) -> None:
    session.desk("Desk").takes_back("item1")
    session.desk("desk").takes_back("item2")
    user.types("load", "--session", "outage")
    assert {row[1] for row in rows(user)} == {"outage#Desk", "outage#desk 2"}


def test_an_open_session_is_told_with_what_is_not_sent(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    front.takes_back("item1")
    front.has_unsent(17)
    done = user.types("load", "--session", "outage", "--quiet")
    assert done.code == 0
    assert done.problems() == [
        "Capture session 'outage' is still open: what its desks scan from now on is not loaded. "
        "Close it on its overview and load it once more; that adds only what is new.",
        "Station 'Front desk' had 17 scans not sent yet when it was last heard of, on 14 September "
        "at 10:00. Let it reach the server, or save its file there and load that.",
    ]


def test_the_zone_is_that_of_the_session(user: User, queue: Queue) -> None:
    outage(queue, timezone="America/Los_Angeles").desk("Desk").takes_back("item1")
    assert user.types("load", "--session", "outage", TIMEZONE=None).code == 0
    (row,) = user.rows()
    assert row.captured_at and row.captured_at.isoformat() == "2026-09-14T00:01:00-07:00"


def test_a_preview_stores_nothing_and_masks_patrons(user: User, session: Outage) -> None:
    front = session.desk("Front desk")
    front.lends("item1", "patron4711")
    done = user.types("load", "--session", "outage", "--preview")
    assert done.code == 0
    assert "outage#Front desk: capture page" in done.out
    assert "  1 row would be read" in done.out
    assert "patron4711" not in done.out
    assert user.types("status").code == 2  # no such run
    user.types("load", "--session", "outage")
    front.takes_back("item2")
    assert "  1 line would be left out" in user.types("load", "--session=outage", "--preview").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--session", "otage"], "(it has: outage). Did you mean outage?"),
        (["--session", "outage", "desk.dat"], "one after another"),
        (["--session", "outage", "--sheet", "A", "--timezone", "UTC"], "--timezone, --sheet: for"),
        (["--session", "outage", "--kind", "loan"], "--kind: for files only. A session says"),
        ([], "Name the files to load, or a capture session: --session NAME."),
    ],
)
def test_what_makes_no_sense_is_refused(
    user: User, session: Outage, words: list[str], said: str
) -> None:
    session.desk("Front desk").takes_back("item1")
    done = user.types("load", *words)
    assert done.code == 2
    assert said in done.err
    assert user.types("status").code == 2


def test_a_session_belongs_to_its_institution(user: User, queue: Queue) -> None:
    outage(queue, institution="01AAA_INST").desk("Desk").takes_back("item1")
    done = user.types("load", "--session", "outage")
    assert done.code == 2
    assert "There is one of that name that was captured for 01AAA_INST." in done.err


def test_an_empty_session_loads_nothing(user: User, session: Outage) -> None:
    session.desk("Front desk")
    done = user.types("load", "--session", "outage")
    assert done.code == 2
    assert "Capture session 'outage' has no scans to load." in done.err


def test_a_station_can_be_taken_out_and_loaded_again(user: User, session: Outage) -> None:
    front, annex = session.desk("Front desk"), session.desk("Annex")
    front.takes_back("item1")
    annex.takes_back("item2")
    user.types("load", "--session", "outage")
    front.takes_back("item3")
    user.types("load", "--session", "outage")
    assert user.types("unload", "outage#Front desk").code == 0
    assert [row[0] for row in rows(user)] == ["item2"]
    user.types("load", "--session", "outage")
    assert sorted(row[0] for row in rows(user)) == ["item1", "item2", "item3"]


def test_a_number_with_two_readings_asks_for_the_flag(user: User, session: Outage) -> None:
    session.desk("Front desk").takes_back("a12345b")
    done = user.types("load", "--session", "outage")
    assert done.code == 2
    assert "outage#Front desk: the item barcode has a letter before and behind" in done.err
    assert user.types("load", "--session", "outage", "--codabar", "strip").code == 0
    assert [row[0] for row in rows(user)] == ["12345"]
