"""What desks captured in a session as a file, without a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import count, messages, say
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.loading.capture_sessions import station_capture, tell_what_may_come
from almareplay.cli.workflows.loading.captures import reading_options
from almareplay.cli.workflows.loading.preview import NOT_GIVEN
from almareplay.cli.workflows.opening import open_queue
from almareplay.outcomes.reasons import in_words
from almareplay.queue.captures.captured import CapturedSession, ScanRecord, captured, scan_records
from almareplay.queue.captures.sessions import session_named
from almareplay.reports import ReportError, check_list_path, write_list
from almareplay.reports.dat import DatLine, UnwritableRow, check_dat_path, dat_line, write_dat
from almareplay.settings import Settings
from almareplay.transactions import InvalidRow, LeftOut, Transaction

_DAT = ".dat"
_TABLES = (".csv", ".xlsx")


def export_session(
    common: CommonOptions, name: str, path: Path, *, by_desk: bool, overwrite: bool
) -> Exit:
    """Write a session to a file, whose ending is its format, and say what is in it."""
    ending = path.suffix.lower()
    if ending == _DAT:
        check_dat_path(path)
    elif ending in _TABLES:
        check_list_path(path, overwrite=overwrite)
    else:
        raise ReportError(
            f"{path}: the name of a session's export must end in .dat, .csv or .xlsx; the ending "
            "is its format."
        )
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        session = session_named(queue, name, common.institution)
        held = captured(queue, session)
        tell_what_may_come(held)
        if ending == _DAT:
            return _write_dat(held, path, settings, by_desk=by_desk, overwrite=overwrite)
        scans = scan_records(queue, session)
        write_list(path, scans, ScanRecord._fields, overwrite=overwrite)
    messages.print(f"{path}: {count(len(scans), 'scan')} of session {session}")
    _tell_patrons()
    return Exit.DONE


def _write_dat(
    held: CapturedSession, path: Path, settings: Settings, *, by_desk: bool, overwrite: bool
) -> Exit:
    unwritten: Counter[str] = Counter()
    lines = _lines(held, settings, unwritten)
    files = write_dat(path, lines, by_desk=by_desk, overwrite=overwrite)
    for reason, scans in unwritten.items():
        say(f"Not written: {count(scans, 'scan')}: {reason}.")
    for file in files:
        messages.print(
            f"{file.path}: {count(file.lines, 'line')}, {file.first:%d %b %Y %H:%M} to "
            f"{file.last:%d %b %Y %H:%M}"
        )
    if files:
        _tell_patrons()
        places = {place for file in files for place in file.places}
        if len(places) > 1 and not by_desk:
            say(
                f"These scans are of {len(places)} desks, and the upload books all of them at the "
                "desk where it is done. --by-desk writes a file for each."
            )
        say("What is uploaded must not be loaded and replayed as well.")
    else:
        messages.print(f"Nothing to export: session {held.session} has no such scans.")
    return Exit.OPEN if unwritten else Exit.DONE


def _lines(held: CapturedSession, settings: Settings, unwritten: Counter[str]) -> list[DatLine]:
    """The lines of the scans that a load would make rows of, by their captured time."""
    zoned = settings.model_copy(update={"timezone": held.session.timezone})
    plain = reading_options(zoned)
    reading = replace(
        plain, library=plain.library or NOT_GIVEN, circ_desk=plain.circ_desk or NOT_GIVEN
    )
    rows = list[Transaction]()
    for part in held.stations:
        for row in station_capture(held, part, reading).rows():
            if isinstance(row, InvalidRow):
                unwritten[in_words(row.reason.unquoted)] += 1
            elif not isinstance(row, LeftOut):
                rows.append(row)
    lines = list[DatLine]()
    # Sorting keeps the order of each station where times are the same.
    for row in sorted(rows, key=lambda each: each.captured_at):
        try:
            lines.append(dat_line(row))
        except UnwritableRow as reason:
            unwritten[str(reason)] += 1
    return lines


def _tell_patrons() -> None:
    say("The file names patrons: delete it when it is not needed any more.")
