"""What a replay of a run would come to: prepared, checked, read from Alma, reported."""

from __future__ import annotations

from almareplay.alma.client import AlmaReader
from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import messages
from almareplay.cli.console.progress import Display
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.replaying import ReplayOptions
from almareplay.cli.workflows.replaying.ending import end_rehearsal, end_replay
from almareplay.cli.workflows.replaying.notification import Tally
from almareplay.cli.workflows.replaying.preparing import PreparedRun, check, prepare, run_work
from almareplay.cli.workflows.session import Session, instance_of, open_session
from almareplay.queue.replaying.binding import note_rehearsal
from almareplay.replay.rehearsal.plan import Plan
from almareplay.replay.rehearsal.rehearse import Rehearsal
from almareplay.replay.rehearsal.rehearse import rehearse as rehearse_run
from almareplay.transactions import AlmaInstance


def rehearse(
    common: CommonOptions, options: ReplayOptions, files: tuple[str, ...], tally: Tally
) -> Exit:
    """Load the files, foresee what each row would come to, and write the reports of that."""
    prepared = prepare(common, options, files, tally)
    with prepared.queue:
        if not prepared.work_left:
            return end_replay(prepared, Exit.DONE)
        with open_session(
            prepared.settings,
            wait=options.wait,
            give_up_after=options.give_up_after,
            pool=prepared.pool,
        ) as session:
            findings = check(prepared, session, messages.print, writes=False)
            if findings.refused:
                raise Ended(Exit.REFUSED)
            asked = instance_of(findings, prepared.settings)
            code, rehearsal = _read(prepared, session, asked)
            if code is Exit.DONE:
                note_rehearsal(prepared.queue, prepared.run, asked)
            findings.calls_left = session.transport.calls_left
        return end_rehearsal(prepared, code, rehearsal, asked, findings)


def _read(prepared: PreparedRun, session: Session, asked: AlmaInstance) -> tuple[Exit, Rehearsal]:
    """How the reading ended, and what it foresees: nothing where the queue failed."""
    rehearsal = Rehearsal({}, Plan())

    async def work(session: Session, display: Display) -> None:
        nonlocal rehearsal
        rehearsal = await rehearse_run(
            prepared.queue,
            prepared.run,
            AlmaReader(session.transport),
            prepared.policy,
            instance=asked,
            stopping=session.stopping,
            on_read=display.read,
        )
        if rehearsal.cut_short is not None:
            raise rehearsal.cut_short

    code = run_work(prepared, session, "Rehearsing", work)
    return code, rehearsal
