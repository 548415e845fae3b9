"""The files of the page: public, and without any data."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import almareplay

# Not asked of the system, which may have been told that a script is plain text.
_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
_PAGES = {"/index.html": "/", "/overview.html": "/overview"}
"""The address of a page, where it is not that of its file."""
_VERSION = b"VERSION-OF-THE-FILES"
"""Stands in the files for the version of the page."""


class PageFile(NamedTuple):
    """A file as it is served."""

    content: bytes
    type: str
    etag: str


@cache
def page_files() -> dict[str, PageFile]:
    """The files of the page by their addresses, with its version filled in."""
    version = page_version().encode()
    found = {}
    for address, (content, kind) in _files().items():
        content = content.replace(_VERSION, version)
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        found[_PAGES.get(address, address)] = PageFile(content, kind, etag)
    return found


@cache
def page_version() -> str:
    """The version of the page: that of the package, and what tells its files from others."""
    digest = hashlib.sha256()
    for address, (content, _) in sorted(_files().items()):
        digest.update(f"{address} {len(content)} ".encode() + content)
    return f"{almareplay.__version__}+{digest.hexdigest()[:8]}"


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """The content and the type of each file."""
    return _files_of(resources.files("almareplay.capture") / "page", "")


def _files_of(folder: Traversable, address: str) -> dict[str, tuple[bytes, str]]:
    found: dict[str, tuple[bytes, str]] = {}
    for each in folder.iterdir():
        where = f"{address}/{each.name}"
        if each.is_dir():
            found |= _files_of(each, where)
        elif kind := _TYPES.get(each.name.rpartition(".")[2]):
            found[where] = each.read_bytes(), kind
    return found


def file_routes() -> list[Route]:
    """The routes of the files, which are read once."""
    return [_route(address, file) for address, file in page_files().items()]


def _route(address: str, file: PageFile) -> Route:
    headers = {"Cache-Control": "no-cache", "ETag": file.etag}

    async def serve(request: Request) -> Response:
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, media_type=file.type, headers=headers)

    return Route(address, serve, methods=["GET"])
