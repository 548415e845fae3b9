"""Numbers with right check digits, and what is read of what a field holds."""

from __future__ import annotations

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources.identifiers import Identifier, read_identifier, read_identifier_cell

ITEM, PATRON = "39424000101011", "29424000200013"
"""Numbers with right check digits."""


def said(identifier: Identifier) -> tuple[str, str, str]:
    """The text, and in words the notes and the problem."""
    text, notes, problem = identifier
    return text, all_in_words(notes), in_words(problem) if problem else ""


def undone(raw: str, *, spreadsheet: bool = True) -> tuple[str, str]:
    """The text and the note of what is read; nothing may be wrong with it."""
    text, note, problem = said((read_identifier_cell if spreadsheet else read_identifier)(raw, "x"))
    assert problem == ""
    return text, note


def refused(raw: str, *, spreadsheet: bool = True) -> str:
    """Why it is not read."""
    text, note, problem = said((read_identifier_cell if spreadsheet else read_identifier)(raw, "x"))
    assert (text, note) == ("", "")
    return problem
