"""The files of the page: public, and without any data."""

from __future__ import annotations

import hashlib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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
_PAGES = {"/index.html": "/", "/overview.html": "/overview", "/commands.html": "/commands"}
"""The address of a page, where it is not that of its file."""


class PageFile(NamedTuple):
    """A file as it is served."""

    content: bytes
    type: str
    etag: str


def page_files() -> dict[str, PageFile]:
    """The files of the page by their addresses."""
    folder = resources.files("almareplay.capture") / "page"
    files = _files_of(folder, "") if folder.is_dir() else {}
    return {_PAGES.get(address, address): file for address, file in files.items()}


def _files_of(folder: Traversable, address: str) -> dict[str, PageFile]:
    found: dict[str, PageFile] = {}
    for each in folder.iterdir():
        where = f"{address}/{each.name}"
        if each.is_dir():
            found |= _files_of(each, where)
        elif kind := _TYPES.get(each.name.rpartition(".")[2]):
            content = each.read_bytes()
            found[where] = PageFile(content, kind, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
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
