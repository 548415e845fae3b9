"""``submit`` and ``worker``: each row once and in order, whatever becomes of the workers."""

from __future__ import annotations

import signal
import socket
import urllib.request

import pytest

from almareplay.queue.store import Queue
from almareplay.simulator.faults import Fault
from tests.captured import outage
from tests.chaos.processes import Command
from tests.consortium.conftest import FERN, MOSS, Opens
from tests.consortium.workplace import Consortium, until

pytestmark = pytest.mark.postgresql

OAK, ASH = "01OAK_INST", "01ASH_INST"


def worker_of(consortium: Consortium, code: str, *workers: Command) -> Command:
    """The worker that replays the run of an institution, once one does."""
    found: list[Command] = []

    def holds() -> bool:
        replaying = consortium.status()[code]["replaying"]
        found[:] = [each for each in workers if replaying and each.pid == replaying["pid"]]
        return bool(found)

    until(holds)
    return found[0]


def test_a_worker_replays_what_was_submitted_and_ends(consortium: Consortium) -> None:
    fern, moss = consortium.loads(FERN, 3), consortium.loads(MOSS, 2)
    submitted = consortium.does("submit", "--all", "--yes")
    assert submitted.code == 0, submitted.said
    done = consortium.does("worker", "--drain")
    assert done.code == 0, done.said
    assert sorted(consortium.effects(FERN)) == fern
    assert sorted(consortium.effects(MOSS)) == moss
    assert f"{FERN}: finished, 3 rows in this go." in done.err
    # What is done stays done, however often it is submitted.
    for _ in range(2):
        assert consortium.does("submit", FERN, MOSS, "--yes").code == 0
    assert consortium.does("worker", "--drain").code == 0
    assert len(consortium.effects(FERN) + consortium.effects(MOSS)) == 5


def test_a_worker_that_runs_is_woken_and_watched(consortium: Consortium) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fern = consortium.loads(FERN, 4)
    worker = consortium.starts("worker", "--metrics", str(port))
    # Submitted twice at once, it is replayed once.
    twice = [consortium.starts("submit", FERN, "--yes") for _ in range(2)]
    assert [each.ends().code for each in twice] == [0, 0]
    watched = consortium.does("status", "--all", "--watch")
    assert watched.code == 0, watched.said
    state = consortium.status()[FERN]
    assert (state["state"], state["outcomes"]) == ("done", {"loaned": 4})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        told = answer.read().decode()
    assert f'almareplay_rows{{institution="{FERN}",outcome="loaned",run="main"}} 4.0' in told
    assert 'almareplay_runs{state="finished"} 1.0' in told
    assert "almareplay_seconds_since_sweep" in told
    assert not any(number in told for number in (*fern, "2188"))
    worker.send(signal.SIGTERM)
    assert worker.ends(20).code == 130
    assert sorted(consortium.effects(FERN)) == fern


def test_what_a_killed_worker_did_goes_on_elsewhere(opens: Opens) -> None:
    consortium = opens(FERN, MOSS, latency=0.05, pace=20)
    fern, moss = consortium.loads(FERN, 60), consortium.loads(MOSS, 20)
    assert consortium.does("submit", "--all", "--yes").code == 0
    workers = [consortium.starts("worker", "--drain") for _ in range(2)]
    until(lambda: len(consortium.effects(FERN)) > 5)
    killed = worker_of(consortium, FERN, *workers)
    killed.send(signal.SIGKILL)
    before = len(consortium.effects(FERN))
    taken_over = until(lambda: len(consortium.effects(FERN)) > before + 2)
    assert taken_over < 40
    (other,) = [each for each in workers if each is not killed]
    assert other.ends().code == 0
    assert sorted(consortium.effects(FERN)) == fern
    assert sorted(consortium.effects(MOSS)) == moss


def test_a_worker_that_is_told_to_stop_hands_back_what_it_does(opens: Opens) -> None:
    consortium = opens(FERN, latency=0.05, pace=20)
    fern = consortium.loads(FERN, 40)
    assert consortium.does("submit", FERN, "--yes").code == 0
    worker = consortium.starts("worker")
    until(lambda: len(consortium.effects(FERN)) > 3)
    worker.send(signal.SIGTERM)
    stopped = worker.ends(15)
    assert (stopped.code, f"{FERN}: handed back after" in stopped.err) == (130, True)
    state = consortium.status()[FERN]
    assert (state["state"], state["replaying"], state["lost_answers"]) == ("due", None, 0)
    assert consortium.does("worker", "--drain").code == 0
    assert sorted(consortium.effects(FERN)) == fern


def test_trouble_of_one_institution_is_not_that_of_the_others(opens: Opens) -> None:
    consortium = opens(FERN, MOSS, OAK, ASH, latency=0.02)
    rows = {code: consortium.loads(code, 3) for code in (MOSS, OAK, ASH)}
    rows[FERN] = consortium.loads(FERN, 40)
    consortium.has_key(MOSS, "another-key")
    consortium.almas[OAK].stop()
    consortium.almas[ASH].faults.set([Fault("daily", match="loan")])
    assert consortium.does("submit", "--all", "--yes").code == 0
    done = consortium.does("worker", "--drain", "--give-up-after", "1s")
    assert done.code == 3, done.said
    assert sorted(consortium.effects(FERN)) == rows[FERN]
    told = consortium.does("status", "--all").out
    lines = {line.split()[0].rstrip(","): line for line in told.splitlines()}
    states = consortium.status()
    assert states[FERN]["state"] == "done"
    assert states[MOSS]["state"] == "blocked"
    assert states[MOSS]["next"] == [f"almareplay submit {MOSS}"]
    assert "Alma does not know the API key" in lines[MOSS]
    assert states[OAK]["state"].startswith("due at ")
    assert states[OAK]["submission"]["tries"] == 1
    assert states[ASH]["state"].startswith("due at ")
    assert "used up" in lines[ASH]
    # What is put right goes on when it is submitted again.
    consortium.has_key(MOSS, f"{MOSS}-key")
    consortium.almas[OAK].start()
    assert consortium.does("submit", MOSS, OAK, "--yes").code == 0
    assert consortium.does("worker", "--drain").code == 75
    assert sorted(consortium.effects(MOSS)) == rows[MOSS]
    assert sorted(consortium.effects(OAK)) == rows[OAK]


def test_a_phase_begins_after_the_last_effect_of_the_one_before(opens: Opens) -> None:
    consortium = opens(FERN, latency=0.02, pace=50)
    first, second = consortium.loads(FERN, 25, phase=1), consortium.loads(FERN, 10, phase=2)
    assert consortium.does("submit", FERN, "--yes").code == 0
    for effects in (8, 20):
        worker = consortium.starts("worker", "--drain")
        until(lambda at=effects: len(consortium.effects(FERN)) >= at)  # type: ignore[misc]
        worker.send(signal.SIGKILL)
        worker.ends()
    assert consortium.does("worker", "--drain").code == 0
    effects_in_order = consortium.effects(FERN)
    assert sorted(effects_in_order[:25]) == first
    assert sorted(effects_in_order[25:]) == second


def test_what_a_desk_voided_after_the_load_is_not_posted(consortium: Consortium) -> None:
    first, second = consortium.items(FERN, 2)
    with Queue.open(consortium.queue, create=True) as queue:
        desk = outage(queue, captured_for=FERN).desk("Front desk")
        scans = [desk.takes_back(item) for item in (first, second)]
        loaded = consortium.does("load", "--institution", FERN, "--session", "outage")
        assert loaded.code == 0, loaded.said
        desk.voids(scans[0])
    assert consortium.does("submit", FERN, "--yes").code == 0
    assert consortium.does("worker", "--drain").code == 0
    assert consortium.effects(FERN) == [second]
    assert consortium.status()[FERN]["outcomes"]["cancelled"] == 1


def test_a_run_that_was_submitted_for_another_environment_is_not_touched(opens: Opens) -> None:
    consortium = opens(FERN)
    consortium.loads(FERN, 1)
    assert consortium.does("submit", FERN, "--yes").code == 0
    file = consortium.folder / "institutions.toml"
    file.write_text(file.read_text() + 'environment = "production"\n')
    done = consortium.does("worker", "--drain")
    assert (done.code, "It was submitted for sandbox" in done.err) == (3, True)
    assert consortium.almas[FERN].record.requests == []
    # All of production is nothing to agree to in passing.
    everything = consortium.does("submit", "--all", "--yes")
    assert (everything.code, f"almareplay submit {FERN} --yes" in everything.err) == (2, True)
