"""``purge`` takes capture sessions along, as soon as nothing else needs them and never before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from almareplay.queue.captures.sessions import sessions_of
from almareplay.queue.errors import NotErased

if TYPE_CHECKING:
    from almareplay.queue.store import Queue
    from tests.captured import Desk, Outage
    from tests.cli.conftest import User


@pytest.fixture
def front(user: User, session: Outage) -> Desk:
    """A desk with one loan that is replayed."""
    user.captures()  # makes them known to Alma
    (item,) = user.barcodes
    front = session.desk("Front desk")
    front.lends(item, f"2{item[1:]}")
    user.types("load", "--session", "outage")
    assert user.types("replay", "--yes").code in (0, 1)
    return front


def in_queue(user: User) -> bool:
    files = b"".join(path.read_bytes() for path in user.folder.glob("almareplay.db*"))
    (item,) = user.barcodes
    return any(each.encode() in files for each in (item, f"2{item[1:]}"))


def test_a_session_goes_with_its_run_bytes_and_all(
    user: User, queue: Queue, session: Outage, front: Desk
) -> None:
    front.voids(front.takes_back("item9"))
    session.closes()
    done = user.types("purge", "--yes")
    assert done.code == 0
    assert "Capture session 'outage': 2 scans purged with its run." in done.problems()
    assert sessions_of(queue) == []
    queue.close()
    assert not in_queue(user)


@pytest.mark.parametrize("why", ["it is still open", "no run has 1 of its scans"])
def test_a_session_that_is_not_done_stays(
    user: User, session: Outage, front: Desk, why: str
) -> None:
    if why.startswith("no run"):
        front.takes_back("item2")
        session.closes()
    done = user.types("purge", "--yes")
    assert (
        f"Capture session 'outage' stays: {why}. To purge it as well: almareplay purge --session "
        "outage"
    ) in done.problems()
    assert in_queue(user)


@pytest.mark.usefixtures("front")
def test_a_session_with_rows_in_another_run_stays(user: User, session: Outage) -> None:
    session.closes()
    user.types("copy", "--to", "other")
    done = user.types("purge", "--yes")
    assert "Capture session 'outage' stays: another run has rows of it." in done.err


def test_a_purged_run_s_scans_are_not_loaded_again(user: User, front: Desk) -> None:
    user.types("purge", "--yes")
    done = user.types("load", "--session", "outage", "--run", "night")
    assert "1 scan of it into another run; it adds nothing." in done.err
    assert user.rows("night") == []
    front.takes_back("item2")
    assert "has 1 scan that is not loaded" in user.types("status", "--run", "night").out


def test_a_session_by_its_name(user: User, queue: Queue, front: Desk) -> None:
    late = front.takes_back("item2")
    refused = user.types("purge", "--session", "outage", "--yes")
    assert refused.code == 2
    assert (
        "Capture session 'outage' has 1 scan that no run has: purged, nothing would tell of it. "
        "Load the session first."
    ) in refused.problems()
    front.voids(late)
    assert user.types("purge", "--session", "outage").code == 2  # nobody to ask
    done = user.types("purge", "--session", "outage", "--yes")
    assert done.code == 0
    assert done.problems()[:3] == [
        "Capture session 'outage': 2 scans.",
        "  It is still open: what its stations have not sent could not be sent any more.",
        "Capture session 'outage': 2 scans purged.",
    ]
    assert sessions_of(queue) == []
    assert user.outcomes() == ["loaned"]  # the run has its rows


@pytest.mark.usefixtures("front")
def test_an_interrupted_purge_is_finished_by_the_next(
    user: User, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        failing = NotErased("Not yet.")

        def fail(*_: object) -> bool:
            raise failing

        patched.setattr("almareplay.cli.workflows.runs.purging.erase", fail)
        assert user.types("purge", "--session", "outage", "--yes").code == 75
    assert [each.name for each in sessions_of(queue)] == ["outage"]
    assert user.types("purge", "--session", "outage", "--yes").code == 0
    assert sessions_of(queue) == []
