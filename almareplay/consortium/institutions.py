"""The file of institutions: the settings of each, and where its key is; never the key itself."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from almareplay.alma.connection.hosts import can_be_key
from almareplay.settings import (
    PREFIX,
    OfInstitution,
    Settings,
    SettingsError,
    nearest_file,
    problems_of,
)
from almareplay.settings.file import read_by_others, text_of
from almareplay.transactions import nearest

_OF_SETTINGS = ("region", "base_url", "environment", "timezone", "library", "circ_desk")
_NUMBERS = ("requests_per_second", "reserve")
_KEY = ("api_key_env", "api_key_file")
_TEXTS = ("name", *_OF_SETTINGS, "desk_map", "pool", *_KEY)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# As Alma makes keys (seen in client code: "l7xx" or "l8xx", then 32 digits and letters); and any
# long word of digits and letters.
_LIKE_A_KEY = re.compile(
    r"l\dxx\w{8,}|(?=\w*\d)(?=\w*[a-z])[a-z0-9]{24,}", re.ASCII | re.IGNORECASE
)
_LINE = re.compile(r"at line \d+, column \d+")
_LONGEST_KEY = 1_000


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution of the file: its code as Alma says it, its name, its own values of settings by
    their fields, its desk map, the pool of calls that it shares, and where its key is: in the
    environment variable ``key_env`` or in ``key_file``."""

    code: str
    name: str
    values: Mapping[str, Any]
    desk_map: Path | None
    pool: str | None
    key_env: str | None
    key_file: Path | None

    def settings(self, plain: Settings, given: Collection[str] = ()) -> Settings:
        """The settings of this institution: its own over the ``plain`` ones, but for those that
        were ``given`` with the command, by their fields."""
        values = {name: value for name, value in self.values.items() if name not in given}
        warnings = read_by_others(self.key_file) if self.key_file else []
        of = OfInstitution(self.code, self.read_key, self.desk_map, self.pool, warnings)
        return plain.of_institution(of, values)

    def read_key(self) -> str:
        """The key of this institution. Raises SettingsError where it cannot be had."""
        if self.key_file is not None:
            where = f"the file {self.key_file}"
            if not self.key_file.is_file():
                self._lacks_key(f"{where} is not there.{nearest_file(self.key_file)}")
            key = text_of(self.key_file, "key file", "api_key_file").strip()
        else:
            where = f"the environment variable {self.key_env}"
            key = os.environ.get(self.key_env or "", "").strip()
        if not key:
            self._lacks_key(f"{where} is {'empty' if self.key_file else 'not set'}.")
        if not can_be_key(key) or len(key) > _LONGEST_KEY:
            self._lacks_key(f"{where} holds something else than a key alone. Copy the key again.")
        return key

    def _lacks_key(self, why: str) -> NoReturn:
        raise SettingsError(f"Institution {self.code} has no API key: {why}")


def institution_named(plain: Settings, code: str) -> Institution:
    """The institution with this code, of the file that is set. Raises SettingsError."""
    known = institutions_of(plain)
    if code not in known:
        raise SettingsError(
            f"The file of institutions has none with the code {code!r}.{nearest(code, known)}"
            f" It has: {', '.join(known)}."
        )
    return known[code]


def institutions_of(plain: Settings) -> dict[str, Institution]:
    """The institutions of the file that is set, by their codes. Raises SettingsError."""
    if plain.institutions is None:
        raise SettingsError(
            "It is not set where the institutions stand. Give --institutions FILE, or set "
            f"{PREFIX}INSTITUTIONS=institutions.toml."
        )
    return read_institutions(Path(plain.institutions))


def read_institutions(file: Path) -> dict[str, Institution]:
    """The institutions of a file, by their codes, in the order of the file.

    Raises SettingsError, which says in which table what is wrong and what to do, and never shows
    what may be a key; also for a file that other users of this machine can write.
    """
    if not file.is_file():
        what = "is no file" if file.exists() else "does not exist"
        raise SettingsError(f"The file of institutions {file} {what}.{nearest_file(file)}")
    try:
        content = tomllib.loads(text_of(file, "file of institutions", "--institutions"))
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        where = found[0] if found else "at its end"
        # Without its cause, which may quote a key.
        raise SettingsError(
            f"{file} cannot be read as TOML, {where}. A table begins with [institutions.CODE], its "
            'lines are name = "value".'
        ) from None
    return _Reader(file).read(content)


class _Reader:
    """Reads the content of one file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._folder = file.absolute().parent

    def read(self, content: Mapping[str, Any]) -> dict[str, Institution]:
        self._known_names("the top", content, ("institutions", "pools"))
        pools = {
            name: self._pool(f"[pools.{name}]", table)
            for name, table in self._tables("pools", content)
        }
        found = {
            code: self._institution(code, table, pools)
            for code, table in self._tables("institutions", content)
        }
        if not found:
            raise SettingsError(
                f"{self._file} has no institutions: write a table [institutions.CODE] for each, "
                "with the code that Alma says."
            )
        self._own_keys(found)
        return found

    def _tables(
        self, name: str, content: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        tables = content.get(name, {})
        if not isinstance(tables, dict):
            self._wrong(name, f"is no table. Write [{name}.NAME] and what belongs to it below.")
        for key, table in tables.items():
            if _LIKE_A_KEY.fullmatch(key) or not _CODE.fullmatch(key):
                self._wrong(
                    f"[{name}]",
                    "holds a name that is no code: letters, digits, - and _, such as 01ABC_INST. A "
                    "table is named like [institutions.01ABC_INST].",
                )
            if not isinstance(table, dict):
                self._wrong(f"[{name}]", f"{key} is no table. Write [{name}.{key}] in its place.")
            yield key, table

    def _institution(
        self, code: str, table: Mapping[str, Any], pools: Mapping[str, int | None]
    ) -> Institution:
        where = f"[institutions.{code}]"
        self._known_names(where, table, (*_TEXTS, *_NUMBERS))
        for name in _TEXTS:
            if name in table:
                self._text(where, name, table[name])
        values = {
            name: table[name] for name in (*_OF_SETTINGS, "requests_per_second") if name in table
        }
        values |= self._reserve_of(where, table, pools)
        for name, words in problems_of(values):
            self._wrong(where, f"{'reserve' if name == 'daily_reserve' else name} {words}.")
        key_env, key_file = self._key(where, table)
        return Institution(
            code,
            table.get("name", ""),
            _whole(values),
            self._path(table.get("desk_map")),
            table.get("pool"),
            key_env,
            key_file,
        )

    def _text(self, where: str, name: str, value: object) -> None:
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            self._wrong(where, f"{name} must be a text that can be printed, in quotation marks.")
        if any(_LIKE_A_KEY.fullmatch(word) for word in re.split(r"[\s/\\=:]+", value)):
            self._wrong(
                where,
                f"{name} looks like an API key, which is not shown here. No key stands in this "
                "file: put it into an environment variable, or into a file that only you can "
                "read, and name that with api_key_env or api_key_file. If others have seen this "
                "file, have a new key made.",
            )

    def _key(self, where: str, table: Mapping[str, Any]) -> tuple[str | None, Path | None]:
        given = [name for name in _KEY if name in table]
        if len(given) != 1:
            which = "names its key twice" if given else "does not say where its key is"
            self._wrong(
                where,
                f"{which}. Write api_key_env with the name of an environment variable, or "
                "api_key_file with that of a file that only you can read.",
            )
        variable = table.get("api_key_env")
        if variable is not None and not _VARIABLE.fullmatch(variable):
            self._wrong(
                where,
                "api_key_env must be the name of an environment variable (letters, digits and _).",
            )
        return variable, self._path(table.get("api_key_file"))

    def _reserve_of(
        self, where: str, table: Mapping[str, Any], pools: Mapping[str, int | None]
    ) -> dict[str, int]:
        pool = table.get("pool")
        if pool is None:
            reserve = self._reserve(where, table)
            return {} if reserve is None else {"daily_reserve": reserve}
        if pool not in pools:
            there = f" There are: {', '.join(pools)}." if pools else f" Write [pools.{pool}] first."
            self._wrong(where, f"pool {pool!r} is not in the file.{nearest(pool, pools)}{there}")
        if "reserve" in table:
            self._wrong(where, f"reserve is that of its pool: write it into [pools.{pool}] alone.")
        of_pool = pools[pool]
        return {} if of_pool is None else {"daily_reserve": of_pool}

    def _pool(self, where: str, table: Mapping[str, Any]) -> int | None:
        self._known_names(where, table, ("reserve",))
        return self._reserve(where, table)

    def _reserve(self, where: str, table: Mapping[str, Any]) -> int | None:
        reserve = table.get("reserve")
        if reserve is None:
            return None
        if not isinstance(reserve, int) or isinstance(reserve, bool) or reserve < 0:
            self._wrong(where, "reserve must be a whole number of calls a day, 0 or more.")
        return int(reserve)

    def _path(self, named: str | None) -> Path | None:
        """A file that is named in this one, from the folder of this one on."""
        return None if named is None else self._folder / Path(named).expanduser()

    def _known_names(self, where: str, table: Mapping[str, Any], known: Collection[str]) -> None:
        for name in table:
            if name in known:
                continue
            if name == "api_key":
                self._wrong(
                    where,
                    "has an api_key, which is not shown here. No key stands in this file: name "
                    "where it is with api_key_env or api_key_file.",
                )
            shown = "something" if _LIKE_A_KEY.search(name) else repr(name)
            self._wrong(
                where,
                f"has {shown} that is not known.{nearest(name, known)} It may have: "
                f"{', '.join(known)}.",
            )

    def _own_keys(self, found: Mapping[str, Institution]) -> None:
        """Make sure that no two have one key: rows of one would be posted at the other."""
        first: dict[object, str] = {}
        for code, each in found.items():
            other = first.setdefault(each.key_file or each.key_env, code)
            if other != code:
                self._wrong(
                    f"[institutions.{code}]",
                    f"has the same key as {other}. Each institution has a key of its own.",
                )

    def _wrong(self, where: str, words: str) -> NoReturn:
        raise SettingsError(f"{self._file}, {where}: {words}")


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the settings have them. What belongs together is of the institution alone: not
    one's region with another's address, nor its library with another's desk."""
    checked = Settings.model_validate(dict(values))
    own = {name: getattr(checked, name) for name in values}
    if "region" in own or "base_url" in own:
        own |= {name: own.get(name) for name in ("region", "base_url")}
    if "library" in own:
        own["circ_desk"] = own.get("circ_desk")
    return own
