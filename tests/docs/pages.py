"""The pages of the documentation, and the blocks in them that are written from the code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
README = REPOSITORY / "README.md"

_BLOCK = re.compile(
    r"(?P<begin><!-- from the code: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def pages() -> list[Path]:
    """Every page that a reader may open: the README, what stands beside it, and all of docs."""
    beside = [REPOSITORY / name for name in ("CHANGELOG.md", "CONTRIBUTING.md")]
    return [README, *beside, *sorted(DOCS.rglob("*.md"))]


def blocks_of(page: Path) -> dict[str, str]:
    """The blocks of a page by their names, without the comments around them."""
    text = page.read_text("utf-8")
    return {
        each["name"]: each[0].removeprefix(each["begin"]).removesuffix(each["end"]).strip("\n")
        for each in _BLOCK.finditer(text)
    }


def filled(text: str, written: Mapping[str, Callable[[], str]]) -> str:
    """The text of a page with these blocks written anew; others stay as they are."""

    def anew(block: re.Match[str]) -> str:
        write = written.get(block["name"])
        return f"{block['begin']}\n{write()}\n\n{block['end']}" if write else block[0]

    return _BLOCK.sub(anew, text)


def code_lines(page: Path) -> Iterator[str]:
    """The lines of a page that are shown as code, dedented, a continued one as one line."""
    text = page.read_text("utf-8").replace(" \\\n", " ")
    for line in text.splitlines():
        if line.startswith("    ") and line.strip():
            yield re.sub(r"\s+", " ", line.strip())


def table(page: Path, head: str) -> list[list[str]]:
    """The rows of the first table of a page whose head begins with these words."""
    _, found, after = page.read_text("utf-8").partition(f"\n| {head} |")
    assert found, f"{page.name} has no table that begins with {head}"
    lines = after.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def anchors(page: Path) -> set[str]:
    """What a link into a page can name: its headings, as MkDocs and code hosts write them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    bare = (re.sub(r"[^\w\s-]", "", each.lower()).strip() for each in headings)
    return {re.sub(r"\s+", "-", each) for each in bare}
