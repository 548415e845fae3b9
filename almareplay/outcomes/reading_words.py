"""The sentences of what is found in captures: why a row is invalid or left out, what was assumed.

What stands in braces is a parameter of the reason.
"""

LINES = {
    "blank_line": "blank line",
    "end_of_file": "end-of-file mark",
    "header": "header",
    "title": "title",
    "note": "note",
    "sheet_without_barcodes": "sheet without barcodes",
    "line_too_long": "the line has more than {characters} characters",
    "windows_1252": "not in UTF-8: read as Windows-1252",
    "twice_encoded": "text that was encoded twice was set right",
}

FIELDS = {
    "no_kind": "neither loan nor return is said",
    "neither_kind": "the kind is neither loan nor return",
    "neither_kind_but": "the kind is neither loan nor return ({word})",
    "kind_of_flag": "the row does not say loan or return: --kind is taken",
    "renewal": "a renewal, replayed as a loan",
    "due_date": "the patron was told a due date",
    "no_item": "no item barcode",
    "no_patron": "a loan without a patron",
    "words_for_patron": "words stand where the patron id belongs: a name, or a piece of a title?",
    "same_number": "item and patron are the same number: was one of them scanned twice?",
    "swapped_columns": (
        "item and patron stand in each other's column, by the numbers of the other rows"
    ),
    "swapped_scans": (
        "the card was scanned as the item and the item as the card, by their numbers: correct the "
        "row"
    ),
    "patron_for_item": (
        "a patron's number stands where the item barcode belongs, by those of the other rows"
    ),
    "item_for_patron": (
        "an item's number stands where the patron id belongs, by those of the other rows"
    ),
    "no_library": "no library in the row, and --library was not given",
    "no_desk": "no desk in the row, and --circ-desk was not given",
    "not_in_desk_map": "the desk map has no such library or desk",
    "name_not_in_desk_map": 'the desk map has no "{name}"',
    "name_nearly_in_desk_map": 'the desk map has no "{name}". Did you mean {nearest}?',
}

TIMES = {
    "no_time": "no captured time",
    "no_date": "no captured date",
    "unreadable_time": "the date or time cannot be read",
    "number_for_time": "a number stands where the date and time belong",
    "impossible_month": "there is no month {month}",
    "impossible_year": "the year {year} cannot be right",
    "impossible_day": "{day} does not exist",
    "impossible_clock": "there is no time {clock}",
    "impossible_half": "there is no hour {hour} with AM or PM",
    "impossible_duration": "there is no such time of day",
    "impossible_time": "the captured time cannot be right",
    "not_year_first": "the date is not written year first",
    "too_far_ahead": "the time is more than 26 hours ahead",
    "before_captured_at": "the time is before that of --captured-at: which day?",
    "unknown_zone": "the time names a time zone that {zone} does not have then",
    "hour_ran_twice": "the clocks ran through this hour twice: taken as the first",
    "hour_was_skipped": "the clocks skipped this hour: moved forward",
    "in_utc": "the time is in UTC, as the row says",
    "in_other_zone": "the time is of another time zone, as the row says",
    "time_of_flag": "the capture has no times: that of --captured-at is taken",
    "day_of_flag": "the capture has no dates: that of --captured-at is taken",
    "day_of_name": "the date is that of the sheet's name",
    "twelve_hours_added": "twelve hours were added to its time, as --clock 12 says",
    "serial_number": "a serial number of a spreadsheet, read as date and time",
    "seconds_since_1970": "the time is a count of seconds since 1970",
}

TABLES = {
    "saved": "written out by the capture tool already",
    "saved_before_day": (
        "written out by the capture tool already, before the day of --include-saved-since"
    ),
    "saved_read": "written out by the capture tool already, and read again by --include-saved",
    "card": "a patron's card: the items below it are lent to that patron",
    "patron_filled": "the patron is that of a row above, as --fill-patron says",
    "card_above": "the patron is that of the card scanned above",
    "other_width": "the row has {cells} columns where {width} belong",
    "patron_elsewhere": (
        "a patron's number stands in another column than the patron's: a delimiter too many?"
    ),
    "comma_typed": "a comma that was typed has moved the patron's id into the column of the name",
    "quote_not_closed": "a quotation mark is opened and not closed",
    "text_behind_quote": "text stands behind a closing quotation mark",
    "backslash_quotes": "quotation marks written with a backslash before them",
    "cell_with_error": "column {column} shows an error of the spreadsheet ({error})",
    "formula_without_value": (
        "column {column} holds a formula without its value: open the file in a spreadsheet "
        "program, save it there and load that"
    ),
    "struck_through": "cancelled: the row is struck through",
    "partly_struck_through": "struck through in part: cancelled, or corrected?",
    "hidden_row": "hidden in the spreadsheet, and read all the same",
    "shown_zeros": "the leading zeros are those that the spreadsheet shows",
    "merged_cell": "the value of a merged cell holds for all its rows",
    "dump_breaks_off": "the dump breaks off in this row",
    "dump_unreadable": "this row and the rest of its INSERT cannot be read: is the dump damaged?",
    "dump_width": "the row does not have the {width} values that belong there",
    "dump_expression": (
        "the dump has {expression} where the {column} belongs: only the database knows its value"
    ),
}

DAT = {
    "dat_beginning": "the line does not begin with a date of 12 digits and L or R",
    "dat_digits": "the date has {digits} digits where 12 belong",
    "dat_kind": "the kind is {letter}, where L or R belongs",
    "dat_two_in_line": "a second transaction stands in the same line",
    "dat_tabs": "tabs divide the line into more than item barcode and patron",
    "dat_shifted": "the columns have shifted: the patron does not begin in column 94",
    "dat_padded_by_bytes": (
        "the item barcode was padded by bytes, so the patron begins before column 94"
    ),
    "dat_few_digits": (
        "the patron id has a few digits only, where others have many: a year, or a piece of a "
        "title, that a comma has moved there?"
    ),
}

OFFLINE_CLIENTS = {
    "one_field": "the line has 1 field where {width} belong",
    "other_fields": "the line has {fields} fields where {width} belong",
    "payment": "payment: almareplay takes loans and returns only",
    "inventory": "inventory count: almareplay takes loans and returns only",
    "in_house_use": "in-house use: almareplay takes loans and returns only",
    "registration": "registration of a patron: almareplay takes loans and returns only",
    "not_koha": "the line is no issue, return or payment",
    "not_sierra": "the line is neither a check-out (o) nor a check-in (i)",
    "not_evergreen": "the line is no transaction of Evergreen's offline client",
    "not_catalogued": (
        "a loan of something that is not in the catalogue: note it for the patron by hand"
    ),
    "backdated": "the clerk dated the return back to this day: taken as the end of it",
    "sierra_digits": "the date has {characters} signs where 10 digits belong",
}

SELF_CHECKS = {
    "answer": "answer to a self-check",
    "no_transaction": "line without a loan or return",
    "agreed": "a system agreed to it already (--include-saved reads it)",
    "same_request": "the same request once more: sent again, or logged twice",
    "asked_again": "asked in vain, then asked again and agreed to",
    "taken_as_done": "the self-check asked and the log has no answer: taken as done",
    "agreed_and_read": "the log shows that a system agreed to it",
    "refused_after": (
        "a system refused it, but it had happened: the self-check's no-block flag says so"
    ),
    "all_loans": "a renewal of all loans, which does not name the items",
    "two_in_line": "two loans or returns stand in the same line",
    "message_cut_off": "the message is cut off in the middle of an identifier",
    "two_fields": "the message has two fields {field}",
    "wrong_checksum": "the checksum does not fit the message: it was damaged or changed",
    "dates_too_short": ("the dates are not of 18 characters each: were blanks lost from the line?"),
    "zone_not_utc": "the time is in a zone that is neither blank nor Z (UTC)",
    "transaction_date": (
        "the return date has no time of day or is too late: the transaction date is taken"
    ),
    "refused_by_system": "the self-check asked and the system answered no: it did not happen",
    "answer_damaged": (
        "the system's answer is damaged: whether it happened cannot be told; look at the item in "
        "Alma"
    ),
    "which_answer": (
        "it cannot be told which answer of the system belongs to it: look at the item in Alma"
    ),
    "undoes_unknown": "it undoes something that this log does not have: look at the item in Alma",
    "undoes_line": "cancelled: it undoes line {line}",
    "undone_in_line": "cancelled: the self-check undid it in line {line}",
}

CAPTURE_PAGE = {
    "scan_loaded": "the run has this scan already",
    "scan_of_another_run": "another run has this scan already (--again loads it into this one too)",
    "voided": "voided at the desk",
    "voided_after_load": "cancelled: voided at the desk after it was loaded",
    "takes_back_scan": "takes back a scan",
    "loan_refused": "the clerk refused the loan, going by the offline patron list",
    "station_line_unreadable": "the line cannot be read: was the file cut off in it?",
    "neither_scan_nor_void": "the line is neither a scan nor takes one back",
    "station": "captured at",
    "clerk": "clerk",
    "time_of_clerk": "the clerk gave the time, as of a book drop",
    "patron_standing": "by the offline patron list the patron was {standing}",
    "lent_all_the_same": (
        "by the offline patron list the patron was {standing}, and the clerk lent it all the same"
    ),
    "station_clock_back": (
        "the station's clock went back: taken as no earlier than the scan of this item before it"
    ),
}

IDENTIFIERS = {
    "empty": "{what} is empty",
    "unreadable_characters": "{what} holds characters that cannot be read",
    "tab_or_line_break": "{what} holds a tab or line break: two scans in one field?",
    "control_characters": "control characters were taken out of {what}",
    "no_width": "signs of no width were taken out of {what}",
    "too_long": "{what} has more than 255 characters",
    "other_script": "the digits of {what} were of another script, or of full width",
    "other_keyboard": "the digits of {what} were typed with another keyboard layout",
    "perhaps_other_keyboard": (
        "{what} was typed with another keyboard layout, it seems: set the scanner to that of the "
        "computer"
    ),
    "apostrophe": "the apostrophe before {what} was taken off",
    "scientific": (
        "{what} was a number in scientific notation with all of its digits: leading zeros, if it "
        "had any, are lost"
    ),
    "scientific_cut": "{what} was cut by a spreadsheet: it has only the first digits of it",
    "stored_as_number": "{what} was stored as a number: leading zeros, if it had any, are lost",
    "ran_together": "{what} holds a quotation mark: have two cells run into one?",
    "time_for_identifier": "a date, a time of day or a duration stands where {what} belongs",
    "yes_or_no": "a yes/no stands where {what} belongs",
    "prefix": "the scanner's prefix before {what} was taken off",
    "suffix": "the scanner's suffix after {what} was taken off",
    "stripe_unread": "the card reader could not read the stripe: {what} is missing",
    "stripe": "{what} was taken from the text of a magnetic stripe",
    "stripe_in_part": "{what} is the text of a magnetic stripe, of which the number cannot be told",
    "masked": "{what} is masked: some of it is hidden",
    "code_identifier": "the scanner's code identifier before {what} was taken off",
    "codabar": "the Codabar letters around {what} were taken off",
    "perhaps_codabar": (
        "{what} has a letter before and behind its digits, as scanners send them with Codabar: "
        "give --codabar strip to take them off in the whole file, or --codabar keep where they "
        "belong to the numbers."
    ),
    "grouped": "the blanks or signs between the digits of {what} were taken out",
    "several": "{what} holds several numbers: two scans in one field?",
    "blanks_between": (
        "{what} has blanks between its digits: is it one number, or are they several?"
    ),
    "signs_between": "{what} has signs between its digits: is it one number, or are they several?",
    "no_sign": (
        "{what} has neither letters nor digits: was it typed with another keyboard layout?"
    ),
    "cell_of_time": "a date, a time or a yes/no stands where {what} belongs",
    "digits_cut": "{what} was cut by the spreadsheet: it keeps {digits} digits of a number",
    "zeros_behind": (
        "{what} was cut by a spreadsheet, it seems: all its digits after the {digits}th are 0"
    ),
    "decimal_point": "{what} is a number with a decimal point",
}

READING = (
    LINES | FIELDS | TIMES | TABLES | DAT | OFFLINE_CLIENTS | SELF_CHECKS | CAPTURE_PAGE
    | IDENTIFIERS
)  # fmt: skip
