"""Rows of a run in ``.dat`` files: which go into them, and what must be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import count, messages, say
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.run_report import known_codes
from almareplay.outcomes import Disposition, Outcome, ReportRow
from almareplay.queue.errors import RunHeld
from almareplay.queue.reading import queries
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.replaying.attempts import Fate
from almareplay.queue.replaying.hold import holder_of
from almareplay.reports.dat import (
    DatFile,
    DatLine,
    Place,
    UnwritableRow,
    check_dat_path,
    dat_line,
    is_formula,
    is_known,
    write_dat,
)
from almareplay.transactions import identifier_key

_SHOWN = 5


def export(
    common: CommonOptions, path: Path, *, everything: bool, by_desk: bool, overwrite: bool
) -> Exit:
    """Write the rows that are left to do, or ``everything``, and say what is in the files."""
    check_dat_path(path)
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        run = queue.run(common.run, common.institution)
        if (holder := holder_of(queue, run)) is not None:
            raise RunHeld(run.name, holder.host, holder.pid, holder.since, holder.until)
        selection = _Selection(
            everything,
            by_desk,
            unanswered=queries.rows_called(queue, run, None),
            posted=queries.rows_called(queue, run, Fate.DONE),
        )
        codes = known_codes(queue, run, settings)
        files = write_dat(
            path,
            selection.lines(report_rows(queue, run)),
            by_desk=by_desk,
            codes=codes,
            overwrite=overwrite,
        )
    selection.tell_unwritten()
    if files:
        selection.tell_doubts(files)
        _tell_files(files, for_upload=not selection.settled)
        if by_desk and not all(is_known(place, codes) for file in files for place in file.places):
            say(
                "Files are numbered where no row was posted yet with the codes of their library "
                "and desk: these come out of a capture, in which anything can stand."
            )
    else:
        if not selection.unwritten:
            rows = "rows that can be written" if everything else "rows left to do"
            messages.print(f"Nothing to export: run {run.name!r} has no {rows}.")
        if path.exists():
            say(f"{path} is there from before: do not upload it.")
    return Exit.OPEN if selection.unwritten else Exit.DONE


@dataclass(slots=True)
class _Selection:
    """The rows to write, and what must be said of them; all numbers are those of rows."""

    everything: bool
    by_desk: bool
    unanswered: set[int]
    posted: set[int]
    unwritten: dict[str, list[int]] = field(default_factory=dict)
    settled: list[int] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)
    after_posted: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    formulas: list[int] = field(default_factory=list)

    def lines(self, rows: Iterable[ReportRow]) -> Iterator[DatLine]:
        """The lines of the rows that are chosen and can be written, out of all in replay order."""
        items_posted: set[str] = set()
        place_of: dict[str, Place] = {}
        for row in rows:
            item = identifier_key(row.item_barcode)
            if row.row in self.posted:
                items_posted.add(item)
            wanted = _left_to_do(row) or self.everything
            if wanted and row.disposition is not Disposition.REJECTED:
                try:
                    line = dat_line(row)
                except UnwritableRow as reason:
                    self.unwritten.setdefault(str(reason), []).append(row.row)
                else:
                    self._note(row, after_posted=item in items_posted)
                    if is_formula(row):
                        self.formulas.append(row.row)
                    if place_of.setdefault(item, line.place) != line.place:
                        self.moved.append(row.row)
                        place_of[item] = line.place
                    yield line

    def _note(self, row: ReportRow, *, after_posted: bool) -> None:
        if not _left_to_do(row):
            self.settled.append(row.row)
        elif row.outcome is Outcome.UNCERTAIN or row.row in self.unanswered:
            self.doubtful.append(row.row)
        elif after_posted:
            self.after_posted.append(row.row)

    def tell_unwritten(self) -> None:
        """Say which rows are in no file, and why."""
        for reason, rows in self.unwritten.items():
            say(f"Not written: {_listed(rows, len(rows))}: {reason}.")
        if self.unwritten:
            say("What is not written must be recorded by hand; the report has these rows.")

    def tell_doubts(self, files: list[DatFile]) -> None:
        """Say what an upload of these files, or a look at them, could get wrong."""
        if self.formulas:
            say(
                f"Do not open these files in a spreadsheet: it would run as formulas what stands "
                f"in {_listed(self.formulas)}."
            )
        places = {place for file in files for place in file.places}
        if self.settled:
            say(
                "Not for the upload: with --all there are rows which Alma has already, which staff "
                f"have settled, or which repeat others ({_listed(self.settled)})."
            )
            return
        if len(places) > 1 and not self.by_desk:
            say(
                f"These rows are of {len(places)} desks, and the upload books all of them at the "
                "desk where it is done: items of other libraries go into transit. --by-desk "
                "writes a file for each."
            )
        if self.moved and self.by_desk:
            say(
                f"Items that moved between desks: {_listed(self.moved)}. An upload takes a whole "
                "file at a time, not in the order of these rows: look at the items afterwards."
            )
        if self.doubtful:
            say(
                f"May be in Alma already, since an answer was lost: {_listed(self.doubtful)}. "
                "Written nevertheless: the upload skips what a later action in Alma has "
                "overtaken. Look at the items afterwards."
            )
        if self.after_posted:
            say(
                f"The upload may skip {_listed(self.after_posted)}: the run has posted something "
                "for these items already, which Alma takes for a later action. Look at the items "
                "afterwards and record by hand what is missing."
            )


def _left_to_do(row: ReportRow) -> bool:
    return row.to_do or (row.outcome is Outcome.PENDING and not row.dismissed)


def _listed(rows: list[int], shown: int = _SHOWN) -> str:
    numbers = ", ".join(str(row) for row in rows[:shown])
    more = f" and {len(rows) - shown:,} more" if len(rows) > shown else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {numbers}{more}"


def _tell_files(files: list[DatFile], *, for_upload: bool) -> None:
    """Say what is in the files, and what to do with them."""
    for file in files:
        desks = [f"{library} {desk}" for library, desk in file.places]
        at = desks[0] if len(desks) == 1 else f"{len(desks)} desks"
        messages.print(
            f"{file.path}: {count(file.lines, 'line')}, {file.first:%d %b %Y %H:%M} to "
            f"{file.last:%d %b %Y %H:%M}, {at}"
        )
    if for_upload:
        at = "the desk of each file" if len(files) > 1 else "the desk where it is to be booked"
        say(
            f"Next: in Alma, at {at}, upload it under Fulfillment > Offline Circulation. "
            "Do not replay or retry these rows afterwards: they would be booked a second time."
        )
