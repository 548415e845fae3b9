"""``correct``: what was mistyped at a desk, put right."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from almareplay.cli.lists import zone_of_library
from almareplay.cli.opening import open_queue
from almareplay.cli.rows import RowNumbers, in_words, parse_rows
from almareplay.cli.shared import (
    Exit,
    follow_up,
    options,
    say,
    settings_of,
    shared_options,
    show,
)
from almareplay.outcomes import Outcome
from almareplay.queue.correcting import correct as correct_row
from almareplay.queue.story import story_of
from almareplay.sources.identifiers import Scanner, read_identifier
from almareplay.sources.options import Codabar
from almareplay.transactions import Kind, as_text


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(correct))


def correct(
    row: Annotated[
        RowNumbers,
        typer.Option(metavar="N", parser=parse_rows, help="The row, by its number in the report."),
    ],
    patron_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The right patron id. Asked for where nothing is given."),
    ] = None,
    item_barcode: Annotated[
        str | None, typer.Option(metavar="CODE", help="The right barcode of the item.")
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="What it was, where the other was captured.")
    ] = None,
) -> None:
    """Put right what was mistyped: patron id, item barcode or kind.

    The row is shown and pending again; the next replay posts it in its place among the rows of its
    item. Only rows that need attention or are pending can be corrected, and not what Alma has done
    already. The report notes the correction, and 'almareplay history' keeps what was captured.
    With nothing but --row the patron id is asked for: typed or scanned there, it does not stay in
    the history of the shell.

    \b
    Examples:
      almareplay correct --row 17
      almareplay correct --row 17 --item-barcode 34880000200014
      almareplay correct --row 17 --kind return

    \b
    Exit codes:
      0    corrected
      2    a row that cannot be corrected, or wrong usage
      3    the run is being replayed
      130  interrupted, nothing was changed
    """
    if len(row) != 1:
        raise typer.BadParameter("One row is corrected at a time: --row N.")
    (number,) = row
    with open_queue(settings_of().queue) as queue:
        run = queue.run(options.run)
        told = story_of(queue, run, number, zone_of_library(queue, run)).row
        show(f"Row {number}: {in_words(told)} ({told.source_file}:{told.source_row})")
        if patron_id is item_barcode is kind is None:
            if told.kind is Kind.RETURN:
                raise typer.BadParameter(
                    f"Row {number} is a return, which needs no patron: say what is right with "
                    "--item-barcode or --kind."
                )
            patron_id = _ask_for_patron(number)
        done = correct_row(
            queue,
            run,
            number,
            patron_id=_cleaned(patron_id, "the patron id"),
            item_barcode=_cleaned(item_barcode, "the item barcode"),
            kind=kind,
        )
    if done.outcome is Outcome.PENDING:
        say(f"Row {number}: {done.what} corrected, pending again. Next: {follow_up('replay')}")
    else:
        say(
            f"Row {number}: {done.what} corrected. It is now {done.note}: nothing is posted for it."
        )


def _cleaned(typed: str | None, what: str) -> str | None:
    """What was typed, as a capture would be read. Raises BadParameter."""
    if typed is None:
        return None
    cleaned = read_identifier(typed, what, Scanner(codabar=Codabar.KEEP))
    problem = cleaned.problem or ("" if cleaned.text else f"{what} is empty")
    if as_text(typed) != typed:
        problem = f"{what} holds characters that cannot be read"
    if problem:
        raise typer.BadParameter(f"{problem[0].upper()}{problem[1:]}. Nothing was changed.")
    if cleaned.note:
        say(f"Mind: {cleaned.note}.")
    return cleaned.text


def _ask_for_patron(row: int) -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "There is nobody to ask for the patron id: say --patron-id ID, or what else is right."
        )
    try:
        typed: str = typer.prompt(
            f"The right patron id of row {row}", default="", show_default=False, err=True
        )
    except typer.Abort as stop:
        say("\nNothing was changed.")
        raise typer.Exit(Exit.INTERRUPTED) from stop
    return typed
