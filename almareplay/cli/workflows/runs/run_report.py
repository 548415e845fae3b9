"""The report of a run and the lists for staff beside it: what is on them, where to get them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import tzinfo
from zoneinfo import ZoneInfo

from almareplay.cli.console.output import Tell, count
from almareplay.cli.options.common import CommonOptions
from almareplay.outcomes import FineRow, ReportRow, Result
from almareplay.queue.reading import queries
from almareplay.queue.reading.lists import fine_list, pull_list
from almareplay.queue.reading.report_rows import report_rows, zone_of_captures
from almareplay.queue.replaying.binding import binding_of
from almareplay.queue.store import Queue, Run
from almareplay.reports import Report
from almareplay.reports.anonymous import LEFT_OUT, Names, anonymous, number_patrons, number_words
from almareplay.settings import Settings
from almareplay.transactions import AlmaInstance, identifier_key


def report_of(queue: Queue, run: Run, settings: Settings) -> Report:
    """The report of a run."""
    binding, zone = binding_of(queue, run), zone_of_library(queue, run, settings)
    return Report(
        run.name,
        lambda: report_rows(queue, run, zone),
        pull_list(queue, run, zone),
        fine_list(queue, run, zone),
        zone=zone,
        alma=binding.alma,
        rehearsed=binding.rehearsed_here,
    )


def zone_of_library(queue: Queue, run: Run, settings: Settings) -> tzinfo:
    """The zone in which all times of a run are shown: that of the settings, where they have one."""
    return ZoneInfo(settings.timezone) if settings.timezone else zone_of_captures(queue, run)


def prediction_of(
    queue: Queue,
    run: Run,
    settings: Settings,
    predictions: Mapping[int, Result],
    asked: AlmaInstance | None,
) -> Report:
    """The report of a run as a rehearsal foresees it: the results by row number, of the Alma that
    was ``asked``."""

    zone = zone_of_library(queue, run, settings)

    def rows() -> Iterator[ReportRow]:
        for row in report_rows(queue, run, zone):
            result = predictions.get(row.row)
            if result is not None:
                row = row.as_if(result, zone)
            if asked is not None:
                row = row._replace(institution=asked.institution, environment=asked.environment)
            yield row

    return Report(run.name, rows, zone=zone, predicted=True, alma=asked)


def without_patrons(queue: Queue, run: Run, report: Report, settings: Settings) -> Report:
    """A report with numbers in the place of what was captured, as of patron ids, without what Alma
    said, without who captured it, and without the ids of loans and fees, by which Alma tells who
    has or owes them."""
    codes = known_codes(queue, run, settings)

    def numbered(what: str, column: str, known: Collection[str] = ()) -> dict[str, str]:
        return number_words(what, queries.captured_words(queue, run, column), known)

    names = Names(
        number_patrons(
            queries.patron_ids(queue, run),
            queries.primary_ids(queue, run),
            borrowers=queries.borrowers(queue, run),
        ),
        numbered("library", "library", codes),
        numbered("desk", "circ_desk", codes),
        numbered("file", "source_file"),
    )

    def name_of(primary_id: str) -> str:
        return names.patrons.get(identifier_key(primary_id), "a patron")

    def rows() -> Iterator[ReportRow]:
        return report_rows(queue, run, report.zone, name_of=name_of, without=LEFT_OUT)

    return replace(
        report,
        rows=lambda: anonymous(rows(), names),
        fines=[*_without_debtors(report.fines, names.patrons)],
        anonymous=True,
    )


def known_codes(queue: Queue, run: Run, settings: Settings) -> set[str]:
    """The codes of libraries and desks that are no words out of a capture, which may be anything:
    those that the user has set, now or at load, and those that Alma has taken."""
    of_settings = {settings.library or "", settings.circ_desk or ""}
    return of_settings | queries.codes_given(queue, run) | queries.codes_taken(queue, run)


def _without_debtors(fines: Iterable[FineRow], names: Mapping[str, str]) -> Iterator[FineRow]:
    for fine in fines:
        patron = names.get(identifier_key(fine.patron_id), "a patron")
        yield fine._replace(patron_id=patron, fee_id="")


def to_work_on(queue: Queue, run: Run) -> dict[str, int]:
    """How many items of the ``pull_list`` are to be fetched, and how many ``fines`` are to be
    looked at."""
    return {
        "pull_list": len(pull_list(queue, run)),
        "fines": sum(fine.to_do for fine in fine_list(queue, run)),
    }


def tell_lists(numbers: dict[str, int], common: CommonOptions, tell: Tell) -> None:
    """A line for each list that staff have something to do on."""
    if items := numbers["pull_list"]:
        asked_for = count(items, "item is", "items are")
        tell(f"{asked_for} asked for by others: {common.command('report --pull-list pull.csv')}")
    if fines := numbers["fines"]:
        tell(f"{count(fines, 'fine')} to look at: {common.command('report --fines fines.csv')}")
