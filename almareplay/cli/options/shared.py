"""Options of some commands."""

from __future__ import annotations

import click


class _Number(click.types.FloatParamType):
    name = "number"  # as it is called where something else is typed


OVERWRITE = click.Option(
    ["--overwrite"],
    is_flag=True,
    help="Replace files that are there, also what almareplay did not write.",
)
"""The option of commands that write files."""

ALL = click.Option(
    ["--all", "of_all"], is_flag=True, help="For each institution of the consortium, in a table."
)
"""The option of commands that look at all institutions."""

PACE = click.Option(
    ["--requests-per-second"],
    type=_Number(),
    metavar="N",
    help="Calls a second, of those that the institution shares.  [default: 15 in production, 8 in "
    "a sandbox]",
)
"""The option of commands that call Alma."""

SCANNER_PREFIX, SCANNER_SUFFIX = (
    click.Option(
        [f"--scanner-{name}"],
        default="",
        show_default=False,
        metavar="TEXT",
        help=f"Put {where} each code by the scanner: taken off.",
    )
    for name, where in (("prefix", "before"), ("suffix", "after"))
)
"""The options of commands that read what scanners have typed."""
