"""``export``: rows of the run as a ``.dat`` file for Alma's own upload."""

from __future__ import annotations

from pathlib import Path

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import messages, say
from almareplay.cli.options.command import Command, alone
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.options.shared import OVERWRITE
from almareplay.cli.workflows.exporting import Selection, tell_files
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.run_report import known_codes
from almareplay.queue import reading
from almareplay.queue.attempts import Fate
from almareplay.queue.errors import RunHeld
from almareplay.queue.hold import holder_of
from almareplay.queue.report_rows import report_rows
from almareplay.reports.dat import check_dat_path, is_known, write_dat


@click.command(cls=Command, groups=[alone(OVERWRITE)])
@click.argument("path", type=PATH, metavar="PATH.dat", help="File to write.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every row but invalid ones, whatever became of it.",
)
@click.option("--by-desk", is_flag=True, help="A file for each desk: PATH-LIBRARY-DESK.dat.")
def export(
    common: CommonOptions, path: Path, everything: bool, by_desk: bool, overwrite: bool
) -> Exit:
    """Write rows as .dat files for Alma's own upload.

    The way out when the API cannot be used. Written are the rows that still need doing: pending,
    attention and unresolved ones, of all files, in the order of a replay. What Alma has already
    (applied, no_change) or staff have dismissed must not go up again, and what was rejected cannot.
    With --all the file is a copy of all captures that could be read, and nothing to upload once
    something was replayed.

    The upload books everything at the desk where it is done; with --by-desk each desk has its own
    file, numbered where its codes were only captured and Alma has not taken them yet. Once
    uploaded, do not replay the rows as well. Seconds are left out: the format has none.

    The files name patrons. They are readable by you only; delete them after the upload. A file that
    is there already is never replaced without --overwrite: it may be the capture itself.

    \b
    Examples:
      almareplay export outage.dat
      almareplay export outage.dat --by-desk
      almareplay export copy.dat --all --run night

    \b
    Exit codes:
      0  written, or nothing to write
      1  some rows could not be written
      2  wrong usage or settings, or no file can be written there
      3  the run is being replayed
    """
    check_dat_path(path)
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        run = queue.run(common.run)
        if (holder := holder_of(queue, run)) is not None:
            raise RunHeld(run.name, holder.host, holder.pid, holder.since, holder.until)
        selection = Selection(
            everything,
            by_desk,
            unanswered=reading.rows_called(queue, run, None),
            posted=reading.rows_called(queue, run, Fate.DONE),
        )
        codes = known_codes(queue, run, settings)
        files = write_dat(
            path,
            selection.lines(report_rows(queue, run)),
            by_desk=by_desk,
            codes=codes,
            overwrite=overwrite,
        )
    selection.tell_unwritten()
    if files:
        selection.tell_doubts(files)
        tell_files(files, for_upload=not selection.settled)
        if by_desk and not all(is_known(place, codes) for file in files for place in file.places):
            say(
                "Files are numbered where no row was posted yet with the codes of their library "
                "and desk: these come out of a capture, in which anything can stand."
            )
    else:
        if not selection.unwritten:
            rows = "rows that can be written" if everything else "rows left to do"
            messages.print(f"Nothing to export: run {run.name!r} has no {rows}.")
        if path.exists():
            say(f"{path} is there from before: do not upload it.")
    return Exit.OPEN if selection.unwritten else Exit.DONE
