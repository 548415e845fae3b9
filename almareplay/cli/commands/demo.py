"""``demo``: everything in one go, on the stand-in Alma."""

from __future__ import annotations

from pathlib import Path

import click

from almareplay.cli.options.command import Command
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.workflows.demo import run_demo


@click.command(cls=Command)
@click.argument(
    "directory",
    type=PATH,
    default=Path("almareplay-demo"),
    metavar="[FOLDER]",
    help="Where the demo puts its files.  [default: almareplay-demo]",
)
@click.pass_context
def demo(context: click.Context, /, directory: Path, **_: CommonOptions) -> None:
    """Show it all at work on a stand-in Alma.

    Sample captures in, loans and returns posted, report out, in half a minute. Touches no real
    Alma, and nothing outside its folder. On a terminal the stand-in stays until you press
    Enter. Needs the extra: pip install 'almareplay[simulator]'

    \b
    Examples:
      almareplay demo
      almareplay demo somewhere-else

    \b
    Exit codes:
      0    shown
      2    no simulator installed, or the folder is something else's
      130  interrupted
    """
    program = context.find_root().command
    run_demo(directory, lambda *words: program.main(list(words), standalone_mode=False))
