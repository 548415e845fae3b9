"""Fines that the outage alone has made: waived or told, and no other fee touched."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from almareplay.simulator.world import Fee, Item, Patron, World
from tests.acceptance.late_returns import (
    PART,
    RETURN_FIRST,
    RETURNS,
    WAIVE,
    WHOLE,
    as_posted,
    is_all_done,
    left_by_the_run,
    lent_to_others,
    notes_of,
    returns,
    was_returned_first,
)
from tests.chaos.outage import Begin
from tests.chaos.weekend import ALMA_IS_BACK, asked_for, begin_on_monday, in_queue, local, world_of


def _add_fees_of_others(world: World) -> set[str]:
    """Fees that no scan of the run makes, as like the ones that it makes as can be; their ids."""
    now, before = ALMA_IS_BACK.astimezone(UTC), local("11-02 12:00").astimezone(UTC)
    item = "due in the outage"
    patron = f"reader-{len(item)}"
    world.add_item(Item("other", "MAIN"))
    world.add_patron(Patron("neighbour"))
    fees = [
        Fee(patron, "LOSTITEMPROCESSFEE", 20.0, 20.0, now, "MAIN", item),
        Fee(patron, "OVERDUEFINE", 0.5, 0.5, before, "MAIN", item),
        Fee(patron, "OVERDUEFINE", 0.5, 0.5, now, "MAIN", "other"),
        Fee(patron, "OVERDUEFINE", 0.75, 0.75, now, "MAIN"),
        Fee("neighbour", "OVERDUEFINE", 0.5, 0.5, now, "MAIN", item),
    ]
    for fee in fees:
        world.add_fee(fee)
    return {fee.fee_id for fee in fees}


def test_what_is_wholly_wrong_is_waived_and_nothing_else(begin: Begin) -> None:
    capture = returns(set(RETURNS))
    others = _add_fees_of_others(capture.world)
    outage = begin_on_monday(begin, capture)
    done = outage.work.replays(*WAIVE)
    assert done.code == 0, done.said
    assert left_by_the_run(outage) == {name: as_posted(name) for name in PART}
    after = world_of(outage)
    fees = {fee.fee_id: fee for fee in after.fees}
    assert {fee_id: fees[fee_id] for fee_id in others} == {
        fee.fee_id: fee for fee in capture.world.fees
    }
    waived = [fee for fee in after.fees if fee.status == "CLOSED"]
    assert {fee.item_barcode for fee in waived} == WHOLE
    assert all("run main, row " in waiver.comment for fee in waived for waiver in fee.waivers)
    notes = notes_of(outage)
    for name, (_, due, returned) in RETURNS.items():
        said = ("waived" in notes[name], "may be too high" in notes[name])
        assert said == (name in WHOLE, name in PART), notes[name]
        if name in WHOLE | PART:
            assert f"returned 2025-{returned}, due 2025-{due}" in notes[name]
            assert f"{as_posted(name):g}" in notes[name]
    listed = in_queue(
        outage.work,
        "SELECT item_barcode, wrong, waived_at IS NOT NULL FROM fines JOIN transactions "
        "USING (run_id, row)",
    )
    expected = [(name, "whole", 1) for name in WHOLE] + [(name, "part", 0) for name in PART]
    assert sorted(listed) == sorted(expected)
    # A look at the fees of each late return, a waiver for each that is wrong as a whole.
    assert asked_for(outage, "fees") == len(WHOLE | PART)
    assert asked_for(outage, "waive") == len(WHOLE)
    is_all_done(outage)


def test_by_default_fines_are_told_and_stand(begin: Begin) -> None:
    capture = returns(set(RETURNS))
    _add_fees_of_others(capture.world)
    outage = begin_on_monday(begin, capture)
    done = outage.work.replays()
    assert done.code == 0, done.said
    assert left_by_the_run(outage) == {name: as_posted(name) for name in WHOLE | PART}
    assert asked_for(outage, "waive") == 0
    notes = notes_of(outage)
    assert {name for name in notes if "is to be waived" in notes[name]} == WHOLE
    assert {name for name in notes if "may be too high" in notes[name]} == PART
    assert in_queue(outage.work, "SELECT count(*) FROM fines WHERE waived_at IS NULL") == [(7,)]
    is_all_done(outage)


def test_a_loan_that_alma_shows_no_more_is_followed_up_all_the_same(begin: Begin) -> None:
    capture = returns(WHOLE)
    capture.world.anonymize_on_return = True
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults({"fault": "cut_after", "match": "scan_in", "times": 2})
    assert outage.work.replays(*WAIVE).code == 0
    assert left_by_the_run(outage) == {}


def test_what_alma_refuses_to_waive_is_told(begin: Begin) -> None:
    outage = begin_on_monday(begin, returns({"due in the outage"}))
    done = outage.work.replays("--fines", "waive", "--waive-reason", "NO_SUCH_REASON")
    assert done.code == 0, done.said
    note = notes_of(outage)["due in the outage"]
    assert "did not let the fine be set right" in note
    assert "401666" in note
    assert left_by_the_run(outage) == {"due in the outage": as_posted("due in the outage")}
    is_all_done(outage)


def test_two_fines_that_fit_are_left_to_staff(begin: Begin) -> None:
    capture = returns({"due in the outage"})
    fee = Fee("reader-17", "OVERDUEFINE", 1.0, 1.0, ALMA_IS_BACK.astimezone(UTC)
              + timedelta(seconds=10), "MAIN", "due in the outage")  # fmt: skip
    capture.world.add_fee(fee)
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays(*WAIVE).code == 0
    assert asked_for(outage, "waive") == 0
    note = notes_of(outage)["due in the outage"]
    assert note.startswith("only one of these is of this return: ")
    assert note.count("is to be waived") == 2


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [{"fault": "cut_after", "match": "scan_in", "times": 2}],
        pytest.param(
            [{"fault": "cut_before", "match": "scan_in", "times": 2}], marks=pytest.mark.slow
        ),
        pytest.param([{"fault": "cut_after", "match": "loan", "times": 2}], marks=pytest.mark.slow),
    ],
    ids=["answered", "scan done", "scan not done", "loan done"],
)
def test_the_fine_of_a_loan_that_is_ended_first_is_waived_too(
    begin: Begin, faults: list[dict[str, Any]]
) -> None:
    outage = begin_on_monday(begin, lent_to_others())
    outage.alma.has_faults(*faults)
    done = outage.work.replays(*RETURN_FIRST)
    assert done.code == 0, done.said
    was_returned_first(outage)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--fines", "waive"), "needs --waive-reason CODE"),
        ((*WAIVE, "--guard", "off"), "needs a look at each item"),
        (("--reopened-at", "soon"), "soon"),
        (("--reopened-at", "2025-11-03 07:30", "--guard", "off"), "needs a look at each item"),
    ],
)
def test_flags_that_do_not_fit_are_refused(
    begin: Begin, flags: tuple[str, ...], words: str
) -> None:
    outage = begin_on_monday(begin, returns({"on time"}))
    done = outage.work.replays(*flags)
    assert done.code == 2
    assert words in " ".join(done.err.replace("│", " ").split())
    assert outage.alma.requests() == []
