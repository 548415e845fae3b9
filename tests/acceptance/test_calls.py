"""What a row costs: calls as the simulator has recorded them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind
from tests.chaos.captures import Capture, written_capture
from tests.chaos.evidence import Json
from tests.chaos.outage import Begin, Outage

LOAN, RETURN = Kind.LOAN, Kind.RETURN
IDA, IDAS_CARD = "ida.morgenrot", "218800017731"
BERT, BERTS_CARD = "bert.abendrot", "218800027731"
CHECKS = ("test", "general", "libraries", "circ_desks")


def _capture(lent: dict[str, str], *rows: tuple[Kind, str, str]) -> Capture:
    """Rows about the items in ``lent``, and to whom Alma has them on loan."""
    since, due = datetime(2025, 9, 1, tzinfo=UTC), datetime(2099, 9, 1, tzinfo=UTC)
    world = World(
        patrons=[Patron(IDA, {"BARCODE": IDAS_CARD}), Patron(BERT, {"BARCODE": BERTS_CARD})],
        items=[Item(barcode, "MAIN") for barcode in lent],
        loans=[Loan(patron, barcode, since, due) for barcode, patron in lent.items() if patron],
    )
    return written_capture(world, list(rows))


def _calls(outage: Outage, *flags: str) -> list[Json]:
    """The calls that a replay makes for its rows, after its check."""
    assert outage.work.replays(*flags).code == 0
    calls: list[Json] = outage.alma.requests()
    asked = [call for call in calls if call["operation"] not in CHECKS]
    lookups = [(c["path"], c["query"]) for c in asked if c["method"] == "GET"]
    assert len(set(lookups)) == len(lookups), "something was asked twice"
    return asked


@pytest.mark.slow
def test_guarded_an_item_costs_three_calls_and_each_later_row_one(begin: Begin) -> None:
    rows = [
        (RETURN, "i1", ""),
        (LOAN, "i2", BERTS_CARD),
        (LOAN, "i1", IDAS_CARD),
        (RETURN, "i1", ""),
        (RETURN, "i2", ""),
        (LOAN, "i1", IDAS_CARD),
        (LOAN, "i1", IDAS_CARD),  # a renewal; who the card is was told by the loan before
    ]
    outage = begin(_capture({"i1": BERT, "i2": ""}, *rows))
    calls = _calls(outage)
    assert Counter(call["operation"] for call in calls) == {
        "find_item": 2,
        "item_loans": 2,
        "loan": 3,
        "scan_in": 3,
        "renew": 1,
    }
    assert len(calls) == 2 * 3 + 5 * 1
    outage.kept_all_promises()


def test_guarded_a_patron_costs_one_call_where_identities_are_compared(begin: Begin) -> None:
    rows = [
        (LOAN, "i1", IDAS_CARD),
        (LOAN, "i2", IDAS_CARD),
        (LOAN, "i3", IDA.upper()),
        (LOAN, "i4", BERTS_CARD),
    ]
    outage = begin(_capture({"i1": IDA, "i2": IDA, "i3": IDA, "i4": ""}, *rows))
    calls = _calls(outage)
    assert Counter(call["operation"] for call in calls) == {
        "find_item": 4,
        "item_loans": 4,
        "user": 1,
        "renew": 3,
        "loan": 1,
    }
    outage.kept_all_promises()


def test_unguarded_a_row_costs_one_call_and_an_item_only_returned_one_more(
    begin: Begin,
) -> None:
    rows = [
        (LOAN, "i1", IDAS_CARD),
        (RETURN, "i1", ""),
        (LOAN, "i1", BERTS_CARD),
        (RETURN, "i1", ""),
        (RETURN, "i2", ""),
    ]
    outage = begin(_capture({"i1": "", "i2": IDA}, *rows))
    calls = _calls(outage, "--guard", "off")
    assert Counter(call["operation"] for call in calls) == {
        "find_item": 1,
        "loan": 2,
        "scan_in": 3,
    }
    evidence = outage.kept_all_promises(guard="off")
    assert [row["outcome"] for row in evidence.report] == [
        "loaned",
        "returned",
        "loaned",
        "returned",
        "returned",
    ]


def _mixed() -> Capture:
    """A day at a desk: 150 rows on 105 items, 70 of them returns; 40 patrons, each by the card."""
    cards = [(f"reader{n:02}", f"2188000{n:05}") for n in range(40)]
    lent: dict[str, str] = {}
    visits: list[list[tuple[Kind, str, str]]] = []

    def item(*kinds: Kind, had_by: str = "", reader: int | None = None) -> None:
        number = len(lent)
        barcode = f"3188000{number:05}"
        lent[barcode] = had_by
        borrowers = ((number if reader is None else reader) + 7 * n for n in range(len(kinds)))
        rows = [
            (kind, barcode, cards[who % 40][1] if kind is LOAN else "")
            for kind, who in zip(kinds, borrowers, strict=True)
        ]
        visits.append(rows)

    for number in range(30):
        item(RETURN, had_by=cards[number][0])
        item(LOAN)
    for number in range(5):
        item(RETURN)  # nobody has it any more
        # Three that are renewed, two that somebody else has.
        item(LOAN, had_by=cards[number][0], reader=number if number < 3 else 20)
    for number in range(25):
        item(RETURN, LOAN, had_by=cards[number][0])
    for _ in range(10):
        item(LOAN, RETURN, LOAN)
    rows = [visit[turn] for turn in range(3) for visit in visits if turn < len(visit)]
    since, due = datetime(2025, 9, 1, tzinfo=UTC), datetime(2099, 9, 1, tzinfo=UTC)
    world = World(
        patrons=[Patron(reader, {"BARCODE": card}) for reader, card in cards],
        items=[Item(barcode, "MAIN") for barcode in lent],
        loans=[Loan(patron, barcode, since, due) for barcode, patron in lent.items() if patron],
    )
    assert (len(rows), len(lent), sum(kind is RETURN for kind, *_ in rows)) == (150, 105, 70)
    return written_capture(world, rows)


@pytest.mark.parametrize(
    ("guard", "rehearsed", "most"),
    [
        ("active", True, 1.8),
        pytest.param("off", True, 1.0, marks=pytest.mark.slow),
        pytest.param("active", False, 2.5, marks=pytest.mark.slow),
        pytest.param("off", False, 1.5, marks=pytest.mark.slow),
    ],
)
def test_what_a_mixed_day_costs(begin: Begin, guard: str, rehearsed: bool, most: float) -> None:
    outage = begin(_mixed(), latency=0)
    if rehearsed:
        outage.work.runs("rehearse", "--requests-per-second", "250", "--guard", guard)
    before = len(outage.alma.requests())
    assert outage.work.replays("--guard", guard).code == 1  # two are to be looked at by staff
    calls = [each["operation"] for each in outage.alma.requests(before)]
    asked = [operation for operation in calls if operation not in CHECKS]
    assert len(asked) / 150 <= most, Counter(asked)
    outage.kept_all_promises(guard=guard)


def test_the_check_costs_a_handful_of_calls_and_posts_nothing(begin: Begin) -> None:
    outage = begin(_capture({"i1": ""}, (LOAN, "i1", IDAS_CARD)))
    assert outage.work.runs("check").code == 0
    calls = outage.alma.requests()
    assert Counter(call["operation"] for call in calls) == {
        "test": 2,
        "general": 1,
        "libraries": 1,
        "circ_desks": 1,
    }
    assert outage.alma.look("effects") == []
