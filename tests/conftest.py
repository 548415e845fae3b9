"""What holds for all tests: where their files are, in what order they start, that no clock judges
an example, and that every request and answer is one of Alma's."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Engine

import tests.certificates  # noqa: F401 (what it does, it does as it is imported)
from almareplay.queue import store
from tests.contract.watch import BROKEN, watch

# How long an example takes says more about the machine than about the code.
_PROFILE = "any machine"
settings.register_profile(_PROFILE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(_PROFILE)

# A replay waits for the disk twice a row. In memory the same files take a third of the suite's time
# less; that a commit outlives a power cut is SQLite's to test.
_IN_MEMORY = Path("/dev/shm")
if os.access(_IN_MEMORY, os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))

# What is compiled once need not be compiled by every worker and every command that starts cold.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


watch(BROKEN.extend)


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
    """One more than there are processors: a third of the time a test waits for other processes."""
    return (os.cpu_count() or 1) + 1


def _share_statements() -> None:
    """Let all queues of a process share what SQLAlchemy has compiled: each command opens the queue
    anew, and compiling its statements takes longer than they do."""
    names = vars(store)
    make = names["create_engine"]
    first: list[Engine] = []

    def create_engine(url: URL, **how: Any) -> Engine:
        engine: Engine = make(url, **how)
        if url.get_backend_name() == "sqlite":
            known = first[0] if first else engine
            first[:] = [known]
            engine.dialect = engine.pool._dialect = known.dialect
            engine._compiled_cache = known._compiled_cache
        return engine

    names["create_engine"] = create_engine


_share_statements()
