"""A run into Alma: prepared, checked, confirmed, posted, reported."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from almareplay.alma.client import Alma
from almareplay.alma.limits.rate_limiter import SystemClock
from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import Tell, messages, say
from almareplay.cli.console.progress import Display
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.replaying import ReplayOptions
from almareplay.cli.workflows.effort import tell_phases, tell_to_do
from almareplay.cli.workflows.replaying.confirmation import Confirmation, confirm
from almareplay.cli.workflows.replaying.ending import end_replay
from almareplay.cli.workflows.replaying.notification import Tally
from almareplay.cli.workflows.replaying.preparing import PreparedRun, check, prepare, run_work
from almareplay.cli.workflows.session import Session, instance_of, open_session
from almareplay.queue.reading import queries
from almareplay.queue.replaying.binding import binding_of
from almareplay.replay.engine import Replaying
from almareplay.replay.engine import replay as replay_run
from almareplay.transactions import AlmaInstance


def replay(
    common: CommonOptions,
    options: ReplayOptions,
    files: tuple[str, ...],
    confirmation: Confirmation,
    tally: Tally,
) -> Exit:
    """Load the files, post what is left of the run, and write its reports."""
    prepared = prepare(common, options, files, tally)
    with prepared.queue:
        code = Exit.DONE
        if prepared.work_left:
            with open_session(
                prepared.settings,
                wait=options.wait,
                give_up_after=options.give_up_after,
                pool=prepared.pool,
            ) as session:
                code = _post(prepared, session, confirmation)
        return end_replay(prepared, code)


def _post(prepared: PreparedRun, session: Session, confirmation: Confirmation) -> Exit:
    """Check, ask, and post the rows."""
    queue, run, settings = prepared.queue, prepared.run, prepared.settings
    # Nobody posts to production without having read what is about to happen.
    tell: Tell = say if settings.environment == "production" else messages.print
    findings = check(prepared, session, tell)
    here = instance_of(findings, settings)
    if not findings.refused:
        work = queries.work_left(queue, run, here)
        tell_to_do(work, findings, settings, prepared.policy, tell)
        tell_phases(queue, run, tell)
        _tell_what_is_new(prepared, here, tell)
    confirm(prepared, findings, confirmation)

    def post(session: Session, display: Display) -> Coroutine[Any, Any, None]:
        replaying = Replaying(
            instance=here,
            policy=prepared.policy,
            settle_seconds=settings.settle_seconds,
            zone=prepared.zone,
            clock=SystemClock(),
            stopping=session.stopping,
            on_settled=display.settled,
        )
        return replay_run(queue, run, Alma(session.transport), replaying)

    return run_work(prepared, session, "Replaying", post)


def _tell_what_is_new(prepared: PreparedRun, here: AlmaInstance, tell: Tell) -> None:
    """Warn of a run of which it is not known whether it belongs to this Alma, and of one that
    nobody has rehearsed there before its first row is posted."""
    binding = binding_of(prepared.queue, prepared.run)
    if binding.alma is not None and not binding.alma.is_known:
        say(
            "An older almareplay has posted rows of this run and did not note to which Alma. If "
            "that was another one than this, do not go on: give the captures a run of their own "
            "with 'almareplay load --run NAME --again FILE'."
        )
    rehearsed = binding.rehearsed_on is not None and binding.rehearsed_on.is_same(here)
    if binding.alma is None and not rehearsed:
        tell(
            "This run was not rehearsed on this Alma. To see first what each row would come to: "
            f"{prepared.common.command('rehearse')}"
        )
