"""A process that stops in the middle of a change of a queue in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from almareplay.queue.databases import postgresql
from almareplay.queue.errors import QueueError
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from tests.queue.conftest import Station

pytestmark = pytest.mark.postgresql


def test_who_is_stopped_in_a_transaction_keeps_nobody_from_the_run(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_IDLE_SECONDS", 0.2)
    with pytest.raises(QueueError, match="connection to the database server"):
        hangs_and_writes(station)
    assert station.queue.run("main").id == station.run.id


def hangs_and_writes(station: Station) -> None:
    with Queue.open(station.address) as other, station.queue.writing(station.run) as connection:
        # Waits for the lock, which the server takes from the one that says nothing.
        release_hold(other, take_hold(other, station.run))
        connection.execute(text("SELECT 1"))


def test_a_load_may_think_for_as_long_as_it_likes(station: Station) -> None:
    told = text("SHOW idle_in_transaction_session_timeout")
    with station.queue.writing(station.run, many_rows=True) as connection:
        assert connection.scalar(told) == "0"
    with station.queue.writing(station.run) as connection:
        assert connection.scalar(told) == "15s"
    with station.queue.reading() as connection:
        assert connection.scalar(told) == "0"
