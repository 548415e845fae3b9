"""``copy``: the captures of a run into a new one, for another Alma."""

from __future__ import annotations

from typing import Annotated

import typer

from almareplay.cli.opening import open_queue
from almareplay.cli.shared import count, follow_up, messages, options, settings_of, shared_options
from almareplay.queue.copying import copy_run


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(copy))


def copy(
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Name of the new run.")],
) -> None:
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
    with open_queue(settings_of().queue) as queue:
        copied = copy_run(queue, queue.run(options.run), to)
    kept = [
        f"{count(number, what)} kept"
        for number, what in ((copied.corrected, "correction"), (copied.dismissed, "dismissal"))
        if number
    ]
    messages.print(
        f"Run {to!r}: {count(copied.rows, 'row')} copied from run {options.run!r}, "
        + ", ".join([f"{copied.pending:,} of them pending", *kept])
        + "."
    )
    options.run = to  # which the next command names
    messages.print(f"Next: {follow_up('rehearse')}")
