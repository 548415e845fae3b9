"""What a check of Alma found, in words: of ``check``, and of ``rehearse`` and ``replay``."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime

from almareplay.cli.console.output import Tell, count, say, show
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.session import instance_of
from almareplay.queue.reading import queries
from almareplay.queue.reading.queries import FileRows
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import CheckResult, UnknownPlace
from almareplay.settings import PREFIX, Settings, file_warnings
from almareplay.transactions import nearest

_SPANS = 4


def tell_file_warnings(common: CommonOptions, settings: Settings, tell: Tell) -> None:
    """Say what is not right about the settings file, and the file of an institution's key. Raises
    SettingsError."""
    for warning in [*file_warnings(common.settings), *settings.warnings]:
        tell(warning)


def tell_findings(findings: CheckResult, settings: Settings, tell: Tell) -> None:
    """Say which Alma this is, what the key may do there, and what is wrong."""
    if findings.institution is not None:
        tell(f"Alma: {instance_of(findings, settings)}")
    by_permission: dict[str, list[str]] = {}
    for area, permission in findings.may.items():
        by_permission.setdefault(permission, []).append(area)
    if by_permission:
        told = (f"{may} {_listed(areas)}" for may, areas in by_permission.items())
        tell(f"The API key may {', and '.join(told)}.")
    if settings.fast:
        kind = "a sandbox" if settings.environment == "sandbox" else "production"
        tell(
            f"{settings.pace:g} calls a second is fast for {kind}: all programs of the institution "
            "share what Alma allows it, so discovery and self-checks may have to wait."
        )
    for problem in findings.problems:
        say(problem)
    if findings.unverified:
        say(findings.unverified)


def tell_unknown_places(
    unknown: Iterable[UnknownPlace], queue: Queue, run: Run, common: CommonOptions
) -> None:
    """Say which rows of a run are at places that Alma lacks, and what to do about them.

    A code is shown only where a flag or setting gave it: a captured one may be anything, a patron
    id as well, that has slipped into its column.
    """
    for place in unknown:
        of_files = queries.rows_at(queue, run, place.library, place.circ_desk)
        flag = "circ-desk" if place.circ_desk else "library"
        code = place.circ_desk or place.library
        by_flag = any(file.flags.get(flag) == code for file in of_files)
        which = f"code {code!r}" if by_flag else "code that these rows have"
        meant = nearest(code, place.known) if by_flag else ""
        say(f"{_lacks(place)} the {which}. It has: {', '.join(place.known)}.{meant}")
        _tell_rows(of_files)
        remedy = f"with --{flag} CODE" if by_flag else "corrected, or with --desk-map FILE"
        say(f"Take the file out, then load it {remedy}:")
        for name in dict.fromkeys(file.name for file in of_files):
            show(f"  {common.command(f'unload {shlex.quote(name)}')}")


def tell_unknown_place_of_settings(place: UnknownPlace) -> None:
    """Say that Alma lacks the library or desk of the settings."""
    name, code = ("CIRC_DESK", place.circ_desk) if place.circ_desk else ("LIBRARY", place.library)
    say(
        f"{_lacks(place)} the code {code!r}, which {PREFIX}{name} sets. It has: "
        f"{', '.join(place.known)}.{nearest(code, place.known)}"
    )


def _lacks(place: UnknownPlace) -> str:
    if place.circ_desk:
        return f"Library {place.library} of Alma has no circulation desk with"
    return "Alma has no library with"


def tell_future_rows(queue: Queue, run: Run) -> None:
    """Warn of rows that were captured after now."""
    if of_files := queries.rows_captured_after(queue, run, datetime.now(UTC)):
        number = sum(len(file.rows) for file in of_files)
        say(
            f"{count(number, 'row was', 'rows were')} captured after now. If a clock or zone was "
            "wrong, take the file out (unload) and load it with --clock-offset or --timezone:"
        )
        _tell_rows(of_files)


def _tell_rows(of_files: Iterable[FileRows]) -> None:
    # In no log: names of files may tell of people.
    for file in of_files:
        rows = "row" if len(file.rows) == 1 else "rows"
        show(f"  {file.name}: {rows} {_spans(file.rows)} of the run")


def _spans(numbers: Iterable[int]) -> str:
    """``1 to 12, 15 and 1,200 more``, of numbers in order."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = spans[-1][0], number
        else:
            spans.append((number, number))
    told = [str(first) if first == last else f"{first} to {last}" for first, last in spans[:_SPANS]]
    more = sum(last - first + 1 for first, last in spans[_SPANS:])
    return _listed([*told, f"{more:,} more"] if more else told)


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
