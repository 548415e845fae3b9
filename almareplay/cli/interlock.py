"""The last word before anything is posted: production shows its rows, and wants its code typed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import typer

from almareplay.cli.job import Job
from almareplay.cli.printable import printable
from almareplay.cli.session import instance_of
from almareplay.cli.shared import Exit, count, say, show
from almareplay.queue import reading
from almareplay.queue.rows import QueuedRow
from almareplay.replay.check import Findings
from almareplay.replay.follow_ups.due_dates import DueDates
from almareplay.replay.follow_ups.fines import Fines
from almareplay.replay.policy import Guard, OnLoanElsewhere, Policy
from almareplay.transactions import AlmaInstance

_PRODUCTION = "production"
_ROWS_SHOWN = 3
_TRIES = 2
_WHEN = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said beforehand: ``--yes``, ``--confirm CODE``, ``--environment-unverified``,
    which lets a key that cannot read Configuration post to production."""

    yes: bool
    confirm: str | None
    unverified_is_fine: bool


def ask(job: Job, findings: Findings, said: Said) -> None:
    """End the command where the findings forbid a replay, or the user does.

    A sandbox wants a yes. Production is shown what will be posted, and wants the institution's
    code; where Alma does not say which institution it is, it wants a yes, or that word typed.
    ``--confirm`` is compared wherever it is given.
    """
    environment = job.settings.environment
    code = findings.institution.code if findings.institution else ""
    if findings.refused:
        _refuse("Nothing was posted.")
    if environment == _PRODUCTION:
        if not said.unverified_is_fine and (findings.unverified or not code):
            _refuse("Nothing was posted. If you are sure, say --environment-unverified.")
        _tell_rows(job)
    if said.confirm is not None:
        _compare(said.confirm, code)
    elif environment == _PRODUCTION:
        _ask_production(code, yes=said.yes)
    elif not said.yes:
        if findings.unverified:
            _refuse("Nothing was posted. If you are sure that this is a sandbox, say --yes.")
        _ask_sandbox(instance_of(findings, job.settings))


def _compare(confirmed: str, code: str) -> None:
    if not code:
        _refuse(
            "Nothing was posted: --confirm cannot be compared, since Alma does not tell this key "
            "which institution it is. Leave --confirm out and say --yes if you are sure."
        )
    if confirmed.strip() != code:
        _refuse(
            "Nothing was posted: --confirm has another code than this institution. It takes the "
            "one that stands above in brackets after the institution's name, letter by letter."
        )


def _ask_production(code: str, *, yes: bool) -> None:
    if yes and code:
        say(
            "Nothing was posted: for production --yes is not enough. Say --confirm CODE, with the "
            "institution's code."
        )
        raise typer.Exit(Exit.USAGE)
    if yes:
        return
    _need_somebody("--confirm CODE, with the institution's code," if code else "--yes")
    wanted = code or _PRODUCTION.upper()
    what = f"the institution's code ({code})" if code else wanted
    for _ in range(_TRIES):
        if _typed(f"Type {what} to post these rows") == wanted:
            return
    _refuse("Nothing was posted.")


def _ask_sandbox(alma: AlmaInstance) -> None:
    _need_somebody("--yes")
    try:
        agreed = typer.confirm(f"Post these rows to {alma}?", err=True)
    except typer.Abort as stop:
        _interrupted(stop)
    if not agreed:
        _refuse("Nothing was posted.")


def _typed(question: str) -> str:
    try:
        # What Alma calls the institution comes from outside.
        question = printable(question)
        typed: str = typer.prompt(question, default="", show_default=False, err=True)
    except typer.Abort as stop:
        _interrupted(stop)
    return typed.strip()


def _need_somebody(flag: str) -> None:
    if not sys.stdin.isatty():
        say(f"Nothing was posted: there is nobody to ask. Say {flag} to go on without.")
        raise typer.Exit(Exit.USAGE)


def _refuse(words: str) -> NoReturn:
    say(words)
    raise typer.Exit(Exit.REFUSED)


def _interrupted(stop: typer.Abort) -> NoReturn:
    say("\nNothing was posted.")
    raise typer.Exit(Exit.INTERRUPTED) from stop


def _tell_rows(job: Job) -> None:
    """Show what is about to be posted where and how; no patron ids."""
    for (library, desk), rows in reading.places(job.queue, job.run).items():
        show(f"  at {library}, desk {desk}: {count(rows, 'row')}")
    if policy := list(_in_words(job.policy)):
        say(f"Other than by default: {'; '.join(policy)}.")
    first, last = reading.first_and_last(job.queue, job.run, _ROWS_SHOWN)
    _tell_some("First:", first)
    _tell_some("Last: ", last)


def _tell_some(which: str, rows: Iterable[QueuedRow]) -> None:
    for row in rows:
        show(
            f"{which} {row.captured_at:{_WHEN}}  {row.kind:<6}  {row.item_barcode}  "
            f"{row.library}, desk {row.circ_desk}"
        )


def _in_words(policy: Policy) -> Iterator[str]:
    """What the user decided otherwise than by default."""
    if policy.guard is Guard.OFF:
        yield "items are not looked at before they are lent or scanned in"
    if policy.guard is Guard.FULL:
        yield "completed loans and the states of items are looked at as well"
    if policy.on_loan_elsewhere is OnLoanElsewhere.RETURN_FIRST:
        yield "items on an earlier loan to somebody else are returned first"
    if policy.due_dates is DueDates.AS_CAPTURED:
        yield "due dates are set back as captured"
    if policy.fines is Fines.WAIVE:
        yield f"fines that the outage alone has made are waived with reason {policy.waive_reason}"
    if policy.place_on_hold_shelf:
        yield "requested items are on the hold shelf after one scan"
    if policy.reopened_at is not None:
        yield f"desks have been open again since {policy.reopened_at:{_WHEN}}"
    if policy.user_id_type is not None:
        yield f"patron ids are of type {policy.user_id_type}"
    if policy.generate_linked_user:
        yield "accounts are made for patrons of other institutions of the network"
