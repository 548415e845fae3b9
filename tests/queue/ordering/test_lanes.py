"""The order of one item's rows, and which of them say the same thing twice."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.queue.ordering.lanes import NEIGHBOUR_SECONDS, LaneRow, Placed, arrange
from almareplay.transactions import Kind

File = Sequence[str]


def lane(*files: File) -> list[LaneRow]:
    """Rows of files written as ``12:00:05 L p`` (a loan to p) or ``12:00 R``, numbered from 1."""
    said = [(number, line) for number, file in enumerate(files, start=1) for line in file]
    return [_row(row, file, *line.split()) for row, (file, line) in enumerate(said, start=1)]


def _row(row: int, file: int, time: str, kind: str, patron: str = "") -> LaneRow:
    hour, minute, second, *_ = [*map(int, time.split(":")), -1]
    moment = (hour * 60 + minute) * 60 + max(second, 0)
    return LaneRow(
        row, file, Kind.LOAN if kind == "L" else Kind.RETURN, patron, moment, second >= 0
    )


def in_order(placed: Iterable[Placed]) -> list[Placed]:
    return sorted(placed, key=lambda each: (each.order_at, each.place))


def facts(placed: Iterable[Placed]) -> list[int]:
    return [each.row for each in in_order(placed) if each.repeats is None]


CASES: dict[str, tuple[list[File], list[int]]] = {
    # what the captures say, file by file; the rows that are facts, in order
    "by the second": ([["12:00:40 L p", "12:00:05 R"]], [2, 1]),
    "by the second across files": ([["12:00:40 L p"], ["12:00:05 R"]], [2, 1]),
    "one second: the file's order": ([["12:00:05 L p", "12:00:05 R"]], [1, 2]),
    "one second, two files: the return first": ([["12:00:05 L p"], ["12:00:05 R"]], [2, 1]),
    "minutes: the file's order": ([["12:00 L p", "12:00 R", "12:00 L q"]], [1, 2, 3]),
    "one row without seconds: the file's order": ([["12:00:40 L p", "12:00 R"]], [1, 2]),
    "a table out of order, beside minutes: by its own seconds": (
        [["12:00:40 R", "12:00:05 L p"], ["12:00 L p"]],
        [2, 1],
    ),
    "a table with a row without seconds: its own order": (
        [["12:00:40 R", "12:00:05 L p", "12:00 R"], ["12:00 L p"]],
        [1, 2, 3],
    ),
    "minutes, two files: returns first": ([["12:00 L p"], ["12:00 R"]], [2, 1]),
    "returned at two desks, lent at both": (
        [["12:00 R", "12:00 L p"], ["12:00 L q"]],
        [1, 2, 3],
    ),
    "a file's order binds its return": ([["12:00 L p", "12:00 R"], ["12:00 L q"]], [1, 2, 3]),
    "a cycle: file after file": (
        [["12:00:05 L p", "12:00:05 R"], ["12:00:01 R", "12:00:05 L q", "12:00:05 R"]],
        [1, 2, 4, 5],
    ),
    "another minute wins over all": ([["12:01 R"], ["12:00 L p"]], [2, 1]),
    "lent twice in a minute to one": ([["12:00 L p", "12:00 L p"]], [1]),
    "lent in a minute to two": ([["12:00 L p", "12:00 L q"]], [1, 2]),
    "returns are one, whoever brought it": ([["12:00 R", "12:00 R p"]], [1]),
    "the same from another file": ([["12:00 L p"], ["12:00 L p"]], [1]),
    "the same minute by other seconds": ([["12:00:02 L p"], ["12:00:59 L p"]], [1]),
    "back, out and back again within a minute": ([["12:00 R", "12:00 L p", "12:00 R"]], [1, 2, 3]),
    "the same, its capture loaded again": (
        [["12:00 R", "12:00 L p", "12:00 R"], ["12:00 R", "12:00 L p", "12:00 R"]],
        [1, 2, 3],
    ),
    "a capture that has grown within a minute": (
        [["12:00 L p"], ["12:00 L p", "12:00 R", "12:00 L q"]],
        [1, 3, 4],
    ),
    "grown, and another desk's return": (
        [["12:00 L p"], ["12:00 R"], ["12:00 L p", "12:00 L q"]],
        [2, 1, 4],
    ),
    "files that contradict each other": (
        [["12:00 L p", "12:00 R"], ["12:00 R", "12:00 L p"]],
        [1, 2],
    ),
    "a neighbour, 60 seconds later": ([["12:00:30 L p", "12:01:30 L p"]], [1]),
    "61 seconds later": ([["12:00:30 L p", "12:01:31 L p"]], [1, 2]),
    "the next minute, where nobody notes seconds": ([["12:00 R", "12:01 R"]], [1]),
    "the minute after the next": ([["12:00 R", "12:02 R"]], [1, 2]),
    "minute after minute": ([["12:00 R", "12:01 R", "12:02 R"]], [1]),
    "no neighbour: lent in between": (
        [["12:00:50 R", "12:00:55 L p", "12:01:10 R"]],
        [1, 2, 3],
    ),
    "no neighbour: lent to somebody else": ([["12:00 L p", "12:01 L q"]], [1, 2]),
    "a neighbour's repetition is a neighbour": (
        [["12:00:30 L p", "12:01:10 L p", "12:01:25 L p", "12:02:20 L p"]],
        [1],
    ),
    "a desk without seconds makes no neighbour older": (
        [["12:00:50 L p", "12:01:30 L p"], ["12:00 L p"]],
        [1],
    ),
}


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES.keys())
def test_order_and_repetitions(files: list[File], expected: list[int]) -> None:
    assert facts(arrange(lane(*files))) == expected


def test_a_repetition_names_the_row_it_repeats() -> None:
    placed = arrange(lane(["12:00 L p", "12:01 L p"], ["12:01 L p"]))
    assert {each.row: each.repeats for each in placed} == {1: None, 2: 1, 3: 1}


@pytest.mark.parametrize(
    ("files", "guessed"),
    [
        ([["12:00 L p"], ["12:00 R"]], {1, 2}),
        ([["12:00:05 L p"], ["12:00:05 R"]], {1, 2}),
        ([["12:00 L p", "12:00 R"], ["12:00 R", "12:00 L p"]], {1, 2}),
        ([["12:00 L p", "12:00 R"]], set()),
        ([["12:00:05 L p"], ["12:00:06 R"]], set()),
        ([["12:00 L p"], ["12:00 L p"]], set()),
        ([["12:00 L p"], ["12:00 L p", "12:00 R"]], set()),
        ([["12:00 L p"], ["12:01 R"]], set()),
    ],
)
def test_what_the_captures_do_not_tell_is_called_a_guess(
    files: list[File], guessed: set[int]
) -> None:
    assert {each.row for each in arrange(lane(*files)) if each.guessed} == guessed


# Few patrons and few minutes, so that rows meet.
SAYS = st.sampled_from(["L p", "L q", "R"])
MINUTES = st.integers(0, 3)
SECONDS = st.one_of(st.just(""), st.integers(0, 59).map(":{:02d}".format))
LINES = st.builds("12:{:02d}{} {}".format, MINUTES, SECONDS, SAYS)
TIMED = st.builds("12:{:02d}:{:02d} {}".format, MINUTES, st.integers(0, 59), SAYS)
FILE = st.lists(LINES, max_size=6) | st.lists(TIMED, max_size=6)
FILES = st.lists(FILE, min_size=1, max_size=4)


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_does_not_matter(
    files: list[File], dice: random.Random
) -> None:
    rows = lane(*files)
    shuffled = dice.sample(rows, len(rows))
    assert set(arrange(shuffled)) == set(arrange(rows))


@given(FILES)
def test_every_row_has_a_place_of_its_own_in_its_minute(files: list[File]) -> None:
    rows = {row.row: row for row in lane(*files)}
    placed = arrange(rows.values())
    assert sorted(each.row for each in placed) == sorted(each.place for each in placed)
    assert sorted(each.row for each in placed) == sorted(rows)
    for each in placed:
        assert each.order_at // 60 == rows[each.row].captured_at // 60


@given(FILES)
def test_a_files_order_is_kept_where_a_minute_decides(files: list[File]) -> None:
    rows = {row.row: row for row in lane(*files)}
    order = facts(arrange(rows.values()))
    for minute in range(12 * 60, 12 * 60 + 4):
        here = [row for row in rows.values() if row.captured_at // 60 == minute]
        if all(row.has_seconds for row in here):
            continue
        for file in range(1, len(files) + 1):
            mine = [rows[row] for row in order if rows[row] in here and rows[row].file == file]
            said = [row for row in here if row.file == file]
            if all(row.has_seconds for row in said):
                assert mine == sorted(mine, key=lambda row: (row.captured_at, row.row))
            else:
                assert mine == sorted(mine, key=lambda row: row.row)


@given(FILES)
def test_a_repetition_says_what_a_fact_near_it_says(files: list[File]) -> None:
    rows = {row.row: row for row in lane(*files)}
    placed = arrange(rows.values())
    known = set(facts(placed))
    for each in placed:
        if each.repeats is not None:
            assert each.repeats in known
            assert rows[each.repeats].says == rows[each.row].says
            assert each.row not in known


@given(FILE)
def test_of_one_file_only_close_neighbours_are_repetitions(file: File) -> None:
    rows = lane(file)
    vague = {row.captured_at // 60 for row in rows if not row.has_seconds}
    rows.sort(key=lambda row: row.captured_at // 60 * 60 if _in(vague, row) else row.captured_at)
    expected: list[int] = []
    said_at = 0
    for row, before in zip(rows, [None, *rows], strict=False):
        again = before is not None and row.says == before.says
        if not (again and row.captured_at - said_at <= NEIGHBOUR_SECONDS):
            expected.append(row.row)
        said_at = max(said_at, row.captured_at) if again else row.captured_at
    assert facts(arrange(rows)) == expected


def _in(minutes: set[int], row: LaneRow) -> bool:
    return row.captured_at // 60 in minutes


@given(FILE)
def test_a_file_loaded_twice_adds_nothing(file: File) -> None:
    assert facts(arrange(lane(file, file))) == facts(arrange(lane(file)))


@given(st.lists(LINES, max_size=8).map(sorted), st.integers(0, 8))
def test_a_capture_that_grew_says_the_same_as_its_last_state(file: File, first: int) -> None:
    grown, whole = lane(file[:first], file), lane(file)

    def story(rows: list[LaneRow]) -> list[tuple[int, Kind, str]]:
        said = {row.row: row for row in rows}
        return [(said[row].captured_at, *said[row].says) for row in facts(arrange(rows))]

    assert story(grown) == story(whole)


def test_the_row_with_seconds_is_the_fact_whatever_was_loaded_first() -> None:
    minutes, seconds = ["12:00 L p", "12:00 R"], ["12:00:50 L p", "12:00:05 R"]
    assert facts(arrange(lane(minutes, seconds))) == [4, 3]
    assert facts(arrange(lane(seconds, minutes))) == [2, 1]
    assert {each.repeats for each in arrange(lane(minutes, seconds))} == {None, 3, 4}


def test_a_row_that_was_sent_stays_the_fact() -> None:
    minutes, seconds = lane(["12:00 L p"], ["12:00:50 L p"])
    sent = minutes._replace(is_settled=True)
    assert facts(arrange([sent, seconds])) == [1]
    assert facts(arrange([minutes, seconds])) == [2]


def test_the_order_of_lines_that_run_back_tells_nothing() -> None:
    rows = lane(["12:00 L p", "12:00 R"])
    assert facts(arrange(rows)) == [1, 2]
    loose = arrange(rows, {1})
    assert facts(loose) == [2, 1]
    assert all(each.guessed for each in loose)
