"""Two institutions, whose workers share a queue in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.consortium.workplace import Consortium, alma_of

FERN, MOSS = "01FERN_INST", "01MOSS_INST"

Opens = Callable[..., Consortium]


@pytest.fixture
def opens(new_queue: str, tmp_path: Path) -> Iterator[Opens]:
    """Opens a consortium of institutions with these codes, whose Almas have these flags."""
    with ExitStack() as stack:

        def opened(*codes: str, pace: float = 250, **flags: Any) -> Consortium:
            almas = {code: stack.enter_context(alma_of(code, **flags)) for code in codes}
            return Consortium(tmp_path, new_queue, almas, pace)

        yield opened


@pytest.fixture
def consortium(opens: Opens) -> Consortium:
    return opens(FERN, MOSS)
