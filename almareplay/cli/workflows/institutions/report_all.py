"""A report of the run of each institution."""

from __future__ import annotations

from pathlib import Path

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import messages, tell_error
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.institutions.of_institutions import (
    known_institutions,
    nothing_loaded,
    runs_of_institutions,
)
from almareplay.cli.workflows.runs.run_report import report_of, without_patrons
from almareplay.queue.store import Queue
from almareplay.reports import ReportError, check_report_path, write_report
from almareplay.settings import Settings


def report_all(
    queue: Queue,
    common: CommonOptions,
    settings: Settings,
    folder: Path,
    *,
    anonymously: bool,
    overwrite: bool,
) -> Exit:
    """Write the report of each institution's run into a folder, named by its code."""
    runs = {
        code: run
        for code, run in runs_of_institutions(queue, common).items()
        if run.rows and run.purged_at is None
    }
    if not runs:
        raise Ended(Exit.USAGE, nothing_loaded(common))
    known = known_institutions(settings)
    paths = {code: folder / f"{code}.html" for code in runs}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Ended(Exit.USAGE, f"The folder {folder} cannot be made: {reason}.") from error
    for path in paths.values():
        check_report_path(path, overwrite=overwrite)
    code_of_exit = Exit.DONE
    for code, path in paths.items():
        run = runs[code].run
        own = known[code].settings(settings) if code in known else settings
        told = report_of(queue, run, own)
        if anonymously:
            told = without_patrons(queue, run, told, own)
        try:
            write_report(path, told, overwrite=overwrite)
            messages.print(f"Report: {path}")
        except ReportError as error:
            tell_error(error)
            code_of_exit = Exit.USAGE
    return code_of_exit
