"""Which rows run side by side and which wait, with a settling of the tests' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.queue.rows import QueuedRow
from almareplay.replay.dispatch import WINDOW, Dispatch, Turn
from almareplay.transactions import Kind
from tests.replay.dispatching import Log, rows, run, stream


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
