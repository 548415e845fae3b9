"""``retry``, ``correct`` and ``dismiss``: what staff do about the rows that are left over."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from almareplay.cli.shared import (
    Exit,
    count,
    follow_up,
    options,
    say,
    settings_of,
    shared_options,
)
from almareplay.cli.steps import next_steps, tell_steps
from almareplay.outcomes import Disposition, Outcome
from almareplay.queue import staff
from almareplay.queue.purging import standing
from almareplay.queue.store import Queue
from almareplay.sources.identifiers import Scanner, read_identifier
from almareplay.sources.options import Codabar
from almareplay.transactions import nearest

_RETRYABLE = [
    each for each in Outcome if each.disposition in (Disposition.ATTENTION, Disposition.UNRESOLVED)
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (retry, correct, dismiss):
        app.command()(shared_options(command))


def _outcome(text: str) -> Outcome:
    """An outcome by its name. Raises BadParameter, which tells the nearest one."""
    try:
        return Outcome(text.strip().lower())
    except ValueError as error:
        known = nearest(text, _RETRYABLE) or f" There are: {', '.join(_RETRYABLE)}."
        raise typer.BadParameter(f"{text!r} is no outcome.{known}") from error


def _outcomes_like(typed: str) -> list[str]:
    return [each.value for each in _RETRYABLE if each.startswith(typed)]


def retry(
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option(
            metavar="NAME",
            parser=_outcome,
            autocompletion=_outcomes_like,
            help="Only rows with this outcome; repeatable.",
        ),
    ] = None,
    row: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Only this row, dismissed or not; repeatable."),
    ] = None,
) -> None:
    """Set rows back to pending; the next replay takes them.

    Rows that need attention or are unresolved can be retried. Without --outcome and --row all of
    them are, but for those that were dismissed: these are taken up again by their row numbers only.

    \b
    Examples:
      almareplay retry --outcome patron_blocked --outcome patron_expired
      almareplay retry --row 17
      almareplay retry

    \b
    Exit codes:
      0  done
      2  a row or outcome that cannot be retried
      3  the run is being replayed
    """
    with Queue.open(settings_of().queue) as queue:
        run = queue.run(options.run)
        done = staff.retry(queue, run, outcomes=outcome or (), rows=row or ())
    if done.reopened:
        say(f"{count(done.reopened, 'row')} no longer dismissed; they cannot be sent, though.")
    if done.pending or not done.reopened:
        say(
            f"{count(done.pending, 'row')} set back to pending."
            + (f" Next: {follow_up('replay')}" if done.pending else "")
        )


def correct(
    row: Annotated[int, typer.Option(metavar="N", help="The row, by its number in the report.")],
    patron_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The right patron id. Asked for where it is left out."),
    ] = None,
) -> None:
    """Put the right patron id in the place of a mistyped one.

    The next replay posts the loan. Only loans that need attention or are pending can be corrected.
    The report notes the correction, and 'almareplay history' keeps the id that was captured.
    Without --patron-id it is asked for: typed or scanned there, it does not stay in the history of
    the shell.

    \b
    Examples:
      almareplay correct --row 17
      almareplay correct --row 17 --patron-id 20071234567890

    \b
    Exit codes:
      0    corrected
      2    a row that cannot be corrected, or wrong usage
      3    the run is being replayed
      130  interrupted, nothing was changed
    """
    typed = _ask_for_patron(row) if patron_id is None else patron_id
    cleaned = read_identifier(typed, "the patron id", Scanner(codabar=Codabar.KEEP))
    if cleaned.problem:
        raise typer.BadParameter(f"{cleaned.problem}. Nothing was changed.")
    if not cleaned.text:
        raise typer.BadParameter("The patron id is empty. Nothing was changed.")
    with Queue.open(settings_of().queue) as queue:
        staff.correct(queue, queue.run(options.run), row, cleaned.text)
    if cleaned.note:
        say(f"Mind: {cleaned.note}.")
    say(f"Row {row}: patron id corrected, pending again. Next: {follow_up('replay')}")


def _ask_for_patron(row: int) -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("There is nobody to ask for the patron id: say --patron-id ID.")
    try:
        typed: str = typer.prompt(
            f"The right patron id of row {row}", default="", show_default=False, err=True
        )
    except typer.Abort as stop:
        say("\nNothing was changed.")
        raise typer.Exit(Exit.INTERRUPTED) from stop
    return typed


def dismiss(
    row: Annotated[
        list[int], typer.Option(metavar="N", help="The row, by its number; repeatable.")
    ],
    note: Annotated[
        str, typer.Option(metavar="TEXT", help="What was done, for the report; name no patron.")
    ],
) -> None:
    """Mark rows as settled by hand; nothing is posted for them.

    For rows that need attention, are unresolved or could not be read. They keep their outcome in
    the report, which says what was noted. Later rows of the item that were held back can be retried
    then. Dismissed again, a row has the new note; 'almareplay retry --row N' takes a dismissal
    back.

    \b
    Examples:
      almareplay dismiss --row 17 --note "handled at the desk"
      almareplay dismiss --row 4 --row 9 --note "books are on the shelf"

    \b
    Exit codes:
      0  dismissed
      2  a row that cannot be dismissed, or wrong usage
      3  the run is being replayed
    """
    # It stands in one line of reports and terminals.
    words = " ".join("".join(each if each.isprintable() else " " for each in note).split())
    if not words:
        raise typer.BadParameter("The note is empty: say what was done.")
    with Queue.open(settings_of().queue) as queue:
        run = queue.run(options.run)
        staff.dismiss(queue, run, row, words)
        stands = standing(queue, run)
    rows = set(row)
    say(f"{count(len(rows), 'row')} dismissed.{' Nothing is left to do.' * stands.finished}")
    tell_steps(next_steps(stands), say)
