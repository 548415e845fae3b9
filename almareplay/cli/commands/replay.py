"""``replay``: the run into Alma."""

from __future__ import annotations

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.replaying import REPLAY, ReplayOptions


@click.command(cls=Command, groups=[REPLAY])
@click.argument(
    "files",
    nargs=-1,
    type=click.Path(),
    metavar="[FILE]...",
    help="Captured files to load first.",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask. Production wants --confirm instead.")
@click.option(
    "--confirm",
    metavar="CODE",
    help="Do not ask, and post to the institution with this code only.",
)
@click.option(
    "--environment-unverified",
    is_flag=True,
    help="Post to production with a key that may not read which environment it is.",
)
def replay(
    common: CommonOptions,
    options: ReplayOptions,
    files: tuple[str, ...],
    yes: bool,
    confirm: str | None,
    environment_unverified: bool,
) -> Exit:
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
    # Imported here, since they take longer than the help, which needs none of them.
    from almareplay.cli.workflows.replaying.confirmation import Confirmation
    from almareplay.cli.workflows.replaying.notification import notifying
    from almareplay.cli.workflows.replaying.replaying import replay as replay_run

    confirmation = Confirmation(yes, confirm, environment_unverified)
    return notifying(
        options.notify,
        "replay",
        common.run,
        lambda tally: replay_run(common, options, files, confirmation, tally),
    )
