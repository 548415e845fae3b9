"""``copy``: the captures of a run into a new one, for another Alma."""

from __future__ import annotations

import click

from almareplay.cli.console.output import count, messages
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.opening import open_queue
from almareplay.queue.loading.copying import copy_run


@click.command(cls=Command)
@click.option("--to", required=True, metavar="NAME", help="Name of the new run.")
def copy(common: CommonOptions, to: str) -> None:
    """Copy the captures of the run into a new run, for another Alma.

    A run belongs to the Alma that it was first posted to. What was rehearsed in a sandbox goes to
    production as a run of its own: the same captures with the same row numbers, with what staff
    have corrected, and with the unreadable rows that they have dismissed. Nothing of what Alma said
    is taken along.

    \b
    Examples:
      almareplay copy --run main --to production

    \b
    Exit codes:
      0  copied
      2  no such run, or the new one has files already
    """
    with open_queue(common.read_settings().queue) as queue:
        copied = copy_run(queue, queue.run(common.run, common.institution), to)
    kept = [
        f"{count(number, what)} kept"
        for number, what in ((copied.corrected, "correction"), (copied.dismissed, "dismissal"))
        if number
    ]
    messages.print(
        f"Run {to!r}: {count(copied.rows, 'row')} copied from run {common.run!r}, "
        + ", ".join([f"{copied.pending:,} of them pending", *kept])
        + "."
    )
    messages.print(f"Next: {common.of_run(to).command('rehearse')}")
