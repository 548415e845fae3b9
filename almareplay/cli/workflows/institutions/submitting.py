"""Runs of institutions for workers: which, what is in them, and the last word before."""

from __future__ import annotations

from dataclasses import dataclass

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import count, messages, say
from almareplay.cli.console.prompts import agreed, need_somebody, typed
from almareplay.cli.console.tables import in_columns
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.policy import policy_in, policy_in_words
from almareplay.cli.workflows.opening import open_queue
from almareplay.consortium.institutions import institution_named, institutions_of
from almareplay.consortium.jobs import check_queue
from almareplay.consortium.submitting import HowToReplay
from almareplay.consortium.submitting import submit as submit_runs
from almareplay.queue.errors import RunMissing
from almareplay.queue.reading import queries
from almareplay.queue.replaying.phases import phases_of
from almareplay.queue.store import Queue, Run
from almareplay.replay.policy import Policy
from almareplay.settings import Settings

_HEAD = ("institution", "environment", "rows left", "by phase")
_NOTHING = "Nothing was submitted"
_PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user wants submitted: the institutions with these ``codes``, all where there are
    none; how; and what was said beforehand."""

    codes: list[str]
    policy: Policy
    yes: bool
    unverified_is_fine: bool


def submit(common: CommonOptions, wanted: Wanted) -> Exit:
    """Show what is about to be submitted, ask, and submit it."""
    plain = common.of_institution("").read_settings()
    check_queue(plain.queue)
    with open_queue(plain.queue) as queue:
        found = _runs(queue, common, plain, wanted.codes)
        if not found:
            messages.print("No institution has anything left to replay.")
            return Exit.DONE
        _tell(queue, found, wanted.policy)
        _confirm(found, wanted)
        submit_runs(
            queue,
            {
                run: HowToReplay(
                    policy_in(wanted.policy, settings.require_zone()),
                    settings.environment,
                    wanted.unverified_is_fine,
                )
                for run, settings in found.items()
            },
        )
    messages.print(
        f"Submitted: {', '.join(run.institution for run in found)}. Workers go on from here; to "
        "watch them:"
    )
    messages.print(f"  {common.of_institution('').command('status --all --watch')}")
    return Exit.DONE


def _runs(
    queue: Queue, common: CommonOptions, plain: Settings, codes: list[str]
) -> dict[Run, Settings]:
    """The runs to submit, each with the settings of its institution. Of all institutions those are
    left out that have no run of this name, or nothing left of it."""
    if codes:
        return {
            queue.run(common.run, code): institution_named(plain, code).settings(plain)
            for code in codes
        }
    found = {}
    for code, institution in institutions_of(plain).items():
        try:
            run = queue.run(common.run, code, purged_too=True)
        except RunMissing:
            say(f"{code} has no run {common.run!r}: nothing was loaded for it.")
            continue
        work = queries.work_left(queue, run)
        if work.rows or work.follow_ups:
            found[run] = institution.settings(plain)
    return found


def _tell(queue: Queue, found: dict[Run, Settings], policy: Policy) -> None:
    lines = []
    for run, settings in found.items():
        phases = [each for each in phases_of(queue, run) if each.left]
        rows = sum(phase.left for phase in phases)
        by_phase = ", ".join(f"{phase.number}: {phase.left:,}" for phase in phases)
        lines.append((run.institution, settings.environment, f"{rows:,}", by_phase or "-"))
    for line in in_columns(_HEAD, lines):
        say(line)
    if changed := list(policy_in_words(policy)):
        say(f"Other than by default: {'; '.join(changed)}.")


def _confirm(found: dict[Run, Settings], wanted: Wanted) -> None:
    """End the command where the user does not agree. To post to production without being asked,
    its institutions must be named: nobody means all of them by accident."""
    in_production = [run.institution for run, of in found.items() if of.environment == _PRODUCTION]
    if wanted.yes and in_production and not wanted.codes:
        raise Ended(
            Exit.USAGE,
            f"{_NOTHING}: for production --all with --yes is not enough. Name the institutions: "
            f"almareplay submit {' '.join(run.institution for run in found)} --yes",
        )
    if wanted.yes:
        return
    need_somebody("--yes", nothing=_NOTHING)
    if not in_production:
        agreed(f"Let workers post these rows ({count(len(found), 'run')})?", nothing=_NOTHING)
        return
    word = in_production[0] if len(in_production) == 1 else _PRODUCTION.upper()
    answer = typed(f"Type {word} to let workers post these rows", nothing=_NOTHING)
    if answer.strip() != word:
        raise Ended(Exit.REFUSED, f"{_NOTHING}.")
