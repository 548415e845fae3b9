"""The layout: which part may import which, settings that the example knows, files that fit."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import almareplay
from almareplay.settings import PREFIX, Settings

PACKAGE = Path(almareplay.__file__).parent
REPOSITORY = Path(__file__).parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300

VOCABULARY = {"transactions", "outcomes"}
MAY_IMPORT = {
    "transactions": set[str](),
    "outcomes": {"transactions"},
    "settings": {"alma", "transactions"},
    "sources": VOCABULARY,
    "queue": VOCABULARY,
    "alma": VOCABULARY,
    "reports": {"queue", *VOCABULARY},
    "replay": {"queue", "alma", *VOCABULARY},
    "consortium": {"settings", "replay", "queue", "alma", *VOCABULARY},
    "simulator": set[str](),
    "capture": {"queue", "transactions"},
}
MODULES_BESIDE_THE_PARTS = {"__init__", "__main__", "transactions"}


def part_of(path: Path, of: Path = PACKAGE) -> str:
    """The part of a module: its folder or its own name below the package, or below a folder of
    it."""
    return path.relative_to(of).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The parts that a module imports, wherever in it."""
    return {name.split(".")[1] for name in imported_names(path)}


@cache
def imported_names(path: Path) -> set[str]:
    """The whole names of what a module imports of ours, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: parts are imported by their full names"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found.update(name for name in names if name.startswith("almareplay."))
    return found


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_only_what_it_may(part: str) -> None:
    modules = [path for path in MODULES if part_of(path) == part]
    assert modules
    for path in modules:
        foreign = imported(path) - {part} - MAY_IMPORT[part]
        assert not foreign, f"{path.relative_to(PACKAGE)} imports {sorted(foreign)}"


def test_only_replay_consortium_and_the_command_line_join_queue_and_alma() -> None:
    joining = {
        part_of(path) for path in MODULES if {"queue", "alma"} <= {part_of(path), *imported(path)}
    }
    assert joining <= {"replay", "consortium", "cli"}


def test_every_part_has_its_rules() -> None:
    assert {part_of(path) for path in MODULES} - {"cli", "__init__", "__main__"} == set(MAY_IMPORT)


def test_no_module_stands_beside_the_parts_but_transactions() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == MODULES_BESIDE_THE_PARTS


def layers_of_the_design() -> dict[str, list[str]]:
    """What the larger parts are made of, from the bottom up."""
    design = (REPOSITORY / "docs" / "design.md").read_text("utf-8")
    table = design.partition("| from the bottom up |")[2].partition("\n\n")[0]
    rows = [re.findall(r"`([\w/]+)`", line) for line in table.splitlines()[2:]]
    return {part: layers for part, *layers in rows}


@pytest.mark.parametrize("part", ["queue", "alma", "cli/workflows"])
def test_what_a_part_is_made_of_imports_only_what_stands_below_it(part: str) -> None:
    folder = PACKAGE / part
    layers = layers_of_the_design()[part]
    modules = [path for path in folder.rglob("*.py") if path != folder / "__init__.py"]
    assert {part_of(path, folder) for path in modules} == set(layers)
    beginning = f"almareplay.{part.replace('/', '.')}."
    for path in modules:
        own = layers.index(part_of(path, folder))
        inside = [name for name in imported_names(path) if name.startswith(beginning)]
        for name in inside:
            layer = name.removeprefix(beginning).split(".")[0]
            assert layers.index(layer) <= own, f"{path.relative_to(PACKAGE)} imports {name}"


CLI = {
    "console": set[str](),
    "options": {"console"},
    "workflows": {"console", "options"},
    "commands": {"console", "options", "workflows"},
}


@pytest.mark.parametrize("part", CLI)
def test_a_part_of_the_command_line_imports_only_what_it_may(part: str) -> None:
    for path in (PACKAGE / "cli" / part).rglob("*.py"):
        names = re.findall(r"almareplay\.cli\.(\w+)", path.read_text("utf-8"))
        assert set(names) - {part} <= CLI[part], path.name


def test_only_what_is_typed_and_asked_knows_click() -> None:
    for path in (PACKAGE / "cli" / "workflows").rglob("*.py"):
        assert "click" not in path.read_text("utf-8"), path.name


def test_a_file_is_read_in_one_sitting() -> None:
    files = [*MODULES, *sorted((REPOSITORY / "tests").rglob("*.py"))]
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in files}
    long = {str(path.relative_to(REPOSITORY)): n for path, n in lines.items() if n > LONGEST}
    assert long == {}


def settings_of_the_example() -> dict[str, str]:
    """The settings that the example names, also those behind a comment sign."""
    lines = (REPOSITORY / "settings.example.env").read_text("utf-8").splitlines()
    bare = [line.removeprefix("# ") for line in lines]
    pairs = [line.partition("=") for line in bare if line.startswith(PREFIX)]
    return {name: value for name, equals, value in pairs if equals}


def test_the_example_has_every_setting_and_no_other() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(settings_of_the_example()) == known


def test_the_example_shows_the_defaults() -> None:
    shown = settings_of_the_example()
    for name in ("queue", "daily_reserve", "timeout_seconds", "settle_seconds"):
        assert shown[PREFIX + name.upper()] == str(Settings.model_fields[name].default)
    assert float(shown[PREFIX + "REQUESTS_PER_SECOND"]) == Settings(environment="production").pace


DESIGN = (
    *("API_KEY", "REGION", "BASE_URL", "ENVIRONMENT", "LIBRARY", "CIRC_DESK", "TIMEZONE", "QUEUE"),
    *("REQUESTS_PER_SECOND", "DAILY_RESERVE", "TIMEOUT_SECONDS", "SETTLE_SECONDS"),
    "INSTITUTIONS",
)
# A capture tool's database asks for it; the design leaves open how it is given.
BESIDES = ("DATABASE_PASSWORD",)


def test_the_settings_are_those_of_the_design() -> None:
    assert {PREFIX + name for name in DESIGN + BESIDES} == set(settings_of_the_example())
