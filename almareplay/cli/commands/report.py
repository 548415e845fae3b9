"""``report``: what became of the rows of a run, and the lists for staff."""

from __future__ import annotations

from pathlib import Path

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import messages
from almareplay.cli.options.command import Command, alone
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.options.shared import OVERWRITE
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.run_report import report_of, without_patrons
from almareplay.outcomes import FineRow, PullRow
from almareplay.reports import check_list_path, check_report_path, write_list, write_report


@click.command(cls=Command, groups=[alone(OVERWRITE)])
@click.argument(
    "paths",
    nargs=-1,
    type=PATH,
    metavar="[PATH]...",
    help="Files to write: .html, .xlsx, .csv or .jsonl.",
)
@click.option(
    "--pull-list",
    "pull_path",
    type=PATH,
    metavar="PATH",
    help="List of returned items that others wait for, along the shelves: .xlsx, .csv or .jsonl.",
)
@click.option(
    "--fines",
    "fines_path",
    type=PATH,
    metavar="PATH",
    help="List of the overdue fines that the replay made and that may be too high, with the "
    "patrons who owe them: .xlsx, .csv or .jsonl.",
)
@click.option(
    "--all",
    "folder",
    type=PATH,
    metavar="DIR",
    help="Folder for the reports of all institutions of the consortium, as CODE.html.",
)
@click.option(
    "--anonymous",
    "anonymously",
    is_flag=True,
    help="Numbers in the place of patron ids, file names and what else Alma has not known; "
    "without what Alma said, loan and fee ids, clerks' initials.",
)
def report(
    common: CommonOptions,
    paths: tuple[Path, ...],
    pull_path: Path | None,
    fines_path: Path | None,
    folder: Path | None,
    anonymously: bool,
    overwrite: bool,
) -> Exit:
    """Write the report of the run, and the lists for staff.

    The report has a line for every row; the ending of its name picks the format. As .html it is the
    list to work from, as .xlsx a workbook, as .csv and .jsonl the plain rows. An older report is
    replaced, any other file is not, nor a workbook in which somebody has ticked rows.

    The files name patrons, and what they owe is personal as well; only the pull list names nobody.
    They are readable by you only; pass them on with care. With --anonymous the same patron has the
    same number in every report of the run; whoever may look into Alma can still find a patron by an
    item and its time.

    \b
    Examples:
      almareplay report report.html report.csv
      almareplay report --pull-list pull.xlsx --fines fines.xlsx
      almareplay report for-the-vendor.csv --anonymous
      almareplay report --all reports

    \b
    Exit codes:
      0  written
      2  a file cannot be written or is not ours to replace, or no such run
    """
    wanted = [*paths, *filter(None, (pull_path, fines_path))]
    if folder is not None:
        common.all_of_them()
        if wanted:
            raise click.UsageError("--all DIR writes all of its files itself: name no other.")
        return _report_all(common, folder, anonymously=anonymously, overwrite=overwrite)
    if not wanted:
        raise click.BadParameter("Name a file to write: PATH, --pull-list PATH or --fines PATH.")
    if len({path.absolute() for path in wanted}) < len(wanted):
        raise click.BadParameter("The same file is named twice: give each output its own.")
    for path in paths:
        check_report_path(path, overwrite=overwrite)
    for path in filter(None, (pull_path, fines_path)):
        check_list_path(path, overwrite=overwrite)
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        run = queue.run(common.run, common.institution)
        told = report_of(queue, run, settings)
        if anonymously:
            told = without_patrons(queue, run, told, settings)
        for path in paths:
            write_report(path, told, overwrite=overwrite)
            messages.print(f"Report: {path}")
        if pull_path is not None:
            write_list(pull_path, told.pull_list, PullRow._fields, overwrite=overwrite)
            messages.print(f"Pull list: {pull_path}")
        if fines_path is not None:
            write_list(fines_path, told.fines, FineRow._fields, overwrite=overwrite)
            messages.print(f"Fines: {fines_path}")
    return Exit.DONE


def _report_all(common: CommonOptions, folder: Path, *, anonymously: bool, overwrite: bool) -> Exit:
    # Most have but one institution.
    from almareplay.cli.workflows.institutions.report_all import report_all

    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        return report_all(
            queue, common, settings, folder, anonymously=anonymously, overwrite=overwrite
        )
