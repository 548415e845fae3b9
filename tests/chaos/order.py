"""The order that rows of an item have, and which of them repeat others: the rules of reading."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise, permutations

from almareplay.transactions import Kind
from tests.chaos.captures import Capture

Place = tuple[str, int]
"""A row's file and line."""


@dataclass(frozen=True)
class Row:
    """A captured row as the rules see it; ``file`` is the file's number in the order of loading,
    ``minute`` the captured minute since 1970."""

    place: Place
    file: int
    kind: Kind
    minute: int
    item: str
    patron: str
    library: str
    circ_desk: str

    @property
    def says(self) -> tuple[Kind, str]:
        """What a row that repeats this one says as well."""
        return self.kind, self.patron.casefold()


def rows_of(capture: Capture) -> dict[Place, Row]:
    """All rows of a capture by their place."""
    rows = {}
    for number, file in enumerate(capture.files):
        for line, row in enumerate(file.rows, 1):
            rows[file.name, line] = Row(
                (file.name, line),
                number,
                row.kind,
                minute_of(row.at),
                row.item_barcode.casefold(),
                row.patron_id,
                file.library,
                file.circ_desk,
            )
    return rows


def minute_of(moment: datetime) -> int:
    """The minute since 1970 of an aware moment."""
    return int(moment.astimezone(UTC).timestamp() // 60)


def duplicates(rows: Sequence[Row]) -> set[Place]:
    """The rows that repeat another, of rows in the order of the report."""
    lanes: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        lanes[row.item].append(row)
    found: set[Place] = set()
    for lane in lanes.values():
        in_minute = _repeated_in_a_minute(lane)
        found |= in_minute.keys() | _repeated_neighbours(lane, in_minute)
    return found


def _repeated_in_a_minute(lane: Iterable[Row]) -> dict[Place, Place]:
    """Which row of the same minute each repeats.

    A file that says a thing twice without another row of the item between says it once; what it
    says for the n-th time repeats what a file loaded before it says for the n-th time.
    """
    repeats: dict[Place, Place] = {}
    facts: dict[object, Place] = {}
    as_loaded = sorted(lane, key=lambda row: (row.minute, row.file, row.place[1]))
    times: Counter[object] = Counter()
    before: Row | None = None
    for row in as_loaded:
        same_page = before and (before.minute, before.file) == (row.minute, row.file)
        if before and same_page and before.says == row.says:
            repeats[row.place] = repeats.get(before.place, before.place)
            continue
        before = row
        times[row.minute, row.file, row.says] += 1
        nth = times[row.minute, row.file, row.says]
        fact = facts.setdefault((row.minute, row.says, nth), row.place)
        if fact != row.place:
            repeats[row.place] = fact
    return repeats


def _repeated_neighbours(lane: Iterable[Row], in_minute: dict[Place, Place]) -> set[Place]:
    """The rows whose neighbour before them says the same, at most 60 seconds earlier."""
    found: set[Place] = set()
    fact: Row | None = None
    said = 0
    for row in lane:
        if row.place in in_minute:
            if fact and in_minute[row.place] == fact.place:
                said = row.minute
        elif fact and fact.says == row.says and row.minute - said <= 1:
            found.add(row.place)
            said = row.minute
        else:
            fact, said = row, row.minute
    return found


def wrong_order(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """What is wrong with the order of the rows of the report: the item, and words."""
    for one, other in pairwise(rows):
        if one.minute > other.minute:
            yield other.item, f"{other.place} stands behind {one.place}, captured later"
    moments: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        moments[row.item, row.minute].append(row)
    loose = _loose_files(rows)
    for (item, _), moment in moments.items():
        repeats = _repeated_in_a_minute(moment)
        facts = [row for row in moment if row.place not in repeats]
        stands = {fact.place: number for number, fact in enumerate(facts)}
        for earlier, later in _must_follow(facts, _told_by_files(moment, repeats, loose)):
            if stands[earlier] > stands[later]:
                yield item, f"{later} stands before {earlier}"


Pairs = set[tuple[Place, Place]]


def _loose_files(rows: Iterable[Row]) -> set[int]:
    """The files whose lines run back in time: their order tells nothing."""
    by_line = sorted(rows, key=lambda row: (row.file, row.place[1]))
    return {
        row.file
        for before, row in pairwise(by_line)
        if before.file == row.file
        if before.place[1] + 1 == row.place[1] and before.minute > row.minute
    }


def _told_by_files(
    moment: Iterable[Row], repeats: dict[Place, Place], loose: set[int]
) -> dict[tuple[int, int], list[Place]]:
    """What each file says happened in this minute, one after the other; of a loose file each line
    for itself."""
    told: dict[tuple[int, int], list[Place]] = defaultdict(list)
    for row in sorted(moment, key=lambda row: row.place[1]):
        fact = repeats.get(row.place, row.place)
        file = (row.file, row.place[1] if row.file in loose else 0)
        if fact not in told[file]:
            told[file].append(fact)
    return told


def _must_follow(facts: list[Row], told: dict[tuple[int, int], list[Place]]) -> Pairs:
    """Which fact of a minute must stand before which: first the files' own order; then, of facts
    that no file has both of, returns before loans; and where that cannot be, as loaded."""
    files = {pair for said in told.values() for pair in combinations(said, 2)}
    returns_first = {
        (one.place, other.place)
        for one, other in permutations(facts, 2)
        if (one.kind, other.kind) == (Kind.RETURN, Kind.LOAN)
        and not any({one.place, other.place} <= set(said) for said in told.values())
    }
    if _can_be(files | returns_first):
        return files | returns_first
    if _can_be(files):
        return files
    as_loaded = sorted(facts, key=lambda fact: (fact.file, fact.place[1]))
    return set(pairwise(fact.place for fact in as_loaded))


def _can_be(pairs: Pairs) -> bool:
    sorter: TopologicalSorter[Place] = TopologicalSorter()
    for one, other in pairs:
        sorter.add(other, one)
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True
