"""``submit``: runs of institutions that workers are to replay."""

from __future__ import annotations

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.policy import OF_POLICY
from almareplay.replay.policy import Policy


@click.command(cls=Command, groups=[OF_POLICY])
@click.argument("codes", nargs=-1, metavar="[CODE]...", help="Codes of institutions.")
@click.option(
    "--all", "of_all", is_flag=True, help="Each institution of the file whose run is not finished."
)
@click.option(
    "--yes", "-y", is_flag=True, help="Do not ask. Production must be named by its code then."
)
@click.option(
    "--environment-unverified",
    is_flag=True,
    help="Post with a key that may not read which environment it is.",
)
def submit(
    common: CommonOptions,
    policy: Policy,
    codes: tuple[str, ...],
    of_all: bool,
    yes: bool,
    environment_unverified: bool,
) -> Exit:
    """Let workers replay the runs of institutions.

    Posts nothing itself: 'almareplay worker', on this machine or others, checks each institution
    and replays its run. Submitted again, a run that is blocked or waits is looked at anew, and
    nothing is posted twice. The queue must be in PostgreSQL.

    \b
    Examples:
      almareplay submit 01ABC_INST 01DEF_INST
      almareplay submit --all --run weekend
      almareplay submit 01ABC_INST --yes --guard full

    \b
    Exit codes:
      0    submitted
      2    wrong usage or settings, or no such queue, institution or run
      3    refused by you
      130  interrupted: nothing was submitted
    """
    if of_all:
        common.all_of_them()
    named = [*codes, *([common.institution] if common.institution else [])]
    if bool(named) == of_all:
        raise click.UsageError("Name the institutions by their codes, or say --all.")
    from almareplay.cli.workflows.institutions.submitting import Wanted
    from almareplay.cli.workflows.institutions.submitting import submit as submit_runs

    wanted = Wanted(list(dict.fromkeys(named)), policy, yes, environment_unverified)
    return submit_runs(common, wanted)
