"""``patrons``: the offline patron list, made before an outage."""

from __future__ import annotations

from pathlib import Path

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.options.command import Command, OneOf, alone
from almareplay.cli.options.common import PATH, CommonOptions
from almareplay.cli.options.shared import OVERWRITE, PACE
from almareplay.cli.workflows.capture_page.patron_lists import list_of_ids, list_of_table
from almareplay.sources import DateOrder
from almareplay.sources.patrons import PATRON_FIELDS


@click.group()
def patrons() -> None:
    """Prepare the offline patron list.

    \b
    Examples:
      almareplay patrons export patrons.json --from analytics.csv
    """


@patrons.command(cls=Command, groups=[alone(OVERWRITE), alone(PACE)])
@click.argument("path", type=PATH, metavar="FILE.json", help="List to write.")
@click.option(
    "--from",
    "table",
    type=PATH,
    metavar="CSV",
    help="Table of patrons with a header, as from Alma Analytics.",
)
@click.option(
    "--ids",
    type=PATH,
    metavar="FILE",
    help="Patron ids, one a line: Alma is asked about each.",
)
@click.option(
    "--columns",
    default="",
    show_default=False,
    metavar="FIELD=COLUMN,…",
    help="Which column of the table is what: patron_id=A+B,expiry_date=Expires,block=D. A column "
    "is its header, its letter, or its number from 1.",
)
@click.option(
    "--date-order",
    type=OneOf(DateOrder),
    help="Order of day, month and year in the table's dates, where the year is not first.",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask before Alma is called.")
def export(
    common: CommonOptions,
    path: Path,
    table: Path | None,
    ids: Path | None,
    columns: str,
    date_order: DateOrder | None,
    yes: bool,
    overwrite: bool,
    requests_per_second: float | None,
) -> Exit:
    """Write who may borrow, for desks to see while Alma is away.

    The page of 'almareplay capture --patrons FILE' shows what the list says, with its date. The
    list holds hashes of the patrons' ids, no ids and no names, and of each whether the account is
    ok, blocked or expired today.

    Out of a table with --from, columns of ids, expiry dates and blocks are read; whatever a patron
    may have scanned should be in it. A filled cell of the column of blocks is a block, but for 0
    and no. With --ids Alma is asked about each patron with one call, and all ids that it knows of
    the patron come into the list. (No call of Alma's lists many patrons with their barcodes,
    expiry dates and blocks.)

    \b
    Examples:
      almareplay patrons export patrons.json --from analytics.csv
      almareplay patrons export patrons.json --from patrons.csv --date-order mdy \\
          --columns "patron_id=Barcode+Primary Identifier,expiry_date=C,block=D"
      almareplay patrons export patrons.json --ids regulars.txt

    \b
    Exit codes:
      0    written
      2    nothing to write, or wrong usage or settings
      3    refused by Alma, or not agreed to
      75   Alma is away, or the calls of the day are used up: nothing written
      130  interrupted: nothing written
    """
    if (table is None) == (ids is None):
        raise click.UsageError("Give the patrons either as a table (--from) or as ids (--ids).")
    if table is not None:
        return list_of_table(
            path, table, columns=_columns(columns), order=date_order, overwrite=overwrite
        )
    assert ids is not None
    if columns or date_order:
        raise click.UsageError("--columns and --date-order are about the table of --from.")
    settings = common.read_settings(requests_per_second=requests_per_second)
    return list_of_ids(settings, path, ids, yes=yes, overwrite=overwrite)


def _columns(text: str) -> dict[str, str]:
    """Which field is said to be which column. Raises UsageError."""
    columns: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, column = part.partition("=")
        if name.strip() not in PATRON_FIELDS or not equals or not column.strip():
            raise click.UsageError(
                f"--columns {part}: write FIELD=COLUMN. Fields: {', '.join(PATRON_FIELDS)}."
            )
        columns[name.strip()] = column.strip()
    return columns
