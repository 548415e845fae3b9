"""What the tests of replays share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from almareplay.queue.store import Queue
from tests.replay.moved_barcodes import Library


@pytest.fixture
def library(new_queue: str) -> Iterator[Library]:
    with Queue.open(new_queue, create=True) as queue:
        yield Library(queue)
