"""What holds for all tests: where their files are, in what order they start, that no clock judges
an example, and that every request and answer is one of Alma's."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

import tests.certificates  # noqa: F401 (what it does, it does as it is imported)
from almareplay.consortium.own_server import Cluster, programs
from tests.contract.watch import BROKEN, watch
from tests.examples import register_profiles
from tests.postgresql import SERVER, new_database
from tests.shared import hurry_servers, share_statements, share_tables

register_profiles()
share_statements()
share_tables()
hurry_servers()

# A replay waits for the disk twice a row. In memory the same files take a third of the suite's time
# less; that a commit outlives a power cut is SQLite's to test.
_IN_MEMORY = Path("/dev/shm")
if os.access(_IN_MEMORY, os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))

# Hardly anything that is made until the first test starts is ever garbage.
gc.disable()

# What is compiled once need not be compiled by every worker and every command that starts cold.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


watch(BROKEN.extend)

_OF_SQLITE = {"pragma", "older"}
"""Fixtures that work on the file of a queue."""
_CLUSTER = pytest.StashKey[Cluster]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The database that holds the queues of the tests."""
    parser.addoption(
        "--queue",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="The database in which tests keep their queues; postgresql starts a server for them.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start the server that the tests ask for, once for all processes of theirs."""
    if config.getoption("--queue") == "postgresql" and not hasattr(config, "workerinput"):
        found = programs()
        if found is None:
            raise pytest.UsageError("PostgreSQL is not installed here: apt-get install postgresql")
        config.stash[_CLUSTER] = cluster = Cluster(found)
        cluster.start()
        os.environ[SERVER] = cluster.address


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it."""
    if (cluster := config.stash.get(_CLUSTER, None)) is not None:
        cluster.remove()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other database."""
    other = "sqlite" if config.getoption("--queue") == "postgresql" else "postgresql"
    about_other = [
        item
        for item in items
        if item.get_closest_marker(other)
        or (other == "sqlite" and not _OF_SQLITE.isdisjoint(getattr(item, "fixturenames", ())))
    ]
    config.hook.pytest_deselected(items=about_other)
    items[:] = [item for item in items if item not in about_other]


def pytest_collection_finish() -> None:
    """Look for garbage only in what the tests make."""
    gc.freeze()
    gc.enable()


@pytest.fixture
def new_queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a queue that is yet to be made."""
    if request.config.getoption("--queue") == "sqlite":
        yield f"sqlite:///{tmp_path / 'queue.db'}"
    else:
        with new_database() as address:
            yield address


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Fail a test in which a request of the client's, or an answer of a stand-in's, is not as Alma
    has it, whatever else the test finds."""
    try:
        return (yield)
    finally:
        broken = sorted(set(BROKEN))
        BROKEN.clear()
        assert not broken, "not as Alma has it:\n" + "\n".join(broken)


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are processors: for much of its time a test waits for other processes."""
    return (os.cpu_count() or 1) + 2
