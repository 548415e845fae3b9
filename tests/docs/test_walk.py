"""The walk through the code: its functions are there, and it does not turn back."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import groupby
from operator import attrgetter

from tests.docs.pages import DOCS

PARTS = (DOCS / "walk.md").read_text("utf-8").split("\n## ")[1:]


def named(part: str) -> list[tuple[str, str]]:
    """The modules and the functions in them that a part names, in its order."""
    return re.findall(
        r"^\| `(almareplay(?:\.[a-z_]\w*)+)\.((?:[A-Z]\w*\.)?\w+)` \|", part, re.MULTILINE
    )


def test_every_function_is_there_and_says_what_it_does() -> None:
    found = [each for part in PARTS for each in named(part)]
    assert len(found) > 20
    for module, name in found:
        function = attrgetter(name)(import_module(module))
        assert callable(function), name


def test_no_part_turns_back() -> None:
    for part in PARTS:
        modules = [module for module, _ in groupby(module for module, _ in named(part))]
        assert len(modules) == len(set(modules)), modules
