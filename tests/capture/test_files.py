"""The files of the page as the server gives them out."""

from __future__ import annotations

import re

from almareplay.capture.files import page_files
from tests.capture.conftest import Server


def test_the_page_is_there_for_everybody(server: Server) -> None:
    for address, file in page_files().items():
        answer = server.client.get(address)
        assert (answer.status_code, answer.content) == (200, file.content)
        assert answer.headers["content-type"] == file.type
        assert answer.headers["cache-control"] == "no-cache"
    assert {"/", "/overview", "/sw.js", "/style.css", "/manifest.webmanifest"} <= {*page_files()}


def test_what_a_browser_has_already_is_not_sent_again(server: Server) -> None:
    etag = server.client.get("/").headers["etag"]
    again = server.client.get("/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_no_page_needs_anything_from_outside_or_in_its_own_lines() -> None:
    for address, file in page_files().items():
        if file.type.startswith("text/html"):
            text = file.content.decode()
            assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", text), (
                address
            )
            assert not re.search(r"(src|href)=[\"'](https?:)?//", text), address


def test_nothing_beside_the_page_is_given_out(server: Server) -> None:
    for address in (
        *("/../app.py", "/%2e%2e/app.py", "/app/..%2f..%2fapp.py", "/app/", "/app", "/index.html"),
        *("/root.crt", "/almareplay-certificate/root.key", "/queue.db", "//etc/passwd"),
    ):
        assert server.client.get(address).status_code == 404, address
