"""The words of the languages of western and southern Europe."""

from __future__ import annotations

from almareplay.sources.languages.words import Words

WEST = {
    "English": Words(
        item="item barcode|item bar code|barcode item|book barcode|copy barcode|itmbarcd;"
        "item id|item no|item number|book id|book no|book number;barcode|bar code;item|book",
        patron="patron id|patron barcode|patron bar code|barcode patron|patron no|patron number|"
        "borrower id|borrower barcode|borrower no|borrower number|user id|user barcode|"
        "ptrbarcd|primary id|primary identifier|member id|reader id;"
        "patron card|library card|library card no|library card number|card|card no|card number|"
        "card id|id card|student id|student number|campus id|username|netid;"
        "patron|borrower|user|member|reader",
        kind="loan or return|return or loan|loan return|return loan|retorlo|l r|r l|in out|out in|"
        "ci co|co ci|check in out|check out in|checkin checkout|checkout checkin|"
        "check in check out|check out check in|checked in out|i o|charge discharge;"
        "transaction type|kind;type|action|transaction",
        captured_at="timestamp|time stamp|datetime|date time|date and time|date & time|"
        "captured at|completion time|submitted at|submission time|submission date|scanned at|"
        "time of scan|date scanned;start time",
        date="date|loan date|transaction date|scan date|checkout date;day",
        time="time|loan time|transaction time|scan time|checkout time|time of day",
        library="library|library code;branch|branch code",
        desk="desk|circ desk|circulation desk|desk code|circ desk code|service desk",
        other="title|author|call number|callnumber|item callnumber|itmcalnm|shelfmark|name|"
        "patron name|ptrname|first name|last name|email|email address|e mail|phone|note|notes|"
        "comment|comments|remark|remarks|due|due date|date due|due back|no|nr|number|row|id|"
        "response id|created|modified|last modified|last modified time|date of birth|birthday|"
        "expiry date|expires|isbn|status|staff|operator|initials",
        loan="l|loan|loans|loaned|lend|lent|o|out|co|checkout|checkedout|charge|charged|issue|"
        "issued|borrow|borrowed",
        returned="r|return|returns|returned|i|in|ci|checkin|checkedin|discharge|discharged|"
        "handedin|broughtback",
        renewal="renew|renewal|renewed",
        months="january|jan february|feb march|mar april|apr may june|jun july|jul august|aug "
        "september|sep|sept october|oct november|nov december|dec",
        weekdays="monday|mon|tuesday|tues|tue|wednesday|wednes|wed|thursday|thurs|thur|thu|"
        "friday|fri|saturday|satur|sat|sunday|sun",
        forenoon="am|a",
        afternoon="pm|p",
        at="at",
    ),
    "German": Words(
        item="exemplarbarcode|medienbarcode|medium barcode|buchbarcode|barcode exemplar|"
        "barcode medium|exemplar barcode;mediennummer|exemplarnummer|buchnummer|medien nr|"
        "exemplar nr;strichcode|barcodenummer;exemplar|medium|buch",
        patron="benutzernummer|benutzer nr|benutzer id|benutzerbarcode|benutzer barcode|"
        "lesernummer|"
        "leser nr|nutzernummer|nutzer id|kundennummer|bibliotheksausweisnummer|benutzerkennung;"
        "ausweisnummer|ausweis nr|ausweis|bibliotheksausweis|leserausweis|kartennummer|karte|"
        "matrikelnummer;benutzer|benutzerin|nutzer|nutzerin|leser|leserin|entleiher|kunde",
        kind="ausleihe oder rückgabe|rückgabe oder ausleihe|ausleihe rückgabe|rückgabe ausleihe;"
        "transaktionsart|vorgangsart;vorgang|aktion|art|typ|transaktion",
        captured_at="zeitstempel|datum und uhrzeit|datum uhrzeit|datum zeit|datum und zeit|"
        "zeitpunkt|erfasst am|fertigstellungszeit|abschlusszeit;startzeit",
        date="datum|ausleihdatum|tag",
        time="uhrzeit|zeit",
        library="bibliothek|bibliothekscode;zweigstelle|standort",
        desk="theke|ausleihtheke|schalter|ausleihschalter",
        other="titel|autor|verfasser|signatur|nachname|vorname|bemerkung|bemerkungen|"
        "anmerkung|anmerkungen|notiz|kommentar|fällig|fälligkeit|fällig am|leihfristende|"
        "fälligkeitsdatum|"
        "nummer|lfd nr|geburtsdatum|gültig bis|e mail adresse|telefon|erstellt|geändert",
        loan="ausleihe|ausleihen|ausgeliehen|entleihung|entliehen|leihe|verliehen|verleih|"
        "verbuchung|ausgabe",
        returned="rückgabe|rückgaben|zurückgegeben|zurück|rücknahme|rückbuchung",
        renewal="verlängerung|verlängert|verlängern",
        months="januar|jänner|jän februar|feber märz|mär|mrz april mai juni juli august "
        "september oktober|okt "
        "november dezember|dez",
        weekdays="montag|mo|dienstag|di|mittwoch|mi|donnerstag|do|freitag|fr|samstag|sonnabend|sa|"
        "sonntag|so",
        forenoon="vorm|vormittags",
        afternoon="nachm|nachmittags",
        at="um",
    ),
    "Dutch": Words(
        item="exemplaarbarcode|barcode exemplaar|boekbarcode|barcode boek|streepjescode exemplaar;"
        "exemplaarnummer|boeknummer;streepjescode;exemplaar|boek",
        patron="lezersnummer|lenersnummer|gebruikersnummer|gebruikers id|barcode lener|"
        "barcode lezer|barcode gebruiker|lenernummer|klantnummer;pasnummer|kaartnummer|pas|"
        "bibliotheekpas|studentnummer|lenerspas;lener|lezer|gebruiker|klant",
        kind="uitlenen of innemen|uitlening of inname|uitlenen innemen|uitlening inname;"
        "soort transactie|transactietype;soort|actie|handeling|transactie",
        captured_at="tijdstempel|datum en tijd|datum tijd|tijdstip|tijd van voltooien;begintijd",
        date="datum|uitleendatum|dag",
        time="tijd",
        library="bibliotheek|bibliotheekcode;vestiging|locatie",
        desk="balie|uitleenbalie",
        other="titel|auteur|plaatskenmerk|signatuur|naam|voornaam|achternaam|opmerking|"
        "opmerkingen|vervaldatum|telefoon|geboortedatum|nummer",
        loan="uitlening|uitlenen|uitgeleend|uitleen|lenen|geleend",
        returned="inname|innemen|ingenomen|ingeleverd|inleveren|teruggebracht|retour|terug",
        renewal="verlenging|verlengd|verlengen",
        months="januari februari maart|mrt april mei juni juli augustus september oktober|okt "
        "november december",
        weekdays="maandag|ma|dinsdag|di|woensdag|wo|donderdag|do|vrijdag|vr|zaterdag|za|zondag|zo",
        forenoon="vm",
        afternoon="nm",
        at="om",
    ),
    "French": Words(
        item="code barres document|code barres exemplaire|code à barres exemplaire|"
        "code à barres document|code barre exemplaire|code barre document|code barres du document|"
        "code barres livre;numéro exemplaire|numéro d exemplaire|numéro de document;"
        "code barres|code à barres|code barre;exemplaire|document|livre|ouvrage",
        patron="numéro de lecteur|numéro lecteur|code barres lecteur|code à barres lecteur|"
        "identifiant lecteur|identifiant usager|numéro d usager|numéro usager|code barres usager|"
        "numéro d emprunteur|identifiant emprunteur|no lecteur|n lecteur;carte|carte lecteur|"
        "numéro de carte|carte de lecteur|numéro étudiant|numéro d étudiant;"
        "lecteur|usager|emprunteur|abonné|adhérent",
        kind="prêt ou retour|retour ou prêt|prêt retour|retour prêt;type de transaction|"
        "type d opération;opération|mouvement|action",
        captured_at="horodatage|horodateur|date et heure|date heure|heure de fin|heure d "
        "achèvement;"
        "heure de début",
        date="date du prêt|date de prêt|jour",
        time="heure",
        library="bibliothèque|code bibliothèque;site|antenne",
        desk="bureau de prêt|banque de prêt|guichet|comptoir",
        other="titre|auteur|cote|nom|prénom|remarque|remarques|commentaire|échéance|"
        "date d échéance|retour prévu|courriel|téléphone|numéro|date de naissance",
        loan="prêt|prêts|prêté|emprunt|emprunté|sortie",
        returned="retour|retours|retourné|rendu|restitution|restitué|rentrée",
        renewal="renouvellement|renouvelé|prolongation|prolongé",
        months="janvier|janv février|févr|fev mars avril|avr mai juin juillet|juil août|aou "
        "septembre|sept "
        "octobre novembre décembre|déc",
        weekdays="lundi|lun|mardi|mar|mercredi|mer|jeudi|jeu|vendredi|ven|samedi|sam|dimanche|dim",
        at="à|a",
    ),
    "Spanish": Words(
        item="código de barras del ejemplar|código de barras ejemplar|código de barras del ítem|"
        "código de barras ítem|código de barras del libro|código ejemplar;número de ejemplar|"
        "número de ítem;código de barras;ejemplar|ítem|libro|material",
        patron="identificador del usuario|id de usuario|id usuario|número de usuario|"
        "código de usuario|código de barras del usuario|código de barras usuario|"
        "número de lector|id lector|código de lector;carné|carnet|número de carné|tarjeta|"
        "número de tarjeta|matrícula|dni;usuario|lector|prestatario|socio",
        kind="préstamo o devolución|devolución o préstamo|préstamo devolución|"
        "devolución préstamo;tipo de transacción|tipo de operación|tipo de movimiento;"
        "tipo|operación|movimiento|acción",
        captured_at="marca temporal|marca de tiempo|fecha y hora|fecha hora|hora de finalización;"
        "hora de inicio",
        date="fecha|fecha de préstamo|día",
        time="hora",
        library="biblioteca|código de biblioteca;sucursal|sede",
        desk="mostrador|mostrador de préstamo|mostrador de circulación",
        other="título|autor|signatura|signatura topográfica|nombre|apellido|apellidos|"
        "observaciones|nota|notas|comentarios|vencimiento|fecha de vencimiento|"
        "correo|correo electrónico|teléfono|número|fecha de nacimiento",
        loan="préstamo|préstamos|prestado|prestar|salida",
        returned="devolución|devoluciones|devuelto|devolver|entrada",
        renewal="renovación|renovado|prórroga",
        months="enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre|"
        "set octubre noviembre diciembre|dic",
        weekdays="lunes|martes|miércoles|mie|jueves|jue|viernes|vie|sábado|sab|domingo|dom",
        at="a las|a la|las",
    ),
    "Italian": Words(
        item="codice a barre copia|codice a barre documento|codice a barre del libro|"
        "codice a barre libro|barcode copia|barcode libro;numero di inventario|inventario|"
        "numero copia;codice a barre;copia|documento|volume",
        patron="id utente|codice utente|numero utente|barcode utente|codice a barre utente|"
        "tessera utente;tessera|numero tessera|numero di tessera|matricola|codice fiscale;"
        "utente|lettore",
        kind="prestito o restituzione|restituzione o prestito|prestito restituzione|"
        "restituzione prestito;tipo transazione|tipo operazione|tipo di operazione;operazione|"
        "azione|movimento",
        captured_at="informazioni cronologiche|data e ora|data ora|data e orario|"
        "ora di completamento;ora di inizio",
        date="data|data prestito|giorno",
        time="ora|orario",
        library="codice biblioteca;sede|filiale",
        desk="banco|banco prestiti|banco prestito|sportello",
        other="titolo|autore|collocazione|segnatura|cognome|osservazioni|commento|commenti|"
        "scadenza|data di scadenza|data scadenza|telefono|numero|data di "
        "nascita",
        loan="prestito|prestiti|prestato|uscita",
        returned="restituzione|restituzioni|restituito|rientro|reso",
        renewal="rinnovo|rinnovato|proroga",
        months="gennaio|gen febbraio marzo aprile maggio|mag giugno|giu luglio|lug agosto "
        "settembre|set ottobre|ott novembre dicembre|dic",
        weekdays="lunedì|martedì|mercoledì|giovedì|gio|venerdì|sabato|domenica",
        at="alle|alle ore|ore",
    ),
    "Portuguese": Words(
        item="código de barras do exemplar|código de barras do item|código de barras do livro|"
        "código do exemplar;número do exemplar|tombo|número de tombo;;livro|exemplar",
        patron="id do utilizador|id do usuário|código do utilizador|código do usuário|"
        "número do utilizador|número do usuário|número do leitor|código do leitor|"
        "código de barras do utilizador|código de barras do usuário|código de barras do leitor;"
        "cartão|número do cartão|carteirinha|número de cartão;utilizador|usuário|leitor",
        kind="empréstimo ou devolução|devolução ou empréstimo|empréstimo devolução|"
        "devolução empréstimo;tipo de operação|tipo de transação;operação|ação|movimento",
        captured_at="carimbo de data hora|carimbo de data|data e hora|data hora|"
        "hora de conclusão;hora de início",
        date="data|data do empréstimo|dia",
        time="hora|horário",
        library="biblioteca|código da biblioteca;unidade",
        desk="balcão|balcão de atendimento|balcão de empréstimo",
        other="título|autor|cota|número de chamada|nome|apelido|sobrenome|observações|nota|"
        "comentários|vencimento|data de vencimento|e mail|telefone|"
        "data de nascimento",
        loan="empréstimo|empréstimos|emprestado|saída",
        returned="devolução|devoluções|devolvido|entrada",
        renewal="renovação|renovado|prorrogação",
        months="janeiro fevereiro|fev março abril|abr maio|mai junho julho agosto|ago "
        "setembro|set outubro|out novembro dezembro|dez",
        weekdays="segunda feira|segunda|terça feira|terça|quarta feira|quarta|quinta feira|quinta|"
        "sexta feira|sexta|sábado|domingo",
        at="às|as",
    ),
}
