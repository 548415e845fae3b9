"""Bytes that nobody meant to write: noise, damaged captures, and files made to take long."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_PIECES = [
    *(b"202609140901L34880000400010", b"202609140902R1", b" " * 66, b"\r\n", b"\n", b"\r", b"\0"),
    *(b"Timestamp,Type,Patron,Barcode\n", b"2026-09-14 09:05", b"14/09/2026", b"31/09/26", b"'"),
    *(b",", b";", b"\t", b'"', b"L", b"Return", b"24880000200014", b"3.4E+13", b"\x1a", b"A123B"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xc2\xa0", b"\xfc", b"\x81", b"sep=;\n", b"46279"),
    *(
        b"INSERT INTO `transactions` VALUES ('MAIN',",
        b"),('",
        b"\\'",
        b"_binary '\\0'",
        b"/*",
        b"--",
    ),
    *(b'{"almareplay_capture":1,"name":"Front"}\n', b'{"event":"scan","kind":"loan",', b'":', b"}"),
    *(
        b'"item_barcode":"34880000400010",',
        b'"captured_ms":1789370400000',
        b'"\\ud800"',
        b"[{",
        b"1e999",
    ),
    *(b"11YN20260914    090500", b"AOMAIN|AA2488|AB3488|", b"AY1AZF0A1", b"12", b"09N", b"|"),
]
_HEADS = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"SQLite format 3\0", b"%PDF", b""]


def noise(dice: random.Random) -> bytes:
    """Bytes by chance, or pieces of captures by chance."""
    if dice.random() < 0.4:
        return dice.choice(_HEADS) + dice.randbytes(dice.randrange(600))
    return b"".join(dice.choice(_PIECES) for _ in range(dice.randrange(60)))


def damaged(dice: random.Random, captures: Sequence[bytes]) -> bytes:
    """A capture with some bytes changed, cut out, doubled, or gone from its end."""
    content = bytearray(dice.choice(captures))
    for _ in range(dice.randrange(1, 8)):
        if not content:
            break
        start = dice.randrange(len(content))
        end = min(len(content), start + dice.randrange(1, 80))
        match dice.randrange(5):
            case 0:
                content[start] = dice.randrange(256)
            case 1:
                del content[start:end]
            case 2:
                content[start:start] = content[start:end]
            case 3:
                content[start:end] = dice.choice(_PIECES)
            case 4 if dice.random() < 0.2:
                del content[start:]
    return bytes(content)


_STATION = b'{"almareplay_capture":1}\n'

LONG: dict[str, Callable[[int], bytes]] = {
    "one line": lambda size: b"3" * size,
    "blanks": lambda size: b"202609140901L" + b" " * size + b"1\n",
    "quotation marks": lambda size: b'Barcode,Patron\n"' * (size // 16),
    "open quotation mark": lambda size: b'Barcode,Patron\n"' + b"1,2\n" * (size // 4),
    "delimiters": lambda size: b"Barcode" + b"," * size,
    "carriage returns": lambda size: b"Barcode,Patron\n" + b"\r" * size,
    "dump of one row": lambda size: b"INSERT INTO `transactions` VALUES ('" + b"\\'" * (size // 2),
    "dump of brackets": lambda size: b"INSERT INTO `transactions` VALUES " + b"(" * size,
    "dump of commas": lambda size: b"INSERT INTO `transactions` VALUES (" + b"1," * (size // 2),
    "dump of comments": lambda size: b"INSERT INTO `transactions` VALUES " + b"/*" * (size // 2),
    "SIP2 without fields": lambda size: b"11YN20260914    09050020260914    090500|" + b"A" * size,
    "SIP2 requests": lambda size: b"09N20260914    09050020260914    090500|AB1|\n" * (size // 45),
    "station without an end": lambda size: _STATION + b'{"id":"' + b"\\u0033" * (size // 6),
    "station of brackets": lambda size: _STATION + b"[" * size,
    "station of blanks": lambda size: _STATION + b" " * size + b"{}\n",
    "station that voids": lambda size: _STATION + b'{"event":"void","voids":"1"}\n' * (size // 29),
    "dates": lambda size: b"Barcode,Date\n" + b"1,1/2/26 1:0:" * (size // 13),
    "no UTF-8": lambda size: b"202609140901L\xfc\n" * (size // 15),
}
"""Files of about ``size`` bytes on which a careless reader takes more than linear time."""
