"""Digits that a scanner has typed into a keyboard layout of another country.

A scanner presses the keys of a US keyboard. Where the computer takes them for those of a layout
whose digits need the shift key, other signs come out. Source: the layouts of the X Window System
(xkeyboard-config: fr, be, cz, sk).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from almareplay.sources.cells.librarybarcodes import LIBRARY_DIGITS, has_check_digit


class _Layout(NamedTuple):
    """What comes out for the keys 1 to 0, for the letters whose keys it has elsewhere, and those
    that come out for no letter and no digit."""

    digits: str
    letters: Mapping[int, int]
    others: str = ""

    def reading(self, letters: str, signs: str) -> str | None:
        """The keys that were pressed; None where this layout cannot have brought forth the text."""
        if not set(signs) <= set(self.digits) or set(letters) & set(self.others):
            return None
        return letters.translate(self.letters) + signs.translate(
            str.maketrans(self.digits, "1234567890")
        )


_AZERTY = str.maketrans("AQZWaqzw", "QAWZqawz")
_QWERTZ = str.maketrans("YZyz", "ZYzy")
_LAYOUTS = (
    _Layout("&é\"'(-è_çà", _AZERTY, "Mm"),  # France
    _Layout("&é\"'(§è!çà", _AZERTY, "Mm"),  # Belgium, and France on a Macintosh
    _Layout("+ěščřžýáíé", _QWERTZ),  # Czechia
    _Layout("+ľščťžýáíé", _QWERTZ),  # Slovakia
)
_LETTERS_AND_SIGNS = re.compile(r"([A-Za-z]{0,4})([^A-Za-z0-9\s]{3,})")


def pressed_keys(text: str) -> str | None:
    """The barcode whose keys were pressed, where one layout alone explains the text.

    Digits without a letter before them must have a right check digit: quotation marks around a cell
    may have been two of them.
    """
    found = _LETTERS_AND_SIGNS.fullmatch(text)
    if not found or found[2].isascii():
        return None
    readings = {reading for layout in _LAYOUTS if (reading := layout.reading(*found.groups()))}
    if len(readings) != 1:
        return None
    (reading,) = readings
    is_whole = len(reading) == LIBRARY_DIGITS and has_check_digit(reading)
    return reading if found[1] or is_whole else None


def looks_typed_elsewhere(text: str) -> str | None:
    """The signs in a text without digits that stand for digits in some layout, three in a row."""
    if any(sign.isdigit() for sign in text):
        return None
    for layout in _LAYOUTS:
        found = re.search(f"[{re.escape(layout.digits)}]{{3,}}", text)
        if found and not found[0].isascii():
            return found[0]
    return None
