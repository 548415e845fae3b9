"""``load``: captures into the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import messages, say
from almareplay.cli.options.command import Command, OneOf, alone
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.options.shared import SCANNER_PREFIX, SCANNER_SUFFIX
from almareplay.cli.workflows.loading.capture_sessions import load_session, preview_session
from almareplay.cli.workflows.loading.captures import reading_options
from almareplay.cli.workflows.loading.loading import load_files
from almareplay.cli.workflows.loading.preview import preview_files
from almareplay.cli.workflows.opening import open_queue
from almareplay.queue.captures.captured import captured
from almareplay.queue.captures.sessions import session_named
from almareplay.settings import Settings
from almareplay.sources import ClockHours, Codabar, DateOrder, ReadingOptions
from almareplay.transactions import Kind


@click.command(cls=Command, groups=[alone(SCANNER_PREFIX), alone(SCANNER_SUFFIX)])
@click.argument(
    "files",
    nargs=-1,
    type=click.Path(),
    metavar="FILE...",
    help="Captured files, or the address of a database.",
)
@click.option(
    "--session",
    metavar="NAME",
    help="What desks captured with 'almareplay capture', in place of files.",
)
@click.option("--library", metavar="CODE", help="Library of rows without their own.")
@click.option("--circ-desk", metavar="CODE", help="Desk of rows without their own.")
@click.option(
    "--desk-map",
    type=PATH,
    metavar="FILE",
    help="CSV with what the capture says, and the library and desk that it means.",
)
@click.option("--timezone", metavar="ZONE", help="IANA zone of the captured times.")
@click.option("--clock-offset", metavar="OFFSET", help="Added to the captured times: +00:04, -90s.")
@click.option("--kind", type=OneOf(Kind), help="What all rows are, where the file does not say it.")
@click.option(
    "--captured-at",
    metavar="LOCAL-TIME",
    help='When a file without times began: "2026-09-14 09:00".',
)
@click.option(
    "--date-order", type=OneOf(DateOrder), help="Order of day, month and year in figures."
)
@click.option(
    "--clock",
    type=OneOf(ClockHours),
    help="Hours of the clock of times without AM or PM that run back: 12 to let the afternoon "
    "follow, 24 where they are right as they are.",
)
@click.option("--sheet", metavar="NAME", help="Only this sheet of a workbook.")
@click.option(
    "--columns",
    metavar="FIELD=COLUMN,…",
    help="Which column is what: item_barcode=C,patron_id=B. A column is its header, its letter, or "
    "its number from 1. Fields: kind, captured_at, date, time, item_barcode, patron_id, library, "
    "circ_desk, saved, and ignore for what is not to be read; several columns of items as "
    "item_barcode=C+D.",
)
@click.option(
    "--fill-patron",
    is_flag=True,
    help="A loan without a patron is of the patron in the row above: the card was scanned once for "
    "the items below it.",
)
@click.option(
    "--card-prefix",
    default="",
    show_default=False,
    metavar="DIGITS",
    help="What patrons' cards begin with, where cards and items stand in one column.",
)
@click.option(
    "--codabar",
    type=OneOf(Codabar),
    help="What becomes of letters before and behind the digits of a barcode.",
)
@click.option(
    "--include-saved",
    is_flag=True,
    help="Read rows too that the capture tool has written out already, or of which a self-check's "
    "log says that a system has taken them.",
)
@click.option(
    "--include-saved-since",
    metavar="DAY",
    help="The same, but of that day and later ones only (2026-09-14): the tables of the tools keep "
    "older outages.",
)
@click.option(
    "--phase",
    type=click.IntRange(1, 99),
    default=1,
    metavar="N",
    help="Phase of the rows: those of a lower phase are posted before the first of a higher one.",
)
@click.option("--again", is_flag=True, help="Load a file that another run has already.")
@click.option("--preview", is_flag=True, help="Show how each file is understood; store nothing.")
def load(
    common: CommonOptions,
    files: tuple[str, ...],
    session: str | None,
    library: str | None,
    circ_desk: str | None,
    timezone: str | None,
    phase: int,
    again: bool,
    preview: bool,
    **reading_flags: Any,
) -> Exit:
    """Read captures into the run; nothing is sent to Alma.

    Says file by file what was read and what was not. A file that was loaded already adds nothing.
    Flags hold for all files of one load: load the files of stations with different desks one after
    another, or give a --desk-map. What must be in Alma before anything else, such as items of other
    libraries, is loaded as phase 1 and the rest as phase 2.

    With --session the scans of a capture session are read, each station as a file of its own. It
    can be loaded as often as it grows: each scan is loaded once, also where it is in the file of a
    stranded station too. What a desk voids after it was loaded is cancelled by the next load.

    \b
    Examples:
      almareplay load --library MAIN --circ-desk DEFAULT_CIRC_DESK main.dat
      almareplay load --preview desk.xlsx
      almareplay load --kind loan --columns patron_id=A,item_barcode=B \\
          --captured-at "2026-09-14 09:00" desk.xlsx
      almareplay load --phase 2 weekend.dat
      almareplay load --session 2026-09-14
      almareplay load mysql+pymysql://user@host/alma_offline

    \b
    Exit codes:
      0    all rows read
      1    some rows invalid or a file refused, the rest loaded
      2    nothing loaded; wrong usage or settings
      130  interrupted: what was being loaded is not stored
    """
    settings = common.read_settings(library=library, circ_desk=circ_desk, timezone=timezone)
    if session is not None:
        _check_flags_of_session(files, timezone, reading_flags)
        with open_queue(settings.queue) as queue:
            held = captured(queue, session_named(queue, session, common.institution))
            settings = settings.model_copy(update={"timezone": held.session.timezone})
            reading = _reading(settings, reading_flags)
            if preview:
                return preview_session(queue, held, reading, common)
            run = queue.start_run(common.run, common.institution)
            loading = load_session(queue, run, held, reading, common, phase=phase, again=again)
        if loading.files:
            messages.print(f"Next, once all desks are in: {common.command('rehearse')}")
        return loading.exit_code()
    if not files:
        raise click.UsageError("Name the files to load, or a capture session: --session NAME.")
    reading = _reading(settings, reading_flags)
    if preview:
        return preview_files(files, reading, settings)
    with open_queue(settings.queue, create=True) as queue:
        run = queue.start_run(common.run, common.institution)
        loading = load_files(queue, run, files, reading, settings, common, phase=phase, again=again)
    if loading.files and settings.institutions and not common.institution:
        say(
            "These captures are loaded for no institution. If they are one's, take them out again "
            f"with '{common.command('unload FILE')}' and load them with --institution CODE."
        )
    if loading.files:
        messages.print(f"Next, once the files of all desks are in: {common.command('rehearse')}")
    return loading.exit_code()


def _reading(settings: Settings, flags: Mapping[str, Any]) -> ReadingOptions:
    """How to read captures. Raises Ended for a flag that cannot be read, and DeskMapError."""
    try:
        return reading_options(settings, **flags)
    except ValueError as error:
        raise Ended(Exit.USAGE, str(error)) from error


_OF_FILES = (
    *("kind", "captured_at", "date_order", "clock", "sheet", "columns", "fill_patron"),
    *("card_prefix", "include_saved", "include_saved_since"),
)


def _check_flags_of_session(
    files: Iterable[str], timezone: str | None, flags: Mapping[str, Any]
) -> None:
    """Make sure that nothing is said of a session that it says itself. Raises UsageError."""
    if files:
        raise click.UsageError("Load files and a session one after another, into the same run.")
    given = [name for name in _OF_FILES if flags[name]]
    if timezone is not None:
        given.insert(0, "timezone")
    if given:
        listed = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(
            f"{listed}: for files only. A session says itself what its rows are, and when and in "
            "which time zone they happened."
        )
