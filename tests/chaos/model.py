"""What must become of a capture: the rules of reading and of replay, written down once more.

Nothing here comes from the engine. Which order rows of one minute have is often a guess, so the
model does not make it: it judges the order that the report shows, and predicts outcomes in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise, permutations
from typing import Literal, NamedTuple

from almareplay.outcomes import Outcome
from almareplay.simulator.world import Item, Library, Patron, World
from almareplay.transactions import Kind
from tests.chaos.captures import Capture

Guard = Literal["active", "off"]
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


class Event(NamedTuple):
    """An effect that Alma must show: ``loan``, ``return``, ``renew``, or ``scan`` for a scan-in
    that closes no loan; ``patron`` is a primary id."""

    type: str
    patron: str
    library: str
    circ_desk: str


class Expected(NamedTuple):
    """What must become of a row."""

    outcome: Outcome
    events: tuple[Event, ...] = ()


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


@dataclass
class _Out:
    """An item on loan: to whom, and since which minute, on the clock of whoever lent it."""

    patron: Patron
    minute: int
    renewals: int = 0


@dataclass
class Model:
    """Alma as the rules say it becomes, row after row in replay order."""

    world: World
    return_first: bool = False
    guard: Guard = "active"
    out: dict[str, _Out] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for loan in self.world.loans:
            if loan.return_date is None:
                patron = self._known(loan.patron_id)
                minute = minute_of(loan.loan_date)
                self.out[loan.item_barcode.casefold()] = _Out(patron, minute, loan.renewals)

    def settle(self, row: Row) -> Expected:
        """What must become of the next row; from then on the model counts it as done."""
        item = self.world.item(row.item)
        if item is None:
            return Expected(Outcome.ITEM_NOT_FOUND)
        if self.guard == "off":
            return self._unguarded(row, item)
        return self._return(row) if row.kind is Kind.RETURN else self._loan(row, item)

    def _return(self, row: Row) -> Expected:
        loan = self.out.get(row.item)
        if loan and loan.minute > row.minute:
            return Expected(Outcome.SUPERSEDED)
        outcome = Outcome.RETURNED if loan else Outcome.NOT_ON_LOAN
        return Expected(outcome, (self._scan_in(row),))

    def _scan_in(self, row: Row) -> Event:
        loan = self.out.pop(row.item, None)
        if loan is None:
            return Event("scan", "", row.library, row.circ_desk)
        return Event("return", loan.patron.primary_id, row.library, row.circ_desk)

    def _loan(self, row: Row, item: Item) -> Expected:
        loan = self.out.get(row.item)
        if loan is None:
            return self._lend(row, item)
        patron = self.world.patron(row.patron)
        if patron is None:
            return Expected(Outcome.PATRON_NOT_FOUND)
        if patron is loan.patron:
            if loan.minute >= row.minute:
                return Expected(Outcome.ALREADY_LOANED)
            return self._renew(item, loan)
        if loan.minute > row.minute:
            return Expected(Outcome.SUPERSEDED)
        if not self.return_first:
            return Expected(Outcome.ON_LOAN_TO_OTHER)
        returned = self._scan_in(row)
        lent = self._lend(row, item)
        return Expected(lent.outcome, (returned, *lent.events))

    def _lend(self, row: Row, item: Item) -> Expected:
        patron = self.world.patron(row.patron)
        if patron is None:
            return Expected(Outcome.PATRON_NOT_FOUND)
        refusal = self._refusal(row, item, patron)
        if refusal is not None:
            return Expected(refusal)
        self.out[row.item] = _Out(patron, row.minute)
        return Expected(
            Outcome.LOANED, (Event("loan", patron.primary_id, row.library, row.circ_desk),)
        )

    def _refusal(self, row: Row, item: Item, patron: Patron) -> Outcome | None:
        """Why Alma would not lend the item, which is not on loan."""
        policy = self.world.policy(item.policy)
        held = sum(loan.patron is patron for loan in self.out.values())
        lends_for = self._desk_lends_for(row)
        refusals: list[tuple[Outcome, Callable[[], bool]]] = [
            (
                Outcome.PATRON_INACTIVE,
                lambda: patron.status != "ACTIVE" or not patron.patron_role,
            ),
            (Outcome.PATRON_EXPIRED, lambda: _expired(patron)),
            (Outcome.PATRON_BLOCKED, lambda: bool(patron.blocks)),
            (
                Outcome.DESK_REFUSED,
                lambda: lends_for is not None and item.library not in lends_for,
            ),
            (Outcome.ITEM_NOT_LOANABLE, lambda: policy is None or not policy.loanable),
            (
                Outcome.PATRON_LIMIT,
                lambda: patron.loan_limit is not None and held >= patron.loan_limit,
            ),
        ]
        return next((outcome for outcome, holds in refusals if holds()), None)

    def _desk_lends_for(self, row: Row) -> list[str] | None:
        library = self.world.library(row.library)
        assert isinstance(library, Library), "captures have only desks that are there"
        return next(desk.lends_for for desk in library.desks if desk.code == row.circ_desk)

    def _renew(self, item: Item, loan: _Out) -> Expected:
        policy = self.world.policy(item.policy)
        assert policy is not None, "every item has its policy"
        wanted = any(
            request.patron_id != loan.patron.primary_id
            for request in self.world.requests_of_item(item)
        )
        spent = loan.renewals >= policy.max_renewals
        if spent or wanted or loan.patron.blocks or _expired(loan.patron):
            return Expected(Outcome.REFUSED)
        loan.renewals += 1
        # A renewal is recorded where the loan was made.
        return Expected(Outcome.RENEWED, (Event("renew", loan.patron.primary_id, "", ""),))

    def _unguarded(self, row: Row, item: Item) -> Expected:
        if row.kind is Kind.RETURN:
            return Expected(Outcome.RETURNED, (self._scan_in(row),))
        loan, patron = self.out.get(row.item), self.world.patron(row.patron)
        if loan is None or patron is None:
            return self._lend(row, item)
        del self.out[row.item]
        troubled = self._refusal(row, item, patron)
        self.out[row.item] = loan
        if troubled in (Outcome.PATRON_INACTIVE, Outcome.PATRON_EXPIRED, Outcome.PATRON_BLOCKED):
            return Expected(troubled)
        same = patron is loan.patron
        return Expected(Outcome.ALREADY_LOANED if same else Outcome.ON_LOAN_TO_OTHER)

    def _known(self, patron_id: str) -> Patron:
        patron = self.world.patron(patron_id)
        assert patron is not None, "every loan of a world has its patron"
        return patron


def _expired(patron: Patron) -> bool:
    return patron.expiry_date < datetime.now(UTC).date()
