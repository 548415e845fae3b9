"""``rehearse``: what a replay would come to."""

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
def rehearse(common: CommonOptions, options: ReplayOptions, files: tuple[str, ...]) -> Exit:
    """Predict what a replay would come to; writes nothing to Alma.

    Reads Alma and prints a plan: what would be lent and returned, what refused and why, what it
    takes. The rows stay pending; --report has the prediction for each of them. Where reading cannot
    tell, its note begins with "likely:". A replay on this Alma within a day after it need not find
    the items again, and takes fewer calls.

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
    # Imported here, since they take longer than the help, which needs none of them.
    from almareplay.cli.workflows.replaying.notification import notifying
    from almareplay.cli.workflows.replaying.rehearsing import rehearse as rehearse_run

    return notifying(
        options.notify,
        "rehearse",
        common.run,
        lambda tally: rehearse_run(common, options, files, tally),
    )
