"""The options of ``replay`` and ``rehearse``: how to post, and what to do about doubtful rows."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from almareplay.cli.check import PaceOption
from almareplay.cli.notify import Tally, notifying
from almareplay.cli.shared import OverwriteOption
from almareplay.replay.follow_ups.due_dates import DueDates
from almareplay.replay.follow_ups.fines import Fines
from almareplay.replay.policy import Guard, OnLoanElsewhere, Policy
from almareplay.sources import parse_captured_at

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(slots=True)
class How:
    """What the user said about a replay or a rehearsal, as it was typed."""

    report: list[Path] | None = None
    overwrite: bool = False
    guard: Guard = Guard.ACTIVE
    on_loan_elsewhere: OnLoanElsewhere = OnLoanElsewhere.REPORT
    due_dates: DueDates = DueDates.ALMA
    fines: Fines = Fines.REPORT
    waive_reason: str = ""
    place_on_hold_shelf: bool = False
    reopened_at: str | None = None
    user_id_type: str | None = None
    generate_linked_user: bool = False
    requests_per_second: float | None = None
    wait: bool = False
    give_up_after: str = "15m"
    notify: str | None = None
    tally: Tally = field(default_factory=Tally)

    def policy(self, zone: ZoneInfo) -> Policy:
        """What it means for the rows, in the zone of the libraries. Raises BadParameter."""
        if self.fines is Fines.WAIVE and not self.waive_reason:
            raise typer.BadParameter(
                "--fines waive needs --waive-reason CODE, a code of Alma's table "
                "FineFeeTransactionReason."
            )
        if self.fines is Fines.WAIVE and self.guard is Guard.OFF:
            raise typer.BadParameter(
                "--fines waive needs a look at each item, which --guard off leaves out."
            )
        if self.reopened_at is not None and self.guard is Guard.OFF:
            raise typer.BadParameter(
                "--reopened-at needs a look at each item, which --guard off leaves out."
            )
        return Policy(
            guard=self.guard,
            on_loan_elsewhere=self.on_loan_elsewhere,
            due_dates=self.due_dates,
            fines=self.fines,
            waive_reason=self.waive_reason,
            place_on_hold_shelf=self.place_on_hold_shelf,
            reopened_at=self._reopened_at(zone),
            user_id_type=self.user_id_type,
            generate_linked_user=self.generate_linked_user,
        )

    def _reopened_at(self, zone: ZoneInfo) -> datetime | None:
        if self.reopened_at is None:
            return None
        try:
            return parse_captured_at(self.reopened_at).replace(tzinfo=zone)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error

    def gives_up_after(self) -> float:
        """Seconds in ``90s``, ``15m``, ``1h``; a bare number is seconds. Raises BadParameter."""
        match = _DURATION.fullmatch(self.give_up_after.strip())
        if match is None:
            words = f"{self.give_up_after!r} is no length of time: write 90s, 15m or 1h."
            raise typer.BadParameter(words)
        return float(match[1]) * _SECONDS[match[2]]


_FLAGS = {
    "report": Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="PATH",
            help="Report to write: .html, .xlsx, .csv or .jsonl; repeatable.",
        ),
    ],
    "overwrite": OverwriteOption,
    "guard": Annotated[
        Guard, typer.Option(help="How much is read of an item before the first effect on it.")
    ],
    "on_loan_elsewhere": Annotated[
        OnLoanElsewhere,
        typer.Option(help="What to do where the item is on an earlier loan to somebody else."),
    ],
    "due_dates": Annotated[
        DueDates,
        typer.Option(
            help="Leave due dates as counted from the replay, or set them back as captured."
        ),
    ],
    "fines": Annotated[
        Fines,
        typer.Option(help="Report the fines that the outage alone has made, or waive them."),
    ],
    "waive_reason": Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="Reason of the waivers: a code of Alma's table FineFeeTransactionReason.",
        ),
    ],
    "place_on_hold_shelf": Annotated[
        bool,
        typer.Option(
            "--place-on-hold-shelf",
            help="Put requested items on the hold shelf with this one scan.",
        ),
    ],
    "reopened_at": Annotated[
        str | None,
        typer.Option(
            metavar="LOCAL-TIME",
            help="When desks began to work with Alma again: loans of items changed since go to "
            "staff.",
        ),
    ],
    "user_id_type": Annotated[
        str | None,
        typer.Option(
            metavar="TYPE", help="Alma's type of the captured patron ids.  [default: any]"
        ),
    ],
    "generate_linked_user": Annotated[
        bool,
        typer.Option(
            "--generate-linked-user", help="Lend to patrons of other institutions of the network."
        ),
    ],
    "requests_per_second": PaceOption,
    "wait": Annotated[
        bool,
        typer.Option("--wait", help="When the day's calls are used up, wait for midnight GMT."),
    ],
    "give_up_after": Annotated[
        str,
        typer.Option(metavar="TIME", help="Stop when Alma stays away for so long: 90s, 15m, 1h."),
    ],
    "notify": Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Post a short summary to this address at the end: the webhook of a chat.",
        ),
    ],
}


def replay_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it takes them as its parameter ``how``."""
    own = inspect.signature(command, eval_str=True)
    flags = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=getattr(How(), name), annotation=flag
        )
        for name, flag in _FLAGS.items()
    ]

    @functools.wraps(command)
    def with_flags(**values: Any) -> None:
        how = How(**{name: values.pop(name) for name in _FLAGS})
        with notifying(how.notify, command.__name__, how.tally):
            command(how=how, **values)

    others = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, each in own.parameters.items()
        if name != "how"
    ]
    # Typer reads a command's options from here; the types of Python's functions do not know it.
    with_flags.__signature__ = own.replace(parameters=[*others, *flags])  # type: ignore[attr-defined]
    return with_flags
