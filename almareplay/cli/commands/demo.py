"""``demo``: everything in one go, on the stand-in Alma."""

from __future__ import annotations

from pathlib import Path

import click

from almareplay.cli.options.command import Command
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.workflows.demos.library import run_demo


@click.command(cls=Command)
@click.argument(
    "directory",
    type=PATH,
    default=Path("almareplay-demo"),
    metavar="[FOLDER]",
    help="Where the demo puts its files.  [default: almareplay-demo]",
)
@click.option(
    "--consortium",
    is_flag=True,
    help="Three institutions, their queue in PostgreSQL, two workers.",
)
@click.option(
    "--capture",
    is_flag=True,
    help="Two desks that scan on the page of 'almareplay capture' during an outage.",
)
@click.pass_context
def demo(
    context: click.Context,
    /,
    directory: Path,
    consortium: bool,
    capture: bool,
    **_: CommonOptions,
) -> None:
    """Show it all at work on a stand-in Alma.

    Sample captures in, loans and returns posted, report out, in half a minute. Touches no real
    Alma, and nothing outside its folder. On a terminal the stand-in stays until you press
    Enter. Needs the extra: pip install 'almareplay[simulator]'; with --consortium also the extra
    consortium, and PostgreSQL, of which it starts a server of its own; with --capture the extra
    capture. Its desks are in a headless browser where Playwright and Chromium are found.

    \b
    Examples:
      almareplay demo
      almareplay demo somewhere-else
      almareplay demo --consortium
      almareplay demo --capture

    \b
    Exit codes:
      0    shown
      2    what it needs is not installed, or the folder is something else's
      130  interrupted
    """
    program = context.find_root().command

    def run(*words: str) -> object:
        return program.main(list(words), standalone_mode=False)

    if consortium and capture:
        raise click.UsageError("--consortium and --capture are two demos: choose one.")
    if consortium:
        from almareplay.cli.workflows.demos.consortium import run_consortium_demo  # an extra

        run_consortium_demo(directory, run)
    elif capture:
        from almareplay.cli.workflows.demos.capture import run_capture_demo

        run_capture_demo(directory, run)
    else:
        run_demo(directory, run)
