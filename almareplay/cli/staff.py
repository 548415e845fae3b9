"""``retry`` and ``dismiss``: what staff do about the rows that are left over."""

from __future__ import annotations

from typing import Annotated

import typer

from almareplay.cli.opening import open_queue
from almareplay.cli.rows import RowNumbers, all_of, parse_rows
from almareplay.cli.shared import (
    count,
    follow_up,
    options,
    say,
    settings_of,
    shared_options,
)
from almareplay.cli.steps import next_steps, tell_steps
from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.queue import staff
from almareplay.queue.purging import standing
from almareplay.transactions import nearest

_RETRYABLE = [
    each for each in Outcome if each.disposition in (Disposition.ATTENTION, Disposition.UNRESOLVED)
]
_DISMISSIBLE = [each for each in Outcome if each.disposition in (*OPEN, Disposition.PENDING)]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (retry, dismiss):
        app.command()(shared_options(command))


def _outcome(text: str) -> Outcome:
    """An outcome by its name. Raises BadParameter, which tells the nearest one."""
    try:
        return Outcome(text.strip().lower())
    except ValueError as error:
        known = nearest(text, _DISMISSIBLE) or f" There are: {', '.join(_DISMISSIBLE)}."
        raise typer.BadParameter(f"{text!r} is no outcome.{known}") from error


def _retryable_like(typed: str) -> list[str]:
    return [each.value for each in _RETRYABLE if each.startswith(typed)]


def _dismissible_like(typed: str) -> list[str]:
    return [each.value for each in _DISMISSIBLE if each.startswith(typed)]


def retry(
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option(
            metavar="NAME",
            parser=_outcome,
            autocompletion=_retryable_like,
            help="Only rows with this outcome; repeatable.",
        ),
    ] = None,
    row: Annotated[
        list[RowNumbers] | None,
        typer.Option(
            metavar="N",
            parser=parse_rows,
            help="Only these rows, dismissed or not: 17, or 36,58 or 4-9; repeatable.",
        ),
    ] = None,
) -> None:
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
    with open_queue(settings_of().queue) as queue:
        run = queue.run(options.run)
        done = staff.retry(queue, run, outcomes=outcome or (), rows=all_of(row))
    if done.reopened:
        say(f"{count(done.reopened, 'row')} no longer dismissed; they cannot be sent, though.")
    if done.pending or not done.reopened:
        say(
            f"{count(done.pending, 'row')} set back to pending."
            + (f" Next: {follow_up('replay')}" if done.pending else "")
        )


def dismiss(
    note: Annotated[
        str, typer.Option(metavar="TEXT", help="What was done, for the report; name no patron.")
    ],
    row: Annotated[
        list[RowNumbers] | None,
        typer.Option(
            metavar="N",
            parser=parse_rows,
            help="The rows, by their numbers: 17, or 36,58 or 4-9; repeatable.",
        ),
    ] = None,
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option(
            metavar="NAME",
            parser=_outcome,
            autocompletion=_dismissible_like,
            help="All rows with this outcome, also pending; repeatable.",
        ),
    ] = None,
) -> None:
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
        raise typer.BadParameter("Say which rows: --row N or --outcome NAME.")
    # It stands in one line of reports and terminals.
    words = " ".join("".join(each if each.isprintable() else " " for each in note).split())
    if not words:
        raise typer.BadParameter("The note is empty: say what was done.")
    with open_queue(settings_of().queue) as queue:
        run = queue.run(options.run)
        done = staff.dismiss(queue, run, all_of(row), words, outcomes=outcome or ())
        stands = standing(queue, run)
    say(f"{count(done, 'row')} dismissed.{' Nothing is left to do.' * stands.finished}")
    tell_steps(next_steps(stands), say)
