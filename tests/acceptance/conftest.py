"""An outage to replay: a capture, a simulator beside it, and somewhere to work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos.captures import Capture
from tests.chaos.outage import Begin, Outage
from tests.chaos.stage import Alma, Workplace
from tests.chaos.stories import make_capture


@pytest.fixture
def begin(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Begins outages; what it started ends with the test."""
    with ExitStack() as stack:

        def begun(
            capture: Capture | tuple[int, int],
            *,
            settings: dict[str, str] | None = None,
            **flags: float,
        ) -> Outage:
            made = capture if isinstance(capture, Capture) else make_capture(*capture)
            alma = stack.enter_context(Alma(tmp_path, made.world, **{"latency": 0.02} | flags))
            work = Workplace.at(tmp_path / "work", alma, made, **settings or {})
            if isinstance(capture, Capture):
                work.loads(made)
            else:
                # Loading takes as long as replaying: what was loaded once serves other tests too.
                loaded = tmp_path_factory.getbasetemp() / "loaded-{}-{}.db".format(*capture)
                if not loaded.exists():
                    work.loads(made)
                    shutil.copyfile(work.queue, loaded)
                shutil.copyfile(loaded, work.queue)
            return Outage(made, alma, work)

        yield begun
