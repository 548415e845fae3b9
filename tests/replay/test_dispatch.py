"""Which rows run side by side and which wait, with a settling of the tests' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.queue.rows import Order, QueuedRow
from almareplay.replay.dispatch import WINDOW, Dispatch, Settle, Turn
from almareplay.transactions import Kind

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


def rows(*said: str) -> list[QueuedRow]:
    """Rows in captured order, written as ``L item patron`` or ``R item``, numbered from 1."""
    return [
        QueuedRow(
            row=number,
            order=Order(1, number, number),
            kind=Kind.LOAN if kind == "L" else Kind.RETURN,
            captured_at=NOON + timedelta(minutes=number),
            item_barcode=item,
            item_key=item,
            patron_id=patron[0] if patron else "",
            library="MAIN",
            circ_desk="FRONT",
        )
        for number, (kind, item, *patron) in enumerate(map(str.split, said), start=1)
    ]


async def stream(
    rows: Iterable[QueuedRow], end: Exception | None = None
) -> AsyncIterator[QueuedRow]:
    for row in rows:
        await asyncio.sleep(0)
        yield row
    if end is not None:
        raise end


@dataclass
class Log:
    """What began and ended, in order."""

    events: list[tuple[str, int]] = field(default_factory=list)

    def began(self) -> list[int]:
        return [row for event, row in self.events if event == "began"]

    def ended(self) -> list[int]:
        return [row for event, row in self.events if event == "ended"]

    def in_turn(self, earlier: int, later: int) -> bool:
        """Whether one row had ended when the other began."""
        return self.events.index(("ended", earlier)) < self.events.index(("began", later))

    def settling(self, pauses: Callable[[int], int]) -> Settle:
        """A settling that takes so many turns of the loop."""

        async def settle(turn: Turn) -> bool:
            self.events.append(("began", turn.row.row))
            for _ in range(pauses(turn.row.row)):
                await asyncio.sleep(0)
            self.events.append(("ended", turn.row.row))
            return True

        return settle


def run(
    settle: Settle, rows: AsyncIterator[QueuedRow], stopping: asyncio.Event | None = None
) -> Dispatch:
    async def dispatched() -> Dispatch:
        dispatch = Dispatch(settle, stopping or asyncio.Event())
        async with asyncio.timeout(5):
            await dispatch.run(rows)
        return dispatch

    return asyncio.run(dispatched())


def waits_for(later: QueuedRow, earlier: QueuedRow) -> bool:
    """Whether a row depends on an earlier one, as the design has it."""
    same_patron = later.patron_id == earlier.patron_id != ""
    return later.item_key == earlier.item_key or (later.kind is Kind.LOAN and same_patron)


SAID = st.builds(
    "{} i{} {}".format, st.sampled_from("LR"), st.integers(1, 3), st.sampled_from(["p", "q", ""])
)


@settings(deadline=None)
@given(st.lists(SAID, max_size=12), st.lists(st.integers(0, 5), min_size=12, max_size=12))
def test_no_row_begins_before_what_it_depends_on_has_ended(
    said: list[str], pauses: list[int]
) -> None:
    log, queued = Log(), rows(*said)
    run(log.settling(lambda row: pauses[row - 1]), stream(queued))
    assert sorted(log.ended()) == [row.row for row in queued]
    for later in queued:
        for earlier in queued[: later.row - 1]:
            if waits_for(later, earlier):
                assert log.in_turn(earlier.row, later.row)


def test_rows_of_different_items_and_patrons_run_side_by_side() -> None:
    queued = rows("L i1 p1", "L i2 p2", "R i3", "R i4 p1", "R i5 p1")
    together = asyncio.Barrier(len(queued))

    async def settle(_turn: Turn) -> bool:
        await together.wait()
        return True

    dispatch = run(settle, stream(queued))
    assert dispatch.first() is None


def test_rows_that_wait_for_nothing_begin_in_captured_order() -> None:
    log = Log()
    queued = rows(*(f"L i{n} p{n}" for n in range(50)))
    run(log.settling(lambda row: 50 - row), stream(queued))
    assert log.began() == [row.row for row in queued]


def test_identifiers_of_one_patron_are_one_whatever_their_case() -> None:
    log = Log()
    run(log.settling(lambda row: 3 if row == 1 else 0), stream(rows("L i1 Ada", "L i2 ADA")))
    assert log.in_turn(1, 2)


async def until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 (there is no event that tells)
        await asyncio.sleep(0)


def test_a_refusal_counts_at_once_where_everything_before_is_settled() -> None:
    counts: list[bool] = []

    async def settle(turn: Turn) -> bool:
        if turn.row.row == 1:
            await until(lambda: len(counts) == 1)
        else:
            counts.append(turn.is_last_word(turn.mark()))
            await until(lambda: turn.mark() is not None)
            counts.append(turn.is_last_word(turn.mark()))
        return True

    run(settle, stream(rows("R i1", "L i2 p2")))
    assert counts == [False, True]


def test_a_refusal_does_not_count_while_an_earlier_row_may_have_effects() -> None:
    log = Log()
    plain = log.settling(lambda row: 3 * row)
    again: list[int] = []

    async def settle(turn: Turn) -> bool:
        if turn.row.row == 3:
            mark = turn.mark()
            assert not turn.is_last_word(mark)
            assert await turn.becomes_last_word(mark) is False
            again.extend(log.ended())
        return await plain(turn)

    run(settle, stream(rows("L i1 p1", "L i2 p2", "L i3 p3", "L i4 p4")))
    assert {1, 2} <= set(again)
    assert sorted(log.ended()) == [1, 2, 3, 4]


@pytest.mark.parametrize("lent", [None, 2, 3])
def test_those_that_were_refused_are_called_again_together_and_settled_in_order(
    lent: int | None,
) -> None:
    """One of them may be lent then, which may lift what keeps the later ones."""
    again, once_more = asyncio.Barrier(3), asyncio.Barrier(4 - (lent or 3))
    calls: list[int] = []
    ended: list[int] = []

    async def settle(turn: Turn) -> bool:
        number = turn.row.row
        counts: bool | None = number == 1
        if counts:
            await until(lambda: calls.count(4) == 1)
        while not counts:
            mark = turn.mark()
            calls.append(number)
            if calls.count(number) == 2:
                await again.wait()
                if number == lent:
                    return True
            if calls.count(number) == 3:
                await once_more.wait()
            counts = await turn.becomes_last_word(mark)
        turn.had_effect = False
        ended.append(number)
        return True

    run(settle, stream(rows("R i1", "L i2 p2", "L i3 p3", "L i4 p4")))
    later = [number for number in (2, 3, 4) if lent is not None and number > lent]
    assert sorted(calls) == sorted([2, 3, 4] * 2 + later)
    assert ended == [number for number in (1, 2, 3, 4) if number != lent]


def test_a_stop_starts_nothing_more_and_ends_what_waits() -> None:
    log = Log()
    plain = log.settling(lambda _row: 2)
    stopping = asyncio.Event()
    waited: list[bool | None] = []

    async def settle(turn: Turn) -> bool:
        if turn.row.row == 1:
            for _ in range(10):
                await asyncio.sleep(0)
            stopping.set()
            return await plain(turn)
        waited.append(await turn.becomes_last_word(turn.mark()))
        return False

    said = ["L i1 p1", "L i2 p2", "R i1", *(f"L x{n} p1" for n in range(2 * WINDOW))]
    run(settle, stream(rows(*said)), stopping)
    assert log.ended() == [1]
    # Row 1 was settled, so those that waited for it may still begin; they end by themselves.
    assert set(waited) <= {None}


def test_a_row_that_stays_pending_keeps_those_that_depend_on_it_pending() -> None:
    began: list[int] = []
    stopping = asyncio.Event()
    queued = rows("L i1 p1", "R i1", "L i9 p1", "L i1 p2", "L i5 p2", "R i7", "L i2 p3")

    async def settle(turn: Turn) -> bool:
        began.append(turn.row.row)
        if turn.row.row == 1:
            for _ in queued:
                await asyncio.sleep(0)
            stopping.set()
            return False
        return True

    run(settle, stream(queued), stopping)
    assert sorted(began) == [1, 6, 7]


@pytest.mark.parametrize("where", ["in a row", "in the queue"])
def test_a_failure_ends_the_run_after_the_rows_under_way(where: str) -> None:
    log = Log()
    plain = log.settling(lambda _row: 20)
    failure = ValueError("the disk is full")

    async def settle(turn: Turn) -> bool:
        if turn.row.row == 2 and where == "in a row":
            raise failure
        return await plain(turn)

    end = failure if where == "in the queue" else None
    with pytest.raises(ValueError, match="the disk is full") as raised:
        run(settle, stream(rows("L i1 p1", "L i2 p2"), end))
    assert raised.value is failure
    assert 1 in log.ended()
    assert log.began() == log.ended()


def test_after_a_failure_no_row_begins_and_the_first_error_is_told() -> None:
    began: list[int] = []

    async def settle(turn: Turn) -> bool:
        began.append(turn.row.row)
        raise ValueError(str(turn.row.row))

    queued = rows("L i1 p1", "R i1", "L i2 p1", *(f"L x{n} p{n}" for n in range(2 * WINDOW)))
    with pytest.raises(ValueError, match=r"^1$"):
        run(settle, stream(queued))
    assert not {2, 3} & set(began)
    assert len(began) <= WINDOW


def test_a_long_queue_behind_one_patron_does_not_keep_the_others_waiting() -> None:
    others = asyncio.Event()
    log = Log()
    plain = log.settling(lambda _row: 0)

    async def settle(turn: Turn) -> bool:
        if turn.row.row == 1:
            await others.wait()
        if turn.patron == "other":
            others.set()
        return await plain(turn)

    said = [f"L i{n} busy" for n in range(WINDOW // 2)]
    run(settle, stream(rows(*said, "L y other")))
    assert log.ended()[0] == len(said) + 1


def test_no_more_rows_are_under_way_than_the_window_holds() -> None:
    began: list[int] = []

    async def settle(turn: Turn) -> bool:
        began.append(turn.row.row)
        while not await turn.becomes_last_word(turn.mark()):
            pass
        turn.had_effect = False
        assert len(began) < turn.row.row + WINDOW
        return True

    queued = rows(*(f"L i{n} p{n}" for n in range(WINDOW + 50)))
    run(settle, stream(queued))
    assert len(began) == len(queued)


def test_rows_can_be_held_near_the_first_that_is_not_settled() -> None:
    began: list[int] = []
    last = asyncio.Event()

    async def settle(turn: Turn) -> bool:
        began.append(turn.row.row)
        if turn.row.row == 1:
            await last.wait()
        if turn.row.row == 3:
            last.set()
        return True

    async def near(dispatch: Dispatch) -> AsyncIterator[QueuedRow]:
        for row in rows(*(f"L i{n} p{n}" for n in range(6))):
            await dispatch.wait_for_the_first(3)
            if row.row == 4:
                assert last.is_set()
            yield row

    async def dispatched() -> None:
        dispatch = Dispatch(settle, asyncio.Event())
        async with asyncio.timeout(5):
            await dispatch.run(near(dispatch))

    asyncio.run(dispatched())
    assert began == [1, 2, 3, 4, 5, 6]
