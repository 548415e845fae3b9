"""The report of a run and the lists for staff beside it: what is on them, where to get them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from almareplay.cli.shared import count, follow_up
from almareplay.outcomes import FineRow, ReportRow, Result
from almareplay.queue import reading
from almareplay.queue.binding import binding_of
from almareplay.queue.lists import fine_list, pull_list
from almareplay.queue.store import Queue, Run
from almareplay.reports import Report
from almareplay.reports.anonymous import anonymous, number_patrons
from almareplay.transactions import AlmaInstance, identifier_key


def report_of(queue: Queue, run: Run) -> Report:
    """The report of a run."""
    binding = binding_of(queue, run)
    return Report(
        run.name,
        lambda: reading.report_rows(queue, run),
        pull_list(queue, run),
        fine_list(queue, run),
        alma=binding.alma,
        rehearsed=binding.rehearsed_here,
    )


def prediction_of(
    queue: Queue, run: Run, predictions: Mapping[int, Result], asked: AlmaInstance | None
) -> Report:
    """The report of a run as a rehearsal foresees it: the results by row number, of the Alma that
    was ``asked``."""

    def rows() -> Iterator[ReportRow]:
        for row in reading.report_rows(queue, run):
            result = predictions.get(row.row)
            if result is not None:
                row = row.as_if(result)
            if asked is not None:
                row = row._replace(institution=asked.institution, environment=asked.environment)
            yield row

    return Report(run.name, rows, predicted=True, alma=asked)


def without_patrons(queue: Queue, run: Run, report: Report) -> Report:
    """A report with numbers in the place of patron ids, without what Alma said, and without the
    ids of loans and fees, by which Alma tells who has or owes them."""
    names = number_patrons(reading.patron_ids(queue, run), reading.primary_ids(queue, run))
    return replace(
        report,
        rows=lambda: anonymous(report.rows(), names),
        fines=[*_without_debtors(report.fines, names)],
        anonymous=True,
    )


def _without_debtors(fines: Iterable[FineRow], names: Mapping[str, str]) -> Iterator[FineRow]:
    for fine in fines:
        patron = names.get(identifier_key(fine.patron_id), "a patron")
        yield fine._replace(patron_id=patron, fee_id="")


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
