"""The last word before anything is posted: production shows its rows, and wants its code typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import count, say, show
from almareplay.cli.console.prompts import agreed, need_somebody, typed
from almareplay.cli.options.policy import policy_in_words
from almareplay.cli.workflows.replaying.preparing import PreparedRun
from almareplay.cli.workflows.session import instance_of
from almareplay.queue.reading import queries
from almareplay.queue.rows import QueuedRow
from almareplay.replay.check import CheckResult
from almareplay.transactions import AlmaInstance

_PRODUCTION = "production"
_NOTHING = "Nothing was posted"
_ROWS_SHOWN = 3
_TRIES = 2
_WHEN = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the user said beforehand: ``--yes``, ``--confirm CODE``, ``--environment-unverified``,
    which lets a key that cannot read Configuration post to production."""

    yes: bool
    confirm: str | None
    unverified_is_fine: bool


def confirm(prepared: PreparedRun, findings: CheckResult, given: Confirmation) -> None:
    """End the command where the findings forbid a replay, or the user does.

    A sandbox wants a yes. Production is shown what will be posted, and wants the institution's
    code; where Alma does not say which institution it is, it wants a yes, or that word typed.
    ``--confirm`` is compared wherever it is given.
    """
    environment = prepared.settings.environment
    code = findings.institution.code if findings.institution else ""
    if findings.refused:
        _refuse(f"{_NOTHING}.")
    if environment == _PRODUCTION:
        if not given.unverified_is_fine and (findings.unverified or not code):
            _refuse(f"{_NOTHING}. If you are sure, say --environment-unverified.")
        _tell_rows(prepared)
    if given.confirm is not None:
        _compare(given.confirm, code)
    elif environment == _PRODUCTION:
        _ask_production(code, yes=given.yes)
    elif not given.yes:
        if findings.unverified:
            _refuse(f"{_NOTHING}. If you are sure that this is a sandbox, say --yes.")
        _ask_sandbox(instance_of(findings, prepared.settings))


def _compare(confirmed: str, code: str) -> None:
    if not code:
        _refuse(
            f"{_NOTHING}: --confirm cannot be compared, since Alma does not tell this key "
            "which institution it is. Leave --confirm out and say --yes if you are sure."
        )
    if confirmed.strip() != code:
        _refuse(
            f"{_NOTHING}: --confirm has another code than this institution. It takes the "
            "one that stands above in brackets after the institution's name, letter by letter."
        )


def _ask_production(code: str, *, yes: bool) -> None:
    if yes and code:
        raise Ended(
            Exit.USAGE,
            f"{_NOTHING}: for production --yes is not enough. Say --confirm CODE, with the "
            "institution's code.",
        )
    if yes:
        return
    flag = "--confirm CODE, with the institution's code," if code else "--yes"
    need_somebody(flag, nothing=_NOTHING)
    wanted = code or _PRODUCTION.upper()
    what = f"the institution's code ({code})" if code else wanted
    for _ in range(_TRIES):
        if typed(f"Type {what} to post these rows", nothing=_NOTHING).strip() == wanted:
            return
    _refuse(f"{_NOTHING}.")


def _ask_sandbox(alma: AlmaInstance) -> None:
    need_somebody("--yes", nothing=_NOTHING)
    agreed(f"Post these rows to {alma}?", nothing=_NOTHING)


def _refuse(words: str) -> NoReturn:
    raise Ended(Exit.REFUSED, words)


def _tell_rows(prepared: PreparedRun) -> None:
    """Show what is about to be posted where and how; no patron ids."""
    for (library, desk), rows in queries.places(prepared.queue, prepared.run).items():
        show(f"  at {library}, desk {desk}: {count(rows, 'row')}")
    if policy := list(policy_in_words(prepared.policy)):
        say(f"Other than by default: {'; '.join(policy)}.")
    first, last = queries.first_and_last(prepared.queue, prepared.run, _ROWS_SHOWN)
    _tell_some("First:", first)
    _tell_some("Last: ", last)


def _tell_some(which: str, rows: Iterable[QueuedRow]) -> None:
    for row in rows:
        show(
            f"{which} {row.captured_at:{_WHEN}}  {row.kind:<6}  {row.item_barcode}  "
            f"{row.library}, desk {row.circ_desk}"
        )
