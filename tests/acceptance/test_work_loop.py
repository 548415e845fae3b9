"""Staff clear what is left over: what they do is posted once, and shows in the next report."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from almareplay.simulator.world import Item, Patron, World
from almareplay.transactions import Kind
from tests.chaos.captures import Capture, CapturedFile, CapturedRow
from tests.chaos.outage import Begin, Outage
from tests.chaos.weekend import DESK, begin_on_monday, captured, week_world

TEN = datetime(2026, 9, 14, 10, tzinfo=UTC)
REOPENED = ("--reopened-at", "2025-11-03 07:30")


def _report(outage: Outage) -> list[dict[str, Any]]:
    rows = outage.work.evidence(outage.alma).report
    return sorted(rows, key=lambda row: row["row"])


def _outcomes(outage: Outage) -> list[str]:
    return [row["outcome"] for row in _report(outage)]


def test_a_mistyped_card_is_lent_once_to_the_right_patron(begin: Begin) -> None:
    def station(name: str, *rows: CapturedRow) -> CapturedFile:
        return CapturedFile(name, "MAIN", DESK, 0, rows)

    mistyped = [CapturedRow(Kind.LOAN, TEN, item, f"ida.{item}") for item in ("i1", "i2")]
    files = (
        station("front.dat", *mistyped),
        # Another desk has typed it right.
        station("back.dat", CapturedRow(Kind.LOAN, TEN, "i2", "ida")),
    )
    world = World(patrons=[Patron("ida")], items=[Item("i1", "MAIN"), Item("i2", "MAIN")])
    outage = begin(Capture(0, "UTC", files, world))
    work = outage.work
    assert work.replays().code == 1
    assert _outcomes(outage) == ["patron_not_found", "patron_not_found", "loaned"]
    for row in ("1", "2"):
        assert work.runs("correct", "--row", row, "--patron-id", "ida").code == 0
    # The capture has grown, and comes again as it was.
    grown = station(
        "grown.dat", *mistyped, CapturedRow(Kind.RETURN, TEN.replace(hour=11), "i1", "")
    )
    work.loads(Capture(0, "UTC", (grown,), world))
    assert work.replays().code == 0
    told = _report(outage)
    assert [row["outcome"] for row in told] == [
        *("loaned", "already_loaned", "loaned"),
        *("duplicate", "duplicate", "returned"),
    ]
    assert ["patron id corrected on 20" in row["note"] for row in told[:3]] == [True, True, False]
    effects = [(each["type"], each["item_barcode"]) for each in outage.alma.look("effects")]
    assert sorted(effects) == [("loan", "i1"), ("loan", "i2"), ("return", "i1")]


@pytest.mark.slow
@pytest.mark.parametrize("lent_by_hand", [True, False])
def test_what_a_dismissed_row_held_back_goes_on(begin: Begin, lent_by_hand: bool) -> None:
    """What staff have lent by hand Alma dates by the hand: it does not overtake what was captured
    after the row, and nobody may be told that there is nothing to do."""
    world = week_world(Item("i1", "MAIN", modification_date=date(2025, 11, 3)))
    rows = [
        ("11-01 12:00", "L", "i1", "ida"),
        ("11-01 13:00", "R", "i1", ""),
        ("11-01 14:00", "L", "i1", "bert"),
    ]
    outage = begin_on_monday(begin, captured(world, *rows))
    work = outage.work

    def dismisses(row: int) -> list[str]:
        done = work.runs("dismiss", "--row", str(row), "--note", "looked at the shelf")
        assert done.code == 0, done.said
        return json.loads(work.runs("status", "--json").out)["next"]  # type: ignore[no-any-return]

    assert work.replays(*REOPENED).code == 1
    assert _outcomes(outage) == ["uncertain", "held_back", "held_back"]
    if lent_by_hand:
        place = {"library": "MAIN", "circ_desk": DESK}
        assert outage.alma.desk(action="loan", item_barcode="i1", patron_id="ida", **place)
    effects = len(outage.alma.look("effects"))
    assert dismisses(1) == ["almareplay retry --outcome held_back"]
    assert work.runs("retry", "--outcome", "held_back").code == 0
    if not lent_by_hand:
        assert work.replays().code == 0
        assert _outcomes(outage) == ["uncertain", "not_on_loan", "loaned"]
        return
    assert work.replays().code == 1
    told = _report(outage)
    assert [row["outcome"] for row in told] == ["uncertain", "uncertain", "held_back"]
    assert "by hand for row 1" in told[1]["note"]
    assert len(outage.alma.look("effects")) == effects
    dismisses(2)
    assert dismisses(3) == []
    done = work.replays()
    assert (done.code, "3  dismissed" in done.err) == (0, True)
    assert {row["note"].partition(";")[0] for row in _report(outage)} == {
        "dismissed: looked at the shelf"
    }
