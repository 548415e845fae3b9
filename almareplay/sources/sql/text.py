"""The text of an SQL script of any size, of which a piece is at hand, and its way past what is not
read."""

from __future__ import annotations

import re
from collections.abc import Callable

from almareplay.sources.sql.grammar import Grammar

LONGEST = 262_144
"""Characters of a row, a CREATE TABLE or a comment. So much text is always at hand beyond the
position: what does not match there never will."""

_CHUNK = 4 * LONGEST
_HEAD = 4_096

_STANDARD_STRINGS = re.compile(
    r"^(?:-- PostgreSQL database (?:cluster )?dump|PRAGMA |BEGIN TRANSACTION;)", re.MULTILINE
)
_USUAL_DELIMITER = re.compile(r"^DELIMITER\s++;\s", re.IGNORECASE | re.MULTILINE)
_LINE_REST = re.compile(r"[^\n]*+(\n?)")


class ScriptText:
    """What ``more`` gives, a number of characters at a time. ``text`` is what is at hand of it, and
    ``at`` the position there; ``ended``: nothing follows what is at hand.

    ``head`` is how the script begins, which tells its ``grammar``.
    """

    def __init__(self, more: Callable[[int], str]) -> None:
        self._more = more
        self.text = ""
        self.at = 0
        self.ended = False
        self._line = 1
        self._counted = 0
        self.fill()
        self.head = self.text[:_HEAD]
        self.grammar = Grammar(escapes=not _STANDARD_STRINGS.search(self.head))

    @property
    def line(self) -> int:
        """The number of the line that the position is in, from 1."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    @property
    def settled(self) -> int:
        """Up to this position, what does not match never will."""
        return len(self.text) if self.ended else len(self.text) - LONGEST

    def fill(self) -> bool:
        """Makes sure that enough text is at hand, or all that is left. False where none is."""
        while not self.ended and len(self.text) - self.at < LONGEST:
            self._line = self.line
            self._counted = 0
            more = self._more(_CHUNK)
            self.ended = not more
            self.text = self.text[self.at :] + more
            self.at = 0
        return self.at < len(self.text)

    def skip_line(self) -> bool:
        """Goes past the end of the line. False where it has none."""
        while self.fill():
            found = _LINE_REST.match(self.text, self.at)
            self.at = found.end() if found else len(self.text)
            if found and found[1]:
                return True
        return False

    def skip_statement(self) -> bool:
        """Goes past the next semicolon that stands in no string. False where there is none."""
        while self.fill():
            found = self.grammar.anything.match(self.text, self.at)
            self.at = found.end() if found else self.at
            mark = self.grammar.mark.match(self.text, self.at)
            if mark:
                self.at = mark.end()
            elif self.ended:
                self.at = len(self.text)
            if mark and mark[0] == ";":
                return True
            if mark and mark[0][0] == "$":
                self._skip_to(mark[0])
            elif mark:
                self._skip_string(mark[0])
        return False

    def skip_routines(self) -> None:
        """Goes past triggers and procedures, which hold statements of their own, between two lines
        that begin with DELIMITER."""
        while self.fill():
            if found := _USUAL_DELIMITER.search(self.text, self.at):
                self.at = found.end()
                return
            self.at = len(self.text) if self.ended else len(self.text) - len("DELIMITER ;") * 2

    def _skip_string(self, mark: str) -> None:
        """Goes past a string that goes on beyond the text at hand."""
        while self.fill():
            found = self.grammar.rest_of_string[mark].match(self.text, self.at)
            end = found.end() if found else self.at
            at_hand = len(self.text) if self.ended else len(self.text) - 1
            if end < at_hand and self.text[end] == mark:
                self.at = end + 1
                return
            self.at = len(self.text) if self.ended else end  # half of a pair, perhaps

    def _skip_to(self, mark: str) -> None:
        """Goes past a string that begins and ends with a mark of several characters."""
        while self.fill():
            end = self.text.find(mark, self.at)
            if end >= 0:
                self.at = end + len(mark)
                return
            self.at = len(self.text) if self.ended else len(self.text) - len(mark)
