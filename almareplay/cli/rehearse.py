"""``almareplay rehearse``: what a replay would come to."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from almareplay.alma.client import AlmaReader
from almareplay.cli.display import Display
from almareplay.cli.how import How, replay_options
from almareplay.cli.job import check, finish, prepare, run_work
from almareplay.cli.plan import tell_limits, tell_rehearsal
from almareplay.cli.session import Session, instance_of, open_session
from almareplay.cli.shared import Exit, shared_options
from almareplay.queue.binding import note_rehearsal
from almareplay.replay.rehearse import Rehearsal
from almareplay.replay.rehearse import rehearse as rehearse_run
from almareplay.transactions import AlmaInstance


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
    asked: AlmaInstance | None = None

    with job.queue:
        code = Exit.DONE
        if job.work_left:
            with open_session(job.settings, wait=how.wait, give_up_after=seconds) as session:
                findings = check(job, session, writes=False)
                if findings.problems:
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
                calls_left = session.wire.calls_left
            for rehearsal in rehearsed:
                tell_rehearsal(rehearsal.plan, whole=code is Exit.DONE)
                tell_limits(job, calls_left)
        finish(job, code, rehearsed[0].predictions if rehearsed else {}, asked)
