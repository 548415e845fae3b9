"""Ids that the queue has kept and that are those of another item by now, or of none: no item but
that with the barcode is lent or scanned in, and a row comes to what it would have come to."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from almareplay.alma.answers.responses import ItemIds
from almareplay.outcomes import Outcome
from almareplay.queue.replaying import item_ids
from almareplay.queue.replaying.item_ids import Ids, kept_ids
from almareplay.queue.store import Queue, Run
from almareplay.replay.journal import JournalReader
from almareplay.replay.policy import OnLoanElsewhere, Policy
from almareplay.simulator import bodies
from almareplay.transactions import AlmaInstance, Kind
from tests.replay.moved_barcodes import (
    GUARDED,
    LENT,
    LOAN,
    RETURN,
    START,
    UNGUARDED,
    Library,
)
from tests.replay.virtual import HERE


def test_ids_that_are_right_are_not_asked_for(library: Library) -> None:
    library.lent(library.book, "ida")
    kept = library.ids_of(library.book)
    rows = library.replays(kept, (RETURN, ""), (LOAN, "ulf"), (RETURN, ""))
    assert [row.outcome for row in rows] == [Outcome.RETURNED, Outcome.LOANED, Outcome.RETURNED]
    assert library.calls() == {"item_loans": 1, "scan_in": 2, "loan": 1}


def test_a_loan_of_an_item_in_its_place_takes_two_calls(library: Library) -> None:
    rows = library.replays(library.ids_of(library.book), (LOAN, "ida"), (RETURN, ""))
    assert [row.outcome for row in rows] == [Outcome.LOANED, Outcome.RETURNED]
    assert library.calls() == {"item_loans": 1, "loan": 1, "scan_in": 1}


def test_unguarded_each_row_takes_one_call(library: Library) -> None:
    library.lent(library.book, "ida")
    kept = library.ids_of(library.book)
    rows = library.replays(kept, (RETURN, ""), (LOAN, "ulf"), (RETURN, ""), policy=UNGUARDED)
    assert [row.outcome for row in rows] == [Outcome.RETURNED, Outcome.LOANED, Outcome.RETURNED]
    assert library.calls() == {"scan_in": 2, "loan": 1}


def test_a_return_of_what_nobody_has_is_sent_once_its_barcode_was_asked_for(
    library: Library,
) -> None:
    (row,) = library.replays(library.ids_of(library.book), (RETURN, ""))
    assert row.outcome is Outcome.NOT_ON_LOAN
    assert library.calls() == {"item_loans": 1, "find_item": 1, "scan_in": 1}


@pytest.mark.parametrize("policy", GUARDED)
@pytest.mark.parametrize("other_is_lent", [False, True])
@pytest.mark.parametrize(
    ("kind", "had_by", "outcome", "effects"),
    [
        (RETURN, "", Outcome.NOT_ON_LOAN, ["scan"]),
        (RETURN, "ida", Outcome.RETURNED, ["return"]),
        (LOAN, "", Outcome.LOANED, ["loan"]),
        (LOAN, "ida", Outcome.RENEWED, ["renew"]),
        (LOAN, "ulf", Outcome.ON_LOAN_TO_OTHER, []),
    ],
)
def test_guarded_the_item_that_had_the_barcode_before_is_never_touched(
    library: Library,
    kind: Kind,
    had_by: str,
    outcome: Outcome,
    effects: list[str],
    other_is_lent: bool,
    policy: Policy,
) -> None:
    library.book.modification_date = library.other.modification_date = LENT.date()
    if had_by:
        library.lent(library.book, had_by)
    if other_is_lent:
        library.lent(library.other, "ida")
    kept = library.ids_of(library.other)
    (row,) = library.replays(kept, (kind, "ida" if kind is LOAN else ""), policy=policy)
    assert row.outcome is outcome
    assert library.effects(library.book) == effects
    assert library.effects(library.other) == []


def test_what_somebody_borrowed_since_is_not_taken_back(library: Library) -> None:
    library.lent(library.book, "ulf", START + timedelta(hours=3))
    (row,) = library.replays(library.ids_of(library.other), (LOAN, "ida"))
    assert row.outcome is Outcome.SUPERSEDED
    assert library.effects(library.book) == []


@pytest.mark.parametrize("left_out", [(), ("item_id",), ("holding_id",), ("item_id", "holding_id")])
def test_what_a_loan_answers_tells_which_item_was_lent(
    library: Library, left_out: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded answers lack some of the ids."""
    whole = bodies.loan_body
    monkeypatch.setattr(
        "almareplay.simulator.circulation.loan_body",
        lambda *args, **how: {k: v for k, v in whole(*args, **how).items() if k not in left_out},
    )
    rows = library.replays(library.ids_of(library.other), (LOAN, "ida"), (RETURN, ""))
    assert [row.outcome for row in rows] == [Outcome.LOANED, Outcome.RETURNED]
    assert library.effects(library.book) == ["loan", "return"]
    assert library.effects(library.other) == []
    assert kept_ids(library.queue, library.run, HERE, ["book"]) == {
        "book": library.ids_of(library.book)
    }


def test_many_ids_are_stored_while_they_are_found(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []
    real = item_ids.keep_ids

    def keep(queue: Queue, run: Run, alma: AlmaInstance, found: dict[str, Ids]) -> None:
        stored.append(len(found))
        real(queue, run, alma, found)

    monkeypatch.setattr(item_ids, "keep_ids", keep)

    async def find() -> None:
        with JournalReader(library.queue, library.run, HERE) as journal:
            for number in range(450):
                journal.keep_ids(f"i{number}", ItemIds("99", "22", f"23{number}"))

    asyncio.run(find())
    assert stored == [200, 200, 50]
    assert kept_ids(library.queue, library.run, HERE, ["i449"]) == {"i449": ("99", "22", "23449")}


def test_rows_after_a_refused_loan_are_of_the_item_with_the_barcode(library: Library) -> None:
    library.alma.world.patrons[0].status = "INACTIVE"
    kept = library.ids_of(library.other)
    rows = library.replays(kept, (LOAN, "ida"), (RETURN, ""), (LOAN, "ulf"), (RETURN, ""))
    assert [row.outcome for row in rows] == [
        Outcome.PATRON_INACTIVE,
        Outcome.NOT_ON_LOAN,
        Outcome.LOANED,
        Outcome.RETURNED,
    ]
    assert library.effects(library.other) == []


@pytest.mark.parametrize("policy", [Policy(), UNGUARDED])
def test_a_patron_id_with_a_slash_is_lent_to_by_ids_that_are_certain(
    library: Library, policy: Policy
) -> None:
    (row,) = library.replays(library.ids_of(library.other), (LOAN, "dept/7"), policy=policy)
    assert row.outcome is Outcome.LOANED
    assert library.effects(library.other) == []


def test_first_returned_for_another_patron_is_the_item_with_the_barcode(library: Library) -> None:
    library.lent(library.book, "ulf")
    policy = Policy(on_loan_elsewhere=OnLoanElsewhere.RETURN_FIRST)
    (row,) = library.replays(library.ids_of(library.other), (LOAN, "ida"), policy=policy)
    assert row.outcome is Outcome.LOANED
    assert library.effects(library.book) == ["return", "loan"]
    assert library.effects(library.other) == []


@pytest.mark.parametrize("other_is_lent", [False, True])
def test_unguarded_a_scan_of_another_item_is_told_and_the_right_one_scanned(
    library: Library, other_is_lent: bool
) -> None:
    """Without a look nothing shows it before; the answer to the scan has the other's barcode."""
    library.lent(library.book, "ida")
    if other_is_lent:
        library.lent(library.other, "ulf")
    kept = library.ids_of(library.other)
    rows = library.replays(kept, (RETURN, ""), (LOAN, "ulf"), policy=UNGUARDED)
    assert [row.outcome for row in rows] == [Outcome.RETURNED, Outcome.LOANED]
    assert library.effects(library.book) == ["return", "loan"]
    assert library.effects(library.other) == ["return" if other_is_lent else "scan"]
    assert rows[0].note == (
        "item other was scanned in by mistake, as it had this barcode before: see that it is where "
        "it belongs, and lend it again to whoever has it"
    )
    assert kept_ids(library.queue, library.run, HERE, ["book"]) == {
        "book": library.ids_of(library.book)
    }
