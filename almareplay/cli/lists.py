"""The lists for staff beside the report: what is on them, and where to get them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from almareplay.cli.shared import count, follow_up
from almareplay.queue.lists import FineRow, fine_list, pull_list
from almareplay.queue.store import Queue, Run
from almareplay.transactions import identifier_key


def to_work_on(queue: Queue, run: Run) -> dict[str, int]:
    """How many items of the ``pull_list`` are to be fetched, and how many ``fines`` still stand."""
    return {
        "pull_list": len(pull_list(queue, run)),
        "fines": sum(fine.waived_at is None for fine in fine_list(queue, run)),
    }


def tell_lists(numbers: dict[str, int], tell: Callable[[str], None]) -> None:
    """A line for each list that staff have something to do on."""
    if items := numbers["pull_list"]:
        asked_for = count(items, "item is", "items are")
        tell(f"{asked_for} asked for by others: {follow_up('report --pull-list pull.csv')}")
    if fines := numbers["fines"]:
        tell(f"{count(fines, 'fine')} to look at: {follow_up('report --fines fines.csv')}")


def without_patrons(fines: Iterable[FineRow], names: Mapping[str, str]) -> Iterator[FineRow]:
    """Fines with the names of ``number_patrons`` in the place of patron ids, and without the fees'
    ids, by which Alma tells who owes them."""
    for fine in fines:
        patron = names.get(identifier_key(fine.patron_id), "a patron")
        yield fine._replace(patron_id=patron, fee_id="")
