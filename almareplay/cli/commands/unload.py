"""``unload``: a loaded file's rows out of the run again."""

from __future__ import annotations

from pathlib import Path

import click

from almareplay.cli.console.output import count, say
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.workflows.loading.captures import sha256_of
from almareplay.cli.workflows.opening import open_queue
from almareplay.queue.loading.unloading import unload_file


@click.command(cls=Command)
@click.argument(
    "file",
    type=PATH,
    metavar="FILE",
    help="The loaded file, or the name that it had.",
)
@click.option(
    "--sheet", metavar="NAME", help="Only this sheet, where sheets were loaded one by one."
)
def unload(common: CommonOptions, file: Path, sheet: str | None) -> None:
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
    with open_queue(common.read_settings().queue) as queue:
        run = queue.run(common.run, common.institution)
        sha256 = sha256_of(file) if file.is_file() else None
        unloaded = unload_file(queue, run, file.name, sha256=sha256, sheet=sheet)
    again = ""
    if unloaded.pending_again:
        again = f" {count(unloaded.pending_again, 'row')} that repeated them: pending again."
    say(f"{', '.join(unloaded.names)}: {count(unloaded.rows, 'row')} taken out of the run.{again}")
