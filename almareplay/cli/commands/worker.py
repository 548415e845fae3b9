"""``worker``: replays what was submitted."""

from __future__ import annotations

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.options.command import Command, alone
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.replaying import give_up_after as give_up_after_option

_GIVE_UP_AFTER = give_up_after_option("2m")


@click.command(cls=Command, groups=[alone(_GIVE_UP_AFTER)])
@click.option(
    "--concurrency",
    type=click.IntRange(1, 100),
    default=8,
    metavar="N",
    help="How many institutions are replayed side by side.",
)
@click.option("--drain", is_flag=True, help="End when nothing is due or under way any more.")
@click.option(
    "--metrics",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Port of this machine on which Prometheus is told how it goes.",
)
def worker(
    common: CommonOptions,
    give_up_after: float,
    concurrency: int,
    drain: bool,
    metrics: int | None,
) -> Exit:
    """Replay the runs that were submitted, until it is stopped.

    Any number of workers, on any machines, share the queue, which must be in PostgreSQL. All need
    the same file of institutions, and the keys. Where a worker dies another goes on with its runs.
    An Alma that stays away is looked at again later, and so is one whose calls of the day are used
    up. A database server that is not there yet is waited for. Ctrl-C is safe: what it was doing is
    handed back.

    \b
    Examples:
      almareplay worker
      almareplay worker --concurrency 12 --metrics 9400
      almareplay worker --drain

    \b
    Exit codes:
      0    with --drain, which ends by the worst of the runs: every row applied
      1    finished; some rows need attention, were rejected or are unresolved
      2    wrong usage or settings
      3    a run is blocked until something is put right
      75   a run waits: daily limit, Alma away
      130  stopped
    """
    from almareplay.cli.workflows.institutions.working import work

    return work(
        common, concurrency=concurrency, drain=drain, give_up_after=give_up_after, metrics=metrics
    )
