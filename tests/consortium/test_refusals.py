"""What ``submit`` and ``worker`` refuse before anything is done."""

from __future__ import annotations

import pytest

from tests.consortium.conftest import FERN
from tests.consortium.workplace import Consortium


@pytest.mark.sqlite
def test_workers_are_for_a_queue_that_machines_can_share(consortium: Consortium) -> None:
    consortium.loads(FERN, 1)
    for words in ["submit", FERN, "--yes"], ["worker", "--drain"]:
        done = consortium.does(*words)
        assert done.code == 2
        assert "set ALMAREPLAY_QUEUE=postgresql://user@host/database" in done.err


@pytest.mark.sqlite
def test_it_is_said_whose_runs_are_meant(consortium: Consortium) -> None:
    for words in ["submit"], ["submit", FERN, "--all"], ["status", "--watch"]:
        assert consortium.does(*words).code == 2
