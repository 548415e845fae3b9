"""What is no capture is named for what it is, and a capture is never taken for something else."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from almareplay.sources import Capture, FileRefused, ReadingOptions, Row, open_capture
from almareplay.sources.nocapture import known_by_bytes, known_by_parts, known_by_text, lock_of
from almareplay.transactions import Transaction

Opened = Callable[..., Capture]
Options = Callable[..., ReadingOptions]

FIXTURES = Path(__file__).parents[2] / "fixtures"


def zipped(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "x" * 50)
    return content.getvalue()


def tarred() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("desk.dat"))
    return content.getvalue()


def odf(kind: str) -> bytes:
    return zipped(
        "x.xml", first=("mimetype", b"application/vnd.oasis.opendocument." + kind.encode())
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"PGDMP\x01\x0e\0\x04\x08\x01",
            "is a dump of PostgreSQL in a form that only .* pg_restore",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", r"is a picture \(PNG\): it cannot be read\. Type what"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", r"is a picture \(JPEG\)"),
        (b"GIF89a\1\0\1\0", r"is a picture \(GIF\)"),
        (b"II*\0\x08\0\0\0", r"is a picture \(TIFF\)"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0", r"is a picture \(BMP\)"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", r"is a picture \(WebP\)"),
        (b"\0\0\0\x18ftypheic\0\0", r"is a picture \(HEIC\)"),
        (b"\0\0\0\x18ftypmp42\0\0", r"is a recording \(video\)"),
        (b"ID3\x03\0\0", r"is a recording \(audio or video\)"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF: load the spreadsheet or text file"),
        (b"{\\rtf1\\ansi Emma", r"is a word processor's file \(RTF\)"),
        (b"BZh91AY&SY\0", r"is compressed \(bzip2\): unpack it, and load what was in it"),
        (b"\xfd7zXZ\0\0\4", r"is compressed \(xz\)"),
        (b"Rar!\x1a\7\1\0", r"is compressed \(rar\)"),
        (b"7z\xbc\xaf\x27\x1c\0\4", r"is compressed \(7z\)"),
        (tarred(), r"is compressed \(tar\)"),
        (
            zipped("monday/desk.dat", "read.me"),
            "is a zip archive and no spreadsheet: unpack",
        ),
        (zipped("[Content_Types].xml", "word/document.xml"), r"is a word .* file \(\.docx\)"),
        (zipped("[Content_Types].xml", "ppt/slides/1.xml"), r"is a presentation \(\.pptx\)"),
        (zipped("Index/Document.iwa", "Metadata/x.plist"), "is a file of Apple's Numbers, Pages"),
        (odf("text"), r"is a word processor's file \(\.odt\)"),
        (odf("presentation"), r"is a presentation \(\.odp\)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le"),
            r"is a word processor's file \(\.doc\)",
        ),
        (b"\0\1\0\0Standard ACE DB\0", "is a database of Microsoft Access: export its table"),
        (b"\x37\x7f\x06\x82\0\x2d\xe2\x18", "is the journal of a SQLite database"),
        (b"\0\5\x16\7\0\2\0\0Mac OS X", "is what a Mac keeps beside a file of another disk"),
        (b"MZ\x90\0\3\0\0\0", "is a program"),
        (b'{"transactions": [{"item": "1"}]}', "is JSON, and of no program that is known"),
        (b'[\n  {\n    "item": "1"\n  }\n]\n', "is JSON"),
        (b'[{"item": "' + b"1" * 70_000, "is JSON"),
        (b"[" * 70_000, "is JSON"),
        (
            b'{"url":"https://docs.google.com/open?id=1","doc_id":"1","email":"a@calder.example"}',
            "is only a link to a Google Sheet: open it, download it as .xlsx",
        ),
        (
            b'{\n "doc_id": "1",\n "resource_key": "",\n "email": "a@calder.example"\n}',
            "is only a link to a Google Sheet",
        ),
        (b"[InternetShortcut]\r\nURL=https://sheet.example/1\r\n", "is only a link to a web page"),
        (b'<?xml version="1.0"?>\n<loans><loan/></loans>', "is XML, and of no program that is"),
        (
            b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
            b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "is a spreadsheet saved as XML: open it, and save it as .xlsx or .ods",
        ),
        (b"<html><body><table>", "is a web page: open it in a spreadsheet program"),
        (
            b"Received: from mail\nFrom: a@calder.example\nTo: b@calder.example\n\nLoans attached",
            "is an e-mail: save its attachment",
        ),
        (b"x\x05y\x01z\x02w\x01" * 200, "is neither text nor a spreadsheet that is known"),
        (b"\0" * 5000, "is empty"),
    ],
)
def test_what_is_no_capture(opened: Opened, content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused, match=f"^capture: {sentence}"):
        opened(content)


@pytest.mark.parametrize(
    ("name", "content", "base"),
    [
        ("~$desk.xlsx", b"\x05Marta" + b" " * 49 + b"\x05\0M\0a\0r\0t\0a\0", "desk.xlsx"),
        ("~$desk.xlsx", b"", "desk.xlsx"),
        (
            ".~lock.annex loans.ods#",
            b",marta,desk-3,14.09.2026 09:02,file:///home/m;",
            "annex loans.ods",
        ),
    ],
)
def test_the_lock_file_of_an_open_workbook(
    tmp_path: Path, options: Options, name: str, content: bytes, base: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        open_capture(path, options())
    assert str(refused.value).startswith(f"{name}: is the lock file of {base}, which is still open")
    assert "marta" not in str(refused.value).lower().replace(name.lower(), "")


def test_a_workbook_or_capture_by_such_a_name_is_read(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "~$branch.xlsx"
    path.write_bytes((FIXTURES / "outage-branch.xlsx").read_bytes())
    assert open_capture(path, options()).format == "spreadsheet (xlsx)"
    assert lock_of("~$desk.xlsx", 20_000) == lock_of("desk~$.xlsx", 10) == ""


@pytest.mark.parametrize(
    "text",
    [
        "[2026-09-14 09:02] loan of 34880000500012",
        "ID3,BM,MZ,PAR1\nitem barcode,patron id",
        "Date: 14 September\nFrom: desk\nTo: all\nitem,patron",
        "{A123},24880000000015",
        "<3",
    ],
)
def test_text_that_only_begins_like_something_else(text: str) -> None:
    assert known_by_bytes(text.encode()) == ""
    assert known_by_text(text.split("\n")) == ""


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("captures/*")), ids=lambda path: path.name)
def test_no_fixture_is_taken_for_something_else(path: Path) -> None:
    if path.name == "web-page.xls":
        return
    content = path.read_bytes()
    assert known_by_bytes(content) == ""
    if content.startswith((b"PK", b"\xd0\xcf")):
        assert known_by_parts(path) == ""


def test_a_log_of_messages_in_json_is_a_sip2_log(read: Callable[..., list[Row]]) -> None:
    message = f"11YY20260914    090000{' ' * 18}AOCALDER|AA24880000300014|AB34880000500012|AC|"
    (row,) = read(json.dumps({"at": "09:00", "message": message}) + "\n")
    assert isinstance(row, Transaction)
