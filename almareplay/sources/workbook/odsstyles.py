"""What the styles of an `.ods` say of being struck through, and of being hidden.

Source: OASIS, Open Document Format 1.3, part 3: 16 (styles) and 20 (attributes).
"""

from __future__ import annotations

from almareplay.sources.workbook.archive import Attributes

_MOST_PARENTS = 100
"""No chain of styles is longer, unless it is a circle."""


class OdsStyles:
    """What styles say, by their families and names."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], bool] = {}
        self._parents: dict[tuple[str, str], str] = {}
        self._rules: dict[str, set[str]] = {}
        self._hidden: set[str] = set()
        self._style = ("", "")

    def take(self, name: str, attributes: Attributes) -> None:
        """Takes in an element of a style."""
        if name == "style":
            self._style = attributes.get("style:family", ""), attributes.get("style:name", "")
            self._parents[self._style] = attributes.get("style:parent-style-name", "")
        elif name == "text-properties":
            lines = [
                attributes[f"style:text-line-through-{what}"]
                for what in ("style", "type")
                if f"style:text-line-through-{what}" in attributes
            ]
            if lines:
                self._own[self._style] = "none" not in lines
        elif name == "map":
            applied = attributes.get("style:apply-style-name", "")
            self._rules.setdefault(self._style[1], set()).add(applied)

        elif name == "table-properties" and attributes.get("table:display") == "false":
            self._hidden.add(self._style[1])

    def is_hidden(self, table: str) -> bool:
        """Whether the sheets with this style are hidden."""
        return table in self._hidden

    @property
    def can_strike(self) -> bool:
        return any(self._own.values())

    def is_struck(self, family: str, name: str) -> bool | None:
        """Whether the style strikes through; None where it does not say."""
        for _ in range(_MOST_PARENTS):
            if (family, name) in self._own:
                return self._own[family, name]
            if not (name := self._parents.get((family, name), "")):
                break
        return None

    def strikes_by_rule(self, name: str) -> bool:
        """Whether a rule of a cell's style may strike the cell through."""
        return any(self.is_struck("table-cell", applied) for applied in self._rules.get(name, ()))
