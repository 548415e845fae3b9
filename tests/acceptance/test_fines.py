"""Fines that the outage alone has made: waived or told, and no other fee touched."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from datetime import UTC, timedelta
from typing import Any

import pytest

from almareplay.simulator.fines import overdue_fine
from almareplay.simulator.world import Fee, Item, Patron, Policy, World
from tests.chaos.captures import Capture
from tests.chaos.outage import Begin, Outage
from tests.chaos.weekend import (
    ALMA_IS_BACK,
    asked_for,
    begin_on_monday,
    captured,
    fees_of,
    in_queue,
    lent,
    local,
    week_world,
    world_of,
)

WAIVE = ("--fines", "waive", "--waive-reason", "OUTAGE")
POLICIES = [
    Policy("BOOK", fine_per_day=0.25),
    Policy("LAPTOP", hours=4, fine_per_hour=2.5),
]
RETURNS = {
    # Item: its policy, when it was due, and when it came back.
    "on time": ("BOOK", "11-10 22:00", "11-01 12:00"),
    "due in the outage": ("BOOK", "11-01 22:00", "10-31 12:00"),
    "due in its minute": ("BOOK", "10-31 22:00", "10-31 22:00"),
    "due on the same day": ("BOOK", "11-02 22:00", "11-02 21:59"),
    "laptop, on time": ("LAPTOP", "10-30 14:20", "10-30 13:05"),
    "a minute late": ("BOOK", "10-31 22:00", "10-31 22:01"),
    "days late": ("BOOK", "10-20 22:00", "11-01 09:00"),
    "laptop, late": ("LAPTOP", "10-30 14:20", "10-30 17:00"),
}
WHOLE = {"due in the outage", "due in its minute", "due on the same day", "laptop, on time"}
PART = {"a minute late", "days late", "laptop, late"}


def _returns(names: set[str]) -> Capture:
    world, rows = week_world(policies=POLICIES), []
    for name in sorted(names):
        policy, due, returned = RETURNS[name]
        world.add_item(Item(name, "MAIN", policy=policy))
        lent(world, name, f"reader-{len(name)}", "10-13 12:00", due)
        rows.append((returned, "R", name, ""))
    return captured(world, *sorted(rows))


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


def _left_by_the_run(outage: Outage) -> dict[str, float]:
    """What is owed for each item because of the run."""
    effects = outage.alma.look("effects")
    made = {effect["fee_id"] for effect in effects if effect["type"] == "fee"}
    owed = fees_of(world_of(outage))
    return {item: fee.balance for item, fees in owed.items() for fee in fees if fee.fee_id in made}


def _as_posted(name: str) -> float:
    policy, due, _ = RETURNS[name]
    terms = next(each for each in POLICIES if each.code == policy)
    return overdue_fine(terms, ALMA_IS_BACK.astimezone(UTC) - local(due))


def _notes(outage: Outage) -> dict[str, str]:
    return {row["item_barcode"]: row["note"] for row in outage.work.evidence(outage.alma).report}


def _is_all_done(outage: Outage) -> None:
    assert in_queue(outage.work, "SELECT count(*) FROM follow_ups WHERE done_at IS NULL") == [(0,)]
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert effects.count("return") == len(world_of(outage).loans)


def test_what_is_wholly_wrong_is_waived_and_nothing_else(begin: Begin) -> None:
    capture = _returns(set(RETURNS))
    others = _add_fees_of_others(capture.world)
    outage = begin_on_monday(begin, capture)
    done = outage.work.replays(*WAIVE)
    assert done.code == 0, done.said
    assert _left_by_the_run(outage) == {name: _as_posted(name) for name in PART}
    after = world_of(outage)
    fees = {fee.fee_id: fee for fee in after.fees}
    assert {fee_id: fees[fee_id] for fee_id in others} == {
        fee.fee_id: fee for fee in capture.world.fees
    }
    waived = [fee for fee in after.fees if fee.status == "CLOSED"]
    assert {fee.item_barcode for fee in waived} == WHOLE
    assert all("run main, row " in waiver.comment for fee in waived for waiver in fee.waivers)
    notes = _notes(outage)
    for name, (_, due, returned) in RETURNS.items():
        said = ("waived" in notes[name], "may be too high" in notes[name])
        assert said == (name in WHOLE, name in PART), notes[name]
        if name in WHOLE | PART:
            assert f"returned 2025-{returned}, due 2025-{due}" in notes[name]
            assert f"{_as_posted(name):g}" in notes[name]
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
    _is_all_done(outage)


def test_by_default_fines_are_told_and_stand(begin: Begin) -> None:
    capture = _returns(set(RETURNS))
    _add_fees_of_others(capture.world)
    outage = begin_on_monday(begin, capture)
    done = outage.work.replays()
    assert done.code == 0, done.said
    assert _left_by_the_run(outage) == {name: _as_posted(name) for name in WHOLE | PART}
    assert asked_for(outage, "waive") == 0
    notes = _notes(outage)
    assert {name for name in notes if "is to be waived" in notes[name]} == WHOLE
    assert {name for name in notes if "may be too high" in notes[name]} == PART
    assert in_queue(outage.work, "SELECT count(*) FROM fines WHERE waived_at IS NULL") == [(7,)]
    _is_all_done(outage)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "cut_after", "match": "waive", "times": 2},
        pytest.param({"fault": "cut_before", "match": "waive", "times": 2}, marks=pytest.mark.slow),
        pytest.param(
            {"fault": "cut_then_effect", "match": "waive", "times": 2, "delay": 0.02},
            marks=pytest.mark.slow,
        ),
        {"fault": "http_5xx", "match": "waive", "times": 1, "effect": "before", "body": "html"},
        {"fault": "cut_after", "match": "scan_in", "probability": 0.5},
        pytest.param(
            {"fault": "cut_before", "match": "scan_in", "probability": 0.5}, marks=pytest.mark.slow
        ),
        pytest.param(
            {"fault": "cut_then_effect", "match": "scan_in", "times": 2, "delay": 0.05},
            marks=pytest.mark.slow,
        ),
        {"fault": "cut_before", "match": "fees", "times": 1},
    ],
    ids=lambda fault: f"{fault['match']} {fault['fault']}",
)
def test_lost_answers_neither_leave_nor_double_a_waiver(
    begin: Begin, fault: dict[str, Any]
) -> None:
    settle = "0.2" if fault["fault"] == "cut_then_effect" else "0"
    outage = begin_on_monday(begin, _returns(WHOLE | PART), SETTLE_SECONDS=settle)
    outage.alma.has_faults(fault)
    done = outage.work.replays(*WAIVE)
    assert outage.alma.look("faults")[0]["struck"] > 0
    assert done.code == 0, done.said
    assert _left_by_the_run(outage) == {name: _as_posted(name) for name in PART}
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert (effects.count("fee"), effects.count("waive")) == (len(WHOLE | PART), len(WHOLE))
    notes = _notes(outage)
    assert {name for name in notes if " waived: " in notes[name]} == WHOLE, notes
    _is_all_done(outage)


def test_a_loan_that_alma_shows_no_more_is_followed_up_all_the_same(begin: Begin) -> None:
    capture = _returns(WHOLE)
    capture.world.anonymize_on_return = True
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults({"fault": "cut_after", "match": "scan_in", "times": 2})
    assert outage.work.replays(*WAIVE).code == 0
    assert _left_by_the_run(outage) == {}


@pytest.mark.parametrize("operation", ["fees", "waive"])
@pytest.mark.parametrize("effect", ["before", pytest.param("none", marks=pytest.mark.slow)])
def test_killed_before_or_in_a_waiver_the_next_start_has_only_that_to_do(
    begin: Begin, operation: str, effect: str
) -> None:
    outage = begin_on_monday(begin, _returns({"due in the outage"}))
    outage.alma.has_faults({"fault": "silence", "match": operation, "effect": effect})
    replay = outage.work.starts_replay(*WAIVE)
    while replay.runs() and not asked_for(outage, operation):
        pass
    replay.send(signal.SIGKILL)
    assert outage.work.ends(replay).code == -signal.SIGKILL
    state = outage.work.runs("status", "--json")
    assert '"follow_ups": 1' in state.out
    outage.alma.has_faults()
    done = outage.work.replays(*WAIVE)
    assert done.code == 0, done.said
    assert _left_by_the_run(outage) == {}
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert effects == ["return", "fee", "waive"]
    assert "waived" in _notes(outage)["due in the outage"]
    _is_all_done(outage)


def test_a_fine_that_alma_fails_to_waive_leaves_the_run_to_be_started_again(begin: Begin) -> None:
    outage = begin_on_monday(begin, _returns(WHOLE))
    path = f"POST /users/reader-{len('due on the same day')}/fees/.*"
    outage.alma.has_faults({"fault": "general_error", "match": path, "times": 3})
    done = outage.work.replays(*WAIVE)
    assert done.code == 75, done.said
    assert "due date or fine could not be set right yet" in done.err.replace(
        "dates or fines", "date or fine"
    )
    again = outage.work.replays(*WAIVE)
    assert again.code == 0, again.said
    assert _left_by_the_run(outage) == {}
    _is_all_done(outage)


def test_who_has_lost_the_run_while_it_asked_for_fees_waives_nothing(begin: Begin) -> None:
    outage = begin_on_monday(begin, _returns(WHOLE))
    outage.alma.has_faults({"fault": "slow", "match": "fees", "delay": 0.5})
    sleeper = outage.work.starts_replay(*WAIVE)
    while sleeper.runs() and not asked_for(outage, "fees"):
        pass
    outage.work.puts_to_sleep(sleeper)
    with closing(sqlite3.connect(outage.work.queue)) as connection, connection:
        connection.execute(
            "UPDATE runs SET holder_space = 'a container', lease_until = '2025-01-01 00:00:00'"
        )
    outage.alma.has_faults()
    assert outage.work.replays(*WAIVE).code == 0
    sleeper.send(signal.SIGCONT)
    assert outage.work.ends(sleeper).code == 3
    assert _left_by_the_run(outage) == {}
    assert asked_for(outage, "waive") == len(WHOLE)
    assert [note.count("waived") for note in _notes(outage).values()] == [1] * len(WHOLE)
    _is_all_done(outage)


def test_what_alma_refuses_to_waive_is_told(begin: Begin) -> None:
    outage = begin_on_monday(begin, _returns({"due in the outage"}))
    done = outage.work.replays("--fines", "waive", "--waive-reason", "NO_SUCH_REASON")
    assert done.code == 0, done.said
    note = _notes(outage)["due in the outage"]
    assert "did not let the fine be set right" in note
    assert "401666" in note
    assert _left_by_the_run(outage) == {"due in the outage": _as_posted("due in the outage")}
    _is_all_done(outage)


def test_two_fines_that_fit_are_left_to_staff(begin: Begin) -> None:
    capture = _returns({"due in the outage"})
    fee = Fee("reader-17", "OVERDUEFINE", 1.0, 1.0, ALMA_IS_BACK.astimezone(UTC)
              + timedelta(seconds=10), "MAIN", "due in the outage")  # fmt: skip
    capture.world.add_fee(fee)
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays(*WAIVE).code == 0
    assert asked_for(outage, "waive") == 0
    note = _notes(outage)["due in the outage"]
    assert note.startswith("only one of these is of this return: ")
    assert note.count("is to be waived") == 2


RETURN_FIRST = ("--on-loan-elsewhere", "return-first", "--due-dates", "as-captured", *WAIVE)


def _lent_to_others() -> Capture:
    world = week_world(policies=POLICIES)
    lent(world, "i1", "vorher", "10-13 12:00", "11-01 22:00")
    lent(world, "i2", "vorher", "10-13 12:00", "10-20 22:00")
    loans = [("10-31 12:00", "L", item, "nachher") for item in ("i1", "i2")]
    return captured(world, *loans)


def _was_returned_first(outage: Outage) -> None:
    assert _left_by_the_run(outage) == {"i2": 3.5}
    notes = _notes(outage)
    for item, said in (("i1", "waived"), ("i2", "may be too high")):
        for words in ("returned for the patron who had it", said, "set back as captured"):
            assert notes[item].count(words) == 1, notes[item]
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert [effects.count(each) for each in ("return", "loan", "waive")] == [2, 2, 1]
    loans = [each for each in world_of(outage).loans if each.return_date is None]
    assert {each.due_date for each in loans} == {local("11-28 22:00")}


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
    outage = begin_on_monday(begin, _lent_to_others())
    outage.alma.has_faults(*faults)
    done = outage.work.replays(*RETURN_FIRST)
    assert done.code == 0, done.said
    _was_returned_first(outage)


def test_killed_between_the_scan_and_the_loan_both_are_told_in_the_end(begin: Begin) -> None:
    outage = begin_on_monday(begin, _lent_to_others())
    outage.alma.has_faults({"fault": "silence", "match": "loan"})
    replay = outage.work.starts_replay(*RETURN_FIRST)
    while replay.runs() and not asked_for(outage, "loan"):
        pass
    replay.send(signal.SIGKILL)
    outage.work.ends(replay)
    outage.alma.has_faults()
    done = outage.work.replays(*RETURN_FIRST)
    assert done.code == 0, done.said
    _was_returned_first(outage)


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
    outage = begin_on_monday(begin, _returns({"on time"}))
    done = outage.work.replays(*flags)
    assert done.code == 2
    assert words in " ".join(done.err.replace("│", " ").split())
    assert outage.alma.requests() == []
