"""What a scanner was set to do, and what stands around the text of a code."""

from __future__ import annotations

from typing import NamedTuple

from almareplay.sources.options import Codabar, ReadingOptions

# str.strip() knows all blanks but not the control characters and the marks of no width that web
# pages, DOS and scanners leave.
_AROUND = "".join(
    chr(code)
    for code in (
        *range(0x21),
        *range(0x7F, 0xA1),
        *(0xAD, 0x061C, 0x1680, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030)),
        *(0x205F, *range(0x2060, 0x2070), 0x3000, 0xFE0F, 0xFEFF),
    )
)


def bare(text: str) -> str:
    """The text without blanks (no-break ones too), marks and control characters around it."""
    return text.strip(_AROUND)


class Scanner(NamedTuple):
    """What a scanner was set to put around each code that it read, without blanks around it.

    ``codabar``: what is to be done with letters around digits; None where nobody has said it.
    """

    prefix: str = ""
    suffix: str = ""
    codabar: Codabar | None = None

    def without_prefix(self, text: str) -> str | None:
        """The text behind the prefix, where it has it."""
        has_it = self.prefix and text.startswith(self.prefix)
        return bare(text[len(self.prefix) :]) if has_it else None

    def without_suffix(self, text: str) -> str | None:
        """The text before the suffix, where it has it."""
        has_it = self.suffix and text.endswith(self.suffix)
        return bare(text[: -len(self.suffix)]) if has_it else None

    def inside(self, text: str) -> str:
        """The text without prefix and suffix, where it has them."""
        if (rest := self.without_prefix(text)) is not None:
            text = rest
        return text if (rest := self.without_suffix(text)) is None else rest


NO_SCANNER = Scanner()


def scanner_of(options: ReadingOptions) -> Scanner:
    """The scanner of the options; ``NO_SCANNER`` itself where they tell nothing of it."""
    told = Scanner(bare(options.scanner_prefix), bare(options.scanner_suffix), options.codabar)
    return told if any(told) else NO_SCANNER
