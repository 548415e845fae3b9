"""Small histories that were got wrong once, or that are easy to get wrong."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind
from tests.chaos.captures import written_capture
from tests.chaos.evidence import Evidence
from tests.chaos.outage import Begin

LOAN, RETURN = Kind.LOAN, Kind.RETURN
IDA, BERT = "ida.morgenrot", "bert.abendrot"


def _world(*items: Item, lent_to: str = "") -> World:
    """Ida, Bert and these items, of which the first may be on loan since before the outage."""
    world = World(patrons=[Patron(IDA), Patron(BERT)], items=list(items))
    if lent_to:
        since, due = datetime(2025, 9, 1, tzinfo=UTC), datetime(2099, 9, 1, tzinfo=UTC)
        world.add_loan(Loan(lent_to, items[0].barcode, since, due))
    return world


def _outcomes(evidence: Evidence) -> list[str]:
    return [row["outcome"] for row in evidence.report]


def test_returned_first_with_a_lost_answer_the_item_is_lent_all_the_same(begin: Begin) -> None:
    capture = written_capture(_world(Item("i1", "MAIN"), lent_to=IDA), [(LOAN, "i1", BERT)])
    outage = begin(capture)
    outage.alma.has_faults({"fault": "cut_after", "match": "scan_in", "times": 1})
    assert outage.work.replays("--on-loan-elsewhere", "return-first").code == 0
    evidence = outage.kept_all_promises(faults=True, return_first=True)
    assert _outcomes(evidence) == ["loaned"]


@pytest.mark.slow
def test_returned_first_and_then_overtaken_the_report_tells_of_the_return(begin: Begin) -> None:
    capture = written_capture(_world(Item("i1", "MAIN"), lent_to=IDA), [(LOAN, "i1", BERT)])
    outage = begin(capture, settings={"SETTLE_SECONDS": "1"})
    outage.alma.has_faults({"fault": "cut_before", "match": "loan", "times": 1})
    replay = outage.work.starts_replay("--on-loan-elsewhere", "return-first")
    while replay.runs() and not outage.alma.look("effects"):
        time.sleep(0.01)
    # While the replay waits to read again, a desk lends the item.
    place = {"library": "MAIN", "circ_desk": "DEFAULT_CIRC_DESK"}
    assert outage.alma.desk(action="loan", item_barcode="i1", patron_id=IDA, **place)
    outage.work.ends(replay)
    (row,) = outage.kept_all_promises(faults=True, live=True, return_first=True).report
    assert row["outcome"] == "superseded"
    assert "the item was returned" in row["note"]


def test_a_copy_that_was_returned_earlier_is_no_reason_to_refuse_another(
    begin: Begin,
) -> None:
    copies = Item("c1", "MAIN", mms_id="991"), Item("c2", "MAIN", mms_id="991")
    capture = written_capture(_world(*copies, lent_to=IDA), [(RETURN, "c1", ""), (LOAN, "c2", IDA)])
    outage = begin(capture)
    slow = {"fault": "slow", "match": "scan_in", "effect": "after", "delay": 0.2}
    outage.alma.has_faults(slow)
    assert outage.work.replays().code == 0
    assert _outcomes(outage.kept_all_promises()) == ["returned", "loaned"]


def test_what_the_run_did_unguarded_does_not_overtake_its_later_rows(begin: Begin) -> None:
    whole = written_capture(
        _world(Item("i1", "MAIN"), lent_to=IDA), [(RETURN, "i1", "")], [(LOAN, "i1", BERT)]
    )
    outage = begin(replace(whole, files=whole.files[:1]))
    assert outage.work.replays("--guard", "off").code == 0
    outage.work.loads(replace(whole, files=whole.files[1:]))
    assert outage.work.replays("--guard", "full").code == 0
    assert _outcomes(outage.work.evidence(outage.alma)) == ["returned", "loaned"]


def test_unguarded_a_lost_answer_about_an_unknown_item_is_not_uncertain(
    begin: Begin,
) -> None:
    capture = written_capture(_world(Item("i1", "MAIN")), [(LOAN, "i2", IDA), (RETURN, "i2", "")])
    outage = begin(capture)
    outage.alma.has_faults({"fault": "cut_after", "match": "loan", "times": 1})
    assert outage.work.replays("--guard", "off").code == 1
    evidence = outage.kept_all_promises(faults=True, guard="off")
    assert _outcomes(evidence) == ["item_not_found", "item_not_found"]


@pytest.mark.parametrize("lost", ["cut_after", "cut_before"])
@pytest.mark.parametrize("call", ["scan_in", "loan"])
def test_unguarded_a_lost_answer_does_not_let_a_row_overtake_the_next(
    begin: Begin, call: str, lost: str
) -> None:
    rows = [(RETURN, "i1", ""), (LOAN, "i1", BERT)]
    outage = begin(written_capture(_world(Item("i1", "MAIN"), lent_to=IDA), rows))
    outage.alma.has_faults({"fault": lost, "match": call, "times": 1})
    assert outage.work.replays("--guard", "off").code == 0
    evidence = outage.kept_all_promises(faults=True, guard="off")
    assert _outcomes(evidence) == ["returned", "loaned"]


@pytest.mark.parametrize(
    ("before", "on_loan"), [([(LOAN, "i1", IDA)], ""), ([(RETURN, "i1", "")], IDA)]
)
def test_unguarded_a_start_does_not_take_what_an_earlier_one_did_for_its_own(
    begin: Begin, before: list[tuple[Kind, str, str]], on_loan: str
) -> None:
    world = _world(Item("i1", "MAIN"), lent_to=on_loan)
    whole = written_capture(world, before, [(RETURN, "i1", "")])
    outage = begin(replace(whole, files=whole.files[:1]))
    assert outage.work.replays("--guard", "off").code == 0
    outage.work.loads(replace(whole, files=whole.files[1:]))
    outage.alma.has_faults({"fault": "cut_before", "match": "scan_in", "times": 1})
    assert outage.work.replays("--guard", "off").code == 0
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert effects == (["return", "scan"] if on_loan else ["loan", "return"])
