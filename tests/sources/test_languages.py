"""Headers, loan and return, and the calendar in the languages of libraries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.sources import Row
from almareplay.sources.cells.folding import spellings
from almareplay.sources.languages import LANGUAGES
from almareplay.transactions import Kind, Transaction

Read = Callable[..., list[Row]]

DESKS = {
    "German": "Zeitstempel;Ausleihe oder Rückgabe;Benutzernummer;Barcode|Ausleihe|Rückgabe",
    "French": "Horodatage;Prêt ou retour;Carte de lecteur;Code-barres|Prêt|Retour",
    "Spanish": "Marca temporal;Préstamo o devolución;Carné;Código de barras|Préstamo|Devolución",
    "Italian": "Data e ora;Operazione;Tessera;Codice a barre|Prestito|Restituzione",
    "Portuguese": "Carimbo de data/hora;Operação;Cartão;Código do exemplar|Empréstimo|Devolução",
    "Dutch": "Tijdstempel;Handeling;Lenerspas;Streepjescode|Uitlening|Inname",
    "Danish": "Tidsstempel;Handling;Lånerkort;Stregkode|Udlån|Aflevering",
    "Norwegian": "Dato og klokkeslett;Handling;Lånekort;Strekkode|Utlån|Innlevering",
    "Swedish": "Tidstämpel;Händelse;Lånekort;Streckkod|Utlån|Återlämning",
    "Finnish": "Aikaleima;Tapahtuma;Kirjastokortti;Viivakoodi|Lainaus|Palautus",
    "Polish": "Data i godzina;Operacja;Karta czytelnika;Kod kreskowy|Wypożyczenie|Zwrot",
    "Czech": "Datum a čas;Operace;Průkaz;Čárový kód|Výpůjčka|Vrácení",
    "Hebrew": "תאריך ושעה;סוג פעולה;כרטיס קורא;ברקוד|השאלה|החזרה",
    "Turkish": "TARİH VE SAAT;İşlem türü;Üye no;Barkod|Ödünç|İade",
    "Japanese": "タイムスタンプ;貸出・返却;利用者カード;資料バーコード|貸出|返却",
    "Chinese": "时间戳;借还;借书证号;条形码|借出|归还",
    "Korean": "타임스탬프;대출/반납;회원증;바코드|대출|반납",
}


def test_every_language_is_tried() -> None:
    assert {*DESKS} == {*LANGUAGES} - {"English"}


@pytest.mark.parametrize("language", DESKS)
def test_a_desks_list(read: Read, language: str) -> None:
    header, loan, back = DESKS[language].split("|")
    rows = read(
        f"{header}\n2026-09-14 9:05;{loan};24880000200014;34880000400010\n"
        f"2026-09-14 9:06;{back};;34880000400028\n"
    )
    seen = [(row.kind, row.item_barcode, row.patron_id) for row in rows if type(row) is Transaction]
    assert seen == [
        (Kind.LOAN, "34880000400010", "24880000200014"),
        (Kind.RETURN, "34880000400028", ""),
    ], rows


@pytest.mark.parametrize("header", ["Zeitstempel,Rueckgabe,BENUTZERNUMMER,Barcode"])
@pytest.mark.parametrize("word", ["Rueckgabe", "RUCKGABE", "rückgabe "])
def test_accents_do_not_matter(read: Read, header: str, word: str) -> None:
    header = header.replace("Rueckgabe", "Vorgang")
    rows = read(f"{header}\n2026-09-14 9:06,{word},,34880000400028\n")
    assert [row.kind for row in rows if type(row) is Transaction] == [Kind.RETURN]


def test_no_word_has_two_meanings() -> None:
    headers: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    months: dict[str, set[int]] = {}
    for words in LANGUAGES.values():
        for name in words._fields[:9]:
            for wording in getattr(words, name).replace(";", "|").split("|"):
                for spelling in spellings(wording) - {""}:
                    headers.setdefault(spelling, set()).add(name)
        for name in ("loan", "returned", "renewal"):
            for word in getattr(words, name).split("|"):
                for spelling in spellings(word):
                    kinds.setdefault(spelling, set()).add(name)
        names = words.months.split()
        assert len(names) in (0, 12)
        for number, month in enumerate(names, 1):
            for word in month.split("|"):
                months.setdefault(word, set()).add(number)
    for table in (headers, kinds, months):
        assert {word: meanings for word, meanings in table.items() if len(meanings) > 1} == {}
