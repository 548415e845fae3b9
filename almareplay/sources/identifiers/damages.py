"""The table of what happens to identifiers on their way, and how each damage is met.

A damage is undone where the text has only one reading, and refused, with the reason, where it has
two or none. Where a library's own numbers look like the damage, a flag decides for the whole file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from almareplay.sources.cells.librarybarcodes import LIBRARY_DIGITS, has_check_digit
from almareplay.sources.identifiers.keyboards import looks_typed_elsewhere, pressed_keys
from almareplay.sources.identifiers.scanner import Scanner
from almareplay.sources.identifiers.stripes import UNREAD, number_on_stripe, part_of_stripe
from almareplay.sources.options import Codabar

LONGEST = 255
"""Characters; no identifier of Alma's is longer."""

SPREADSHEET_DIGITS = 15
"""A spreadsheet keeps so many digits of a number, and writes zeros for the rest."""

RAN_TOGETHER = "ran_together"
NUMBER = "stored_as_number"


class Cure(Enum):
    """How a damage is met."""

    UNDO = auto()
    REFUSE = auto()
    ASK = auto()


Found = Callable[[str, Scanner], str | None]
"""Gives, for a text in which something happened, the text as it was before; None for others."""


class Damage(NamedTuple):
    """One thing that can have happened to an identifier.

    ``code`` is that of the note or of the reason, whose sentences say what it is about and quote
    nothing. ``by_spreadsheet``: only a spreadsheet program does this.
    """

    code: str
    found: Found
    cure: Cure = Cure.UNDO
    by_spreadsheet: bool = False


def _when(found: Callable[[str], str | None]) -> Found:
    """Finds what has nothing to do with the scanner."""
    return lambda text, _: found(text)


def _has(pattern: str) -> Found:
    """Finds the pattern somewhere in the text."""
    search = re.compile(pattern, re.IGNORECASE).search
    return lambda text, _: found[0] if (found := search(text)) else None


def _is(pattern: str) -> Found:
    """Finds that the whole text is as the pattern says; gives its first group, or all of it."""
    fullmatch = re.compile(pattern, re.DOTALL | re.IGNORECASE).fullmatch
    return lambda text, _: found[found.re.groups and 1] if (found := fullmatch(text)) else None


def _without(is_meant: Callable[[str], bool]) -> Found:
    """Takes out all signs that are meant."""

    def found(text: str, _: Scanner) -> str | None:
        left = "".join(sign for sign in text if not is_meant(sign))
        return left if left != text else None

    return found


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc"


def _has_no_width(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or "\ufe00" <= sign <= "\ufe0f"


def _of_the_keyboard(text: str) -> str | None:
    """Digits of every script and the signs of full width as those of the keyboard."""
    if text.isascii():
        return None
    plain = "".join(map(_plain, text))
    return plain if plain != text else None


def _plain(sign: str) -> str:
    if "\uff01" <= sign <= "\uff5e":
        return chr(ord(sign) - 0xFEE0)
    digit = unicodedata.decimal(sign, None)
    return sign if digit is None else str(digit)


_SCIENTIFIC = re.compile(r"([0-9])[.,]([0-9]+)E\+?([0-9]{1,3})", re.IGNORECASE)


def _all_digits(text: str) -> str | None:
    """The number in scientific notation that has as many digits as its exponent demands."""
    if not (found := _SCIENTIFIC.fullmatch(text)):
        return None
    digits = found[1] + found[2]
    is_whole = len(digits) == int(found[3]) + 1 <= SPREADSHEET_DIGITS
    return digits if is_whole else None


_BETWEEN_LETTERS = re.compile(r"[A-DTNE*]\s*([0-9]{3,})\s*[A-DTNE*]", re.IGNORECASE)


def _between_letters(text: str, scanner: Scanner) -> str | None:
    """The digits between letters that surely are those of Codabar."""
    found = _BETWEEN_LETTERS.fullmatch(text)
    if not found or scanner.codabar is Codabar.KEEP:
        return None
    return found[1] if scanner.codabar or has_check_digit(found[1]) else None


def _perhaps_between_letters(text: str, scanner: Scanner) -> str | None:
    return text if scanner.codabar is None and _BETWEEN_LETTERS.fullmatch(text) else None


_BLANKS = re.compile(r"[0-9]+(?:\s[0-9]+)+")
_GROUPS_OF_THREE = re.compile(r"[0-9]{1,3}([.,'’])[0-9]{3}(?:\1[0-9]{3})+")


def _one_number(text: str) -> str | None:
    """Digits in groups that are one number, by its check digit."""
    if not (_BLANKS.fullmatch(text) or _GROUPS_OF_THREE.fullmatch(text)):
        return None
    digits = "".join(sign for sign in text if sign.isdigit())
    return digits if len(digits) == LIBRARY_DIGITS and has_check_digit(digits) else None


_NUMBERS = re.compile(r"[0-9]{5,}(?:[\s,;/|+&]+[0-9]{5,})+[\s,;/|+&]*")
_LISTED = re.compile(r"[^,;]*[0-9][^,;]*(?:[,;][^,;]*[0-9][^,;]*)+")
_TWICE = range(16, 41)


def _several(text: str) -> str | None:
    """Finds several numbers in a text, with signs between them or with none."""
    if _NUMBERS.fullmatch(text) or _LISTED.fullmatch(text):
        return text
    if not text.isdigit() or len(text) not in _TWICE:
        return None
    parts = [text[at : at + LIBRARY_DIGITS] for at in range(0, len(text), LIBRARY_DIGITS)]
    if len(text) % LIBRARY_DIGITS == 0 and any(map(has_check_digit, parts)):
        return text
    half = len(text) // 2
    return text if text[:half] == text[half:] else None


def _no_sign(text: str) -> str | None:
    return text if text and not any(sign.isalnum() for sign in text) else None


DAMAGES = (
    Damage("unreadable_characters", _has("\ufffd"), Cure.REFUSE),
    Damage("tab_or_line_break", _has("[\t\r\n]"), Cure.REFUSE),
    Damage("control_characters", _without(_is_control)),
    Damage("no_width", _without(_has_no_width)),
    Damage("too_long", _has(f".{{{LONGEST + 1}}}"), Cure.REFUSE),
    # What a keyboard makes of a scanner's digits.
    Damage("other_script", _when(_of_the_keyboard)),
    Damage("other_keyboard", _when(pressed_keys)),
    Damage("perhaps_other_keyboard", _when(looks_typed_elsewhere), Cure.REFUSE),
    # What a spreadsheet makes of a number, or shows in its place.
    Damage("apostrophe", _is(r"['’](\w.*)"), by_spreadsheet=True),
    Damage("scientific", _when(_all_digits), by_spreadsheet=True),
    Damage(
        "scientific_cut",
        _is(r"[0-9](?:[.,][0-9]+E\+?|E\+)[0-9]+"),
        Cure.REFUSE,
        by_spreadsheet=True,
    ),
    Damage(NUMBER, _is(r"([0-9]{1,15})[.,]0"), by_spreadsheet=True),
    Damage(RAN_TOGETHER, _has('"'), Cure.REFUSE, by_spreadsheet=True),
    Damage(
        "time_for_identifier",
        _is(
            r"-?[0-9]+:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?(?:\s?[ap]m)?"
            r"|-?[0-9]{4,}-[0-9]{2}-[0-9]{2}(?:[T ].*)?"
        ),
        Cure.REFUSE,
        by_spreadsheet=True,
    ),
    Damage(
        "yes_or_no",
        _is("true|false|wahr|falsch|vrai|faux|verdadero|falso|vero|waar|onwaar"),
        Cure.REFUSE,
        by_spreadsheet=True,
    ),
    # What a scanner was set to send, as the user tells it.
    Damage("prefix", lambda text, scanner: scanner.without_prefix(text)),
    Damage("suffix", lambda text, scanner: scanner.without_suffix(text)),
    # What a card reader sends of a magnetic stripe.
    Damage("stripe_unread", _has(UNREAD.pattern), Cure.REFUSE),
    Damage("stripe", _when(number_on_stripe)),
    Damage("stripe_in_part", _when(part_of_stripe), Cure.REFUSE),
    # What a program hides.
    Damage(
        "masked",
        _has(
            r"\*{2,}|[•●·∙#?]{3,}|\.{3,}|…|(?<![a-z])x{3,}(?![a-z])|^[<\[({][^0-9]{3,}[>\])}]$"
            r"|^(?:hidden|redacted|masked|anonymi[sz]ed)$"
        ),
        Cure.REFUSE,
    ),
    # Which kind of bar code was read, as scanners can be set to say. Source: ISO/IEC 15424.
    Damage("code_identifier", _is(r"\][A-Z][0-9A-Z]\s*(\S.{4,})")),
    # The start and stop signs of Codabar: A to D, of which T, N, * and E are older names. Source:
    # AIM, Uniform Symbology Specification Codabar.
    Damage("codabar", _between_letters),
    Damage("perhaps_codabar", _perhaps_between_letters, Cure.ASK),
    # Groups that an editing scanner makes (CLSI), or a format of a spreadsheet.
    Damage("grouped", _when(_one_number)),
    Damage("several", _when(_several), Cure.REFUSE),
    Damage("blanks_between", _is(_BLANKS.pattern), Cure.REFUSE),
    Damage(
        "signs_between",
        lambda text, _: text if _GROUPS_OF_THREE.fullmatch(text) else None,
        Cure.REFUSE,
        by_spreadsheet=True,
    ),
    Damage("no_sign", _when(_no_sign), Cure.REFUSE),
)
"""In the order in which they are looked for: what is undone can show another one below it."""
