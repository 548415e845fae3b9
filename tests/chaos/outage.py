"""A capture that waits to be replayed, beside an Alma that is back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from tests.chaos.captures import Capture
from tests.chaos.checker import Rules, violations
from tests.chaos.evidence import Evidence
from tests.chaos.stage import Alma, Workplace


@dataclass(frozen=True)
class Outage:
    """A capture that is loaded and waits to be replayed."""

    capture: Capture
    alma: Alma
    work: Workplace

    def kept_all_promises(self, **rules: Any) -> Evidence:
        """Hold everything against the model; answers what there was to judge by."""
        evidence = self.work.evidence(self.alma)
        broken = violations(self.capture, evidence, Rules(**rules))
        assert not broken, "\n".join(map(str, broken))
        return evidence


class Begin(Protocol):
    """Begins an outage: a capture by hand, or the seed and the number of rows of one.

    ``settings`` are ours, without ``ALMAREPLAY_``; ``flags`` are the simulator's.
    """

    def __call__(
        self,
        capture: Capture | tuple[int, int],
        *,
        settings: dict[str, str] | None = None,
        **flags: float,
    ) -> Outage: ...
