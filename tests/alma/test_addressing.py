from __future__ import annotations

from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.alma.addressing import address, fits_path
from almareplay.alma.errors import Effect, Unaddressable

NASTY = {
    "50%": "50%25",
    "a b": "a%20b",
    "ä": "%C3%A4",
    "a+b": "a%2Bb",
    "a?b#c": "a%3Fb%23c",
    "a;b": "a%3Bb",
    "%2F": "%252F",
    '"o\'k"': "%22o%27k%22",
    "a&b=c": "a%26b%3Dc",
    "me@example.org": "me%40example.org",
    "..x": "..x",
    "a\\b": "a%5Cb",
    "\u00a0\x00\n": "%C2%A0%00%0A",
}


@pytest.mark.parametrize(("identifier", "encoded"), NASTY.items())
def test_encodes_in_paths_and_queries_alike(identifier: str, encoded: str) -> None:
    target = address("users", identifier, "loans", item_barcode=identifier)
    assert target == f"/users/{encoded}/loans?item_barcode={encoded}"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_the_http_library_changes_nothing_of_it(identifier: str) -> None:
    segment = identifier if fits_path(identifier) else "x"
    target = address("users", segment, item_barcode=identifier)
    raw = httpx.URL("https://alma.example/almaws/v1" + target).raw_path.decode()
    assert raw == "/almaws/v1" + target
    assert unquote(raw.partition("item_barcode=")[2]) == identifier


@pytest.mark.parametrize("identifier", ["", ".", "..", "a/b", "/", "\ud800", "x" * 9000])
def test_what_cannot_stand_in_a_path(identifier: str) -> None:
    with pytest.raises(Unaddressable) as caught:
        address("users", identifier)
    assert caught.value.effect is Effect.NOT_SENT
    assert caught.value.outcome == "refused"
    assert not identifier.strip("./") or identifier not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_query_takes_what_a_path_cannot() -> None:
    assert address("items", item_barcode="a/b") == "/items?item_barcode=a%2Fb"
    assert address("items", item_barcode="..") == "/items?item_barcode=.."
    with pytest.raises(Unaddressable):
        address("items", item_barcode="")


def test_says_what_fits_a_path() -> None:
    assert fits_path("A-17 b")
    assert not fits_path("A/17")
    assert not fits_path("..")
