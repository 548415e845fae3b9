"""``status``: where a run stands."""

from __future__ import annotations

import click

from almareplay.cli.options.command import Command, alone
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.shared import ALL
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.run_status import tell_status


@click.command(cls=Command, groups=[alone(ALL)])
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
@click.option(
    "--watch", is_flag=True, help="With --all: show it anew until no worker has anything to do."
)
def status(common: CommonOptions, as_json: bool, of_all: bool, watch: bool) -> None:
    """Show where the run stands, and what to do next.

    Asks the queue only, not Alma.

    \b
    Examples:
      almareplay status
      almareplay status --run night --json
      almareplay status --all --institutions institutions.toml
      almareplay status --all --watch

    \b
    Exit codes:
      0  shown
      2  no such queue or run
    """
    if of_all:
        common.all_of_them()
    if watch and (as_json or not of_all):
        raise click.UsageError("--watch goes with --all, and without --json.")
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        if of_all:
            # Most have none.
            from almareplay.cli.workflows.institutions.status_all import (
                tell_status_of_all,
                watch_status_of_all,
            )

            if watch:
                watch_status_of_all(queue, common, settings)
            else:
                tell_status_of_all(queue, common, settings, as_json=as_json)
            return
        tell_status(queue, common, settings, as_json=as_json)
