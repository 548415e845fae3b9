"""``almareplay rehearse``: what a replay would come to."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from almareplay.alma.client import AlmaReader
from almareplay.cli.display import Display
from almareplay.cli.ending import end_rehearsal, end_replay
from almareplay.cli.how import How, replay_options
from almareplay.cli.job import check, prepare, run_work
from almareplay.cli.session import Session, instance_of, open_session
from almareplay.cli.shared import Exit, messages, shared_options
from almareplay.queue.binding import note_rehearsal
from almareplay.replay.rehearsal.plan import Plan
from almareplay.replay.rehearsal.rehearse import Rehearsal
from almareplay.replay.rehearsal.rehearse import rehearse as rehearse_run


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(replay_options(rehearse)))


def rehearse(
    how: How,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Captured files to load first.")
    ] = None,
) -> None:
    """Predict what a replay would come to; writes nothing.

    Reads Alma and prints a plan: what would be lent and returned, what refused and why, what it
    takes. The rows stay pending; --report has the prediction for each of them. Where reading cannot
    tell, its note begins with "likely:".

    \b
    Examples:
      almareplay rehearse
      almareplay rehearse --report prediction.html

    \b
    Exit codes:
      0    every row would be applied, or change nothing
      1    some rows would go to staff
      2    wrong usage or settings, or a file was refused
      3    refused by a check
      75   stopped early by Alma or the daily limit, start again
      130  interrupted, start again
    """
    seconds = how.gives_up_after()
    job = prepare(files, how)
    rehearsed: list[Rehearsal] = []

    with job.queue:
        if not job.work_left:
            end_replay(job, Exit.DONE)
        with open_session(job.settings, wait=how.wait, give_up_after=seconds) as session:
            findings = check(job, session, messages.print, writes=False)
            if findings.refused:
                raise typer.Exit(Exit.REFUSED)
            asked = instance_of(findings, job.settings)

            def work(session: Session, display: Display) -> Coroutine[Any, Any, None]:
                async def rehearsing() -> None:
                    rehearsal = await rehearse_run(
                        job.queue,
                        job.run,
                        AlmaReader(session.wire),
                        job.policy,
                        stopping=session.stopping,
                        on_read=display.read,
                    )
                    rehearsed.append(rehearsal)
                    if rehearsal.cut_short is not None:
                        raise rehearsal.cut_short

                return rehearsing()

            code = run_work(job, session, "Rehearsing", work)
            if code is Exit.DONE:
                note_rehearsal(job.queue, job.run, asked)
            findings.calls_left = session.wire.calls_left
        # Nothing where the queue failed.
        rehearsal = rehearsed[0] if rehearsed else Rehearsal({}, Plan())
        end_rehearsal(job, code, rehearsal, asked, findings)
