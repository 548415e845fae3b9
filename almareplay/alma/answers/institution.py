"""What Alma answers about itself: the institution, its libraries and their circulation desks."""

from __future__ import annotations

from dataclasses import dataclass

from almareplay.alma.answers import fields
from almareplay.alma.answers.fields import Body, Page


@dataclass(frozen=True, slots=True)
class Institution:
    """Which Alma answers. ``environment`` is ``production`` or ``sandbox``, or else what Alma says
    in lower case."""

    code: str
    name: str
    environment: str


@dataclass(frozen=True, slots=True)
class Library:
    """A library of the institution."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class CircDesk:
    """A circulation desk of a library. What it may do its list does not tell (documented)."""

    code: str
    name: str


def read_institution(body: Body) -> Institution | None:
    """The general configuration."""
    institution = fields.record(body, "institution")
    if not institution:
        return None
    return Institution(
        code=fields.text(institution, "value"),
        name=fields.text(institution, "desc"),
        environment=_environment(fields.code(body, "environment_type").lower()),
    )


def _environment(said: str) -> str:
    # What a premium sandbox says is not known. For production only the word itself is taken.
    return "sandbox" if "sandbox" in said else said


def read_libraries(body: Body) -> list[Library] | None:
    """The libraries of the institution."""
    return fields.every(
        body.get("library"),
        lambda library: Library(fields.text(library, "code"), fields.text(library, "name")),
    )


def read_circ_desks(body: Body) -> Page[CircDesk] | None:
    """One page of the circulation desks of a library; none where the body lists none."""
    desks = fields.every(
        body.get("circ_desk") or [],
        lambda desk: CircDesk(fields.text(desk, "code"), fields.text(desk, "name")),
    )
    return None if desks is None else Page(desks, fields.number(body, "total_record_count"))
