"""Texts as the tables of the queue keep them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine


class Words(TypeDecorator[str]):
    """A text of any length, without the sign NUL, which PostgreSQL cannot hold.

    Most texts come from outside, so that no length is promised. The one that is named here stands
    in the tables of SQLite, which does not look at it: PostgreSQL would refuse what is longer.
    """

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.named_length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in this database."""
        named = self.named_length is not None and dialect.name == "sqlite"
        return dialect.type_descriptor(String(self.named_length) if named else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it is stored."""
        return None if value is None else without_nul(value)


def without_nul(words: str) -> str:
    """A text without the sign NUL, which stands for nothing that anybody wrote."""
    return words.replace("\0", "")
