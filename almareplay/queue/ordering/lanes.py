"""The order of one item's rows, and which of them say the same thing twice: pure functions.

Desks record whole minutes or seconds, their files overlap, and captures grow and are loaded again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from almareplay.transactions import Kind

NEIGHBOUR_SECONDS = 60


class LaneRow(NamedTuple):
    """A row of one item: its number in the run, its file (numbered as loaded), what it says.

    ``captured_at`` is in seconds since 1970. ``patron`` is the key of the patron's identifier.
    ``is_settled``: it was sent, or staff have touched it, so that no other row can stand for it.
    ``phase`` says nothing of what happened when: the order is that of the captures.
    """

    row: int
    file: int
    kind: Kind
    patron: str
    captured_at: int
    has_seconds: bool
    is_settled: bool = False
    phase: int = 1

    @property
    def says(self) -> tuple[Kind, str]:
        """What makes two rows of an item the same: a return means the same whoever brought it."""
        return self.kind, self.patron if self.kind is Kind.LOAN else ""


class Placed(NamedTuple):
    """Where a row stands in replay order: sort by ``order_at`` (seconds), then ``place``.

    ``repeats`` is the number of the row that this one says again, or None. ``guessed`` where the
    captures do not tell the order.
    """

    row: int
    order_at: int
    place: int
    repeats: int | None = None
    guessed: bool = False


def arrange(rows: Iterable[LaneRow], loose: Container[int] = ()) -> list[Placed]:
    """Put the rows of one lane into replay order and find those that repeat another.

    ``loose`` are the files whose lines run back in time: their order tells nothing.
    A row repeats another that says the same in the same minute. Within one file it does so only
    when nothing else happened to the item in between: a return, a loan and a return again within
    a minute are three facts, and dropping the last would leave a person charged with the book.
    A row also repeats its neighbour before it when that says the same, at most 60 seconds earlier.
    """
    lane: list[Placed] = []
    said: dict[int, LaneRow] = {}
    by_minute = sorted(rows, key=lambda row: (row.captured_at // 60, row.row))
    for minute, group in groupby(by_minute, key=lambda row: row.captured_at // 60):
        same_minute = list(group)
        said.update((row.row, row) for row in same_minute)
        lane.extend(_arrange_minute(minute * 60, same_minute, loose))
    return _mark_repeated_neighbours(lane, said)


def _mark_repeated_neighbours(lane: list[Placed], said: dict[int, LaneRow]) -> list[Placed]:
    fact: LaneRow | None = None
    said_at = 0
    repeated: dict[int, int] = {}
    for placed in lane:
        row = said[placed.row]
        if fact is not None and row.says == fact.says:
            is_near = row.captured_at - said_at <= NEIGHBOUR_SECONDS
            # What goes first cannot be left out for what goes later.
            if placed.repeats is None and is_near and row.phase >= fact.phase:
                repeated[row.row] = fact.row
            # Never back in time: what a desk without seconds repeats has its minute's first second.
            said_at = max(said_at, row.captured_at)
        if placed.repeats is None and row.row not in repeated:
            fact, said_at = row, row.captured_at
    return [
        placed._replace(repeats=repeated[placed.row], guessed=False)
        if placed.row in repeated
        else placed._replace(
            repeats=placed.repeats and repeated.get(placed.repeats, placed.repeats)
        )
        for placed in lane
    ]


def _arrange_minute(start: int, rows: list[LaneRow], loose: Container[int]) -> list[Placed]:
    by_second = all(row.has_seconds for row in rows)
    if len(rows) == 1:
        return [Placed(rows[0].row, rows[0].captured_at if by_second else start, rows[0].row)]
    if by_second:
        rows = sorted(rows, key=lambda row: (row.captured_at, row.row))
    else:
        rows = _in_files_order(rows)
    repeats = _repeats(rows)
    told = {row.row: row for row in rows if row.row not in repeats}
    vague = {row.file for row in rows if not row.has_seconds}
    by_second = vague.isdisjoint(row.file for row in told.values())

    def moment_of(row: LaneRow) -> int:
        """A row that does not know the second stands where the row stands that it repeats."""
        if not by_second:
            return start
        return (row if row.has_seconds else told[repeats[row.row]]).captured_at

    if by_second:
        rows = sorted(rows, key=lambda row: (moment_of(row), row.row))
    placed: list[Placed] = []
    for moment, group in groupby(rows, key=moment_of):
        same_moment = list(group)
        facts, guessed = _order_untimed(same_moment, repeats, loose)
        # A repetition stands behind what it repeats, or where it was said if that was elsewhere.
        standing = {fact: index for index, fact in enumerate(facts)}
        ordered = sorted(
            same_moment,
            key=lambda row: (standing.get(repeats.get(row.row, row.row), len(facts)), row.row),
        )
        # The rows of a moment share out their own numbers, so that rows of other items, which
        # stand by their numbers, keep their places between them.
        places = sorted(row.row for row in same_moment)
        placed.extend(
            Placed(row.row, moment, place, repeats.get(row.row), guessed and row.row in standing)
            for row, place in zip(ordered, places, strict=True)
        )
    return placed


def _in_files_order(rows: Sequence[LaneRow]) -> list[LaneRow]:
    """File after file; of each its own order: by its seconds where it has them, else by its lines.

    Tables do not come in the order of time.
    """
    vague = {row.file for row in rows if not row.has_seconds}
    return sorted(
        rows, key=lambda row: (row.file, 0 if row.file in vague else row.captured_at, row.row)
    )


def _repeats(rows: Sequence[LaneRow]) -> dict[int, int]:
    """Of rows of one minute: which one repeats which.

    The first, second … time that a file says something is matched with the first, second … time
    that other files say so. The fact is the row that is settled; else the one of the lowest phase,
    which goes first; else the one with seconds, which knows more, whatever was loaded first; else
    the one that was loaded first.
    """
    at_once: dict[int, int] = {}
    sayings: dict[tuple[tuple[Kind, str], int], list[LaneRow]] = {}
    for _, group in groupby(sorted(rows, key=lambda row: row.file), key=lambda row: row.file):
        times: Counter[tuple[Kind, str]] = Counter()
        last: LaneRow | None = None
        for row in group:
            if last is not None and row.says == last.says:
                at_once[row.row] = at_once.get(last.row, last.row)
                continue
            last = row
            times[row.says] += 1
            sayings.setdefault((row.says, times[row.says]), []).append(row)
    repeats: dict[int, int] = {}
    for saying in sayings.values():
        fact = min(saying, key=lambda row: (not row.is_settled, row.phase, not row.has_seconds))
        repeats |= {row.row: fact.row for row in saying if row is not fact}
    return repeats | {row: repeats.get(first, first) for row, first in at_once.items()}


def _order_untimed(
    rows: Sequence[LaneRow], repeats: Mapping[int, int], loose: Container[int]
) -> tuple[list[int], bool]:
    """Order the facts of one moment; answer their row numbers, and whether that is a guess.

    Each file's order is kept, also that of the facts which it only repeats: a capture that has
    grown tells how the row of its first loading stands to its new ones. Facts that no file has both
    of, or only a loose one: returns before loans. Where the two contradict each other: file after
    file, as loaded.
    """
    as_loaded = sorted(rows, key=lambda row: row.file)
    facts = {row.row: row for row in as_loaded if row.row not in repeats}
    said_by: dict[tuple[int, int], dict[int, None]] = {}
    for row in as_loaded:
        fact = repeats.get(row.row, row.row)
        if fact in facts:
            file = (row.file, row.row if row.file in loose and not row.has_seconds else 0)
            said_by.setdefault(file, {})[fact] = None
    told = {fact: set[int]() for fact in facts}
    for said in said_by.values():
        for earlier, later in pairwise(said):
            told[later].add(earlier)
    if any(len(said) == len(facts) for said in said_by.values()):
        ordered = _first_possible(facts, told)
        return ordered or list(facts), ordered is None
    files_of = {fact: {file for file, said in said_by.items() if fact in said} for fact in facts}
    supposed = {
        fact: told[fact]
        | {
            other
            for other in facts
            if facts[other].kind is Kind.RETURN
            and facts[fact].kind is Kind.LOAN
            and files_of[other].isdisjoint(files_of[fact])
        }
        for fact in facts
    }
    return _first_possible(facts, supposed) or _first_possible(facts, told) or list(facts), True


def _first_possible(facts: Iterable[int], before: Mapping[int, set[int]]) -> list[int] | None:
    """Order facts, each as early as those before it allow; None where none could come next."""
    left = list(facts)
    ordered: dict[int, None] = {}
    while left:
        following = next((fact for fact in left if before[fact] <= ordered.keys()), None)
        if following is None:
            return None
        left.remove(following)
        ordered[following] = None
    return list(ordered)
