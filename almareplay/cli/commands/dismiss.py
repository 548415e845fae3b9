"""``dismiss``: rows that staff have settled by hand."""

from __future__ import annotations

import click

from almareplay.cli.console.output import count, say
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.rows import DISMISSIBLE, outcomes_option, rows_option
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.next_steps import next_steps, tell_steps
from almareplay.outcomes import Outcome
from almareplay.queue.purging.runs import standing
from almareplay.queue.staff import settling


@click.command(cls=Command)
@click.option(
    "--note",
    required=True,
    metavar="TEXT",
    help="What was done, for the report; name no patron.",
)
@rows_option("The rows, by their numbers: 17, or 36,58 or 4-9; repeatable.")
@outcomes_option("All rows with this outcome, also pending; repeatable.", DISMISSIBLE)
def dismiss(common: CommonOptions, note: str, row: list[int], outcome: tuple[Outcome, ...]) -> None:
    """Mark rows as settled by hand; nothing is posted for them.

    For rows that need attention, are unresolved or pending, or could not be read. They keep their
    outcome in the report, which says what was noted. Later rows of the item that were held back can
    be retried then. Dismissed again, a row has the new note; 'almareplay retry --row N' takes a
    dismissal back.

    \b
    Examples:
      almareplay dismiss --row 17 --note "handled at the desk"
      almareplay dismiss --row 4,9 --row 12-15 --note "books are on the shelf"
      almareplay dismiss --outcome invalid --note "empty lines of the scanner"

    \b
    Exit codes:
      0  dismissed
      2  a row that cannot be dismissed, or wrong usage
      3  the run is being replayed
    """
    if not row and not outcome:
        raise click.BadParameter("Say which rows: --row N or --outcome NAME.")
    # It stands in one line of reports and terminals.
    words = " ".join("".join(each if each.isprintable() else " " for each in note).split())
    if not words:
        raise click.BadParameter("The note is empty: say what was done.")
    with open_queue(common.read_settings().queue) as queue:
        run = queue.run(common.run, common.institution)
        done = settling.dismiss(queue, run, row, words, outcomes=outcome)
        stands = standing(queue, run)
    say(f"{count(done, 'row')} dismissed.{' Nothing is left to do.' * stands.finished}")
    tell_steps(next_steps(stands, common), say)
