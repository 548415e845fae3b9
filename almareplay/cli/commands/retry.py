"""``retry``: rows that are left over, set back to pending."""

from __future__ import annotations

import click

from almareplay.cli.console.output import count, say
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.rows import RETRYABLE, outcomes_option, rows_option
from almareplay.cli.workflows.opening import open_queue
from almareplay.outcomes import Outcome
from almareplay.queue.staff import settling


@click.command(cls=Command)
@outcomes_option("Only rows with this outcome; repeatable.", RETRYABLE)
@rows_option("Only these rows, dismissed or not: 17, or 36,58 or 4-9; repeatable.")
def retry(common: CommonOptions, outcome: tuple[Outcome, ...], row: list[int]) -> None:
    """Set rows back to pending; the next replay takes them.

    Rows that need attention or are unresolved can be retried. Without --outcome and --row all of
    them are, but for those that were dismissed: these are taken up again by their row numbers only.

    \b
    Examples:
      almareplay retry --outcome patron_blocked --outcome patron_expired
      almareplay retry --row 17
      almareplay retry --row 36,58

    \b
    Exit codes:
      0  done
      2  a row or outcome that cannot be retried
      3  the run is being replayed
    """
    with open_queue(common.read_settings().queue) as queue:
        done = settling.retry(
            queue, queue.run(common.run, common.institution), outcomes=outcome, rows=row
        )
    if done.reopened:
        say(f"{count(done.reopened, 'row')} no longer dismissed; they cannot be sent, though.")
    if done.pending or not done.reopened:
        say(
            f"{count(done.pending, 'row')} set back to pending."
            + (f" Next: {common.command('replay')}" if done.pending else "")
        )
