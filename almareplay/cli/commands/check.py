"""``check``: whether a replay could begin."""

from __future__ import annotations

import click

from almareplay.cli.console.exits import Exit
from almareplay.cli.options.command import Command, alone
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.shared import ALL, PACE
from almareplay.cli.workflows.checking.checking import check as check_one


@click.command(cls=Command, groups=[alone(PACE), alone(ALL)])
@click.option(
    "--probe",
    is_flag=True,
    help="In a sandbox: also read what is not known of Alma's API, and tell it.",
)
def check(
    common: CommonOptions, requests_per_second: float | None, of_all: bool, probe: bool
) -> Exit:
    """Check key, environment, libraries, desks and the calls left.

    Asks Alma, changes nothing, and says what it saw. Works before anything is loaded; afterwards it
    also checks the library and desk of each row, and tells how long the replay will take. With
    --all it does so for each institution of a consortium; the exit code is the worst of theirs.

    \b
    Examples:
      almareplay check
      almareplay check --run night
      almareplay check --probe
      almareplay check --all --institutions institutions.toml

    \b
    Exit codes:
      0   nothing is wrong
      2   wrong usage or settings
      3   something must be put right first
      75  Alma cannot be asked now
    """
    if of_all:
        common.all_of_them()
        if probe:
            raise click.UsageError("--probe is for one institution: name it with --institution.")
    settings = common.read_settings(requests_per_second=requests_per_second)
    if of_all:
        # Most have but one institution.
        from almareplay.cli.workflows.institutions.checking_all import check_all

        return check_all(common, settings, requests_per_second)
    return check_one(common, settings, probe=probe)
