"""``check --probe``: in a sandbox only, and nothing but reads."""

from __future__ import annotations

from almareplay.alma.probe import UNKNOWN
from tests.cli.conftest import User


def test_a_sandbox_is_probed(user: User) -> None:
    before = len(user.alma.record.effects)
    done = user.types("check", "--probe")
    assert done.code == 0
    for unknown in UNKNOWN:
        assert f"  {unknown.name}: {unknown.question}" in done.out
    assert "settled: it says 'sandbox'" in done.out
    assert "not settled: only a call that writes could tell" in done.out
    assert "by hand in a sandbox: docs/unknown-in-alma.md" in done.out
    assert len(user.alma.record.effects) == before


def test_production_is_not_probed(user: User) -> None:
    before = len(user.alma.record.requests)
    done = user.types("check", "--probe", ENVIRONMENT="production")
    assert (done.code, done.out) == (2, "")
    assert "--probe is for a sandbox only: ALMAREPLAY_ENVIRONMENT is production." in done.err
    assert len(user.alma.record.requests) == before


def test_an_alma_that_says_it_is_production_is_not_probed(user: User) -> None:
    user.alma.world.environment = "production"
    try:
        done = user.types("check", "--probe")
    finally:
        user.alma.world.environment = "sandbox"
    assert done.code == 3
    assert "Nothing was probed: this Alma does not say that it is a sandbox." in done.err
    assert "settled" not in done.out


def test_an_alma_that_cannot_say_what_it_is_is_not_probed(user: User) -> None:
    done = user.types("check", "--probe", API_KEY="circulation-key")
    assert done.code == 3
    assert "Nothing was probed" in done.err
