"""``export``: rows of the run as a ``.dat`` file for Alma's own upload."""

from __future__ import annotations

from pathlib import Path

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.options.command import Command, alone
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.options.shared import OVERWRITE
from almareplay.cli.workflows.capture_page.exporting_session import export_session
from almareplay.cli.workflows.runs.exporting import export as export_rows


@click.command(cls=Command, groups=[alone(OVERWRITE)])
@click.argument(
    "path", type=PATH, metavar="PATH.dat", help="File to write; of a session also .csv or .xlsx."
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every row but invalid ones, whatever became of it.",
)
@click.option(
    "--session", metavar="NAME", help="What desks captured in this session, in place of a run."
)
@click.option("--by-desk", is_flag=True, help="A file for each desk: PATH-LIBRARY-DESK.dat.")
def export(
    common: CommonOptions,
    path: Path,
    everything: bool,
    session: str | None,
    by_desk: bool,
    overwrite: bool,
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

    With --session a capture session is written without being loaded: as .dat what a load would make
    rows of, in the order of time; as .csv or .xlsx every scan with all that was kept of it, voided
    ones too.

    \b
    Examples:
      almareplay export outage.dat
      almareplay export outage.dat --by-desk
      almareplay export copy.dat --all --run night
      almareplay export scans.xlsx --session 2026-09-14

    \b
    Exit codes:
      0  written, or nothing to write
      1  some rows could not be written
      2  wrong usage or settings, or no file can be written there
      3  the run is being replayed
    """
    if session is not None:
        if everything or common.names_a_run:
            raise click.UsageError("--session is about a session alone: leave the other out.")
        return export_session(common, session, path, by_desk=by_desk, overwrite=overwrite)
    return export_rows(common, path, everything=everything, by_desk=by_desk, overwrite=overwrite)
