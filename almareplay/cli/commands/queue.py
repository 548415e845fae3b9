"""``queue upgrade``: a queue that an older almareplay has written, brought to this version."""

from __future__ import annotations

import click

from almareplay.cli.console.output import say
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.opening import open_queue


@click.group()
def queue() -> None:
    """Look after the queue itself.

    \b
    Examples:
      almareplay queue upgrade
    """


@queue.command(cls=Command)
def upgrade(common: CommonOptions) -> None:
    """Bring a queue of an older version to this one, after a copy.

    Every command that opens a queue in a file does so as well; this one does nothing else. The copy
    lies beside the queue and names patrons: delete it when you need it no longer.

    Of a queue in PostgreSQL no copy is made, and it is upgraded by this command only: stop all
    programs that use it, and make a copy with pg_dump before.

    \b
    Examples:
      almareplay queue upgrade
      almareplay queue upgrade --queue sqlite:///night.db

    \b
    Exit codes:
      0  upgraded, or nothing to upgrade
      2  there is no queue, or it cannot be upgraded
      3  a run of it is being replayed
    """
    with open_queue(common.read_settings().queue, upgrade=True) as opened:
        if opened.upgrade is None:
            say(f"The queue {opened.place} is of this version already.")
