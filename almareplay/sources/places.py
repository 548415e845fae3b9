"""Where rows that do not say so themselves happened."""

from __future__ import annotations

from almareplay.sources.options import ReadingOptions


def missing_place(
    options: ReadingOptions, *, has_library: bool = False, has_desk: bool = False
) -> str:
    """What the user must still say, as the end of a refusal; empty when nothing is missing.

    ``has_library`` and ``has_desk``: the rows of the file say it themselves.
    """
    missing = [
        flag
        for flag, known in (
            ("--library CODE", has_library or options.library),
            ("--circ-desk CODE", has_desk or options.circ_desk),
        )
        if not known
    ]
    if not missing:
        return ""
    return (
        "does not say where its loans and returns happened: "
        f"give {' and '.join(missing)}, with the codes that Alma has."
    )
