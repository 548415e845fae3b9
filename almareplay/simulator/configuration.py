"""Alma's calls about keys, the institution, libraries and desks: what each takes and answers."""

from __future__ import annotations

from almareplay.simulator.bodies import (
    desk_body,
    library_body,
    listed_desk_body,
    location_body,
)
from almareplay.simulator.call import Answer, Call, listed
from almareplay.simulator.formats import Json
from almareplay.simulator.happenings import Refused
from almareplay.simulator.world import Desk, Library

_UNKNOWN_CODE = "402119"
"""A general error, also for a code that is none."""


def test_reading(call: Call) -> Answer:
    """Say that the key may read in the area."""
    return Answer("test", text=f"GET - OK - institutionCode: {call.world.institution}")


def test_writing(call: Call) -> Answer:
    """Say that the key may write in the area; nothing is changed."""
    del call
    return Answer("test", text="POST - OK")


def get_general(call: Call) -> Answer:
    """Say which institution and environment this is."""
    world = call.world
    body = {
        "institution": {"value": world.institution, "desc": world.institution_name},
        "environment_type": world.environment,
        "alma_url": "https://calder.alma.example",
    }
    return Answer("general", body)


def get_libraries(call: Call) -> Answer:
    """List the libraries, all at once."""
    libraries = [library_body(library) for library in call.world.libraries]
    return Answer("libraries", _at_once("library", libraries))


def get_library(call: Call) -> Answer:
    """Show one library."""
    return Answer("library", library_body(_library(call)))


def get_circ_desks(call: Call) -> Answer:
    """List a page of a library's circulation desks."""
    library = _library(call)
    limit, offset = call.page()
    page = library.desks[offset : offset + limit]
    bodies = [listed_desk_body(library, desk) for desk in page]
    return Answer("circ_desks", listed("circ_desk", bodies, len(library.desks)))


def get_circ_desk(call: Call) -> Answer:
    """Show one circulation desk, and what it does for each location."""
    library = _library(call)
    return Answer("circ_desk", desk_body(call.world, library, _desk(call, library)))


def get_locations(call: Call) -> Answer:
    """List a library's locations, all at once."""
    library = _library(call)
    bodies = [location_body(library, code) for code in call.world.locations(library)]
    return Answer("locations", _at_once("location", bodies))


def _at_once(name: str, bodies: list[Json]) -> Json:
    return {name: bodies, "total_record_count": len(bodies)}


def _library(call: Call) -> Library:
    library = call.world.library(call.path["library_code"])
    if library is None:
        raise Refused(_UNKNOWN_CODE, f"General error: {call.path['library_code']!r}.")
    return library


def _desk(call: Call, library: Library) -> Desk:
    code = call.path["circ_desk_code"]
    found = [desk for desk in library.desks if desk.code == code]
    if not found:
        raise Refused(_UNKNOWN_CODE, f"General error: {code!r}.")
    return found[0]
