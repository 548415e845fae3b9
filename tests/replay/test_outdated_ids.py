"""Ids that Alma no longer knows are found anew."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from almareplay.outcomes import Outcome
from almareplay.queue.errors import QueueError
from almareplay.queue.replaying import item_ids
from almareplay.queue.replaying.item_ids import kept_ids
from almareplay.replay.policy import Policy
from almareplay.transactions import Kind
from tests.replay.moved_barcodes import (
    GONE,
    GUARDED,
    LENT,
    LOAN,
    RETURN,
    UNGUARDED,
    Library,
    refusal,
)
from tests.replay.virtual import HERE


@pytest.mark.parametrize("policy", [*GUARDED, UNGUARDED])
@pytest.mark.parametrize("kind", [LOAN, RETURN])
@pytest.mark.parametrize("moved", ["record", "holding"])
def test_ids_that_alma_no_longer_knows_are_found_anew(
    library: Library, moved: str, kind: Kind, policy: Policy
) -> None:
    library.book.modification_date = LENT.date()
    if kind is RETURN:
        library.lent(library.book, "ida")
    mms_id, _, pid = library.ids_of(library.book)
    kept = GONE if moved == "record" else (mms_id, "2299", pid)
    (row,) = library.replays(kept, (kind, "ida" if kind is LOAN else ""), policy=policy)
    assert row.outcome is (Outcome.LOANED if kind is LOAN else Outcome.RETURNED)
    assert library.calls()["find_item"] == (policy is not UNGUARDED or kind is RETURN)
    assert len(library.effects(library.book)) == 1
    assert kept_ids(library.queue, library.run, HERE, ["book"]) == {
        "book": library.ids_of(library.book)
    }


@pytest.mark.parametrize(
    "answer", [refusal("401652"), refusal("60340"), httpx.Response(404, text="Not Found")]
)
def test_whatever_alma_says_of_the_loans_of_ids_that_are_no_more(
    library: Library, answer: httpx.Response
) -> None:
    """Documented is a general error only, which is what Alma says when it is down as well."""
    library.lent(library.book, "ida")
    library.answers["GET"] = answer
    (row,) = library.replays(GONE, (RETURN, ""))
    assert row.outcome is Outcome.RETURNED
    assert library.calls()["find_item"] == 1


def test_a_holding_that_only_a_scan_minds_is_found_anew(library: Library) -> None:
    """A read may do with a wrong holding, a scan does not."""
    library.lent(library.book, "ida")
    mms_id, _, pid = library.ids_of(library.book)
    (loan,) = library.alma.world.loans
    item_loan: dict[str, Any] = {
        "loan_id": loan.loan_id,
        "user_id": "ida",
        "item_barcode": "book",
        "loan_date": f"{LENT:%Y-%m-%dT%H:%M:%SZ}",
        "item_id": pid,
    }
    found = {"item_loan": [item_loan], "total_record_count": 1}
    library.answers["GET"] = httpx.Response(200, json=found)
    (row,) = library.replays((mms_id, "2299", pid), (RETURN, ""))
    assert row.outcome is Outcome.RETURNED
    assert library.effects(library.book) == ["return"]


def test_an_item_that_is_gone_from_alma_is_not_found(library: Library) -> None:
    library.alma.world._items.pop("book")
    library.alma.world._items_by_pid.pop(library.book.pid)
    rows = library.replays(library.ids_of(library.book), (RETURN, ""), (LOAN, "ida"))
    assert [row.outcome for row in rows] == [Outcome.ITEM_NOT_FOUND, Outcome.ITEM_NOT_FOUND]


def test_ids_that_cannot_be_stored_end_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise QueueError("The disk is full.")

    monkeypatch.setattr(item_ids, "keep_ids", fails)
    caplog.set_level(logging.INFO, "almareplay.replay")
    (row,) = library.replays(None, (RETURN, ""))
    assert row.outcome is Outcome.NOT_ON_LOAN
    assert "ids were not kept (items: 1): QueueError" in caplog.text
