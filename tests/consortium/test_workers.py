"""``submit`` and ``worker``: each row once, whatever becomes of the workers."""

from __future__ import annotations

import pytest

from tests.consortium.conftest import FERN, MOSS
from tests.consortium.stage import Consortium

pytestmark = pytest.mark.postgresql


def test_a_worker_replays_what_was_submitted_and_ends(consortium: Consortium) -> None:
    fern, moss = consortium.loads(FERN, 3), consortium.loads(MOSS, 2)
    submitted = consortium.does("submit", "--all", "--yes")
    assert submitted.code == 0, submitted.said
    done = consortium.does("worker", "--drain")
    assert done.code == 0, done.said
    assert (consortium.effects(FERN), consortium.effects(MOSS)) == (fern, moss)
    assert f"{FERN}: finished, 3 rows in this go." in done.err
