"""What the pages name is there: files, names in them, headings, commands and their options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, README, REPOSITORY, anchors, code_lines, pages
from tests.docs.reference import commands, flags

PAGES = [pytest.param(page, id=str(page.relative_to(REPOSITORY))) for page in pages()]
PLACES = re.compile(
    r"`((?:almareplay|tests|docs|fixtures|\.ci)/[\w./-]*|[\w.]+\.(?:example\.env|toml|yml|md))`"
)
NAMED_IN = re.compile(r"`(\w+)` in\s+`([\w./]+\.py)`")
# Options of other programs that the pages name.
FOREIGN = {"--strict", "--resolution", "--demo", "--inputs", "--version", "--install-completion"}
FOREIGN |= {"--seed", "--rows", "--runs", "--max-time", "--quick", "--compare"}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path, _, heading = link.partition("#")
        assert ":" not in path, f"{link}: pages link to nothing outside of the repository"
        goal = (page.parent / path) if path else page
        assert goal.is_file(), link
        assert not heading or heading in anchors(goal), link


@pytest.mark.parametrize("page", PAGES)
def test_places_that_are_named_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    missing = [place for place in PLACES.findall(text) if not (REPOSITORY / place).exists()]
    assert missing == []
    for name, place in NAMED_IN.findall(text):
        code = (REPOSITORY / place).read_text("utf-8")
        defined = rf"^(?:class {name}\b|(?:async )?def {name}\b|{name}\b.*=)"
        assert re.search(defined, code, re.MULTILINE), f"no {name} in {place}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_shown_can_be_typed(page: Path) -> None:
    known = commands()
    for line in code_lines(page):
        if not re.match(r"(\$ )?almareplay [a-z]", line):
            continue
        words = shlex.split(line.removeprefix("$ "), comments=True)
        named = words[1] if words[1] in known else " ".join(words[1:3])
        assert named in known, line
        given = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert given <= flags(known[named]), line


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_in_sentences_exist(page: Path) -> None:
    known = commands()
    every = set[str]().union(*map(flags, known.values())) | FOREIGN
    for code in re.findall(r"`([^`\n]+)`", page.read_text("utf-8")):
        if named := re.fullmatch(r"almareplay (([a-z]+)(?: [a-z]+)?)(?: .*)?", code):
            assert known.keys() & {*named.groups()}, code
        assert set(re.findall(r"(?<!\S)--[a-z][a-z-]+", code)) <= every, code


@pytest.mark.parametrize("page", PAGES)
def test_modules_that_are_run_are_there(page: Path) -> None:
    for module in re.findall(r"python3? -m ((?:tests|almareplay)[\w.]*)", page.read_text("utf-8")):
        path = REPOSITORY / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_every_page_stands_in_the_navigation() -> None:
    configuration = (REPOSITORY / ".mkdocs.yml").read_text("utf-8")
    for page in DOCS.rglob("*.md"):
        assert f"- {page.relative_to(DOCS)}\n" in configuration


def test_the_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) < 150
