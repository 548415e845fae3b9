"""Some faults alone in the suite; ``python -m tests.chaos.single_faults`` has them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.single_faults import single_faults, suffer

_SINGLE = {single.name: single for single in single_faults(0.2)}


@pytest.mark.parametrize(
    "name", ["trouble_after_scan, effect none", pytest.param("cut_after", marks=pytest.mark.slow)]
)
def test_a_fault_alone_breaks_no_promise(name: str, tmp_path: Path) -> None:
    judged = suffer(_SINGLE[name], 30, tmp_path)
    assert judged.passes, "\n".join([str(judged), *map(str, judged.violations)])
    assert judged.lost > 0
