"""``status``: where a run stands."""

from __future__ import annotations

import click

from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.run_status import tell_status


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
def status(common: CommonOptions, as_json: bool) -> None:
    """Show where the run stands, and what to do next.

    Asks the queue only, not Alma.

    \b
    Examples:
      almareplay status
      almareplay status --run night --json

    \b
    Exit codes:
      0  shown
      2  no such queue or run
    """
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        tell_status(queue, common, settings, as_json=as_json)
