"""``almareplay load``: captures into the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from almareplay.cli.captures import NamedCapture, find_capture, reading_options
from almareplay.cli.preview import preview_files
from almareplay.cli.shared import (
    Exit,
    count,
    follow_up,
    messages,
    options,
    say,
    settings_of,
    shared_options,
    show,
)
from almareplay.queue.loading import CaptureFile, KnownFile, Loaded, known_files, load_file
from almareplay.queue.store import Queue, Run
from almareplay.settings import Settings
from almareplay.sources import Capture, Codabar, DateOrder, FileRefused, ReadingOptions, Row
from almareplay.transactions import Kind

_SHOWN = 5
_SHOWN_EVERY = 2_000
"""Rows between two looks at the bar."""


@dataclass(slots=True)
class Loading:
    """What a load of several files came to."""

    files: int = 0
    known: int = 0
    refused: int = 0
    invalid: int = 0

    def exit_code(self) -> Exit:
        """0 all read; 1 some rows invalid or a file refused, the rest loaded; 2 nothing loaded."""
        if self.files == 0 and self.known == 0:
            return Exit.USAGE
        return Exit.OPEN if self.refused or self.invalid else Exit.DONE


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
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this sheet of a workbook.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD=COLUMN,…",
            help="Which column is what: item_barcode=C,patron_id=B. A column is its header, its "
            "letter, or its number from 1. Fields: kind, captured_at, date, time, item_barcode, "
            "patron_id, library, circ_desk.",
        ),
    ] = None,
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
            sheet=sheet,
            scanner_prefix=scanner_prefix,
            scanner_suffix=scanner_suffix,
            codabar=codabar,
            include_saved=include_saved,
        )
    except ValueError as error:
        say(str(error))
        raise typer.Exit(Exit.USAGE) from error
    if preview:
        raise typer.Exit(preview_files(files, reading, settings))
    with Queue.open(settings.queue, create=True) as queue:
        run = queue.start_run(options.run)
        loading = load_files(queue, run, files, reading, settings, again=again)
    if loading.files:
        messages.print(f"Next, once the files of all desks are in: {follow_up('rehearse')}")
    raise typer.Exit(loading.exit_code())


def load_files(
    queue: Queue,
    run: Run,
    files: Iterable[str],
    reading: ReadingOptions,
    settings: Settings,
    *,
    again: bool = False,
) -> Loading:
    """Load captures one after another and say what came of each. Raises QueueError."""
    loading = Loading()
    for file in files:
        try:
            named = find_capture(file, reading, settings)
            known = known_files(queue, named.sha256, named.sheet)
            here = [each for each in known if each.run == run.name]
            if here or (known and not again):
                loading.known += 1
                _tell_known(named.name, (here or known)[0], run, reading)
            else:
                loaded = _load(queue, run, named)
                loading.files += 1
                loading.invalid += loaded.invalid
        except FileRefused as refused:
            loading.refused += 1
            say(str(refused))
    return loading


def _load(queue: Queue, run: Run, named: NamedCapture) -> Loaded:
    with _progress() as progress:
        task = progress.add_task(named.name, total=None, rows="")
        capture = named.open()
        file = CaptureFile(named.name, named.sha256, capture.format, named.sheet)
        loaded = load_file(queue, run, file, _shown(capture, progress, task))
    _tell(named.name, capture, loaded)
    return loaded


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", table_column=Column(no_wrap=True, max_width=24)),
        BarColumn(bar_width=24, complete_style="cyan", pulse_style="cyan"),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal or messages.quiet,
    )


def _shown(capture: Capture, progress: Progress, task: TaskID) -> Iterator[Row]:
    """The rows of a capture, with the bar kept up where there is one."""
    if progress.disable:
        yield from capture.rows()
        return
    number = 0
    for number, row in enumerate(capture.rows(), start=1):
        if number % _SHOWN_EVERY == 0:
            elapsed = progress.tasks[task].elapsed or 0.001
            progress.update(
                task,
                total=1.0,
                completed=capture.progress,
                rows=f"{number:,} rows, {number / elapsed:,.0f}/s",
            )
        yield row
    # The queue has all rows now; what follows is their order.
    progress.update(task, total=None, rows=f"{count(number, 'row')}: putting them in order")


def _tell_known(name: str, before: KnownFile, run: Run, reading: ReadingOptions) -> None:
    words = f"{name}: loaded already as {before.name} into run {before.run!r} on "
    words += f"{before.loaded_at.astimezone(reading.timezone):%d %B %Y at %H:%M}; adds nothing."
    if before.run != run.name:
        words += " --again loads it into this run as well."
    say(words)


def _tell(name: str, capture: Capture, loaded: Loaded) -> None:
    good = loaded.rows - loaded.invalid
    span = ""
    if loaded.first is not None and loaded.last is not None:
        span = f", {loaded.first:%d %b %Y %H:%M} to {loaded.last:%d %b %Y %H:%M}"
    messages.print(f"{name}: {capture.format}; {count(good, 'row')} read{span}")
    if loaded.duplicates:
        messages.print(f"  {count(loaded.duplicates, 'row')} the run has already (duplicate)")
    for reason, lines in loaded.left_out.items():
        messages.print(f"  {count(lines, 'line')} left out: {reason}")
    for assumption in capture.assumptions:
        messages.print(f"  {assumption}")
    if loaded.invalid:
        say(f"{name}: {count(loaded.invalid, 'row')} cannot be read (in the report as invalid):")
        for problem in loaded.problems[:_SHOWN]:
            show(f"  {problem.source_file}:{problem.source_row}: {problem.reason}")
        if loaded.invalid > _SHOWN:
            say(f"  … and {loaded.invalid - _SHOWN:,} more")
