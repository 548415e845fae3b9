"""A queue on disk with a run in it, and short words for what tests do with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from almareplay.outcomes import Outcome, ReportRow, Result
from almareplay.queue.loading.files import CaptureFile, LoadResult, load_file
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.replaying.journal import pending_rows, store_result
from almareplay.queue.rows import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.transactions import InvalidRow, Kind, LeftOut, Reason, Transaction
from tests.postgresql import new_database
from tests.queue.at_once import THREADS
from tests.queue.layouts import LAYOUTS, write_queue
from tests.queue.settled import EVERY, PENDING, held
from tests.reasons import said

Row = Transaction | InvalidRow | LeftOut


def read(line: str, file: str, number: int) -> Row:
    """Read ``12:00:05 L item patron``, ``12:00 R item``; ``bad`` is invalid, nothing is blank."""
    if not line:
        return LeftOut(Reason("blank_line"))
    if line == "bad":
        return InvalidRow(Reason("no_item"), file, number)
    time, kind, item, *patron = line.split()
    captured_at = datetime.fromisoformat(f"2026-09-14 {time}").replace(tzinfo=UTC)
    return Transaction(
        kind=Kind.LOAN if kind == "L" else Kind.RETURN,
        captured_at=captured_at,
        has_seconds=time.count(":") == 2,
        item_barcode=item,
        patron_id=patron[0] if patron else "",
        library="MAIN",
        circ_desk="FRONT",
        source_file=file,
        source_row=number,
    )


@dataclass
class Station:
    """Loads captures into a run and looks at what became of their rows."""

    queue: Queue
    run: Run
    address: str

    @property
    def path(self) -> Path:
        """The file of a queue in SQLite."""
        return Path(self.address.removeprefix("sqlite:///"))

    def rows(self, *lines: str, file: str = "desk.dat") -> Iterator[Row]:
        """The rows of a capture, read one by one."""
        return (read(line, file, number) for number, line in enumerate(lines, start=1))

    def load(self, *lines: str, file: str = "desk.dat") -> LoadResult:
        """Load a capture of these lines."""
        sha256 = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        capture = CaptureFile(file, sha256, "test capture")
        return load_file(self.queue, self.run, capture, self.rows(*lines, file=file))

    def report(self) -> list[ReportRow]:
        """The report's rows."""
        return list(report_rows(self.queue, self.run))

    def outcomes(self) -> dict[int, Outcome]:
        """Row numbers and outcomes, in the report's order."""
        return {row.row: row.outcome for row in self.report()}

    def pending(self, limit: int = 100) -> list[QueuedRow]:
        """The pending rows in replay order."""
        return pending_rows(self.queue, self.run, after=None, limit=limit)


@contextmanager
def _open(address: str) -> Iterator[Station]:
    with Queue.open(address, create=True) as queue:
        yield Station(queue, queue.start_run("main"), address)


@pytest.fixture(scope="session")
def open_station(
    request: pytest.FixtureRequest,
) -> Callable[[Path], AbstractContextManager[Station]]:
    """Opens a station on a new queue: in a folder, where it is a file."""

    @contextmanager
    def opened(folder: Path) -> Iterator[Station]:
        with ExitStack() as stack:
            address = f"sqlite:///{folder / 'queue.db'}"
            if request.config.getoption("--queue") == "postgresql":
                address = stack.enter_context(new_database())
            yield stack.enter_context(_open(address))

    return opened


@pytest.fixture
def station(new_queue: str) -> Iterator[Station]:
    with _open(new_queue) as station:
        yield station


@pytest.fixture(params=LAYOUTS)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The file of a queue of an older layout."""
    path = tmp_path / "queue.db"
    write_queue(path, request.param)
    return path


@pytest.fixture
def queues(station: Station) -> Iterator[list[Queue]]:
    """The queue as so many processes have it open, each with connections of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(Queue.open(station.address)) for _ in range(THREADS)]


Pragma = Callable[[str], None]


@pytest.fixture
def pragma() -> Iterator[Pragma]:
    """Sets a pragma on each connection that any queue takes from now on."""
    listening: list[tuple[str, Callable[..., None]]] = []

    def set_pragma(words: str) -> None:
        def on_checkout(connection: Any, *_: object) -> None:
            connection.execute(f"PRAGMA {words}")

        listening.append(("checkout", on_checkout))
        event.listen(Pool, *listening[-1])

    yield set_pragma
    for each in listening:
        event.remove(Pool, *each)


@pytest.fixture
def replayed(station: Station) -> Station:
    """A run with a row of every outcome: row 1 has the first of EVERY, and so on; PENDING last."""
    station.load(*(f"12:00 L i{n} p{n}" for n in range(1, PENDING + 1)))
    with held(station) as hold:
        for row, outcome in enumerate(EVERY, start=1):
            result = Result(
                outcome, "401", "words", "E02", "71", destination="shelf", notes=said("so")
            )
            store_result(station.queue, hold, row, result)
    return station
