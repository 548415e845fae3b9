"""``retry``, ``correct``, ``dismiss`` and ``history``, as staff type them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from almareplay.simulator.world import Item, Patron

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, User


@pytest.fixture
def left_over(user: User) -> User:
    """A user whose run has left over a loan to nobody that Alma knows, and a row nobody can read;
    the right patron is the last of ``barcodes``."""
    number = next(user.numbers)
    item, patron = f"3188{number}", f"2188{number}"
    user.alma.world.add_item(Item(item, "MAIN"))
    user.alma.world.add_patron(Patron(patron))
    user.barcodes += [item, patron]
    user.writes("wrong.dat", f"202609140900L{item:<80}2199{number}", "not a row")
    assert user.types("load", "wrong.dat").code == 1
    assert user.types("replay", "--yes").code == 1
    assert user.outcomes() == ["patron_not_found", "invalid"]
    return user


def test_a_retry_sets_back_what_was_refused(left_over: User) -> None:
    done = left_over.types("retry", "--outcome", "patron_blocked")
    assert (done.code, done.problems()) == (0, ["0 rows set back to pending."])
    done = left_over.types("retry", "--row", "1")
    assert done.problems() == ["1 row set back to pending. Next: almareplay replay"]
    assert left_over.outcomes() == ["pending", "invalid"]


def test_status_tells_the_next_commands(left_over: User) -> None:
    assert left_over.types("status").out.splitlines()[1:] == [
        "Alma: Calder University (01CALDER_INST), sandbox; not rehearsed there",
        "  1  patron_not_found     attention",
        "  1  invalid              rejected",
        "Next: almareplay report report.html           the list for staff; then by row:",
        "      almareplay retry --row N                once what stood in the way is gone",
        "      almareplay correct --row N              where a card was mistyped",
        "      almareplay dismiss --row N --note TEXT  what was settled by hand",
    ]
    state = json.loads(left_over.types("status", "--json").out)
    assert state["open"] == {"patron_not_found": 1, "invalid": 1}
    assert state["next"][0] == "almareplay report report.html"


@pytest.mark.parametrize("asked", [False, True])
def test_a_mistyped_card_is_corrected_and_lent(
    left_over: User, at_terminal: AtTerminal, asked: bool
) -> None:
    right, wrong = left_over.barcodes[-1], left_over.rows()[0].patron_id
    if asked:
        at_terminal(f"{right}\n")
    done = left_over.types(
        "correct", "--row", "1", *([] if asked else ["--patron-id", f" {right}\t"])
    )
    assert (done.code, done.out.strip()) == (0, "")
    said = "Row 1: patron id corrected, pending again. Next: almareplay replay"
    assert done.problems()[-1].endswith(said)
    # It is shown which row, but not whose: the screen may be seen by others.
    item = left_over.barcodes[-2]
    shown = (
        f"Row 1: loan, item {item}, captured 2026-09-14 09:00, at MAIN, desk FRONT (wrong.dat:1)"
    )
    assert done.problems()[0] == shown
    assert wrong not in done.err and (asked or right not in done.err)
    assert left_over.types("replay", "--yes").code == 1
    row, _ = left_over.rows()
    assert (row.outcome, row.patron_id, left_over.effects()) == ("loaned", right, ["loan"])
    assert row.note.startswith("patron id corrected on ")
    told = left_over.types("history", "--row", "1").out
    assert f"patron id corrected: {wrong} became {right}" in told
    assert "  patron_not_found\n" in told and "Now: loaned, applied" in told


@pytest.mark.parametrize(
    ("typed", "said"),
    [(" \t", "The patron id is empty"), ("2\t3", "holds a tab"), ("x" * 256, "more than 255")],
)
def test_what_cannot_be_a_patron_id_is_refused(left_over: User, typed: str, said: str) -> None:
    done = left_over.types("correct", "--row", "1", "--patron-id", typed)
    assert (done.code, said in done.err, typed in done.err) == (2, True, False)
    assert left_over.outcomes() == ["patron_not_found", "invalid"]


def test_nothing_typed_for_a_patron_id_changes_nothing(
    left_over: User, at_terminal: AtTerminal
) -> None:
    at_terminal()
    done = left_over.types("correct", "--row", "1")
    assert (done.code, "Nothing was changed." in done.err) == (130, True)
    assert left_over.outcomes() == ["patron_not_found", "invalid"]


def test_a_run_whose_rest_is_dismissed_is_done(left_over: User) -> None:
    done = left_over.types("dismiss", "--row", "1", "--note", "handled\nat the \x1b[2Jdesk")
    assert done.code == 0
    assert done.problems()[:2] == [
        "1 row dismissed.",
        "Next: almareplay report report.html           the list for staff; then by row:",
    ]
    assert left_over.types("replay", "--yes").code == 1
    assert left_over.types("dismiss", "--row", "2", "--note", " \n").code == 2
    done = left_over.types("dismiss", "--row", "2", "--note", "no loan at all")
    assert done.problems() == ["1 row dismissed. Nothing is left to do."]
    done = left_over.types("replay", "--yes")
    assert (done.code, "2  dismissed" in done.err) == (0, True)
    assert left_over.rows()[0].note == "dismissed: handled at the [2Jdesk"
    told = left_over.types("status").out.splitlines()
    assert told[2:] == ["  2  dismissed            settled by hand", "Nothing is left to do."]
    state = json.loads(left_over.types("status", "--json").out)
    assert (state["dismissed"], state["open"], state["next"]) == (2, {}, [])
    # What somebody has settled must not go up by another way.
    assert "Nothing to export" in left_over.types("export", "rest.dat").err

    done = left_over.types("retry", "--row", "1", "--row", "2")
    assert done.problems() == [
        "1 row no longer dismissed; they cannot be sent, though.",
        "1 row set back to pending. Next: almareplay replay",
    ]
    assert [row.dismissed for row in left_over.rows()] == [False, False]


def test_the_history_of_a_row(left_over: User) -> None:
    wrong = left_over.rows()[0].patron_id
    told = left_over.types("history", "--row", "1").out.splitlines()
    item = left_over.barcodes[-2]
    assert told[0] == (
        f"Row 1 of run 'main': loan, item {item}, patron {wrong}, captured 2026-09-14 09:00, "
        "at MAIN, desk FRONT"
    )
    assert told[1] == "Times are those of Europe/Berlin."
    events = [line[2:] for line in told[2:]]
    assert [line[21:] for line in events[:3]] == [
        "read from wrong.dat, line 1 (offline circulation .dat)",
        "item looked at in Alma",
        "loan: refused by Alma, code 401861",
    ]
    assert events[3].strip().startswith("tracking id E01-")
    assert events[4].strip() == "before it the item was not on loan"
    assert events[5].endswith("  patron_not_found") and events[6].endswith(" (401861)")
    assert told[9] == "Now: patron_not_found, attention"
    assert told[-3:] == [
        "Next: almareplay correct --row 1",
        "      almareplay retry --row 1",
        "      almareplay dismiss --row 1 --note TEXT",
    ]
    data = json.loads(left_over.types("history", "--row", "1", "--json").out)
    assert (data["row"], data["patron_id"], data["outcome"]) == (1, wrong, "patron_not_found")
    assert [each["event"] for each in data["events"]] == ["loaded", "looked", "called", "settled"]
    assert data["events"][2]["fate"] == "refused"
    unread = left_over.types("history", "--row", "2").out
    assert "row 2 of run" in unread.casefold() and "Now: invalid, rejected" in unread


def test_a_mistyped_barcode_is_corrected_and_the_item_lent(user: User) -> None:
    """And the capture, loaded again grown, does not bring the mistake back."""
    line = user.captures().read_text().splitlines()[0]
    item = user.barcodes[-1]
    mistyped, unknown = line.replace(item, item[:-1] + "x"), line.replace(item, item[:-1] + "y")
    user.writes("typed.dat", mistyped)
    assert user.types("load", "typed.dat").code == 0
    assert user.types("replay", "--yes").code == 1
    assert user.outcomes() == ["item_not_found"]
    told = user.types("history", "--row", "1").out
    assert "Next: almareplay correct --row 1 --item-barcode CODE\n" in told
    done = user.types("correct", "--row", "1", "--item-barcode", f" {item}")
    assert done.problems()[1:] == [
        "Row 1: item barcode corrected, pending again. Next: almareplay replay"
    ]
    user.writes("grown.dat", mistyped, unknown)
    assert user.types("load", "grown.dat").code == 0
    assert user.types("replay", "--yes").code == 1
    assert user.outcomes() == ["loaned", "duplicate", "item_not_found"]
    assert user.effects() == ["loan"]
    told = user.types("history", "--row", "1").out
    assert f"item barcode corrected: {item[:-1]}x became {item}" in told
    assert user.rows()[0].note.startswith("item barcode corrected on ")


def test_a_row_that_now_repeats_another_is_said_to(user: User) -> None:
    line = user.captures().read_text().splitlines()[0]
    item = user.barcodes[-1]
    user.writes("twice.dat", line, line.replace(item, item[:-1] + "x"))
    assert user.types("load", "twice.dat").code == 0
    done = user.types("correct", "--row", "2", "--item-barcode", item)
    assert done.problems()[-1] == (
        "Row 2: item barcode corrected. It is now the same as row 1: nothing is posted for it."
    )
    assert user.types("replay", "--yes").code == 0
    assert user.effects() == ["loan"]


def test_the_items_own_barcode_is_no_patron(left_over: User, at_terminal: AtTerminal) -> None:
    """Somebody scans the book where the card is wanted."""
    item = left_over.barcodes[-2]
    at_terminal(f"{item}\n")
    done = left_over.types("correct", "--row", "1")
    said = "Row 1 has this as its item barcode: a patron id is wanted, that of the card."
    assert (done.code, done.problems()[-1].endswith(said)) == (2, True)
    assert left_over.outcomes() == ["patron_not_found", "invalid"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["correct", "--row", "1,2"], "One row is corrected at a time"),
        (["correct", "--row", "1"], "There is nobody to ask for the patron id"),
        (["correct", "--row", "1", "--item-barcode", " "], "The item barcode is empty"),
        (["dismiss", "--note", "done"], "Say which rows: --row N or --outcome NAME."),
        (["dismiss", "--outcome", "loaned", "--note", "done"], "leave nothing to dismiss"),
        (["dismiss", "--outcome", "invalids", "--note", "done"], "Did you mean invalid?"),
        (["retry", "--row", "2-1"], "'2-1' names no rows: write 17, or 36,58 or 4-9."),
        (["retry", "--row", "1;2"], "'1;2' names no rows"),
        (["retry", "--row", "0"], "'0' names no rows"),
        (["retry", "--row", "1-999999999"], "names more than 10,000 rows"),
        (["history", "--row", "1-3"], "no row 3; it has rows 1 to 2"),
    ],
)
def test_wrong_usage_is_said_plainly(left_over: User, words: list[str], said: str) -> None:
    done = left_over.types(*words)
    assert (done.code, said in done.err) == (2, True), done.err
    assert left_over.outcomes() == ["patron_not_found", "invalid"]


def test_rows_are_named_in_lists_and_ranges(left_over: User) -> None:
    assert left_over.types("dismiss", "--row", "1-2", "--note", "done").problems() == [
        "2 rows dismissed. Nothing is left to do."
    ]
    assert left_over.types("retry", "--row", "1, 2").code == 0
    told = left_over.types("history", "--row", "1,2").out
    assert "Row 1 of run" in told and "\n\nRow 2 of run" in told
    data = json.loads(left_over.types("history", "--row", "2,1", "--json").out)
    assert [each["row"] for each in data] == [2, 1]


def test_all_rows_of_an_outcome_are_dismissed_and_pending_ones_not_posted(left_over: User) -> None:
    left_over.captures(2, name="more.dat")
    assert left_over.types("load", "more.dat").code == 0
    done = left_over.types("dismiss", "--outcome", "invalid", "--row", "3", "--note", "tested")
    assert done.problems()[0] == "2 rows dismissed."
    assert left_over.types("replay", "--yes").code == 1
    assert left_over.outcomes() == ["patron_not_found", "pending", "loaned", "invalid"]
    assert left_over.effects() == ["loan"]
    assert "  2  dismissed            settled by hand" in left_over.types("status").out
    told = left_over.types("history", "--row", "3").out
    assert "Now: pending, dismissed" in told and "Next:" not in told
    assert left_over.types("retry", "--row", "3").problems() == [
        "1 row set back to pending. Next: almareplay replay"
    ]
