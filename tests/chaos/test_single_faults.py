"""Some faults alone in the suite; ``python -m tests.chaos.single_faults`` has them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.single_faults import single_faults, suffer

# So many rows, and so large a share of their calls, that some are struck whatever the dice show.
ROWS = 60


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("trouble_after_scan, effect none", 0.35),
        pytest.param("cut_after", 0.2, marks=pytest.mark.slow),
    ],
)
def test_a_fault_alone_breaks_no_promise(name: str, share: float, tmp_path: Path) -> None:
    (single,) = (each for each in single_faults(share) if each.name == name)
    judged = suffer(single, ROWS, tmp_path)
    assert judged.passes, "\n".join([str(judged), *map(str, judged.violations)])
    assert judged.lost > 0
