"""``almareplay replay``: the run into Alma."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from almareplay.alma.client import Alma
from almareplay.alma.pace import SystemClock
from almareplay.cli.display import Display
from almareplay.cli.ending import end_replay
from almareplay.cli.findings import Tell, tell_plan
from almareplay.cli.how import How, replay_options
from almareplay.cli.interlock import Said, ask
from almareplay.cli.job import Job, check, prepare, run_work
from almareplay.cli.session import Session, instance_of, open_session
from almareplay.cli.shared import Exit, follow_up, messages, say, shared_options
from almareplay.queue import reading
from almareplay.queue.binding import binding_of
from almareplay.replay.engine import Replaying
from almareplay.replay.engine import replay as replay_run
from almareplay.transactions import AlmaInstance


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(replay_options(replay)))


def replay(
    how: How,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Captured files to load first.")
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Do not ask. Production wants --confirm instead."),
    ] = False,
    confirm: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Do not ask, and post to the institution with this code only.",
        ),
    ] = None,
    environment_unverified: Annotated[
        bool,
        typer.Option(
            "--environment-unverified",
            help="Post to production with a key that may not read which environment it is.",
        ),
    ] = False,
) -> None:
    """Post the pending rows to Alma: in order, each exactly once.

    Checks first, and posts nothing where anything is wrong. Then it asks; production shows what is
    about to be posted, and wants the institution's code typed. Ctrl-C is safe: started again, it
    goes on where it was.

    \b
    Examples:
      almareplay replay --report report.html
      almareplay replay main.dat annex.dat --yes --report report.csv
      almareplay replay --confirm 01ABC_INST --report report.html --log replay.log

    \b
    Exit codes:
      0    every row applied, or without change
      1    finished; some rows need attention, were rejected or are unresolved
      2    wrong usage or settings, or a file was refused
      3    refused by a check, by you, or because another process replays the run
      75   stopped early: daily limit, Alma away, disk full; start again
      130  interrupted, start again
    """
    seconds = how.gives_up_after()
    job = prepare(files, how)

    def work(session: Session, display: Display) -> Coroutine[Any, Any, None]:
        replaying = Replaying(
            instance=instance_of(findings, job.settings),
            policy=job.policy,
            settle_seconds=job.settings.settle_seconds,
            zone=job.zone,
            clock=SystemClock(),
            stopping=session.stopping,
            on_settled=display.settled,
        )
        return replay_run(job.queue, job.run, Alma(session.wire), replaying)

    with job.queue:
        code = Exit.DONE
        if job.work_left:
            with open_session(job.settings, wait=how.wait, give_up_after=seconds) as session:
                # Nobody posts to production without having read what is about to happen.
                production = job.settings.environment == "production"
                tell = say if production else messages.print
                findings = check(job, session, tell)
                if not findings.refused:
                    work_left = reading.work_left(job.queue, job.run)
                    tell_plan(work_left, findings, job.settings, job.policy, tell)
                    _tell_what_is_new(job, instance_of(findings, job.settings), tell)
                ask(job, findings, Said(yes, confirm, environment_unverified))
                code = run_work(job, session, "Replaying", work)
        end_replay(job, code)


def _tell_what_is_new(job: Job, here: AlmaInstance, tell: Tell) -> None:
    """Warn of a run of which it is not known whether it belongs to this Alma, and of one that
    nobody has rehearsed there before its first row is posted."""
    binding = binding_of(job.queue, job.run)
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
            f"{follow_up('rehearse')}"
        )
