"""Each part of the policy has one option, with the policy's default, and words that are said."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import click
import pytest

from almareplay.cli.main import app
from almareplay.cli.options.policy import POLICY, policy_in_words
from almareplay.replay.follow_ups.fines import Fines
from almareplay.replay.policy import Guard, Policy

NAMES = [each.name for each in fields(Policy)]
OTHERS: dict[str, Any] = {
    "waive_reason": "CODE",
    "place_on_hold_shelf": True,
    "reopened_at": datetime(2026, 9, 14, 9, 0),  # noqa: DTZ001 (its zone is not told)
    "user_id_type": "BARCODE",
    "generate_linked_user": True,
}


def test_each_part_has_its_option() -> None:
    assert list(POLICY) == NAMES
    assert [each.option.name for each in POLICY.values()] == NAMES


@pytest.mark.parametrize("command", ["replay", "rehearse"])
def test_where_nothing_is_said_the_policy_is_the_default(command: str) -> None:
    found = app.get_command(click.Context(app), command)
    assert found is not None
    said = found.make_context(command, []).params
    assert Policy(**{name: said[name] for name in NAMES}) == Policy()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_the_default_is_said_before_rows_are_posted(name: str) -> None:
    default = getattr(Policy(), name)
    others = (
        [OTHERS[name]] if name in OTHERS else [each for each in type(default) if each != default]
    )
    assert others
    for value in others:
        told = list(policy_in_words(replace(Policy(), **{name: value})))
        # The reason of the waivers is said with them.
        assert len(told) == (name != "waive_reason")
        assert all(isinstance(value, StrEnum | bool) or str(value)[:10] in each for each in told)


def test_the_words_are_those_of_the_policy() -> None:
    assert list(policy_in_words(Policy())) == []
    assert list(
        policy_in_words(Policy(guard=Guard.OFF, fines=Fines.WAIVE, waive_reason="ERR"))
    ) == [
        "items are not looked at before they are lent or scanned in",
        "fines that the outage alone has made are waived with reason ERR",
    ]
