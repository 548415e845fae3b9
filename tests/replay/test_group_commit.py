"""Work of a run that waits together is stored together, or each by itself, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event, update

from almareplay.queue.errors import QueueError
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import runs
from almareplay.replay.group_commit import GroupCommit

Work = Callable[[Queue], int]


@pytest.fixture
def run(new_queue: str) -> Iterator[tuple[Queue, Run]]:
    with Queue.open(new_queue, create=True) as queue:
        yield queue, queue.start_run("main")


def adds(run: Run, done: list[int], number: int, failure: Exception | None = None) -> Work:
    """Work that adds to a number of the run, and fails before that if so told."""

    def work(queue: Queue) -> int:
        if failure is not None:
            raise failure
        with queue.writing(run) as connection:
            change = update(runs).where(runs.c.id == run.id)
            connection.execute(change.values(next_row=runs.c.next_row + number))
        done.append(number)
        return number

    return work


def together(queue: Queue, run: Run, works: list[Work]) -> list[int | BaseException]:
    """Have work done while other work is under way, so that it waits together."""

    async def go() -> list[int | BaseException]:
        commits = GroupCommit(queue, run)
        try:
            first = commits.do(lambda _: 0, writes=False)
            rest = (commits.do(work, writes=True) for work in works)
            return list(await asyncio.gather(first, *rest, return_exceptions=True))[1:]
        finally:
            commits.close()

    return asyncio.run(go())


def stored(queue: Queue, run: Run) -> int:
    with queue.reading() as connection:
        return int(connection.execute(runs.select().where(runs.c.id == run.id)).one().next_row)


@contextmanager
def commits_counted() -> Iterator[list[Connection]]:
    seen: list[Connection] = []
    note = seen.append  # each look at the method makes another
    event.listen(Engine, "commit", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", note)


def test_what_waits_goes_into_one_commit(run: tuple[Queue, Run]) -> None:
    done: list[int] = []
    with commits_counted() as commits:
        assert together(*run, [adds(run[1], done, number) for number in (1, 10, 100)]) == [
            1,
            10,
            100,
        ]
    assert stored(*run) == 112
    assert len(commits) == 1


def test_work_that_fails_by_itself_keeps_no_other_from_being_stored(
    run: tuple[Queue, Run],
) -> None:
    done: list[int] = []
    failure = ValueError("a row that is no longer pending")
    works = [adds(run[1], done, 1), adds(run[1], done, 10, failure), adds(run[1], done, 100)]
    assert together(*run, works) == [1, failure, 100]
    assert stored(*run) == 102


def test_what_the_queue_refuses_is_everybodys_and_is_not_tried_again(
    run: tuple[Queue, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit whose answer is lost may have been done: done again it would be there twice."""
    real, done = Queue.writing, list[int]()

    @contextmanager
    def answer_lost(queue: Queue, *to: Run, many_rows: bool = False) -> Iterator[Connection]:
        with real(queue, *to, many_rows=many_rows) as connection:
            yield connection
        if type(queue) is Queue:
            raise QueueError("The connection was lost, perhaps in the middle of a change.")

    monkeypatch.setattr(Queue, "writing", answer_lost)
    answers = together(*run, [adds(run[1], done, number) for number in (1, 10, 100)])
    assert [type(each) for each in answers] == [QueueError] * 3
    assert done == [1, 10, 100]
    assert stored(*run) == 112


def test_closing_has_done_what_nobody_waits_for(run: tuple[Queue, Run]) -> None:
    queue, of_run = run
    done: list[int] = []

    async def go() -> None:
        commits = GroupCommit(queue, of_run)
        for number in (1, 10, 100):
            commits.do_sometime(adds(of_run, done, number))
        commits.close()

    asyncio.run(go())
    assert done == [1, 10, 100]
    assert stored(queue, of_run) == 112
