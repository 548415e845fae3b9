"""``correct``: what was mistyped at a desk, put right."""

from __future__ import annotations

import click

from almareplay.cli.console.output import say, show
from almareplay.cli.console.prompts import somebody_is_there, typed
from almareplay.cli.options.command import Command, OneOf
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.rows import parse_rows
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.row_history import row_in_words
from almareplay.cli.workflows.runs.run_report import zone_of_library
from almareplay.outcomes import Outcome
from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.queue.reading.row_history import history_of
from almareplay.queue.staff.correcting import correct as correct_row
from almareplay.sources.identifiers import Scanner, read_identifier
from almareplay.sources.options import Codabar
from almareplay.transactions import Kind, Reason, as_text


@click.command(cls=Command)
@click.option(
    "--row",
    type=parse_rows,
    required=True,
    metavar="N",
    help="The row, by its number in the report.",
)
@click.option(
    "--patron-id", metavar="ID", help="The right patron id. Asked for where nothing is given."
)
@click.option("--item-barcode", metavar="CODE", help="The right barcode of the item.")
@click.option("--kind", type=OneOf(Kind), help="What it was, where the other was captured.")
def correct(
    common: CommonOptions,
    row: tuple[int, ...],
    patron_id: str | None,
    item_barcode: str | None,
    kind: Kind | None,
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
        raise click.BadParameter("One row is corrected at a time: --row N.")
    (number,) = row
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        run = queue.run(common.run, common.institution)
        told = history_of(queue, run, number, zone_of_library(queue, run, settings)).row
        show(f"Row {number}: {row_in_words(told)} ({told.source_file}:{told.source_row})")
        if patron_id is item_barcode is kind is None:
            if told.kind is Kind.RETURN:
                raise click.BadParameter(
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
        next_command = common.command("replay")
        say(f"Row {number}: {done.what} corrected, pending again. Next: {next_command}")
    else:
        say(
            f"Row {number}: {done.what} corrected. It is now {done.note}: nothing is posted for it."
        )


def _cleaned(typed: str | None, what: str) -> str | None:
    """What was typed, as a capture would be read. Raises BadParameter."""
    if typed is None:
        return None
    cleaned = read_identifier(typed, what, Scanner(codabar=Codabar.KEEP))
    problem = cleaned.problem or (None if cleaned.text else Reason.of("empty", what=what))
    if as_text(typed) != typed:
        problem = Reason.of("unreadable_characters", what=what)
    if problem:
        words = in_words(problem)
        raise click.BadParameter(f"{words[0].upper()}{words[1:]}. Nothing was changed.")
    if cleaned.notes:
        say(f"Mind: {all_in_words(cleaned.notes)}.")
    return cleaned.text


def _ask_for_patron(row: int) -> str:
    if not somebody_is_there():
        raise click.BadParameter(
            "There is nobody to ask for the patron id: say --patron-id ID, or what else is right."
        )
    return typed(f"The right patron id of row {row}", nothing="Nothing was changed")
