"""``almareplay rehearse``: what a replay would come to."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from almareplay.alma.client import AlmaReader
from almareplay.cli.display import Display
from almareplay.cli.how import How, replay_options
from almareplay.cli.job import check, finish, prepare, run_work
from almareplay.cli.session import Session, open_session
from almareplay.cli.shared import Exit, shared_options
from almareplay.outcomes import Result
from almareplay.queue.rows import QueuedRow
from almareplay.replay.rehearse import rehearse as rehearse_run


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(replay_options(rehearse)))


def rehearse(
    how: How,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Captured files to load first.")
    ] = None,
) -> None:
    """Predict the outcome of each pending row, as far as reading Alma can tell. Writes nothing.

    The rows stay pending; --report has the predictions.

    \b
    almareplay rehearse --report prediction.csv

    Exit codes: as of replay.
    """
    seconds = how.gives_up_after()
    job = prepare(files, how)
    predictions: dict[int, Result] = {}

    def work(session: Session, display: Display) -> Coroutine[Any, Any, None]:
        def predicted(row: QueuedRow, result: Result) -> None:
            predictions[row.row] = result
            display.settled(row, result.outcome)

        return rehearse_run(
            job.queue,
            job.run,
            AlmaReader(session.wire),
            job.policy,
            stopping=session.stopping,
            on_predicted=predicted,
        )

    with job.queue:
        code = Exit.DONE
        if job.work_left:
            with open_session(job.settings, wait=how.wait, give_up_after=seconds) as session:
                if check(job, session).problems:
                    raise typer.Exit(Exit.REFUSED)
                code = run_work(job, session, "Rehearsing", work)
        finish(job, code, predictions)
