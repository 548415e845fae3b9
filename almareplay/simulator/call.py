"""A request to an endpoint of Alma's, and its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from almareplay.simulator import rules
from almareplay.simulator.formats import Json
from almareplay.simulator.happenings import Happened, Refused
from almareplay.simulator.world import Item, Patron, World

BAD_PARAMETER = "40166411"


@dataclass(frozen=True)
class Call:
    """One request that came through the gateway, at the moment ``now`` of its effect."""

    world: World
    now: datetime
    happened: Happened
    path: dict[str, str]
    query: dict[str, str]
    fields: dict[str, str]

    def patron(self) -> Patron:
        """The patron whom the path names."""
        return self.patron_with(self.path["user_id"])

    def patron_with(self, identifier: str) -> Patron:
        """The patron with this identifier, of the type that the query names."""
        return rules.find_patron(self.world, identifier, self._id_type)

    def borrower(self) -> Patron:
        """The patron whom the path names, from the network where the query wants that: an account
        made for that stays, whatever becomes of the loan."""
        if not self.flag("generate_linked_user", False):
            return self.patron()
        return rules.link_patron(self.world, self.path["user_id"], self._id_type, self.happened)

    @property
    def _id_type(self) -> str:
        return self.query.get("user_id_type", "all_unique")

    def item(self, *, any_holding: bool = False) -> Item:
        """The item that the path names, with ``any_holding`` under whichever holding."""
        if not self.world.has_bib(self.path["mms_id"]):
            raise Refused("402203", f"Input parameters mmsId {self.path['mms_id']} is not valid.")
        item = self.world.item_by_pid(self.path["item_pid"])
        if (
            item is None
            or item.mms_id != self.path["mms_id"]
            or (self.path["holding_id"] != item.holding_id and not any_holding)
        ):
            raise Refused("401683", f"No items found for item id {self.path['item_pid']}.")
        return item

    def flag(self, name: str, default: bool) -> bool:
        """A query parameter that is true or false."""
        value = self.query.get(name, str(default)).lower()
        if value not in ("true", "false"):
            raise Refused(BAD_PARAMETER, f"The parameter {name} is not valid: {value}")
        return value == "true"

    def number(self, name: str, default: int, most: int) -> int:
        """A query parameter that is a number from 0 to ``most``."""
        value = self.query.get(name, str(default))
        if not re.fullmatch(r"\d{1,9}", value) or int(value) > most:
            raise Refused(BAD_PARAMETER, f"The parameter {name} is not valid: {value}")
        return int(value)

    def page(self) -> tuple[int, int]:
        """How long a page of a list may be, and where it begins."""
        return self.number("limit", 10, 100), self.number("offset", 0, 999_999_999)

    def field(self, name: str) -> str:
        """A mandatory field of the body."""
        if not self.fields.get(name):
            raise Refused("401664", f"Mandatory field is missing: {name}")
        return self.fields[name]

    def needs(self, name: str) -> str:
        """A mandatory query parameter."""
        if not self.query.get(name):
            raise Refused("401664", f"Mandatory field is missing: {name}")
        return self.query[name]

    def operation(self, op: str) -> None:
        """The ``op`` that this endpoint knows must have been asked for."""
        if self.query.get("op") != op:
            raise Refused(BAD_PARAMETER, f"The parameter op is not valid: {self.query.get('op')}")


@dataclass(frozen=True)
class Answer:
    """What goes back: ``root`` names the XML element, without which there is no body. One that is a
    ``text`` is XML whatever was asked for."""

    root: str = ""
    body: Json = field(default_factory=dict)
    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def listed(name: str, bodies: list[Json], total: int) -> Json:
    """A list as Alma answers it: an empty one is not there at all. ``total`` counts all pages."""
    return {**({name: bodies} if bodies else {}), "total_record_count": total}
