"""``export``: the way back to the upload, with what must be known before one uses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, ReportRow, Result
from almareplay.queue.replaying.attempts import Fate, Write, store_intent
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from tests.cli.conftest import User

FIXTURES = Path(__file__).parents[3] / "fixtures"
STATIONS = {"main": "MAIN", "annex": "ANNEX", "media": "MEDIA"}
ITEM, PATRON = "34880000200014", "24880000100016"


def facts(rows: list[ReportRow]) -> list[tuple[object, ...]]:
    """What happened, to the minute, in the order of the rows."""
    return [
        (row.kind, row.captured_at.replace(second=0), row.item_barcode, row.patron_id)
        for row in rows
        if row.captured_at is not None and row.outcome is not Outcome.INVALID
    ]


@pytest.fixture
def outage(user: User) -> User:
    """A user who has loaded the captures of three stations, some of whose lines are bad."""
    for station, library in STATIONS.items():
        capture = FIXTURES / f"outage-{station}.dat"
        assert user.types("load", "--library", library, str(capture)).code == 1
    return user


def test_three_stations_come_back_as_one_file(outage: User) -> None:
    expected = facts(outage.rows())
    done = outage.types("export", "merged.dat", "--all")
    assert (done.code, done.out) == (0, "")
    assert outage.types("load", "merged.dat", "--run", "again").code == 0
    again = outage.rows("again")
    assert facts(again) == expected
    assert [row.source_row for row in again] == list(range(1, len(expected) + 1))
    assert (outage.folder / "merged.dat").stat().st_mode & 0o777 == 0o600


def test_the_files_of_the_desks_are_the_whole(outage: User) -> None:
    to_do = [row for row in outage.rows() if row.outcome is Outcome.PENDING]
    assert outage.types("export", "whole.dat").code == 0
    done = outage.types("export", "part.dat", "--by-desk")
    assert done.code == 0
    whole = (outage.folder / "whole.dat").read_bytes().splitlines(keepends=True)
    parts: list[bytes] = []
    for library in STATIONS.values():
        part = f"part-{library}-FRONT.dat"
        parts += (outage.folder / part).read_bytes().splitlines(keepends=True)
        assert outage.types("load", "--library", library, part, "--run", "again").code == 0
        assert f"{part}: " in done.err
    assert sorted(parts) == sorted(whole)
    assert len(whole) == len(to_do)
    # Also what was one minute's order across stations is the same again.
    again = outage.rows("again")
    assert facts(again) == facts(to_do)
    assert [row.library for row in again] == [row.library for row in to_do]
    # One item was lent at MAIN, returned and lent at the ANNEX.
    assert "Items that moved between desks: rows" in done.err


def test_the_message_says_what_was_written_and_what_to_do(user: User) -> None:
    lines = [f"202609140902L{ITEM:<80}{PATRON}", f"202609150902R{ITEM:<80}"]
    user.types("load", str(user.writes("desk.dat", *lines)))
    done = user.types("export", "out.dat")
    written, what_next = done.problems()
    assert written == "out.dat: 2 lines, 14 Sep 2026 09:02 to 15 Sep 2026 09:02, MAIN FRONT"
    assert "upload it under Fulfillment > Offline Circulation" in what_next
    assert "Do not replay or retry these rows afterwards" in what_next
    assert PATRON not in done.err
    # Quiet, but for what nobody may miss.
    again = user.types("export", "out.dat", "--overwrite", "--quiet")
    assert again.problems() == [what_next]


def test_no_export_takes_the_place_of_a_capture(loaded: User) -> None:
    before = (loaded.folder / "desk.dat").read_bytes()
    done = loaded.types("export", "desk.dat")
    (said,) = done.problems()[-1:]
    assert (done.code, said.startswith("desk.dat: this file is there already.")) == (2, True)
    assert (loaded.folder / "desk.dat").read_bytes() == before


def test_a_line_that_a_spreadsheet_would_run_is_warned_of(user: User) -> None:
    user.types("load", str(user.writes("desk.dat", f"202609140902L{ITEM:<80}x;=cmd")))
    done = user.types("export", "out.dat")
    assert "Do not open these files in a spreadsheet" in done.err and "row 1." in done.err
    assert "=cmd" in (user.folder / "out.dat").read_text()


def test_a_patron_id_in_the_place_of_a_desk_names_no_file(user: User) -> None:
    table = ["Time,Kind,Patron,Item,Desk", f"2026-09-14 09:01,loan,{PATRON},{ITEM},{PATRON}9"]
    user.types("load", str(user.writes("desk.csv", *table)))
    assert user.types("export", "out.dat", "--by-desk", "--log", "log").code == 0
    assert (user.folder / "out-1.dat").exists()
    assert not [path for path in user.folder.iterdir() if PATRON in path.name]
    assert PATRON not in (user.folder / "log").read_text()


def test_rows_of_several_desks_in_one_file_are_warned_of(outage: User) -> None:
    done = outage.types("export", "out.dat")
    assert "These rows are of 3 desks, and the upload books all of them" in done.err
    assert "--by-desk" in done.err
    assert "of 3 desks" not in outage.types("export", "out.dat", "--by-desk").err


def test_what_alma_has_does_not_go_up_again(user: User) -> None:
    capture = user.captures(2).read_text().splitlines()
    unknown = f"202609141100L{ITEM:<80}{PATRON}"
    user.types("load", str(user.writes("all.dat", *capture, unknown, "not a row")))
    assert user.types("replay", "--yes").code == 1
    later = f"202609141200R{user.barcodes[-1]:<80}"
    user.types("load", str(user.writes("later.dat", later)))
    done = user.types("export", "out.dat")
    assert done.code == 0
    assert (user.folder / "out.dat").read_text().splitlines() == [unknown, later]
    assert "The upload may skip row 5: the run has posted something" in done.err
    done = user.types("export", "copy.dat", "--all")
    assert (user.folder / "copy.dat").read_text().splitlines() == [*capture, unknown, later]
    assert "which repeat others (rows 1, 2)" in done.err
    assert "Next:" not in done.err


def test_what_may_be_in_alma_is_written_and_named(user: User) -> None:
    user.types("load", str(user.captures(4)))
    with Queue.open(f"sqlite:///{user.folder}/almareplay.db") as queue:
        hold = take_hold(queue, queue.run("main"))
        store_result(queue, hold, 1, Result(Outcome.UNCERTAIN))
        store_intent(queue, hold, 2, Write.LOAN, None)
        loan = store_intent(queue, hold, 3, Write.LOAN, None)
        store_result(queue, hold, 3, Result(Outcome.PATRON_BLOCKED), intent=loan, fate=Fate.REFUSED)
        # Returned for the patron who had it; then the loan was refused.
        scan = store_intent(queue, hold, 4, Write.SCAN_IN, None)
        store_result(queue, hold, 4, Result(Outcome.PATRON_LIMIT), intent=scan)
        release_hold(queue, hold)
    done = user.types("export", "out.dat")
    assert (done.code, "out.dat: 4 lines" in done.err) == (0, True)
    assert "May be in Alma already, since an answer was lost: rows 1, 2." in done.err
    assert "The upload may skip row 4: the run has posted something" in done.err


def test_rows_that_cannot_be_written_are_named(user: User) -> None:
    table = [
        "Time,Kind,Patron,Item",
        *(f"2026-09-14 09:0{n},loan,{PATRON},{'y7' * 41}" for n in "15"),
    ]
    user.types("load", str(user.writes("desk.csv", *table)))
    done = user.types("export", "out.dat")
    assert done.code == 1
    assert done.problems()[0] == (
        "Not written: rows 1, 2: the item barcode has more than 80 characters."
    )
    assert not (user.folder / "out.dat").exists()
    user.types("load", str(user.writes("more.csv", table[0], f"2026-09-14 10:00,loan,{PATRON},1")))
    done = user.types("export", "out.dat")
    assert (done.code, "out.dat: 1 line" in done.err) == (1, True)
    assert PATRON not in done.err


def test_nothing_to_do_leaves_no_file(loaded: User) -> None:
    assert loaded.types("export", "out.dat").code == 0
    assert loaded.types("replay", "--yes").code == 0
    done = loaded.types("export", "out.dat")
    assert done.code == 0
    assert done.problems() == [
        "Nothing to export: run 'main' has no rows left to do.",
        "out.dat is there from before: do not upload it.",
    ]
    assert loaded.types("export", "new.dat").code == 0
    assert not (loaded.folder / "new.dat").exists()


def test_a_run_that_is_replayed_is_not_exported(loaded: User) -> None:
    with Queue.open(f"sqlite:///{loaded.folder}/almareplay.db") as queue:
        hold = take_hold(queue, queue.run("main"))
        assert loaded.types("export", "out.dat").code == 3
        release_hold(queue, hold)
    assert loaded.types("export", "out.dat").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["out.txt"], "must end in .dat"),
        (["no/out.dat"], "there is no such folder"),
        (["out.dat", "--run", "other"], "no run 'other'"),
        (["out.dat", "--queue", "sqlite:///none.db"], "none.db"),
    ],
)
def test_wrong_usage_is_2(loaded: User, words: list[str], said: str) -> None:
    done = loaded.types("export", *words)
    assert (done.code, said in done.err) == (2, True)
