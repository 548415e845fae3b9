"""``unload``: a loaded file's rows out of the run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from almareplay.cli.captures import sha256_of
from almareplay.cli.opening import open_queue
from almareplay.cli.shared import count, options, say, settings_of, shared_options
from almareplay.queue.unloading import unload_file


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(unload))


def unload(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The loaded file, or the name that it had.")
    ],
    sheet: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only this sheet, where sheets were loaded one by one."),
    ] = None,
) -> None:
    """Take a loaded file out of the run again.

    That works as long as none of its rows was sent to Alma. The file can then be loaded anew, with
    other flags or corrected. It is known by what it holds; where it is no longer there or was
    changed, by the name that it had when it was loaded.

    \b
    Examples:
      almareplay unload desk.dat
      almareplay unload desk.xlsx --sheet Friday

    \b
    Exit codes:
      0  taken out
      2  the file is not in the run, or rows of it were sent
      3  the run is being replayed
    """
    with open_queue(settings_of().queue) as queue:
        run = queue.run(options.run)
        sha256 = sha256_of(file) if file.is_file() else None
        unloaded = unload_file(queue, run, file.name, sha256=sha256, sheet=sheet)
    again = ""
    if unloaded.pending_again:
        again = f" {count(unloaded.pending_again, 'row')} that repeated them: pending again."
    say(f"{', '.join(unloaded.names)}: {count(unloaded.rows, 'row')} taken out of the run.{again}")
