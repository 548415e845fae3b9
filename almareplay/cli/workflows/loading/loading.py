"""Captures into a run, file by file, and what is said of each."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from almareplay.cli.console.exits import Exit
from almareplay.cli.console.log import note
from almareplay.cli.console.output import count, messages, say, show, tell_error
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.loading.captures import NamedCapture, find_capture, flags_of
from almareplay.outcomes.reasons import in_words
from almareplay.queue.loading.files import CaptureFile, LoadResult, load_file
from almareplay.queue.loading.known_files import KnownFile, known_files
from almareplay.queue.loading.loaded_scans import TakenBack
from almareplay.queue.purging.runs import Standing, standing
from almareplay.queue.store import Queue, Run
from almareplay.settings import Settings
from almareplay.sources import Capture, FileRefused, ReadingOptions, Row

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

    def add(self, loaded: LoadResult) -> None:
        """Count a file that was loaded."""
        self.files += 1
        self.invalid += loaded.invalid

    def exit_code(self) -> Exit:
        """0 all read; 1 some rows invalid or a file refused, the rest loaded; 2 nothing loaded."""
        if self.files == 0 and self.known == 0:
            return Exit.USAGE
        return Exit.OPEN if self.refused or self.invalid else Exit.DONE


def load_files(
    queue: Queue,
    run: Run,
    files: Iterable[str],
    reading: ReadingOptions,
    settings: Settings,
    common: CommonOptions,
    *,
    phase: int = 1,
    again: bool = False,
) -> Loading:
    """Load captures one after another and say what came of each. Raises QueueError."""
    loading = Loading()
    flags = flags_of(reading) | ({"phase": str(phase)} if phase > 1 else {})
    before = standing(queue, run)
    for file in files:
        try:
            named = find_capture(file, reading, settings)
            known = known_files(queue, named.sha256, named.sheet)
            known = [each for each in known if _same_items(each.flags, flags)]
            here = [each for each in known if each.run == run]
            if here or (known and not again):
                loading.known += 1
                _tell_known(named, (here or known)[0], run, reading, flags, common)
            else:
                loading.add(
                    load_capture(
                        queue, run, named, flags, phase=phase, again=again, insisted=bool(known)
                    )
                )
        except FileRefused as refused:
            loading.refused += 1
            tell_error(refused)
    if loading.files and queue.is_new:
        messages.print(f"A new queue was made: {queue.place}")
    if loading.files:
        tell_finished(before, common)
    return loading


def _same_items(then: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether a file was read for the items of the same column, by its flags: a file whose items
    stand in several may be loaded once for each. Without flags it is not known how it was read: an
    older almareplay did not note it."""
    if not then:
        return True
    columns = [
        dict(pair.split("=", 1) for pair in said.split(","))
        for said in (then.get("columns", "item_barcode="), now.get("columns", "item_barcode="))
    ]
    return columns[0].get("item_barcode") == columns[1].get("item_barcode")


def tell_finished(before: Standing, common: CommonOptions) -> None:
    """Say so where the run was done before: new captures are most likely those of the next
    outage."""
    if not (before.rows and before.sent) or before.left_to_replay:
        return
    rows = "its only row had its outcome"
    if before.rows > 1:
        rows = f"all its {before.rows:,} rows had their outcomes"
    say(
        f"Run {before.run} was finished before this: {rows}. If these captures are of "
        "another outage, give them a run of their own: take them out again with "
        f"'{common.command('unload FILE')}', then 'almareplay load --run NAME FILE'."
    )


def load_capture(
    queue: Queue,
    run: Run,
    named: NamedCapture,
    flags: Mapping[str, str],
    *,
    phase: int,
    again: bool,
    insisted: bool,
) -> LoadResult:
    """Load one capture and say what came of it. Raises FileRefused, QueueError."""
    with _progress() as progress:
        task = progress.add_task(named.name, total=None, rows="")
        capture = named.open()
        file = CaptureFile(
            named.name, named.sha256, capture.format, named.sheet, flags, insisted, phase, again
        )
        loaded = load_file(queue, run, file, _shown(capture, progress, task))
    _tell(named.name, capture, loaded)
    note("loaded", rows=loaded.rows, invalid=loaded.invalid, duplicates=loaded.duplicates)
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


def _tell_known(
    named: NamedCapture,
    before: KnownFile,
    run: Run,
    reading: ReadingOptions,
    now: Mapping[str, str],
    common: CommonOptions,
) -> None:
    words = f"{named.name}: loaded already as {before.name} into run {before.run} on "
    words += f"{before.loaded_at.astimezone(reading.timezone):%d %B %Y at %H:%M}; adds nothing."
    if before.run != run:
        words += " --again loads it into this run as well."
    say(words)
    then = before.flags
    differ = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    if before.run == run and then and differ:
        say(
            f"  It was read with {_flags_in_words(differ, then)}, and now "
            f"{_flags_in_words(differ, now)} is said. To read it anew, take it out first: "
            f"{common.command(f'unload {shlex.quote(named.name)}')}"
        )


def _flags_in_words(names: Iterable[str], said: Mapping[str, str]) -> str:
    return ", ".join(f"--{name} {said[name]}" if name in said else f"no --{name}" for name in names)


def _tell(name: str, capture: Capture, loaded: LoadResult) -> None:
    good = loaded.rows - loaded.invalid - loaded.cancelled
    span = ""
    if loaded.first is not None and loaded.last is not None:
        span = f", {loaded.first:%d %b %Y %H:%M} to {loaded.last:%d %b %Y %H:%M}"
    messages.print(f"{name}: {capture.format}; {count(good, 'row')} read{span}")
    if loaded.cancelled:
        messages.print(f"  {count(loaded.cancelled, 'row')} cancelled at the desk: not to be sent")
    if loaded.duplicates:
        messages.print(f"  {count(loaded.duplicates, 'row')} the run has already (duplicate)")
    for reason, lines in loaded.left_out.items():
        messages.print(f"  {count(lines, 'line')} left out: {in_words(reason)}")
    for assumption in capture.assumptions:
        messages.print(f"  {assumption}")
    tell_taken_back(loaded.taken_back)
    if loaded.invalid:
        say(f"{name}: {count(loaded.invalid, 'row')} cannot be read (in the report as invalid):")
        for problem in loaded.problems[:_SHOWN]:
            show(f"  {problem.source_file}:{problem.source_row}: {in_words(problem.reason)}")
        if loaded.invalid > _SHOWN:
            say(f"  … and {loaded.invalid - _SHOWN:,} more")


def tell_taken_back(taken_back: TakenBack) -> None:
    """Say which rows loaded before their desk has voided since."""
    if taken_back.cancelled:
        say(
            f"{_numbered(taken_back.cancelled)} voided at the desk after the load: cancelled, "
            "not to be sent."
        )
    if taken_back.late:
        say(
            f"{_numbered(taken_back.late)} voided at the desk too late: sent to Alma already, or "
            "settled by staff. Look at these items in Alma."
        )


def _numbered(rows: list[int]) -> str:
    shown = ", ".join(str(row) for row in rows[:_SHOWN])
    more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    return f"Row {shown} was" if len(rows) == 1 else f"Rows {shown}{more} were"
