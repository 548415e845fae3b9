"""Lines on a terminal end between words, and never within what is to be copied."""

from __future__ import annotations

import re

# What stays whole, after the blanks before it: a command in quotation marks or at the end of its
# line, a chmod with its file, any word.
_PIECE = re.compile(
    r"(\s*)("
    r"(?<!\w)'almareplay .*?'(?![\w'])\S*"
    r"|(?:^|(?<=: )|(?<=\$ ))almareplay .*"
    r"|chmod 600 \S+"
    r"|\S+)"
)


def wrapped(text: str, width: int) -> str:
    """The text in lines of at most so many characters, those that continue one indented like it.

    What stays whole and is longer has a line of its own, which is left to the terminal to break.
    """
    return "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    words = line.lstrip()
    indent = line[: len(line) - len(words)]
    lines = [""]
    for blanks, piece in _PIECE.findall(words):
        if lines[-1] and len(indent + lines[-1] + blanks + piece) > width:
            lines.append(piece)
        else:
            lines[-1] += blanks + piece
    return "\n".join(indent + each for each in lines)
