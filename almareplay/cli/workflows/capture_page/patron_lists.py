"""The offline patron list made, out of a table or by asking Alma about each patron."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from almareplay.alma.answers.patron import Patron
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import Refusal
from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import count, messages, say
from almareplay.cli.console.progress import Display
from almareplay.cli.console.prompts import agreed, need_somebody
from almareplay.cli.workflows.checking.findings import tell_findings
from almareplay.cli.workflows.session import open_session
from almareplay.outcomes import Outcome
from almareplay.replay.check import check as check_alma
from almareplay.reports.patron_list import (
    PatronStanding,
    check_patron_list_path,
    worse,
    write_patron_list,
)
from almareplay.settings import Settings
from almareplay.sources import DateOrder, FileRefused
from almareplay.sources.identifiers import bare
from almareplay.sources.patrons import read_patrons
from almareplay.sources.textlines import TextLines

_AT_ONCE = 8
_NOTHING = "Nothing was written"

Standings = dict[str, PatronStanding]


def list_of_table(
    path: Path,
    table: Path,
    *,
    columns: Mapping[str, str],
    order: DateOrder | None,
    overwrite: bool,
) -> Exit:
    """Write the list of the patrons in a table, and say what was read. Raises FileRefused."""
    check_patron_list_path(path, overwrite=overwrite)
    _make_sure_it_is_a_file(table)
    read = read_patrons(table, columns=columns, order=order)
    for what, names in read.columns.items():
        messages.print(f"  {what}: {', '.join(names) or 'no column'}")
    if read.unread:
        messages.print(f"  not read: {', '.join(read.unread)}")
    if not read.columns["expiry_date"]:
        say("There is no column of expiry dates: the list will show nobody as expired.")
    if not read.columns["block"]:
        say("There is no column of blocks: the list will show nobody as blocked.")
    for reason, ids in read.problems.items():
        say(f"{count(ids, 'id')} left out: {reason}")
    standings: Standings = {}
    for row in read.rows:
        _add(standings, row.ids, _standing(row.expiry_date, blocked=row.blocked))
    return _write(path, standings, len(read.rows), overwrite=overwrite)


def list_of_ids(
    settings: Settings,
    path: Path,
    ids: Path,
    *,
    yes: bool,
    overwrite: bool,
) -> Exit:
    """Write the list of the patrons with the ids in a file, one a line, as Alma knows them now.

    Raises FileRefused, AlmaError; then nothing is written.
    """
    check_patron_list_path(path, overwrite=overwrite)
    _make_sure_it_is_a_file(ids)
    named = list(dict.fromkeys(filter(None, map(bare, TextLines(ids)))))
    if not named:
        raise FileRefused(ids.name, "has no ids: write one a line.")
    with open_session(settings) as session:
        session.watcher = Display("Asking Alma", 0)
        reader = AlmaReader(session.transport)
        findings = session.do(
            check_alma(
                reader, settings.environment, [], institution=settings.institution, writes=False
            )
        )
        tell_findings(findings, settings, messages.print)
        if findings.refused:
            return Exit.REFUSED
        minutes = max(1, round(len(named) / settings.pace / 60))
        say(
            f"{count(len(named), 'call')} to Alma, one for each patron: about "
            f"{count(minutes, 'minute')}. Where a network manages its users centrally, such a call "
            "makes the patron's local record or brings it up to date."
        )
        if not yes:
            need_somebody("--yes", nothing=_NOTHING)
            agreed("Ask Alma?", nothing=_NOTHING)
        standings, unknown = session.do(_ask(reader, named))
    if unknown:
        say(f"{count(unknown, 'id')} not known to Alma: not in the list.")
    return _write(path, standings, len(named) - unknown, overwrite=overwrite)


async def _ask(reader: AlmaReader, ids: Iterable[str]) -> tuple[Standings, int]:
    """What Alma says of patrons, under all of their ids; and how many of these it does not know."""
    standings: Standings = {}
    unknown = 0

    async def ask(waiting: Iterator[str]) -> None:
        nonlocal unknown
        for patron_id in waiting:
            try:
                patron = await reader.patron(patron_id, account=True)
            except Refusal as refusal:
                if refusal.outcome is not Outcome.PATRON_NOT_FOUND:
                    raise
                unknown += 1
                continue
            names = (patron_id, patron.primary_id, *patron.identifiers)
            _add(standings, names, _standing(patron.expiry_date, blocked=_is_blocked(patron)))

    waiting = iter(ids)
    await asyncio.gather(*(ask(waiting) for _ in range(_AT_ONCE)))
    return standings, unknown


def _is_blocked(patron: Patron) -> bool:
    """An account that is not active lends nothing either."""
    return bool(patron.blocks) or patron.status == "INACTIVE"


def _standing(expires: date | None, *, blocked: bool) -> PatronStanding:
    if blocked:
        return PatronStanding.BLOCKED
    is_over = expires is not None and expires < datetime.now(UTC).astimezone().date()
    return PatronStanding.EXPIRED if is_over else PatronStanding.OK


def _add(standings: Standings, ids: Iterable[str], standing: PatronStanding) -> None:
    for patron_id in ids:
        standings[patron_id] = worse(standings.get(patron_id, standing), standing)


def _write(path: Path, standings: Standings, patrons: int, *, overwrite: bool) -> Exit:
    if not standings:
        say(f"{_NOTHING}: there is no patron to write.")
        return Exit.USAGE
    entries = write_patron_list(path, standings, overwrite=overwrite)
    by_standing = Counter(standings.values())
    told = ", ".join(f"{by_standing[each]:,} {each}" for each in PatronStanding)
    messages.print(
        f"{path}: {count(patrons, 'patron')} by {count(entries, 'id')} ({told}). It holds no names "
        "and no ids, but keep it as confidential as a list of patrons: numbers can be tried."
    )
    messages.print("Next, when desks have to capture: almareplay capture --patrons FILE")
    return Exit.DONE


def _make_sure_it_is_a_file(path: Path) -> None:
    if not path.is_file():
        raise FileRefused(path.name or str(path), "is no file.")
