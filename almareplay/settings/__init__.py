"""What the user can set: from flags, then the environment, then a settings file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from almareplay.alma.connection.hosts import HOSTS, can_be_key, is_this_machine
from almareplay.settings.errors import SettingsError
from almareplay.settings.file import DEFAULT_FILE, Line, file_warnings, lines_of, nearest_file
from almareplay.transactions import nearest

__all__ = [
    "DEFAULT_FILE",
    "PREFIX",
    "OfInstitution",
    "Settings",
    "SettingsError",
    "file_warnings",
    "nearest_file",
    "problems_of",
    "read_settings",
]

PREFIX = "ALMAREPLAY_"
_PACE = {"sandbox": 8.0, "production": 15.0}
_FAST = {"sandbox": 10.0, "production": 25.0}


@dataclass(frozen=True, slots=True)
class OfInstitution:
    """What an institution of a consortium has besides settings: its code, its desk map, the pool of
    calls that it shares, and how to come by its key, which raises SettingsError; ``warnings`` of
    what is not right about it."""

    code: str
    read_key: Callable[[], str]
    desk_map: Path | None = None
    pool: str | None = None
    warnings: list[str] = field(default_factory=list)


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
    institutions: str | None = None
    _of: OfInstitution | None = PrivateAttr(None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What it is made from, and no more: ``read_settings`` has read the rest."""
        return (init_settings,)

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

    def of_institution(self, of: OfInstitution, values: Mapping[str, Any]) -> Settings:
        """These settings as those of an institution, whose own ``values`` win. The key is its own,
        never the one that is set here."""
        made = self.model_copy(update={**values, "api_key": None})
        made._of = of
        return made

    @property
    def institution(self) -> str:
        """The code of the institution that they are of; empty where there is but one."""
        return self._of.code if self._of else ""

    @property
    def desk_map(self) -> Path | None:
        """The desk map of the institution, where it has one."""
        return self._of.desk_map if self._of else None

    @property
    def pool(self) -> str | None:
        """The pool of calls that the institution shares with others, where it is in one. Its
        reserve is ``daily_reserve``."""
        return self._of.pool if self._of else None

    @property
    def warnings(self) -> list[str]:
        """What is not right about the institution's key but can be used all the same."""
        return self._of.warnings if self._of else []

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
        if self._of is not None:
            return self._of.read_key()
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
    lines = [line for line in lines_of(file) if line.name.upper().startswith(PREFIX)]
    of_file = {_known_name(line): line for line in lines}
    values = {name: line.value for name, line in of_file.items() if line.value}
    of_flags = {name: value for name, value in flags.items() if value not in (None, "")}
    of_environment = EnvSettingsSource(Settings)()
    where = (
        {name: line.where for name, line in of_file.items()}
        | dict.fromkeys(of_environment, "the environment")
        | dict.fromkeys(of_flags, "")
    )
    try:
        return Settings(**values | of_environment | of_flags)
    except ValidationError as error:
        problems = [_in_words(str(each["loc"][0]), each, where) for each in error.errors()]
        # Without its cause: a validation error may hold what was given.
        raise SettingsError("\n".join(problems)) from None


def _known_name(line: Line) -> str:
    """The field of a line that sets one of ours. Raises SettingsError for one that there is not."""
    name = line.name[len(PREFIX) :].lower()
    if name in Settings.model_fields:
        return name
    meant = nearest(line.name, [PREFIX + each.upper() for each in Settings.model_fields])
    # Without its equals sign, a key stands in the name.
    secret = any(name.startswith(each) for each in ("api_key", "database_password"))
    what = "what it sets" if secret else line.name
    raise SettingsError(f"{line.where}: {what} is no setting of almareplay.{meant}")


def problems_of(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the values of settings, by the names of the fields: a name, and words that
    go on after it, without the value."""
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        return [(str(each["loc"][0]), _words_of(each)) for each in error.errors()]
    return []


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
    flag, setting = f"--{name.replace('_', '-')}", f"{PREFIX}{name.upper()} ({where[name]})"
    return f"{setting if where[name] else flag} {_words_of(problem)}."


def _words_of(problem: Mapping[str, Any]) -> str:
    context = problem.get("ctx", {})
    ours = _WORDS.get(problem["type"], "cannot have this value").format(**context)
    return str(context.get("error", ours))  # those of the validators here first
