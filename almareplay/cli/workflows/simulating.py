"""The stand-in Alma on this machine: its world, its start, and what there is to try on it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import count, results
from almareplay.settings import DEFAULT_FILE, PREFIX

if TYPE_CHECKING:
    from almareplay.simulator.world import Item, Patron, World

_SAMPLES = 2


def no_simulator() -> Ended:
    """The end of a command that needs the simulator where that is not installed."""
    return Ended(Exit.USAGE, "The simulator is an extra: pip install 'almareplay[simulator]'")


def simulate(
    world: Path | None, *, items: int, patrons: int, seed: int, port: int, key: str, **limits: Any
) -> None:
    """Run the stand-in Alma until Ctrl-C, with the world of a file, or one with so many items and
    patrons. ``limits`` are those of ``Simulator``. Raises Ended where it cannot start."""
    try:
        from almareplay.simulator.generate import generate_world
        from almareplay.simulator.server import Simulator, serve_forever
        from almareplay.simulator.world import World
    except ImportError as error:
        raise no_simulator() from error
    try:
        made = World.from_json(world) if world else generate_world(seed, items, patrons)
    except OSError as error:
        _refuse(f"{world} cannot be read: {(error.strerror or 'no file').lower()}.")
    except ValueError as error:
        _refuse(f"{world} is no world: {_what_is_wrong(error)}.")
    simulator = Simulator(made, key=key, port=port, **limits)
    try:
        serve_forever(simulator, lambda url: _tell_ready(made, url, key))
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "is taken" if taken else f"cannot be used ({(error.strerror or 'error').lower()})"
        _refuse(f"port {port} {why}. Name another one with --port, or 0 for a free one.")


def _refuse(words: str) -> NoReturn:
    raise Ended(Exit.USAGE, f"The simulator cannot start: {words}")


def _what_is_wrong(error: ValueError) -> str:
    """In words, what of a world's file is wrong, and where in it."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "it is not JSON"
    ours = first["type"] == "value_error"
    words = str(first["ctx"]["error"]) if ours else "cannot have this value"
    where = ".".join(map(str, first["loc"]))
    return words if ours and not where else f"{where} {words}"


def _tell_ready(world: World, url: str, key: str) -> None:
    """Say where it is, how to talk to it, and what there is to try."""
    tell = results.print
    environment = world.environment.lower()
    tell(f"simulator ready at {url}")
    tell(
        f"{world.institution_name} ({world.institution}), {environment}: "
        f"{count(len(world.items), 'item')}, {count(len(world.patrons), 'patron')}."
    )
    tell("It changes nothing on disk. Ctrl-C ends it.")
    tell(f"\nThe settings for it, as lines of {DEFAULT_FILE}:")
    for line in settings_lines(world, url, key):
        tell(f"  {line}")
    tell("\nLibraries and their circulation desks:")
    for library in world.libraries[:10]:
        tell(f"  {library.code:<8}  {', '.join(desk.code for desk in library.desks[:4])}")
    tell("\nTo try:")
    for what, some in _samples(world):
        if told := list(islice(some, _SAMPLES)):
            tell(f"  {what:<15}  {', '.join(told)}")


def settings_lines(world: World, url: str, key: str) -> list[str]:
    """The lines of a settings file for the stand-in Alma at this address."""
    library = next((each for each in world.libraries if each.desks), None)
    settings = {
        "BASE_URL": url,
        "API_KEY": key,
        "ENVIRONMENT": world.environment.lower(),
        "TIMEZONE": world.timezone,
        "LIBRARY": library.code if library else "",
        "CIRC_DESK": library.desks[0].code if library else "",
    }
    return [f"{PREFIX}{name}={value}" for name, value in settings.items() if value]


def _samples(world: World) -> Iterator[tuple[str, Iterator[str]]]:
    asked_for = {request.item_barcode for request in world.requests}

    def free(item: Item) -> bool:
        policy = world.policy(item.policy)
        lent = world.active_loan(item) is not None
        return not lent and item.barcode not in asked_for and policy is not None and policy.loanable

    def lent_to(item: Item) -> str:
        loan = world.active_loan(item)
        return f"{item.barcode} to {loan.patron_id}" if loan else ""

    def able(patron: Patron) -> bool:
        return not patron.blocks and patron.status == "ACTIVE" and patron.patron_role

    yield "items to lend", (item.barcode for item in world.items if free(item))
    yield "items on loan", filter(None, map(lent_to, world.items))
    yield "patrons", (_id(patron) for patron in world.patrons if able(patron))
    yield "blocked patrons", (_id(patron) for patron in world.patrons if patron.blocks)


def _id(patron: Patron) -> str:
    return patron.identifiers.get("BARCODE", patron.primary_id)
