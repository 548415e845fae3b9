"""``almareplay load``: captures into the run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from almareplay.cli.captures import reading_options
from almareplay.cli.loading import load_files
from almareplay.cli.opening import open_queue
from almareplay.cli.preview import preview_files
from almareplay.cli.shared import (
    Exit,
    follow_up,
    messages,
    options,
    say,
    settings_of,
    shared_options,
)
from almareplay.sources import ClockHours, Codabar, DateOrder
from almareplay.transactions import Kind


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(load))


def load(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Captured files, or the address of a database."),
    ],
    library: Annotated[
        str | None, typer.Option(metavar="CODE", help="Library of rows without their own.")
    ] = None,
    circ_desk: Annotated[
        str | None, typer.Option(metavar="CODE", help="Desk of rows without their own.")
    ] = None,
    desk_map: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV with what the capture says, and the library and desk that it means.",
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA zone of the captured times.")
    ] = None,
    clock_offset: Annotated[
        str | None,
        typer.Option(
            metavar="OFFSET", help="Added to the captured times: +00:04, -90s.", show_default=False
        ),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="What all rows are, where the file does not say it.")
    ] = None,
    captured_at: Annotated[
        str | None,
        typer.Option(
            metavar="LOCAL-TIME", help='When a file without times began: "2026-09-14 09:00".'
        ),
    ] = None,
    date_order: Annotated[
        DateOrder | None, typer.Option(help="Order of day, month and year in figures.")
    ] = None,
    clock: Annotated[
        ClockHours | None,
        typer.Option(
            help="Hours of the clock of times without AM or PM that run back: 12 to let the "
            "afternoon follow, 24 where they are right as they are."
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this sheet of a workbook.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD=COLUMN,…",
            help="Which column is what: item_barcode=C,patron_id=B. A column is its header, its "
            "letter, or its number from 1. Fields: kind, captured_at, date, time, item_barcode, "
            "patron_id, library, circ_desk, saved, and ignore for what is not to be read; several "
            "columns of items as item_barcode=C+D.",
        ),
    ] = None,
    fill_patron: Annotated[
        bool,
        typer.Option(
            "--fill-patron",
            help="A loan without a patron is of the patron in the row above: the card was scanned "
            "once for the items below it.",
        ),
    ] = False,
    card_prefix: Annotated[
        str,
        typer.Option(
            metavar="DIGITS",
            help="What patrons' cards begin with, where cards and items stand in one column.",
        ),
    ] = "",
    scanner_prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="Put before each code by the scanner: taken off.")
    ] = "",
    scanner_suffix: Annotated[
        str, typer.Option(metavar="TEXT", help="Put after each code by the scanner: taken off.")
    ] = "",
    codabar: Annotated[
        Codabar | None,
        typer.Option(help="What becomes of letters before and behind the digits of a barcode."),
    ] = None,
    include_saved: Annotated[
        bool,
        typer.Option(
            "--include-saved",
            help="Read rows too that the capture tool has written out already, or of which a "
            "self-check's log says that a system has taken them.",
        ),
    ] = False,
    include_saved_since: Annotated[
        str | None,
        typer.Option(
            metavar="DAY",
            help="The same, but of that day and later ones only (2026-09-14): the tables of the "
            "tools keep older outages.",
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Load a file that another run has already.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show how each file is understood; store nothing.")
    ] = False,
) -> None:
    """Read captures into the run; nothing is sent to Alma.

    Says file by file what was read and what was not. A file that was loaded already adds nothing.
    Flags hold for all files of one load: load the files of stations with different desks one after
    another, or give a --desk-map.

    \b
    Examples:
      almareplay load --library MAIN --circ-desk DEFAULT_CIRC_DESK main.dat
      almareplay load --preview desk.xlsx
      almareplay load --kind loan --columns patron_id=A,item_barcode=B \\
          --captured-at "2026-09-14 09:00" desk.xlsx
      almareplay load mysql+pymysql://user@host/alma_offline

    \b
    Exit codes:
      0    all rows read
      1    some rows invalid or a file refused, the rest loaded
      2    nothing loaded; wrong usage or settings
      130  interrupted: what was being loaded is not stored
    """
    settings = settings_of(library=library, circ_desk=circ_desk, timezone=timezone)
    try:
        reading = reading_options(
            settings,
            desk_map=desk_map,
            clock_offset=clock_offset,
            captured_at=captured_at,
            columns=columns,
            kind=kind,
            date_order=date_order,
            clock=clock,
            sheet=sheet,
            fill_patron=fill_patron,
            card_prefix=card_prefix,
            scanner_prefix=scanner_prefix,
            scanner_suffix=scanner_suffix,
            codabar=codabar,
            include_saved=include_saved,
            include_saved_since=include_saved_since,
        )
    except ValueError as error:
        say(str(error))
        raise typer.Exit(Exit.USAGE) from error
    if preview:
        raise typer.Exit(preview_files(files, reading, settings))
    with open_queue(settings.queue, create=True) as queue:
        run = queue.start_run(options.run)
        loading = load_files(queue, run, files, reading, settings, again=again)
    if loading.files:
        messages.print(f"Next, once the files of all desks are in: {follow_up('rehearse')}")
    raise typer.Exit(loading.exit_code())
