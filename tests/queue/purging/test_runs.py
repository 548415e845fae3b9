"""Purging: nothing that tells of a patron is left in any file, other runs stay, counts stay."""

from __future__ import annotations

import hashlib
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from almareplay.outcomes import Outcome, Result, Shelf
from almareplay.queue.errors import NotErased, NotFinished, RunHeld, RunPurged
from almareplay.queue.loading.known_files import known_files
from almareplay.queue.loading.unloading import unload_file
from almareplay.queue.purging.runs import erase, nobody_replays, purge_run, standing, standings
from almareplay.queue.reading import queries
from almareplay.queue.replaying.attempts import Write, store_intent
from almareplay.queue.replaying.follow_ups import (
    Fine,
    FollowUp,
    MadeBy,
    Task,
    open_follow_ups,
    store_done,
    store_fines,
)
from almareplay.queue.replaying.hold import Hold, holder_of, release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.staff import settling
from almareplay.queue.staff.correcting import correct
from almareplay.queue.store import Run
from almareplay.queue.tables.schema import metadata, transactions
from tests.reasons import said

if TYPE_CHECKING:
    from tests.queue.conftest import Pragma, Station

NOW = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
ROWS, POSTED = 600, 30
OUTCOMES = [Outcome.LOANED, Outcome.PATRON_BLOCKED, Outcome.REFUSED]


@contextmanager
def held(station: Station) -> Iterator[Hold]:
    hold = take_hold(station.queue, station.run)
    yield hold
    release_hold(station.queue, hold)


def secrets(prefix: str) -> list[str]:
    """What a run of this prefix holds of patrons, and what could tell them."""
    kinds = ("Loan", "Primary", "Fee", "Title", "Track")
    told = [f"{prefix}{kind}{number:06}" for kind in kinds for number in range(POSTED)]
    captured = [f"{prefix}{kind}{row:06}" for kind in ("Patron", "Item") for row in range(ROWS)]
    return told + captured


def replayed(station: Station, prefix: str, name: str) -> list[str]:
    """Load and settle rows of all kinds; answer the lines of the capture."""

    def of(kind: str, number: int) -> str:
        return f"{prefix}{kind}{number:06}"

    run = station.queue.start_run(name)
    station.run = run
    lines = [
        f"{9 + n // 60:02}:{n % 60:02} L {of('Item', n)} {of('Patron', n)}" for n in range(ROWS)
    ]
    station.load(*lines, file=f"{prefix} {name}.dat")
    task = {"since": NOW, "until": NOW, "due_date": NOW}
    with held(station) as hold:
        for number, queued in enumerate(station.pending(POSTED)):
            intent = store_intent(
                station.queue, hold, queued.row, Write.LOAN, NOW, loan_id=of("Loan", number)
            )
            user, loan = of("Primary", number), of("Loan", number)
            result = Result(
                OUTCOMES[number % 3],
                alma_message=f"User with identifier {of('Patron', number).upper()} was not found",
                tracking_id=of("Track", number),
                loan_id=loan,
                pull_from=Shelf("MAIN", "stacks", "QA 76", of("Title", number)),
                notes=said(f"asked {user}"),
            )
            work = [FollowUp(Task.FINE, user, loan, **task, made_by=MadeBy.RETURN)]
            store_result(station.queue, hold, queued.row, result, intent=intent, follow_ups=work)
            (left,) = open_follow_ups(station.queue, run, queued.row)
            fine = Fine(of("Fee", number), Decimal("2.50"), "EUR", "whole", NOW)
            store_fines(station.queue, hold, left, [fine])
            store_done(station.queue, hold, left, notes=said("waived"))
    with station.queue.writing() as connection:
        rest = transactions.c.outcome == Outcome.PENDING
        connection.execute(update(transactions).where(rest).values(outcome=Outcome.NOT_ON_LOAN))
    return lines


def in_files(folder: Path, texts: list[str]) -> set[str]:
    """Which of these texts the files of a folder hold, in whatever case."""
    bytes_ = b"\0".join(path.read_bytes() for path in folder.iterdir()).lower()
    return {text for text in texts if text.lower().encode() in bytes_}


@pytest.mark.sqlite
def test_no_file_tells_of_a_patron_and_other_runs_stay(station: Station, tmp_path: Path) -> None:
    replayed(station, "Kept", "other")
    before = station.report()
    other = station.run
    lines = replayed(station, "Gone", "main")
    counts = queries.outcomes(station.queue, station.run)
    # Retried and settled anew: what was written over must be gone as well.
    correct(station.queue, station.run, 2, patron_id="GoneCorrected")
    with held(station) as hold:
        store_result(station.queue, hold, 2, Result(Outcome.PATRON_BLOCKED))
    settling.dismiss(station.queue, station.run, [2], "GoneDismissed")
    settling.retry(station.queue, station.run, rows=[2])
    with held(station) as hold:
        store_result(station.queue, hold, 2, Result(Outcome.PATRON_BLOCKED))
    gone = [*secrets("Gone"), "GoneCorrected", "GoneDismissed"]
    assert in_files(tmp_path, gone) >= set(gone) - {"GoneTitle000001"}

    purge_run(station.queue, station.run)
    assert erase(station.queue)

    assert in_files(tmp_path, [*gone, "Gone"]) == set()
    assert in_files(tmp_path, secrets("Kept")) == set(secrets("Kept"))
    stands = standing(station.queue, station.run)
    assert stands.outcomes == counts
    assert stands.erased_at and stands.purged_at and stands.erased_at >= stands.purged_at
    assert queries.loaded_files(station.queue, station.run) == [("capture 1", "test capture", ROWS)]
    (known,) = known_files(station.queue, hashlib.sha256("\n".join(lines).encode()).hexdigest())
    assert known.run.name == "main"
    station.run = other
    assert station.report() == before
    assert holder_of(station.queue, Run(2, "main")) is None


def test_every_table_is_emptied_of_the_run_or_known_to_be_kept(station: Station) -> None:
    replayed(station, "Gone", "main")
    purge_run(station.queue, station.run)
    of_run = [table for table in metadata.sorted_tables if "run_id" in table.c]
    with station.queue.reading() as connection:
        left = {
            table.name
            for table in of_run
            if connection.scalar(select(func.count()).select_from(table)) != 0
        }
    assert left == {"files", "purged"}


def test_a_purged_run_takes_no_more_rows(station: Station) -> None:
    station.load("bad")
    purge_run(station.queue, station.run)
    words = r"^Run 'main' was purged on \d\d \w+ 20\d\d: its rows are gone\. .* with --run\.$"
    with pytest.raises(RunPurged, match=words):
        station.queue.run("main")
    with pytest.raises(RunPurged):
        station.queue.start_run("main")
    with pytest.raises(RunPurged):  # a load that began before the purge
        station.load("12:00 R i1")
    assert station.queue.run("main", purged_too=True) == station.run
    assert station.report() == []


def pending(station: Station) -> None:
    station.load("12:00 R i1", "12:01 R i2")


def a_fine_to_see_to(station: Station) -> None:
    station.load("12:00 R i1")
    with held(station) as hold:
        work = FollowUp(Task.FINE, "p1", "9", NOW, NOW, NOW)
        store_result(station.queue, hold, 1, Result(Outcome.RETURNED), follow_ups=[work])


@pytest.mark.parametrize(
    ("begin", "words"),
    [(pending, "2 pending rows"), (a_fine_to_see_to, "1 due date or fine to set right")],
)
def test_a_run_that_is_not_finished_stays(station: Station, begin: Any, words: str) -> None:
    begin(station)
    with pytest.raises(NotFinished, match=f"is not finished: it has {words}. Replay it first"):
        purge_run(station.queue, station.run)
    assert len(station.report()) == len(station.outcomes()) > 0
    assert standing(station.queue, station.run).left_to_replay == words
    assert holder_of(station.queue, station.run) is None


def test_a_call_whose_fate_nobody_could_find_out_keeps_no_run_for_ever(station: Station) -> None:
    station.load("12:00 L i1 p1")
    with held(station) as hold:
        store_intent(station.queue, hold, 1, Write.LOAN, NOW)
        store_result(station.queue, hold, 1, Result(Outcome.UNCERTAIN))
    purge_run(station.queue, station.run)
    assert standing(station.queue, station.run).outcomes == {Outcome.UNCERTAIN: 1}


def test_a_run_that_is_replayed_stays(station: Station) -> None:
    station.load("bad")
    with held(station):
        with pytest.raises(RunHeld):
            purge_run(station.queue, station.run)
        with pytest.raises(RunHeld):
            nobody_replays(station.queue)
    nobody_replays(station.queue)
    assert len(station.report()) == 1


@pytest.mark.sqlite
def test_a_reader_beside_it_is_waited_for_and_named(
    station: Station, tmp_path: Path, pragma: Pragma
) -> None:
    pragma("busy_timeout=50")
    station.load("12:00 L GoneItem000001 GonePatron000001")
    with held(station) as hold:
        store_result(station.queue, hold, 1, Result(Outcome.LOANED))
    with closing(sqlite3.connect(station.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM transactions").fetchone()
        purge_run(station.queue, station.run)
        with pytest.raises(NotErased, match=r"bytes may still be in .*queue\.db\. Another program"):
            erase(station.queue)
        assert standing(station.queue, station.run).erased_at is None
    assert erase(station.queue)
    assert in_files(tmp_path, ["Gone"]) == set()
    assert [each.erased_at is not None for each in standings(station.queue)] == [True]


def test_a_writer_beside_it_is_named(station: Station, pragma: Pragma) -> None:
    pragma("busy_timeout=50")
    with closing(sqlite3.connect(station.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotErased, match="Another program has been writing"):
            erase(station.queue)


@pytest.mark.sqlite
def test_without_room_the_queue_stays_whole(station: Station) -> None:
    replayed(station, "Kept", "main")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(NotErased, match=r"(no room|The disk failed)"):
            erase(station.queue)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(station.report()) == ROWS
    assert erase(station.queue)


def test_what_is_taken_out_again_is_written_over(
    open_station: Callable[[Path], AbstractContextManager[Station]], tmp_path: Path
) -> None:
    with open_station(tmp_path) as station:
        station.load(*(f"12:00 L GoneItem{n:06} GonePatron{n:06}" for n in range(ROWS)))
        unload_file(station.queue, station.run, "desk.dat")
    assert in_files(tmp_path, ["Gone"]) == set()


def test_a_run_was_active_when_a_row_last_came_or_was_settled(station: Station) -> None:
    began = datetime.now(UTC)
    empty = standing(station.queue, station.run).last_active
    assert empty <= began
    station.load("12:00 L i1 p1")
    loaded = standing(station.queue, station.run).last_active
    with held(station) as hold:
        store_result(station.queue, hold, 1, Result(Outcome.PATRON_BLOCKED))
    settled = standing(station.queue, station.run).last_active
    settling.dismiss(station.queue, station.run, [1], "at the desk")
    assert began <= loaded < settled < standing(station.queue, station.run).last_active
