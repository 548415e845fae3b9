"""What must be right before anything is posted: key, environment, places; and what it will take."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import httpx

from almareplay.alma.answers.institution import Institution
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import AlmaError, KeyProblem, KeyRefused, Refusal
from almareplay.queue.reading.queries import Work
from almareplay.replay.follow_ups.due_dates import DueDates
from almareplay.replay.policy import Guard, Policy
from almareplay.replay.side_by_side import both, every
from almareplay.transactions import AlmaInstance

READ = "read"


@dataclass(frozen=True, slots=True)
class UnknownPlace:
    """A library that Alma lacks (``circ_desk`` is empty then), or a circulation desk that its
    library lacks. ``known`` are the codes that Alma has in its place.

    The code was captured: where it is none of Alma's it may be anything, a patron id as well.
    """

    library: str
    circ_desk: str
    known: list[str]

    def is_of(self, places: Collection[tuple[str, str]]) -> bool:
        """Whether it is one of these libraries and desks."""
        if self.circ_desk:
            return (self.library, self.circ_desk) in places
        return any(library == self.library for library, _ in places)


@dataclass(slots=True)
class CheckResult:
    """What the check found.

    ``problems`` are sentences about what forbids a replay. ``unverified`` says why the environment
    and the places could not be read (the key may not read Configuration), empty where they were.
    ``calls_left`` today and the day's ``quota`` are None where Alma does not say them. ``may`` has
    what the key was seen to be allowed (``read``, ``read and write``) by area. ``unknown`` are the
    places that Alma lacks: of rows to be posted, these forbid a replay as well.
    """

    institution: Institution | None = None
    problems: list[str] = field(default_factory=list)
    unverified: str = ""
    calls_left: int | None = None
    quota: int | None = None
    may: dict[str, str] = field(default_factory=dict)
    unknown: list[UnknownPlace] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether something of it forbids a replay of rows at the places that were asked for."""
        return bool(self.problems or self.unknown)

    def instance(self, environment: str, base_url: str) -> AlmaInstance:
        """Which Alma was asked: as Alma says it, or as it is set where the key may not ask that.
        ``environment`` and ``base_url`` are those of the settings."""
        told = self.institution
        return AlmaInstance(
            institution=told.code if told else "",
            name=told.name if told else "",
            environment=told.environment if told else environment,
            host=httpx.URL(base_url).host,
        )


async def check(
    reader: AlmaReader,
    environment: str,
    places: Collection[tuple[str, str]],
    *,
    institution: str = "",
    writes: bool = True,
) -> CheckResult:
    """Compare Alma with what the user expects of it; changes nothing.

    ``environment`` is ``sandbox`` or ``production``; ``institution`` is the code that Alma must
    say, any where it is empty; ``places`` are (library, circulation desk) codes, the desk empty
    where only the library is of interest; without ``writes`` the key need not be good for writing,
    and nothing but reads leaves. Raises AlmaError where Alma cannot be asked.
    """
    findings = CheckResult()
    await _check_key(reader, findings, writes=writes)
    if not findings.problems:
        await _check_configuration(reader, environment, institution, places, findings)
    findings.calls_left, findings.quota = reader.calls_left, reader.transport.quota
    return findings


_AREAS = ("Users", "Bibs")
"""The areas of the API in which the work is done."""


async def _check_key(reader: AlmaReader, findings: CheckResult, *, writes: bool) -> None:
    """Whether the key may read where the work needs it, and write there. Keys are granted read or
    read/write (documented): one that may write is not asked whether it may read."""
    refused: dict[tuple[str, str], AlmaError] = {}
    for area in _AREAS:
        for access in ("write", READ) if writes else (READ,):
            try:
                await reader.test(area.lower(), writing=access == "write")
            except KeyRefused as error:
                if error.problem is not KeyProblem.PERMISSION:
                    findings.problems.append(str(error))  # every other call would meet the same
                    return
                refused[area, access] = error
            except Refusal as error:
                refused[area, access] = error
            else:
                findings.may[area] = READ if access == READ else f"{READ} and {access}"
                break
    if refused:
        findings.problems.append(_missing(refused, all_of_it=not findings.may))


def _missing(refused: Mapping[tuple[str, str], AlmaError], *, all_of_it: bool) -> str:
    """The sentence about the areas that the key may not read, or read but not write."""
    said = ", ".join(dict.fromkeys(map(_code, refused.values())))
    if all_of_it:
        return (
            f"The API key has no permission for Users and Bibs ({said}). Either it is a key of the "
            "other environment (production or sandbox), or these permissions are missing: see both "
            "in the Developer Network."
        )
    unread = _areas(area for area, access in refused if access == "read")
    read_only = _areas(
        area for area, access in refused if access == "write" and (area, "read") not in refused
    )
    parts = [f"may not read {unread}"] if unread else []
    parts += [f"may read {read_only} but not write"] if read_only else []
    return (
        f"The API key {' and '.join(parts)} ({said}). Give it read/write permission for Users and "
        "Bibs in the Developer Network."
    )


def _areas(areas: Iterable[str]) -> str:
    return " and ".join(areas)


async def _check_configuration(
    reader: AlmaReader,
    environment: str,
    institution: str,
    places: Collection[tuple[str, str]],
    findings: CheckResult,
) -> None:
    async def is_it_this() -> None:
        alma = findings.institution = await reader.institution()
        if institution and alma.code != institution:
            findings.problems.append(
                f"The key of {institution} leads to another institution: {alma.name} "
                f"({alma.code}). See which key [institutions.{institution}] names, and that it "
                "has its own region."
            )
        if alma.environment != environment:
            findings.problems.append(
                f"This Alma ({alma.name or alma.code}) says that "
                f"it is {alma.environment or 'of no environment'}, but ALMAREPLAY_ENVIRONMENT is "
                f"{environment}. Use the right key, or change the setting if you mean this Alma."
            )

    try:
        await both(is_it_this(), _check_places(reader, places, findings))
        findings.may["Configuration"] = READ
    except (KeyRefused, Refusal) as error:
        findings.unverified = (
            f"The API key has no permission to read Configuration ({_code(error)}), so neither "
            "the environment nor the library and desk codes could be checked. Give it that "
            "permission in the Developer Network, or make sure of them yourself."
        )


async def _check_places(
    reader: AlmaReader, places: Collection[tuple[str, str]], findings: CheckResult
) -> None:
    if not places:
        return
    libraries = sorted(library.code for library in await reader.libraries())
    asked = sorted({library for library, desk in places if desk and library in libraries})
    found = await every(reader.circ_desks(library) for library in asked)
    desks = {
        library: sorted(each.code for each in those)
        for library, those in zip(asked, found, strict=True)
    }
    lacking = {library for library, _ in places if library not in libraries}
    findings.unknown += [
        UnknownPlace(library, desk, desks[library])
        for library, desk in places
        if desk and library in desks and desk not in desks[library]
    ]
    findings.unknown += [UnknownPlace(library, "", libraries) for library in sorted(lacking)]


def _code(error: AlmaError) -> str:
    return error.code or f"HTTP {error.status}"


@dataclass(frozen=True, slots=True)
class Effort:
    """What a replay will take: calls, and seconds at the given pace."""

    calls: int
    seconds: int


def effort(work: Work, policy: Policy, calls_per_second: float) -> Effort:
    """Estimate calls and seconds, apart from a call for each patron whose identity is compared,
    for each return that may have made a fine, and for each of a known item that nobody has.

    Guarded: 3 calls for the first row of an item, 2 where the item is known, 1 for each later one;
    with ``--guard full`` 2 more for the first, and 1 more where only the item's state counts.
    Unguarded: 1 for a row, and 1 more for an item that is returned and not known. Due dates as
    captured take one call more for each loan.
    """
    unknown = work.items - work.known_items
    if policy.guard is Guard.OFF:
        calls = work.rows + min(unknown, work.returns)
    else:
        looks = 1 + (policy.guard is Guard.FULL) + policy.reads_state
        calls = work.rows + looks * work.items + unknown
    if policy.due_dates is DueDates.AS_CAPTURED:
        calls += work.loans
    return Effort(calls, math.ceil(calls / calls_per_second))
