"""Holds what Alma shows and what the report says against the model, item by item."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from almareplay.outcomes import Disposition, Outcome
from almareplay.transactions import Kind
from tests.chaos.captures import Capture
from tests.chaos.evidence import Evidence, Json, history, in_words, item_of, place_of
from tests.chaos.model import Event, Expected, Guard, Model
from tests.chaos.order import Place, Row, duplicates, rows_of, wrong_order

_POSTED = ("loan", "return", "renew", "scan")
# What follows from a return by itself: the fine for a late one.
_CONSEQUENCES = ("fee",)
READ_BACK = "reading Alma showed that it was done"
"""What the report says of a row whose effect was found after its answer was lost."""
_RETURNED_FIRST = "returned for the patron who had it"


@dataclass(frozen=True)
class Rules:
    """What the replay was told, and what it had to go through.

    ``faults``: answers were lost, so that a scan that closes no loan may be there more than once
    and a row may end unresolved. ``live``: desks were at work meanwhile, so that the model cannot
    say what a row meets; then the report is held against the effects only.
    """

    guard: Guard = "active"
    return_first: bool = False
    faults: bool = False
    live: bool = False


@dataclass(frozen=True)
class Violation:
    """A promise that was broken, with all that there is about its item."""

    seed: int
    item: str
    says: str
    history: str

    def __str__(self) -> str:
        return f"seed {self.seed}, item {self.item!r}: {self.says}\n{self.history}"


def violations(capture: Capture, evidence: Evidence, rules: Rules) -> list[Violation]:
    """Everything that is wrong with one replay of a capture to its end."""
    problems = list(_wrong_accounts(capture, evidence))
    if not problems:
        problems = [*_wrong_loan_ids(evidence), *_Judge(capture, evidence, rules).problems()]
    return [Violation(capture.seed, item, says, history(evidence, item)) for item, says in problems]


def unresolved(report: Sequence[Json]) -> int:
    """How many rows of a report are unresolved."""
    return sum(said["disposition"] == Disposition.UNRESOLVED for said in report)


def _wrong_accounts(capture: Capture, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Rows in are rows reported, and none of them is still to do."""
    rows = rows_of(capture)
    told = [place_of(said) for said in evidence.report]
    if sorted(told) != sorted(rows):
        lost = sorted(rows.keys() - set(told))
        yield "", f"{len(rows)} rows in, {len(told)} reported; not reported: {lost}"
    for said in evidence.report:
        if said["outcome"] == Outcome.PENDING:
            yield item_of(said), f"{place_of(said)} is still pending"


def _wrong_loan_ids(evidence: Evidence) -> Iterator[tuple[str, str]]:
    known = {loan["loan_id"] for loan in evidence.world["loans"]}
    for said in evidence.report:
        if said["loan_id"] and said["loan_id"] not in known:
            yield item_of(said), f"{place_of(said)}: Alma has no loan {said['loan_id']}"


class _Judge:
    """Compares a report that is complete with the effects and with the model."""

    def __init__(self, capture: Capture, evidence: Evidence, rules: Rules) -> None:
        self._rules = rules
        self._evidence = evidence
        self._said = {place_of(said): said for said in evidence.report}
        rows = rows_of(capture)
        self._rows = [rows[place] for place in self._said]
        self._lanes: dict[str, list[Row]] = defaultdict(list)
        for row in self._rows:
            self._lanes[row.item].append(row)
        self._effects: dict[str, list[Json]] = defaultdict(list)
        for effect in evidence.effects:
            self._effects[item_of(effect)].append(effect)
        self._model = Model(capture.world, rules.return_first, rules.guard)
        self._unresolved: set[str] = set()
        self._expected = self._predict()

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, with the item that it is about."""
        yield from wrong_order(self._rows)
        for item in sorted(self._lanes.keys() | self._effects.keys()):
            for words in self._wrong_item(item):
                yield item, words

    def _predict(self) -> dict[Place, Expected]:
        repeated = duplicates(self._rows)
        expected = {}
        for row in self._rows:
            if row.place in repeated:
                expected[row.place] = Expected(Outcome.DUPLICATE)
            elif row.item in self._unresolved:
                expected[row.place] = Expected(Outcome.HELD_BACK)
            elif self._said[row.place]["outcome"] == Outcome.UNAVAILABLE:
                # Without an effect, so that the patron's other rows meet what was there before.
                expected[row.place] = Expected(Outcome.UNAVAILABLE)
                self._unresolved.add(row.item)
            else:
                expected[row.place] = self._model.settle(row)
                if self._is_open(row):
                    self._unresolved.add(row.item)
        return expected

    def _is_open(self, row: Row) -> bool:
        return self._said[row.place]["outcome"] in (Outcome.UNCERTAIN, Outcome.UNAVAILABLE)

    def _wrong_item(self, item: str) -> Iterator[str]:
        lane = self._lanes[item]
        mine = [effect for effect in self._effects[item] if effect["by"] == "api"]
        for effect in mine:
            if effect["type"] not in (*_POSTED, *_CONSEQUENCES):
                yield f"Alma shows an effect that no row asks for: {effect['type']}"
        shown = "".join(in_words(effect) for effect in mine if effect["type"] in _POSTED)
        due = "".join(self._due(row) for row in lane)
        if self._rules.live:
            yield from self._gone_backwards(item)
        if not re.fullmatch(due, shown):
            yield f"Alma shows   {shown or 'nothing'}\n  must show  {due or 'nothing'}"
        if not self._rules.live:
            yield from self._wrong_outcomes(lane)
        if not self._rules.live and item not in self._unresolved:
            yield from self._wrong_end(item)

    def _gone_backwards(self, item: str) -> Iterator[str]:
        """No loan is touched that a live desk had made before we looked."""
        made_live: dict[str, str] = {}
        for effect in self._effects[item]:
            if effect["by"] == "desk" and effect["type"] == "loan":
                made_live[effect["loan_id"]] = effect["time"]
            made = made_live.get(effect["loan_id"])
            if made is not None and effect["by"] == "api" and effect["type"] in _POSTED:
                looked = _looked(self._evidence.requests[: effect["request"]], self._pid(item))
                if looked is not None and made < looked:
                    yield f"the {effect['type']} touches a later loan, made before the look"

    def _pid(self, item: str) -> str:
        for each in self._evidence.world["items"]:
            if item_of(each, "barcode") == item:
                return str(each["pid"])
        return ""

    def _wrong_outcomes(self, lane: list[Row]) -> Iterator[str]:
        for row in lane:
            said, must = self._said[row.place]["outcome"], self._expected[row.place].outcome
            if self._is_open(row):
                if not self._rules.faults:
                    yield f"{row.place} is {said}, and there was no fault"
            elif said != must:
                yield f"{row.place} is {said}, must be {must}"

    def _wrong_end(self, item: str) -> Iterator[str]:
        must = self._model.out[item].patron.primary_id if item in self._model.out else None
        has = next(
            (
                loan["patron_id"]
                for loan in self._evidence.world["loans"]
                if loan["return_date"] is None and item_of(loan) == item
            ),
            None,
        )
        if has != must:
            yield f"in the end the item is on loan to {has}, must be {must}"

    def _due(self, row: Row) -> str:
        """A pattern of the effects that the row must have."""
        said = self._said[row.place]
        if self._rules.live or self._is_open(row):
            return _as_reported(row, said, self._rules.live)
        events = self._expected[row.place].events
        return "".join(_as_predicted(event, said, self._rules.faults) for event in events)


def _looked(requests: Sequence[Json], pid: str) -> str | None:
    """When the process that made the last of these requests first looked at an item's loan.

    Later reads of it may be probes, which ask what was asked before and only wait for an answer.
    """
    looked = None
    for request in requests:
        if request["operation"] == "general":  # a process checks which Alma this is as it starts
            looked = None
        elif (
            looked is None
            and request["operation"] == "item_loans"
            and request["status"] == 200
            and f"/{pid}/" in request["path"]
            and "Complete" not in request["query"]
        ):
            looked = request["time"]
    return looked


def _as_predicted(event: Event, said: Json, faults: bool) -> str:
    patron, loan_id = re.escape(event.patron), said["loan_id"]
    place = re.escape(f"{event.library}/{event.circ_desk}")
    match event.type:
        case "scan":
            return f"(?:scan   {place}; )" + ("+" if faults else "")
        case "return":
            return f"return {patron}  {place}; "
        case "renew":
            return rf"renew {patron} {loan_id} \S+; "
        case _:
            return f"loan {patron} {loan_id} {place}; "


def _as_reported(row: Row, said: Json, live: bool) -> str:
    """The effects that fit the outcome in the report, whoever had the item before.

    Between our look and our call a live desk may return the item or lend it, so a scan-in closes
    what it meets. A scan-in that closed nothing may be there again after a lost answer.
    """
    place = re.escape(f"{row.library}/{row.circ_desk}")
    scans = f"(?:scan   {place}; )*"
    scan_in = rf"(?:return \S+|scan )  {place}; {scans}"
    if live:
        # It may have been repeated just when a live desk lent the item.
        scan_in = scans + scan_in
    loan_id = said["loan_id"] or r"\S+"
    loan = rf"loan \S+ {loan_id} {place}; "
    renewal = rf"renew \S+ {loan_id} \S+; "
    # A live desk's return may be taken for ours where the answer to our own was lost.
    first = f"(?:{scan_in})" + ("?" if live else "") if _RETURNED_FIRST in said["note"] else ""
    match Outcome(said["outcome"]):
        case Outcome.LOANED:
            return first + loan
        case Outcome.RENEWED:
            return renewal
        case Outcome.RETURNED if live and READ_BACK in said["note"]:
            return f"(?:{scan_in})?"
        case Outcome.RETURNED | Outcome.NOT_ON_LOAN:
            return scan_in
        case Outcome.UNCERTAIN if row.kind is Kind.LOAN:
            return f"(?:{scan_in})?(?:{loan}|{renewal})?"
        case Outcome.UNCERTAIN:
            return f"(?:{scan_in})?"
        case Outcome.DUPLICATE | Outcome.HELD_BACK | Outcome.UNAVAILABLE:
            return ""
        case _:
            return first or (scans if live and row.kind is Kind.RETURN else "")
