"""What a magnetic stripe holds: of it the number stays."""

from __future__ import annotations

import pytest

from tests.sources.identifiers.examples import ITEM, PATRON, refused, undone

STRIPE = "x was taken from the text of a magnetic stripe"


@pytest.mark.parametrize(
    "raw",
    [
        f";{PATRON}?",
        f";{PATRON}=2912101000000000?",
        f"%B{PATRON}^EXAMPLE/ALEX^29121010000000000?",
        f"%{PATRON}?",
        f"%B{PATRON}^EXAMPLE/ALEX^2912?;{PATRON}=2912?",
        f"%B{PATRON}^EXAMPLE/ALEX^2912?;{PATRON}=2912?:",
        f"+{PATRON}?",
    ],
)
def test_of_a_stripe_the_number_stays(raw: str) -> None:
    assert undone(raw) == (PATRON, STRIPE)


@pytest.mark.parametrize(
    "raw",
    [
        f"%B{PATRON}^EXAMPLE/ALEX^2912",
        f"%B{PATRON}^EXAMPLE/ALEX^2912?;{ITEM}=2912?",
        f"{PATRON}^EXAMPLE/ALEX^2912?",
        "%BALEX^EXAMPLE/ALEX^2912?",
        f";{PATRON}=",
    ],
)
def test_a_stripe_that_is_not_whole_is_refused(raw: str) -> None:
    assert refused(raw) == (
        "x is the text of a magnetic stripe, of which the number cannot be told"
    )


@pytest.mark.parametrize("raw", ["%E?", ";E?", "%E?;E?"])
def test_a_stripe_that_was_not_read(raw: str) -> None:
    assert refused(raw) == "the card reader could not read the stripe: x is missing"
