"""Order and duplicates of a run's lanes, set anew after rows came or went. See lanes.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)

from almareplay.outcomes import Outcome
from almareplay.queue.ordering.corrections import Said, as_captured
from almareplay.queue.ordering.lanes import NEIGHBOUR_SECONDS, LaneRow, Placed, arrange
from almareplay.queue.replaying.attempts import Fate
from almareplay.queue.store import Run
from almareplay.queue.tables.reasons import encoded
from almareplay.queue.tables.schema import IN_LANE, attempts, lanes, transactions
from almareplay.transactions import Kind, Notes, Reason, identifier_key

_LANES_AT_A_TIME = 500
_MEMBER = [
    transactions.c[name]
    for name in (
        *("row", "file_id", "kind", "patron_id", "captured_at", "has_seconds", "item_key"),
        "phase",
        *("order_at", "place", "outcome", "lane_note"),
    )
]


def is_close(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether two rows, each of an alias of ``lanes``, are of one item and so near in time that
    their order may be open or one may repeat the other, directly or over a third."""
    return and_(
        other.c.run_id == one.c.run_id,
        other.c.item_key == one.c.item_key,
        other.c.captured_at.between(
            one.c.captured_at - 2 * NEIGHBOUR_SECONDS, one.c.captured_at + 2 * NEIGHBOUR_SECONDS
        ),
        other.c.row != one.c.row,
    )


def lanes_to_arrange(run: Run) -> Select[Any]:
    """Select the lanes of a run in which rows stand so close that order or sameness is open, by
    their keys and in the order of these."""
    mine, other = lanes.alias("mine"), lanes.alias("other")
    return (
        select(mine.c.item_key)
        .distinct()
        .where(mine.c.run_id == run.id, exists().where(is_close(mine, other)))
        .order_by(mine.c.item_key)
    )


def arrange_lanes(
    connection: Connection, run: Run, item_keys: Iterable[str], *, in_replay_before: int = 0
) -> Counter[Outcome]:
    """Set order and duplicates of the lanes with these item keys anew, some of them at a time; and
    of those in which rows stood before staff have corrected them.

    The rows with numbers below ``in_replay_before`` may be under way: of rows that say the same in
    the same minute it is they that count. Answers how many rows have come to which outcome by that.
    """
    became: Counter[Outcome] = Counter()
    tried = exists().where(
        attempts.c.run_id == transactions.c.run_id,
        attempts.c.row == transactions.c.row,
        # What was refused before a correction was another loan or return.
        or_(
            transactions.c.corrected_at.is_(None),
            attempts.c.fate.is_(None),
            attempts.c.fate == Fate.DONE,
        ),
    )
    corrected = _corrections_of(connection, run)
    keys = chain(item_keys, corrected.captured)
    loose = _LooseFiles(connection, run)
    while some := list(islice(keys, _LANES_AT_A_TIME)):
        members = connection.execute(
            select(*_MEMBER, tried.label("tried"))
            .join(lanes, IN_LANE)
            .where(lanes.c.run_id == run.id, lanes.c.item_key.in_(some))
            .order_by(lanes.c.item_key)
        )
        changes = [
            change
            for key, lane in groupby(members, key=lambda member: member.item_key)
            for change in _changes_of_lane(
                key,
                {member.row: member for member in lane},
                corrected,
                loose,
                became,
                in_replay_before,
            )
        ]
        if changes:
            connection.execute(
                update(transactions).where(
                    transactions.c.run_id == run.id, transactions.c.row == bindparam("the_row")
                ),
                changes,
            )
    return became


class _LooseFiles(Container[int]):
    """The files of a run whose lines run back in time, as those of several machines do that were
    sent in one after another. A file is gone through once, and only where its order matters."""

    def __init__(self, connection: Connection, run: Run) -> None:
        self._connection = connection
        self._run = run
        self._known: dict[int, bool] = {}

    def __contains__(self, file: object) -> bool:
        assert isinstance(file, int)
        if file not in self._known:
            self._known[file] = self._runs_back(file)
        return self._known[file]

    def _runs_back(self, file: int) -> bool:
        before, behind = transactions.alias("before"), transactions.alias("behind")
        back = (
            select(behind.c.row)
            .join(
                before, and_(before.c.run_id == behind.c.run_id, before.c.row == behind.c.row - 1)
            )
            .where(
                behind.c.run_id == self._run.id,
                behind.c.file_id == file,
                before.c.file_id == file,
                before.c.source_file == behind.c.source_file,
                behind.c.captured_at < before.c.captured_at,
            )
            .limit(1)
        )
        return self._connection.execute(back).first() is not None


class _Corrections(NamedTuple):
    """The numbers of the rows that staff have corrected, and what the captures say of them: by the
    keys of their items as captured, and by number."""

    rows: Collection[int]
    captured: Mapping[str, Mapping[int, LaneRow]]


def _corrections_of(connection: Connection, run: Run) -> _Corrections:
    captured: dict[str, dict[int, LaneRow]] = {}
    said_of = as_captured(connection, run)
    for number, said in said_of.items():
        of_row = (transactions.c.run_id == run.id) & (transactions.c.row == number)
        member = connection.execute(select(*_MEMBER).where(of_row)).one()
        captured.setdefault(identifier_key(said.item_barcode), {})[number] = _lane_row(member, said)
    return _Corrections(said_of.keys(), captured)


def _lane_row(member: Any, said: Said | None = None, *, is_settled: bool = True) -> LaneRow:
    kind, patron_id = (said.kind, said.patron_id) if said else (member.kind, member.patron_id)
    return LaneRow(
        member.row,
        member.file_id,
        Kind(kind),
        identifier_key(patron_id),
        member.captured_at,
        bool(member.has_seconds),
        is_settled,
        member.phase,
    )


def _changes_of_lane(
    key: str,
    lane: dict[int, Any],
    corrected: _Corrections,
    loose: Container[int],
    became: Counter[Outcome],
    in_replay_before: int,
) -> Iterator[dict[str, Any]]:
    """What is to be stored of the rows of a lane."""
    rows = {
        number: _lane_row(
            member,
            is_settled=number in corrected.rows
            or bool(member.tried)
            or member.outcome not in (Outcome.PENDING, Outcome.DUPLICATE)
            or (member.outcome == Outcome.PENDING and number < in_replay_before),
        )
        for number, member in lane.items()
    }
    arranged = list(_said_again(key, rows, corrected, loose))
    for placed in arranged:
        del rows[placed.row]
    arranged += arrange(rows.values(), loose)
    for placed in arranged:
        before = lane[placed.row]
        outcome = Outcome(before.outcome)
        notes: Notes = ()
        # Whatever was sent keeps its outcome, however the lane now looks.
        if outcome in (Outcome.PENDING, Outcome.DUPLICATE) and not before.tried:
            outcome = Outcome.DUPLICATE if placed.repeats else Outcome.PENDING
        if outcome is Outcome.DUPLICATE and placed.repeats is not None:
            notes = (Reason.of("same_as_row", row=placed.repeats),)
        elif placed.guessed:
            notes = (Reason("guessed_order"),)
        now = {
            "order_at": placed.order_at,
            "place": placed.place,
            "outcome": outcome,
            "lane_note": encoded(notes),
        }
        became[outcome] += outcome != before.outcome
        if any(getattr(before, column) != value for column, value in now.items()):
            yield {"the_row": placed.row, **now}


def _said_again(
    key: str, rows: Mapping[int, LaneRow], corrected: _Corrections, loose: Container[int]
) -> Iterator[Placed]:
    """The rows that repeat what one of the item said that staff have corrected since: a capture
    that has grown says it again. They stand where they are, for what they say is not so."""
    if key not in corrected.captured:
        return
    before = corrected.captured[key]
    uncorrected = {number: row for number, row in rows.items() if number not in corrected.rows}
    for placed in arrange([*uncorrected.values(), *before.values()], loose):
        if placed.repeats in before and placed.row in uncorrected:
            row = uncorrected[placed.row]
            at = row.captured_at if row.has_seconds else row.captured_at // 60 * 60
            yield Placed(row.row, at, row.row, placed.repeats)
