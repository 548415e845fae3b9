"""How a command's help looks: plain text, its own options apart from those that all have."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from almareplay.cli.shared import SHARED


class Command(TyperCommand):
    """A command with the options that all have in a section of their own."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words after the command's name: ``FILE...`` where Typer writes ``{FILE}...``."""
        return [
            piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)
        ]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options."""
        arguments, own, shared = [], [], []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                name, words = record
                # Without Python's types, which some versions of Typer show.
                arguments.append((name.partition(" <")[0].strip("[]"), words))
            elif param.name in SHARED or param.name == "help":
                shared.append(record)
            else:
                own.append(record)
        for heading, records in (
            ("Arguments", arguments),
            ("Options", own),
            ("Options of every command", shared),
        ):
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
