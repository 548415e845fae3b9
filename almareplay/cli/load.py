"""``almareplay load``: captured files into the run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from almareplay.cli.shared import Exit, count, messages, options, say, settings_of, shared_options
from almareplay.queue.loading import CaptureFile, Loaded, known_files, load_file
from almareplay.queue.store import Queue, Run
from almareplay.settings import Settings
from almareplay.sources import DateOrder, FileRefused, ReadingOptions, open_capture
from almareplay.sources.flags import parse_captured_at, parse_clock_offset, parse_columns
from almareplay.transactions import Kind

T = TypeVar("T")
_SHOWN = 5


@dataclass(slots=True)
class Loading:
    """What a load of several files came to."""

    files: int = 0
    known: int = 0
    refused: int = 0
    rows: int = 0
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
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Captured files.")],
    library: Annotated[
        str | None, typer.Option(metavar="CODE", help="Library of rows without their own.")
    ] = None,
    circ_desk: Annotated[
        str | None, typer.Option(metavar="CODE", help="Desk of rows without their own.")
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
    again: Annotated[
        bool, typer.Option("--again", help="Load a file that another run has already.")
    ] = False,
) -> None:
    """Read captured files into the run; say file by file what was read and what was not.

    Nothing is sent to Alma. Flags hold for all files of one load: load the files of stations with
    different desks one after another.

    \b
    almareplay load --library MAIN --circ-desk DEFAULT_CIRC_DESK main.dat
    almareplay load --kind loan --columns patron_id=A,item_barcode=B \\
        --captured-at "2026-09-14 09:00" desk.xlsx

    Exit codes: 0 all read; 1 some rows invalid or a file refused, the rest loaded; 2 nothing
    loaded.
    """
    settings = settings_of(library=library, circ_desk=circ_desk, timezone=timezone)
    try:
        reading = reading_options(
            settings,
            clock_offset=clock_offset,
            captured_at=captured_at,
            columns=columns,
            kind=kind,
            date_order=date_order,
            sheet=sheet,
        )
    except ValueError as error:
        say(str(error))
        raise typer.Exit(Exit.USAGE) from error
    with Queue.open(settings.queue, create=True) as queue:
        loading = load_files(queue, queue.start_run(options.run), files, reading, again=again)
    raise typer.Exit(loading.exit_code())


def reading_options(
    settings: Settings,
    *,
    clock_offset: str | None = None,
    captured_at: str | None = None,
    columns: str | None = None,
    kind: Kind | None = None,
    date_order: DateOrder | None = None,
    sheet: str | None = None,
) -> ReadingOptions:
    """How to read files, from settings and flags. Raises ValueError for a flag in words."""
    plain = ReadingOptions(timezone=settings.require_zone(), now=datetime.now(UTC))
    return ReadingOptions(
        timezone=plain.timezone,
        now=plain.now,
        library=settings.library,
        circ_desk=settings.circ_desk,
        clock_offset=plain.clock_offset
        if clock_offset is None
        else parse_clock_offset(clock_offset),
        kind=kind,
        captured_at=None if captured_at is None else parse_captured_at(captured_at),
        date_order=date_order,
        sheet=sheet,
        columns=plain.columns if columns is None else parse_columns(columns),
    )


def load_files(
    queue: Queue, run: Run, files: Iterable[Path], reading: ReadingOptions, *, again: bool = False
) -> Loading:
    """Load files one after another and say what came of each. Raises QueueError."""
    loading = Loading()
    for file in files:
        try:
            _load_one(queue, run, file, reading, loading, again=again)
        except FileRefused as refused:
            loading.refused += 1
            say(f"{refused}")
    return loading


def _load_one(
    queue: Queue, run: Run, path: Path, reading: ReadingOptions, loading: Loading, *, again: bool
) -> None:
    sha256 = _sha256(path)
    known = known_files(queue, sha256)
    here = [each for each in known if each.run == run.name]
    if here or (known and not again):
        loading.known += 1
        before = (here or known)[0]
        words = f"{path.name}: loaded already as {before.name} into run {before.run!r} on "
        words += f"{before.loaded_at.astimezone(reading.timezone):%d %B %Y at %H:%M}; adds nothing."
        if not here:
            words += " --again loads it into this run as well."
        say(words)
        return
    capture = open_capture(path, reading)
    file = CaptureFile(path.name, sha256, capture.format)
    with _progress() as progress:
        task = progress.add_task(path.name, total=None)
        loaded = load_file(queue, run, file, _counted(capture.rows(), progress, task))
    loading.files += 1
    loading.rows += loaded.rows
    loading.invalid += loaded.invalid
    _tell(path.name, capture.format, loaded, capture.assumptions)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = (error.strerror or "it is no file").lower()
        raise FileRefused(path.name or str(path), f"cannot be read: {reason}.") from error


def _progress() -> Progress:
    return Progress(
        TextColumn("Reading {task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal or messages.quiet,
    )


def _counted(rows: Iterator[T], progress: Progress, task: TaskID) -> Iterator[T]:
    for number, row in enumerate(rows, start=1):
        if number % 1_000 == 0:
            progress.update(task, completed=number)
        yield row


def _tell(name: str, form: str, loaded: Loaded, assumptions: list[str]) -> None:
    good = loaded.rows - loaded.invalid
    span = ""
    if loaded.first is not None and loaded.last is not None:
        span = f", {loaded.first:%d %b %Y %H:%M} to {loaded.last:%d %b %Y %H:%M}"
    messages.print(f"{name}: {form}; {count(good, 'row')} read{span}")
    if loaded.duplicates:
        messages.print(f"  {count(loaded.duplicates, 'row')} the run has already (duplicate)")
    for reason, lines in loaded.left_out.items():
        messages.print(f"  {count(lines, 'line')} left out: {reason}")
    for assumption in assumptions:
        messages.print(f"  {assumption}")
    if loaded.invalid:
        say(f"{name}: {count(loaded.invalid, 'row')} cannot be read (in the report as invalid):")
        for problem in loaded.problems[:_SHOWN]:
            say(f"  {problem.source_file}:{problem.source_row}: {problem.reason}")
        if loaded.invalid > _SHOWN:
            say(f"  … and {loaded.invalid - _SHOWN:,} more")
