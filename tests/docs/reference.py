"""What the reference pages say, as Markdown from the code."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from almareplay.alma.answers.codes import REFUSALS
from almareplay.cli.main import COMMANDS, app
from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.tables.schema import metadata
from almareplay.settings import PREFIX, Settings
from tests.docs.pages import REPOSITORY


def commands() -> Mapping[str, Any]:
    """The commands by their names, as the command line builds them."""
    found: dict[str, Any] = {}
    for name in COMMANDS:
        command = app.get_command(click.Context(app), name)
        if isinstance(command, click.Group):
            found |= {f"{name} {each}": below for each, below in command.commands.items()}
        else:
            found[name] = command
    return found


def flags(command: Any) -> set[str]:
    """All spellings of a command's options."""
    return {each for param in command.params for each in param.opts if each.startswith("-")} | {
        "--help",
        "-h",
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _outcomes(advice: Callable[[Outcome], str]) -> str:
    return _table(
        ("disposition", "outcome", "what to do"),
        (
            (disposition, f"`{outcome}`", advice(outcome))
            for disposition in Disposition
            for outcome in Outcome
            if outcome.disposition is disposition
        ),
    )


def _after() -> str:
    return _outcomes(lambda outcome: outcome.advice)


def _before() -> str:
    return _outcomes(lambda outcome: outcome.advice_before)


def _alma_codes() -> str:
    codes = defaultdict[Outcome, list[str]](list)
    for code, outcome in REFUSALS.items():
        codes[outcome].append(f"`{code}`")
    return _table(
        ("outcome", "Alma's codes"),
        ((f"`{each}`", ", ".join(codes[each])) for each in Outcome if each in codes),
    )


def _settings() -> str:
    """The settings with the words of the example, and their defaults."""
    rows, words, told = [], list[str](), False
    for line in (REPOSITORY / "settings.example.env").read_text("utf-8").splitlines():
        bare = line.removeprefix("# ")
        if bare.startswith(PREFIX):
            name = bare.partition("=")[0]
            default = Settings.model_fields[name.removeprefix(PREFIX).lower()].default
            shown = "" if default is None else f"`{default}`"
            rows.append((f"`{name}`", shown, " ".join(words)))
            told = True
        elif line.startswith("# "):
            words, told = ([bare] if told else [*words, bare]), False
        else:
            words = []
    return _table(("setting", "default", "meaning"), rows)


def _records(command: Any) -> list[tuple[str, str]]:
    """Arguments and options as the help shows them: how each is written, and its words."""
    context = command.make_context(command.name, [], resilient_parsing=True)
    found = []
    for param in command.get_params(context):
        if record := param.get_help_record(context):
            found.append(record)
    return found


def _commands() -> str:
    records = {name: _records(command) for name, command in commands().items()}
    everywhere = set[tuple[str, str]].intersection(*map(set, records.values()))
    parts = []
    for name, command in commands().items():
        own = [each for each in records[name] if each not in everywhere]
        parts += [f"## {name}", _help(command.help), _list(own)]
    shared = [each for each in next(iter(records.values())) if each in everywhere]
    parts += ["## Options of every command", _list(shared)]
    return "\n\n".join(filter(None, parts))


def _list(records: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- `{name}`: {' '.join(words.split())}" for name, words in records)


def _help(words: str) -> str:
    """The words of a command's help; what stands in lines there stands in lines here."""
    parts = []
    for part in inspect.cleandoc(words).split("\n\n"):
        if part.startswith("\b"):
            heading, *lines = part.removeprefix("\b").strip().splitlines()
            parts += [heading, "\n".join(f"    {line.removeprefix('  ')}" for line in lines)]
        else:
            parts.append(part)
    return "\n\n".join(parts)


def _stored_columns() -> str:
    return "\n".join(
        f"- `{table.name}`: {', '.join(column.name for column in table.columns)}"
        for table in metadata.sorted_tables
    )


WRITTEN: Mapping[str, Callable[[], str]] = {
    "outcomes after a replay": _after,
    "outcomes foreseen": _before,
    "alma codes": _alma_codes,
    "settings": _settings,
    "commands": _commands,
    "stored columns": _stored_columns,
}
"""The blocks that are written from the code alone, by their names."""
