"""What the tests of replays share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from almareplay.queue.store import Queue
from tests.replay.moved_barcodes import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Queue.open(f"sqlite:///{tmp_path / 'q.db'}", create=True) as queue:
        yield Library(queue)
