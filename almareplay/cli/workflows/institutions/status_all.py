"""Where the run of each institution of a consortium stands, and what workers do about it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from rich.live import Live
from rich.text import Text

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results
from almareplay.cli.console.tables import in_columns
from almareplay.cli.console.wrapping import wrapped
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.institutions.of_institutions import (
    known_institutions,
    nothing_loaded,
    runs_of_institutions,
)
from almareplay.cli.workflows.runs.next_steps import load_step
from almareplay.cli.workflows.runs.run_status import state_of
from almareplay.consortium.submitting import read_how_to_replay
from almareplay.outcomes import Disposition
from almareplay.queue.consortium.submissions import Submission, submitted, to_do
from almareplay.queue.reading import queries
from almareplay.queue.replaying.binding import binding_of
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import effort
from almareplay.settings import Settings

_HEAD = (
    *("institution", "rows", "done", "for staff", "left", "phase", "state"),
    *("calls/s", "calls left", "time left", "what to do"),
)
_NOTHING = "-"
_REDRAWN_SECONDS = 2.0
# What is due sooner is waited for.
_SOON = timedelta(minutes=15)


def tell_status_of_all(
    queue: Queue, common: CommonOptions, settings: Settings, *, as_json: bool
) -> None:
    """Say where the run of each institution stands: of those of the file, and of those that the
    queue has besides."""
    states = _states(queue, common, settings)
    if as_json:
        results.print_json_of(states)
        return
    for line in _lines(states, common):
        results.print(line)


def watch_status_of_all(queue: Queue, common: CommonOptions, settings: Settings) -> None:
    """Say it again and again, until nothing is due or under way, nor will be within minutes: drawn
    anew where there is a terminal, one table after another elsewhere."""
    if not results.is_terminal or results.is_dumb_terminal:
        while True:
            goes_on = _goes_on(queue)
            tell_status_of_all(queue, common, settings, as_json=False)
            if not goes_on:
                return
            results.print("")
            time.sleep(_REDRAWN_SECONDS)
    with Live(console=results, auto_refresh=False) as live:
        while True:
            goes_on = _goes_on(queue)
            lines = _lines(_states(queue, common, settings), common)
            # A line that was cut off at the edge would lose what to do about it.
            shown = [wrapped(line, results.width) for line in lines]
            live.update(Text("\n".join(shown)), refresh=True)
            if not goes_on:
                return
            time.sleep(_REDRAWN_SECONDS)


def _goes_on(queue: Queue) -> bool:
    soon = any(each.due_at and each.due_at <= each.now + _SOON for each in submitted(queue))
    return soon or bool(to_do(queue).held)


def _states(queue: Queue, common: CommonOptions, settings: Settings) -> list[dict[str, Any]]:
    known, runs = known_institutions(settings), runs_of_institutions(queue, common)
    of_workers = {each.run: each for each in submitted(queue)}
    states = []
    for code in dict.fromkeys([*known, *runs]):
        of_code = common.of_institution(code)
        state: dict[str, Any] = {
            "code": code,
            "name": known[code].name if code in known else "",
            "run": None,
            "state": _NOTHING,
            "submission": None,
            "next": [load_step(of_code).command],
        }
        if code in runs:
            run = runs[code].run
            state |= state_of(queue, run, of_code)[0]
            submission = of_workers.get(run)
            state["state"] = _in_words(state, submission)
            if submission is not None:
                state["submission"] = _submission(queue, run, submission)
                if submission.blocked:
                    state["next"] = [common.command(f"submit {code}")]
        states.append(state)
    return states


def _in_words(state: dict[str, Any], submission: Submission | None) -> str:
    """Who replays the run, or what it waits for."""
    if holder := state["replaying"]:
        return "{host}, process {pid}".format(**holder)
    if submission is None:
        return _NOTHING
    if submission.blocked:
        return "blocked"
    if submission.due_at is None:
        # After a retry it has rows again, and nobody has submitted those.
        return _NOTHING if state["dispositions"][Disposition.PENDING] else "done"
    return "due" if submission.is_due else f"due at {submission.due_at:%H:%M} GMT"


def _submission(queue: Queue, run: Run, submission: Submission) -> dict[str, Any]:
    """What workers are to do with a run, ready for JSON."""
    return {
        "submitted_at": _moment(submission.submitted_at),
        "due_at": _moment(submission.due_at),
        "tries": submission.tries,
        "blocked": submission.blocked,
        "finished_at": _moment(submission.finished_at),
        "last_error": submission.last_error,
        "last_error_at": _moment(submission.last_error_at),
        "calls_per_second": submission.calls_per_second,
        "calls_left": submission.calls_left,
        "seconds_left": _seconds_left(queue, run, submission),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _seconds_left(queue: Queue, run: Run, submission: Submission) -> int | None:
    """How long the rest takes at the present pace; None where nobody replays it."""
    if not submission.calls_per_second:
        return None
    work = queries.work_left(queue, run, binding_of(queue, run).alma)
    policy = read_how_to_replay(submission.options).policy
    return effort(work, policy, submission.calls_per_second).seconds


def _lines(states: list[dict[str, Any]], common: CommonOptions) -> list[str]:
    """A table, and below it what went wrong."""
    if not states:
        raise Ended(Exit.USAGE, nothing_loaded(common))
    lines = in_columns(_HEAD, [_line(state) for state in states])
    for state in states:
        told = state["submission"]
        if told is not None and told["last_error"]:
            at = datetime.fromisoformat(told["last_error_at"])
            what = "blocked" if told["blocked"] else "last error"
            lines.append(f"{state['code']}, {what}, {at:%d %B, %H:%M} GMT: {told['last_error']}")
    return lines


def _line(state: dict[str, Any]) -> tuple[str, ...]:
    if state["run"] is None:
        return (state["code"], "0", *[_NOTHING] * 8, state["next"][0])
    of, told = state["dispositions"], state["submission"] or {}
    waits = state["replaying"] or told.get("due_at")
    step = state["next"][0] if state["next"] else "nothing"
    if told.get("blocked"):
        step = f"see below, then {step}"
    return (
        state["code"],
        f"{state['rows']:,}",
        f"{of[Disposition.APPLIED] + of[Disposition.NO_CHANGE]:,}",
        f"{sum(state['open'].values()):,}",
        f"{of[Disposition.PENDING]:,}",
        f"{state['phase'] or _NOTHING}",
        state["state"],
        _number(told.get("calls_per_second"), "{:.1f}"),
        _number(told.get("calls_left"), "{:,}"),
        _time(told.get("seconds_left")),
        "wait for it" if waits else step,
    )


def _number(number: float | None, form: str) -> str:
    return _NOTHING if number is None else form.format(number)


def _time(seconds: int | None) -> str:
    if seconds is None:
        return _NOTHING
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
