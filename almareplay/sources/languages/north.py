"""The words of the languages of northern and central Europe."""

from __future__ import annotations

from almareplay.sources.languages.words import Words

NORTH = {
    "Danish": Words(
        item="materialestregkode|stregkode materiale|materiale stregkode|bogens stregkode;"
        "materialenummer|eksemplarnummer;stregkode;materiale|eksemplar|bog",
        patron="lånernummer|låner id|lånerens id|brugernummer|bruger id|låner nr;lånerkort|"
        "kortnummer|kort|cpr nummer|studienummer;låner|bruger",
        kind="udlån eller aflevering|aflevering eller udlån|udlån aflevering|aflevering udlån;"
        "transaktionstype;handling|hændelse|transaktion",
        captured_at="tidsstempel|dato og tid|dato og klokkeslæt|dato tid|tidspunkt|"
        "fuldførelsestidspunkt;starttidspunkt",
        date="dato|udlånsdato|dag",
        time="tid|klokkeslæt|kl",
        library="bibliotek|bibliotekskode;filial",
        desk="skranke|udlånsskranke",
        other="titel|forfatter|opstilling|navn|bemærkning|bemærkninger|forfaldsdato|"
        "lånefrist|telefon|fødselsdato|nummer",
        loan="udlån|udlånt|lån|lånt",
        returned="aflevering|afleveret|afleveringer|returneret|returnering|tilbageleveret",
        renewal="fornyelse|fornyet|genlån",
        months="januar februar marts april maj juni juli august september oktober|okt november "
        "december",
        weekdays="mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|man|tirs|ons|tors|lør|søn",
        at="kl|kl.|klokken",
    ),
    "Norwegian": Words(
        item="strekkode eksemplar|eksemplarets strekkode|dokumentstrekkode|strekkode dokument|"
        "strekkode bok;dokumentnummer;strekkode;bok",
        patron="lånenummer|lånernummer|lånekortnummer|strekkode låner;lånekort|kortnummer|"
        "studentnummer;",
        kind="utlån eller retur|retur eller utlån|utlån innlevering|utlån retur|retur utlån|"
        "utlån eller innlevering;transaksjonstype;handling|transaksjon|hendelse",
        captured_at="tidsstempel|dato og klokkeslett|dato og tid|fullføringstidspunkt;"
        "starttidspunkt",
        date="dato|utlånsdato",
        time="klokkeslett|tid",
        library="bibliotek|bibliotekkode;avdeling",
        desk="skranke|utlånsskranke|skranken",
        other="tittel|forfatter|hylleplass|plassering|navn|merknad|merknader|forfall|forfallsdato|"
        "fødselsdato|nummer|telefon",
        loan="utlån|utlånt|lån|lånt",
        returned="retur|innlevering|innlevert|returnert|levert",
        renewal="fornying|fornyelse|fornyet",
        months="januar februar mars april mai juni juli august september oktober|okt november "
        "desember|des",
        weekdays="mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag",
        at="kl|kl.|klokken",
    ),
    "Swedish": Words(
        item="exemplarets streckkod|streckkod exemplar|exemplarstreckkod|bokens streckkod|"
        "streckkod bok;exemplarnummer;streckkod;exemplar|bok",
        patron="låntagarnummer|låntagar id|låntagarens id|streckkod låntagare|användar id|"
        "användarnummer;lånekort|lånekortsnummer|kortnummer|kort|personnummer|bibliotekskort;"
        "låntagare|användare",
        kind="lån eller återlämning|återlämning eller lån|utlån eller återlämning|"
        "utlån återlämning|lån retur|lån återlämning;transaktionstyp;händelse|åtgärd|transaktion",
        captured_at="tidsstämpel|tidstämpel|datum och tid|datum tid|datum och klockslag|"
        "slutförandetid;starttid",
        date="datum|lånedatum|dag",
        time="tid|klockslag|klockan",
        library="bibliotek|bibliotekskod;filial",
        desk="disk|lånedisk|informationsdisk",
        other="titel|författare|hyllsignum|hylla|namn|anmärkning|anteckning|förfallodatum|"
        "förfaller|telefon|födelsedatum|nummer",
        loan="lån|utlån|utlånad|utlånat|lånad|lånat",
        returned="återlämning|återlämnad|återlämnat|återlämna|retur|returnerad|inlämnad",
        renewal="omlån|omlånad|förlängning|förnyelse",
        months="januari februari mars april maj juni juli augusti september oktober|okt "
        "november december",
        weekdays="måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|mån|tis|ons|tors|fre|lör|sön",
        forenoon="fm",
        afternoon="em",
        at="kl|kl.|klockan",
    ),
    "Finnish": Words(
        item="niteen viivakoodi|nidetunnus|niteen tunnus|teoksen viivakoodi;nidenumero;viivakoodi;"
        "nide|teos|kirja|aineisto",
        patron="asiakasnumero|asiakastunnus|asiakkaan viivakoodi|lainaajan numero|"
        "lainaajan tunnus;kirjastokortti|kirjastokortin numero|kortin numero|kortti|"
        "opiskelijanumero;asiakas|lainaaja|käyttäjä",
        kind="laina tai palautus|palautus tai laina|lainaus palautus|laina palautus|"
        "lainaus tai palautus;tapahtuman tyyppi|tapahtumatyyppi;tapahtuma|tyyppi|toiminto",
        captured_at="aikaleima|päivämäärä ja aika|päivämäärä ja kellonaika|päiväys ja aika|"
        "valmistumisaika;aloitusaika",
        date="päivämäärä|pvm|lainauspäivä|päivä",
        time="kellonaika|aika|klo",
        library="kirjasto|kirjastokoodi;toimipiste",
        desk="palvelupiste|tiski|lainaustiski|palvelutiski",
        other="nimeke|tekijä|hyllypaikka|nimi|huomautus|huomautukset|huom|eräpäivä|"
        "puhelin|syntymäaika|numero",
        loan="laina|lainaus|lainattu|lainat",
        returned="palautus|palautettu|palautukset",
        renewal="uusinta|uusittu|uusiminen",
        months="tammikuu|tammikuuta helmikuu|helmikuuta maaliskuu|maaliskuuta huhtikuu|huhtikuuta "
        "toukokuu|toukokuuta kesäkuu|kesäkuuta heinäkuu|heinäkuuta elokuu|elokuuta "
        "syyskuu|syyskuuta lokakuu|lokakuuta marraskuu|marraskuuta joulukuu|joulukuuta",
        weekdays="maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai|maanantaina|"
        "tiistaina|keskiviikkona|torstaina|perjantaina|lauantaina|sunnuntaina|ma|ti|ke|to|pe|la|su",
        forenoon="ap",
        afternoon="ip",
        at="klo|kello",
    ),
    "Polish": Words(
        item="kod kreskowy egzemplarza|kod egzemplarza|kod kreskowy książki;numer egzemplarza|"
        "numer inwentarzowy|sygnatura egzemplarza;kod kreskowy;egzemplarz|książka",
        patron="numer czytelnika|identyfikator czytelnika|kod kreskowy czytelnika|id czytelnika|"
        "numer użytkownika|id użytkownika|kod czytelnika;numer karty|karta|karta biblioteczna|"
        "numer legitymacji|karta czytelnika;czytelnik|użytkownik",
        kind="wypożyczenie lub zwrot|zwrot lub wypożyczenie|wypożyczenie zwrot|wypożyczenie czy "
        "zwrot;typ transakcji|"
        "rodzaj operacji|rodzaj transakcji;operacja|rodzaj|transakcja",
        captured_at="sygnatura czasowa|znacznik czasu|data i godzina|data i czas|data godzina|"
        "godzina ukończenia;godzina rozpoczęcia",
        date="data|data wypożyczenia|dzień",
        time="godzina|czas",
        library="biblioteka|kod biblioteki;filia|oddział",
        desk="stanowisko|lada|punkt wypożyczeń|wypożyczalnia",
        other="tytuł|autor|sygnatura|imię|nazwisko|imię i nazwisko|uwagi|uwaga|komentarz|"
        "termin zwrotu|telefon|data urodzenia|numer|lp",
        loan="wypożyczenie|wypożyczenia|wypożyczono|wypożyczony|wypożyczona",
        returned="zwrot|zwroty|zwrócono|zwrócony|zwrócona",
        renewal="prolongata|przedłużenie|prolongowano",
        months="styczeń|stycznia|sty luty|lutego|lut marzec|marca kwiecień|kwietnia|kwi maj|maja "
        "czerwiec|czerwca|cze lipiec|lipca|lip sierpień|sierpnia|sie wrzesień|września|wrz "
        "październik|października|paź listopad|listopada|lis grudzień|grudnia|gru",
        weekdays="poniedziałek|pon|wtorek|środa|czwartek|czw|piątek|sobota|niedziela",
        at="o|godz|godz.|o godz.|godzina",
    ),
    "Czech": Words(
        item="čárový kód exempláře|čárový kód jednotky|čárový kód knihy|čárový kód svazku;"
        "přírůstkové číslo|číslo jednotky;čárový kód|čárový kod;exemplář|jednotka|kniha|svazek",
        patron="číslo čtenáře|id čtenáře|čárový kód čtenáře|číslo uživatele|id uživatele|"
        "číslo průkazu čtenáře;číslo průkazu|průkaz|čtenářský průkaz|průkazka|číslo karty;"
        "čtenář|uživatel",
        kind="výpůjčka nebo vrácení|vrácení nebo výpůjčka|výpůjčka vrácení|půjčení vrácení;"
        "typ transakce|druh transakce|typ operace;operace|akce|transakce|druh",
        captured_at="časové razítko|datum a čas|datum čas|časová značka|čas dokončení;čas zahájení",
        date="datum|datum výpůjčky|den",
        time="čas|hodina",
        library="knihovna|kód knihovny;pobočka",
        desk="pult|výpůjční pult|oddělení|půjčovna",
        other="název|signatura|jméno|příjmení|poznámka|poznámky|"
        "vrátit do|telefon|datum narození|číslo",
        loan="výpůjčka|výpůjčky|vypůjčeno|půjčeno|půjčení|vypůjčení",
        returned="vrácení|vráceno|vrácení knihy",
        renewal="prodloužení|prodlouženo",
        months="leden|ledna únor|února březen|března duben|dubna květen|května červen|června "
        "červenec|července srpen|srpna září říjen|října listopad|listopadu prosinec|prosince",
        weekdays="pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle",
        forenoon="dop",
        afternoon="odp",
        at="v|ve",
    ),
}
