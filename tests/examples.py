"""How many examples a property is tried with: few in the suite, all of them beside it."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

SUITE, THOROUGH = "suite", "thorough"


def register_profiles() -> None:
    """Make both known, and the suite's the one that counts unless pytest is told otherwise."""
    # How long an example takes says more about the machine than about the code.
    slowly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(SUITE, slowly, max_examples=40)
    settings.register_profile(THOROUGH, slowly, max_examples=100)
    settings.load_profile(SUITE)


def examples(thorough: int) -> int:
    """How many examples a property gets that is to have ``thorough`` of them beside the suite."""
    return thorough * settings().max_examples // 100
