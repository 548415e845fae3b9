"""What there is to judge a replay by, and all of it about one item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.order import Place

Json = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What there is to judge: the report's rows, and Alma's effects, requests and world.

    All are JSON objects, as the report's JSON Lines and the simulator's control surface have them.
    """

    report: Sequence[Json]
    effects: Sequence[Json]
    requests: Sequence[Json]
    world: Json


def in_words(effect: Json) -> str:
    """An effect in the words of the patterns that judge it."""
    loan_id = effect["loan_id"] if effect["type"] in ("loan", "renew") else ""
    patron = effect["patron_id"]
    return f"{effect['type']} {patron} {loan_id} {effect['library']}/{effect['circ_desk']}; "


def history(evidence: Evidence, item: str) -> str:
    """All that the report and Alma tell about one item, in lines; nothing about no item."""
    if not item:
        return ""
    pids = [each["pid"] for each in evidence.world["items"] if item_of(each, "barcode") == item]
    lines = ["  reported:"]
    lines += [
        f"    {place_of(said)} {said['captured_at']} {said['kind']} {said['patron_id']!r} at "
        f"{said['library']}/{said['circ_desk']}: {said['outcome']} {said['alma_code']} "
        f"{said['loan_id']} attempts {said['attempts']} {said['note']}"
        for said in evidence.report
        if item_of(said) == item
    ]
    lines.append("  effects:")
    lines += [
        f"    {effect['time']} {effect['by']} {in_words(effect)} request {effect['request']}"
        for effect in evidence.effects
        if item_of(effect) == item
    ]
    lines.append("  requests:")
    lines += [
        f"    {request['n']} {request['time']} {request['method']} {request['operation']}"
        f"{' Complete' if 'Complete' in request['query'] else ''}: "
        f"{request['status']} {request['error_code']} {request['fault']}"
        for request in evidence.requests
        if any(pid in request["path"] for pid in pids)
        or f"item_barcode={item}" in request["query"].casefold()
    ]
    return "\n".join(lines)


def place_of(said: Json) -> Place:
    return said["source_file"], said["source_row"]


def item_of(entry: Json, field: str = "item_barcode") -> str:
    barcode: str = entry[field]
    return barcode.casefold()
