"""Digits that another keyboard or another script has written, and signs of no width."""

from __future__ import annotations

import pytest

from tests.sources.identifiers.examples import ITEM, PATRON, refused, undone

LAYOUT = "the digits of x were typed with another keyboard layout"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("éç'é'àààéààà&\"", PATRON),
        ("\"ç'é'ààà&à&à&&", ITEM),
        ("FCàéàè", "FC0207"),
        ('Q&é"à', "A1230"),
        ("éçèéèàààéààà&ç", "29727000200019"),
        ("ABéç!é§à", "QB298260"),
        ("Yšéříě", "Z30592"),
        ("EQà&éà", "EA0120"),
    ],
)
def test_digits_of_another_keyboard(raw: str, text: str) -> None:
    assert undone(raw) == (text, LAYOUT)


@pytest.mark.parametrize(
    "raw", ["éééé", "FCàé-B", "ABCDEFéàç", "Mà&é", "'__àààà(ààà_", "éç'é'àààéàààà"]
)
def test_two_keyboards_or_none(raw: str) -> None:
    assert "typed with another keyboard layout, it seems" in refused(raw)


@pytest.mark.parametrize("raw", ["rené", "hélène", "ÉTÉ-2", "krüger.a", "çelik", "žižka.j"])
def test_letters_with_accents_stay(raw: str) -> None:
    assert undone(raw) == (raw, "")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("٣٩٤٢٤٠٠٠", "39424000"),
        ("３９４２", "3942"),
        ("ＥＱ－７", "EQ-7"),
        ("३९४", "394"),
        ("A၁၂", "A12"),
    ],
)
def test_digits_of_other_scripts_and_widths(raw: str, text: str) -> None:
    assert undone(raw) == (text, "the digits of x were of another script, or of full width")


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u200e", "\u2060", "\ufeff", "\u202c"])
def test_signs_of_no_width(sign: str) -> None:
    assert undone(f"3942{sign}4000") == ("39424000", "signs of no width were taken out of x")
    assert undone(f"{sign}39424000{sign}") == ("39424000", "")
