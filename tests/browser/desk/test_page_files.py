"""The files of the page: texts of all languages, and what the browser keeps."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

FILES = resources.files("almareplay.capture") / "page"


def texts_of(language: str) -> dict[str, str]:
    table: dict[str, str] = json.loads((FILES / "texts" / f"{language}.json").read_text("utf-8"))
    return table


def languages() -> set[str]:
    found = re.search(r"LANGUAGES = \{(.+)\}", (FILES / "app" / "texts.js").read_text("utf-8"))
    assert found
    return set(re.findall(r"(\w+):", found[1]))


def test_every_language_has_the_same_texts_with_the_same_values() -> None:
    assert languages() == {path.stem for path in Path(str(FILES)).glob("texts/*.json")}
    english = texts_of("en")
    for language in languages():
        table = texts_of(language)
        # A language may have more forms of a number than English has.
        assert english.keys() <= table.keys()
        assert {_bare(name) for name in table} == {_bare(name) for name in english}
        for name, words in english.items():
            holes = set(re.findall(r"\{\w+\}", words))
            assert set(re.findall(r"\{\w+\}", table[name])) == holes, name
            assert table[name].strip() == table[name] != "", name


def _bare(name: str) -> str:
    return re.sub(r"\.(zero|one|two|few|many|other)$", "", name)


def test_every_text_that_the_page_names_is_there() -> None:
    names = {name.removesuffix(".one").removesuffix(".other") for name in texts_of("en")}
    for path in [*Path(str(FILES)).glob("*.html"), *Path(str(FILES)).glob("app/*.js")]:
        text = path.read_text("utf-8")
        used = re.findall(r'data-(?:text|label)="([^"]+)"', text)
        used += re.findall(r'(?<![\w.])text\("([^"]+)"', text)
        used += [
            f"result.{each}" for each in re.findall(r'\bname: "([^"]+)", ?(?:values|\})', text)
        ]
        assert set(used) <= names, path.name


def test_the_browser_keeps_every_file_of_the_page() -> None:
    worker = (FILES / "sw.js").read_text("utf-8")
    listed = worker[worker.index("FILES = [") : worker.index("];")]
    modules = re.findall(r'"(\w+)"', listed)
    assert modules == sorted(path.stem for path in Path(str(FILES)).glob("app/*.js"))
    for path in [*Path(str(FILES)).glob("*.*"), *Path(str(FILES)).glob("texts/*")]:
        address = f"/{path.relative_to(str(FILES))}"
        known = {"/index.html": '"/"', "/overview.html": '"/overview"', "/sw.js": ""}
        assert known.get(address, f'"{address}"') in listed


def test_files_of_the_page_are_read_in_one_sitting() -> None:
    for path in Path(str(FILES)).glob("**/*.js"):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 300, path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)
