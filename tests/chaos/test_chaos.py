"""A few nights of recovery in the suite; ``python -m tests.chaos`` runs as many as you like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.storm import storm


@pytest.mark.parametrize("seed", [10, pytest.param(6, marks=pytest.mark.slow)])
def test_a_night_of_recovery_breaks_no_promise(seed: int, tmp_path: Path) -> None:
    night = storm(seed, 40, tmp_path)
    assert not night.violations, "\n".join(map(str, night.violations))
    assert night.starts > 1
