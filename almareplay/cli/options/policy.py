"""The options that decide about doubtful rows, each declared once: flag, help, and its words in the
confirmation before rows are posted to production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from almareplay.cli.options.command import OneOf, OptionGroup
from almareplay.replay.follow_ups.due_dates import DueDates
from almareplay.replay.follow_ups.fines import Fines
from almareplay.replay.policy import Guard, OnLoanElsewhere, Policy

_DEFAULTS = Policy()


class PolicyOption(NamedTuple):
    """How a field of ``Policy`` is set, and what the confirmation says where it is not the default:
    a format of the policy, or one for each value; nothing where it is empty."""

    option: click.Option
    words: str | Mapping[Any, str]


def _local_time(text: str) -> datetime:
    """A local time. Raises BadParameter."""
    # The readers of captures come with it, which no help needs.
    from almareplay.sources.flags import parse_captured_at

    try:
        return parse_captured_at(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


POLICY: Mapping[str, PolicyOption] = {
    "guard": PolicyOption(
        click.Option(
            ["--guard"],
            type=OneOf(Guard),
            default=_DEFAULTS.guard.value,
            help="How much is read of an item before the first effect on it.",
        ),
        {
            Guard.OFF: "items are not looked at before they are lent or scanned in",
            Guard.FULL: "completed loans and the states of items are looked at as well",
        },
    ),
    "on_loan_elsewhere": PolicyOption(
        click.Option(
            ["--on-loan-elsewhere"],
            type=OneOf(OnLoanElsewhere),
            default=_DEFAULTS.on_loan_elsewhere.value,
            help="What to do where the item is on an earlier loan to somebody else.",
        ),
        "items on an earlier loan to somebody else are returned first",
    ),
    "due_dates": PolicyOption(
        click.Option(
            ["--due-dates"],
            type=OneOf(DueDates),
            default=_DEFAULTS.due_dates.value,
            help="Leave due dates as counted from the replay, or set them back as captured.",
        ),
        "due dates are set back as captured",
    ),
    "fines": PolicyOption(
        click.Option(
            ["--fines"],
            type=OneOf(Fines),
            default=_DEFAULTS.fines.value,
            help="Report the fines that the outage alone has made, or waive them.",
        ),
        "fines that the outage alone has made are waived with reason {0.waive_reason}",
    ),
    "waive_reason": PolicyOption(
        click.Option(
            ["--waive-reason"],
            default=_DEFAULTS.waive_reason,
            show_default=False,
            metavar="CODE",
            help="Reason of the waivers: a code of Alma's table FineFeeTransactionReason.",
        ),
        "",  # said with the fines
    ),
    "place_on_hold_shelf": PolicyOption(
        click.Option(
            ["--place-on-hold-shelf"],
            is_flag=True,
            help="Put requested items on the hold shelf with this one scan.",
        ),
        "requested items are on the hold shelf after one scan",
    ),
    "reopened_at": PolicyOption(
        click.Option(
            ["--reopened-at"],
            type=_local_time,
            metavar="LOCAL-TIME",
            help="When desks began to work with Alma again: loans of items changed since go to "
            "staff.",
        ),
        "desks have been open again since {0.reopened_at:%Y-%m-%d %H:%M}",
    ),
    "user_id_type": PolicyOption(
        click.Option(
            ["--user-id-type"],
            metavar="TYPE",
            help="Alma's type of the captured patron ids.  [default: any]",
        ),
        "patron ids are of type {0.user_id_type}",
    ),
    "generate_linked_user": PolicyOption(
        click.Option(
            ["--generate-linked-user"],
            is_flag=True,
            help="Lend to patrons of other institutions of the network.",
        ),
        "accounts are made for patrons of other institutions of the network",
    ),
}
"""The options, by the fields of ``Policy``."""


def policy_of(**values: Any) -> Policy:
    """The policy of the options' values. Raises BadParameter where they do not go together."""
    policy = Policy(**values)
    check_policy(policy)
    return policy


def check_policy(policy: Policy) -> None:
    """Make sure that its parts go together. Raises BadParameter."""
    if policy.fines is Fines.WAIVE and not policy.waive_reason:
        raise click.BadParameter(
            "--fines waive needs --waive-reason CODE, a code of Alma's table "
            "FineFeeTransactionReason."
        )
    looking = {"--fines waive": policy.fines is Fines.WAIVE, "--reopened-at": policy.reopened_at}
    for flag, given in looking.items():
        if given and policy.guard is Guard.OFF:
            raise click.BadParameter(
                f"{flag} needs a look at each item, which --guard off leaves out."
            )


OF_POLICY = OptionGroup("policy", [declared.option for declared in POLICY.values()], policy_of)
"""The options of a command that decides about doubtful rows and no more."""


def policy_in(policy: Policy, zone: ZoneInfo) -> Policy:
    """The policy, with its time in the zone of the libraries."""
    reopened_at = policy.reopened_at
    return replace(policy, reopened_at=reopened_at and reopened_at.replace(tzinfo=zone))


def policy_in_words(policy: Policy) -> Iterator[str]:
    """What the user decided otherwise than by default."""
    for name, (_, words) in POLICY.items():
        value = getattr(policy, name)
        if value != getattr(_DEFAULTS, name):
            said = words if isinstance(words, str) else words[value]
            if said:
                yield said.format(policy)
