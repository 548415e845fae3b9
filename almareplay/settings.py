"""What the user can set: from flags, then the environment, then a settings file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from almareplay.alma.hosts import HOSTS, can_be_key, is_this_machine
from almareplay.transactions import AlmaReplayError, nearest

PREFIX = "ALMAREPLAY_"
DEFAULT_FILE = Path("settings.env")
_SETTING = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)", re.ASCII)
_QUOTED = re.compile(r"""\s*(["'])((?:(?!\1).)*)\1\s*(?:\s#.*)?""")
_COMMENT = re.compile(r"\s+#.*")
_LINE_END = re.compile(r"\r\n|\n|\r")
_PACE = {"sandbox": 8.0, "production": 15.0}
_FAST = {"sandbox": 10.0, "production": 25.0}


class SettingsError(AlmaReplayError):
    """A setting is missing or cannot be right; the message names it and says what to write."""


class Settings(BaseSettings):
    """All settings with their defaults. Make one with ``read_settings``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        # A rejected value may stand beside the key: no error shows what was given.
        hide_input_in_errors=True,
    )

    api_key: SecretStr | None = None
    region: str | None = None
    base_url: str | None = None
    environment: str = "sandbox"
    library: str | None = None
    circ_desk: str | None = None
    timezone: str | None = None
    queue: str = "sqlite:///almareplay.db"
    database_password: SecretStr | None = None
    requests_per_second: float | None = Field(default=None, gt=0, le=1000)
    daily_reserve: int = Field(default=10_000, ge=0)
    timeout_seconds: float = Field(default=60, gt=0)
    settle_seconds: float = Field(default=75, ge=0)

    @field_validator("region")
    @classmethod
    def _known_region(cls, value: str | None) -> str | None:
        if value is not None and value.lower() not in HOSTS:
            raise ValueError(f"must be one of {', '.join(HOSTS)}")
        return value and value.lower()

    @field_validator("environment")
    @classmethod
    def _known_environment(cls, value: str) -> str:
        if value.lower() not in _PACE:
            raise ValueError("must be sandbox or production")
        return value.lower()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ValueError(
                    "is not a time zone that is known here; zones are named like "
                    "America/Los_Angeles or Europe/Berlin"
                ) from error
        return value

    @field_validator("base_url")
    @classmethod
    def _safe_base_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = httpx.URL(value)
        except (httpx.InvalidURL, ValueError) as error:
            raise ValueError(
                "must be a scheme and a host, like https://alma.example.org"
            ) from error
        if url.path not in ("", "/") or url.query or url.fragment or url.userinfo or not url.host:
            raise ValueError("must be a scheme and a host alone, like https://alma.example.org")
        if url.scheme != "https" and not (url.scheme == "http" and is_this_machine(url.host)):
            raise ValueError("must begin with https:// (http:// is for this machine only)")
        return value.rstrip("/")

    @property
    def pace(self) -> float:
        """Calls a second: as set, else what leaves enough to others in such an environment."""
        return self.requests_per_second or _PACE[self.environment]

    @property
    def fast(self) -> bool:
        """Whether the pace is faster than is wise without knowing the institution's limit."""
        return self.pace > _FAST[self.environment]

    def require_zone(self) -> ZoneInfo:
        """The zone of the captured times. Raises SettingsError where none is set."""
        if self.timezone is None:
            raise SettingsError(
                "The time zone of the captured times is not set. Give --timezone, or write "
                f"{PREFIX}TIMEZONE=America/Los_Angeles (your zone) into {DEFAULT_FILE}."
            )
        return ZoneInfo(self.timezone)

    def require_key(self) -> str:
        """The API key. Raises SettingsError where none is set."""
        if self.api_key is None or not self.api_key.get_secret_value().strip():
            raise SettingsError(
                f"No API key is set. Write {PREFIX}API_KEY=... into {DEFAULT_FILE} (make it "
                "readable by you only), or set it in the environment."
            )
        key = self.api_key.get_secret_value().strip()
        if not can_be_key(key):
            raise SettingsError(
                f"{PREFIX}API_KEY holds characters that no API key has. Copy the key again."
            )
        return key

    def require_base_url(self) -> str:
        """Scheme and host of the Alma to talk to. Raises SettingsError where none is set."""
        if self.base_url is not None:
            return self.base_url
        if self.region is None:
            raise SettingsError(
                f"It is not set which Alma to talk to. Write {PREFIX}REGION=na (or "
                f"{', '.join(each for each in HOSTS if each != 'na')}) into {DEFAULT_FILE}."
            )
        return HOSTS[self.region]


def read_settings(file: Path | None = None, **flags: Any) -> Settings:
    """Settings from flags (those that are not None), the environment, and a file.

    ``file`` is ``settings.env`` in the working directory where None, and may then be missing.
    Raises SettingsError, which names each setting that is wrong, with where it stands, but never
    shows its value; and for a file that other users of this machine can write.
    """
    lines = [line for line in _lines_of(file) if line.name.upper().startswith(PREFIX)]
    of_file = {_known_name(line): line for line in lines}
    of_flags = {name: value for name, value in flags.items() if value not in (None, "")}
    of_environment = EnvSettingsSource(Settings)()
    # What is given here wins over the environment, so of the file only what that does not set.
    rest = {name: line.value for name, line in of_file.items() if name not in of_environment}
    where = (
        {name: line.where for name, line in of_file.items()}
        | dict.fromkeys(of_environment, "the environment")
        | dict.fromkeys(of_flags, "")
    )
    try:
        return Settings(**{name: value for name, value in rest.items() if value} | of_flags)
    except ValidationError as error:
        problems = [_in_words(str(each["loc"][0]), each, where) for each in error.errors()]
        # Without its cause: a validation error may hold what was given.
        raise SettingsError("\n".join(problems)) from None


def _known_name(line: _Line) -> str:
    """The field of a line that sets one of ours. Raises SettingsError for one that there is not."""
    name = line.name[len(PREFIX) :].lower()
    if name in Settings.model_fields:
        return name
    meant = nearest(line.name, [PREFIX + each.upper() for each in Settings.model_fields])
    # Without its equals sign, a key stands in the name.
    secret = any(name.startswith(each) for each in ("api_key", "database_password"))
    what = "what it sets" if secret else line.name
    raise SettingsError(f"{line.where}: {what} is no setting of almareplay.{meant}")


_WORDS = {
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} at most",
    "finite_number": "must be a number",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
}


def _in_words(name: str, problem: Mapping[str, Any], where: Mapping[str, str]) -> str:
    """A problem with a setting; ``where`` has the place of each, empty for a flag."""
    context = problem.get("ctx", {})
    ours = _WORDS.get(problem["type"], "cannot have this value").format(**context)
    words = str(context.get("error", ours))  # those of the validators here first
    flag, setting = f"--{name.replace('_', '-')}", f"{PREFIX}{name.upper()} ({where[name]})"
    return f"{setting if where[name] else flag} {words}."


class _Line(NamedTuple):
    """A line of a settings file; ``name`` is empty where it cannot be read."""

    where: str
    name: str = ""
    value: str = ""


def _lines_of(file: Path | None) -> Iterator[_Line]:
    """The lines of a settings file that say something, whether they can be read or not.

    ``file`` is ``settings.env`` in the working directory where None, and may then be missing.
    Raises SettingsError for a file that cannot be read, or that other users can write.
    """
    if file is not None and not file.is_file():
        what = "is no file" if file.exists() else "does not exist"
        raise SettingsError(f"The settings file {file} {what}.{nearest_file(file)}")
    found = file or DEFAULT_FILE
    if not found.is_file():
        return
    for number, text in enumerate(_LINE_END.split(_text(found)), start=1):
        if text.strip() and not text.lstrip().startswith("#"):
            yield _line(f"{found}, line {number}", text)


def file_warnings(file: Path | None = None) -> list[str]:
    """What is not right about a settings file that can be used all the same: a sentence each.

    ``file`` and errors are as in ``read_settings``.
    """
    told = [
        f"{line.where}: this cannot be read, and is passed over. A setting is a line NAME=value."
        for line in _lines_of(file)
        if not line.name
    ]
    found = file or DEFAULT_FILE
    if found.is_file() and _mode(found) & (stat.S_IRGRP | stat.S_IROTH):
        told.append(f"Other users of this machine can read {found}: chmod 600 {found}")
    return told


def _line(where: str, text: str) -> _Line:
    setting = _SETTING.fullmatch(text)
    if setting is None:
        return _Line(where)
    name, value = setting.groups()
    if quoted := _QUOTED.fullmatch(value):
        return _Line(where, name, quoted[2])
    if value.lstrip().startswith(("'", '"')):
        return _Line(where)  # without its second quotation mark
    return _Line(where, name, _COMMENT.sub("", value).strip())


def _text(file: Path) -> str:
    if _mode(file) & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(
            f"Other users of this machine can write {file}, and could have the key sent elsewhere. "
            f"See that it says what you wrote, then: chmod 600 {file} (where that changes nothing, "
            "as on a Windows drive, keep the file elsewhere and name it with --settings)."
        )
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(f"The settings file {file} cannot be read: {reason}.") from error
    try:
        # Editors on Windows put a mark at the beginning.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # Without its cause, which holds the whole file.
        raise SettingsError(
            f"The settings file {file} cannot be read: line {line} is not UTF-8. Save it as UTF-8."
        ) from None


def _mode(file: Path) -> int:
    """The permissions of a file; none for others where the system has no such permissions."""
    if os.name != "posix":
        return stat.S_IRUSR | stat.S_IWUSR
    try:
        return file.stat().st_mode
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be read.") from error


def nearest_file(path: Path) -> str:
    """What file of its folder may have been meant by one that is not there, as ``nearest`` says."""
    try:
        return nearest(path.name, [each.name for each in path.absolute().parent.iterdir()])
    except OSError:
        return ""
