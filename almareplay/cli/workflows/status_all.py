"""Where the run of each institution of a consortium stands, and a report of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import messages, results, tell_error
from almareplay.cli.console.tables import in_columns
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.next_steps import load_step
from almareplay.cli.workflows.run_report import report_of, without_patrons
from almareplay.cli.workflows.run_status import state_of
from almareplay.consortium.institutions import Institution, institutions_of
from almareplay.outcomes import Disposition
from almareplay.queue.purging import Standing, standings
from almareplay.queue.store import Queue
from almareplay.reports import ReportError, check_report_path, write_report
from almareplay.settings import Settings

_HEAD = ("institution", "rows", "done", "for staff", "left", "phase", "replayed by", "what to do")


def tell_status_of_all(
    queue: Queue, common: CommonOptions, settings: Settings, *, as_json: bool
) -> None:
    """Say where the run of each institution stands: of those of the file, and of those that the
    queue has besides."""
    known, runs = _known(settings), _runs(queue, common)
    states = []
    for code in dict.fromkeys([*known, *runs]):
        of_code = common.of_institution(code)
        state: dict[str, Any] = {
            "code": code,
            "name": known[code].name if code in known else "",
            "run": None,
            "next": [load_step(of_code).command],
        }
        if code in runs:
            state |= state_of(queue, runs[code].run, of_code)[0]
        states.append(state)
    if as_json:
        results.print_json_of(states)
        return
    if not states:
        raise Ended(Exit.USAGE, _nothing(common))
    for line in in_columns(_HEAD, [_line(state) for state in states]):
        results.print(line)


def _line(state: dict[str, Any]) -> tuple[str, ...]:
    if state["run"] is None:
        return (state["code"], "0", "-", "-", "-", "-", "-", state["next"][0])
    of = state["dispositions"]
    holder = state["replaying"]
    left = of[Disposition.PENDING]
    step = state["next"][0] if state["next"] else "nothing"
    return (
        state["code"],
        f"{state['rows']:,}",
        f"{of[Disposition.APPLIED] + of[Disposition.NO_CHANGE]:,}",
        f"{sum(state['open'].values()):,}",
        f"{left:,}",
        f"{state['phase'] or '-'}",
        "{host}, process {pid}".format(**holder) if holder else "-",
        "wait for it" if holder else step,
    )


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
        for code, run in _runs(queue, common).items()
        if run.rows and run.purged_at is None
    }
    if not runs:
        raise Ended(Exit.USAGE, _nothing(common))
    known = _known(settings)
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


def _known(settings: Settings) -> dict[str, Institution]:
    """The institutions of the file; none where no file is set."""
    return institutions_of(settings) if settings.institutions else {}


def _runs(queue: Queue, common: CommonOptions) -> dict[str, Standing]:
    """The runs of institutions that have the name of the command, by the codes of those."""
    return {
        each.run.institution: each
        for each in standings(queue)
        if each.run.institution and each.run.name == common.run
    }


def _nothing(common: CommonOptions) -> str:
    return (
        f"The queue has no run {common.run!r} of an institution. Load one: "
        f"{common.of_institution('CODE').command('load FILE')}"
    )
