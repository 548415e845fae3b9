"""Text that was encoded twice: UTF-8 taken for Windows-1252 and encoded once more."""

from __future__ import annotations

from almareplay.transactions import Reason

TWICE_ENCODED = Reason("twice_encoded")

# What MySQL calls latin1 is Windows-1252 with the holes of that filled up.
_BYTES = {
    bytes([code]).decode("cp1252", "ignore") or chr(code): bytes([code]) for code in range(256)
}


def mended(text: str) -> str:
    """The text as it was before it was encoded a second time; unchanged where it was not."""
    if text.isascii():
        return text
    try:
        once = b"".join(_BYTES[sign] for sign in text)
        return once.decode()
    except (KeyError, UnicodeDecodeError):
        return text
