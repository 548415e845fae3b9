"""What the user must still say before a table can be read."""

from __future__ import annotations

from collections.abc import Mapping

from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import missing_place, names_of
from almareplay.sources.tables.carried import Carried
from almareplay.sources.tables.findings import Findings
from almareplay.sources.tables.headers import letter
from almareplay.sources.tables.when import RowTimes
from almareplay.transactions import Kind


def missing(
    name: str,
    columns: Mapping[str, int],
    found: Findings,
    options: ReadingOptions,
    times: RowTimes,
    carried: Carried,
) -> list[str]:
    """What the user must still say of the table of this name, each as the end of a refusal."""
    wanted = [carried.problem] if carried.problem else []
    if options.kind is None and not found.loans + found.returns:
        wanted.append(
            "does not say which rows are loans and which are returns: "
            "give --kind loan or --kind return."
        )
    only_returns = options.kind is not Kind.LOAN and not found.loans
    if "patron_id" not in columns and not only_returns and not carried.in_one_column:
        wanted.append(
            "has loans but no column for the patron that can be told by its header: "
            "say which it is, as in --columns patron_id=B."
        )
    if found.patrons.like_names * 2 > found.patrons.filled:
        wanted.append(
            f"has names in column {letter(columns['patron_id'])}, where patron ids belong: "
            "say which column has the ids, as in --columns patron_id=B."
        )
    wanted += times.missing()
    place = missing_place(
        options,
        names_of(name),
        has_library="library" in found.filled,
        has_desk="circ_desk" in found.filled,
    )
    return [*wanted, place] if place else wanted
