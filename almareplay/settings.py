"""What the user can set: from flags, then the environment, then a settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from almareplay.transactions import AlmaReplayError, nearest

PREFIX = "ALMAREPLAY_"
DEFAULT_FILE = Path("settings.env")
_ENCODING = "utf-8-sig"  # editors on Windows put a mark at the beginning
# Alma's own limit for a whole institution (developer documentation, "API governance").
INSTITUTION_CALLS_PER_SECOND = 25

# Hosts by region (developer documentation, "Calling the Alma APIs").
_HOSTS = {
    "na": "https://api-na.hosted.exlibrisgroup.com",
    "eu": "https://api-eu.hosted.exlibrisgroup.com",
    "ap": "https://api-ap.hosted.exlibrisgroup.com",
    "ca": "https://api-ca.hosted.exlibrisgroup.com",
    "cn": "https://api-cn.hosted.exlibrisgroup.com.cn",
}


class SettingsError(AlmaReplayError):
    """A setting is missing or cannot be right; the message names it and says what to write."""


class Settings(BaseSettings):
    """All settings with their defaults. Make one with ``read_settings``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        env_ignore_empty=True,
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
    requests_per_second: float = Field(default=15, gt=0, le=1000)
    daily_reserve: int = Field(default=10_000, ge=0)
    timeout_seconds: float = Field(default=60, gt=0)
    settle_seconds: float = Field(default=75, ge=0)

    @field_validator("region")
    @classmethod
    def _known_region(cls, value: str | None) -> str | None:
        if value is not None and value.lower() not in _HOSTS:
            raise ValueError(f"must be one of {', '.join(_HOSTS)}")
        return value and value.lower()

    @field_validator("environment")
    @classmethod
    def _known_environment(cls, value: str) -> str:
        if value.lower() not in ("sandbox", "production"):
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
        except httpx.InvalidURL as error:
            raise ValueError(
                "must be a scheme and a host, like https://alma.example.org"
            ) from error
        if url.path not in ("", "/") or url.query or url.fragment or url.userinfo or not url.host:
            raise ValueError("must be a scheme and a host alone, like https://alma.example.org")
        if url.scheme != "https" and not (url.scheme == "http" and is_this_machine(url.host)):
            raise ValueError("must begin with https:// (http:// is for this machine only)")
        return value.rstrip("/")

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
        if not key.isascii() or not key.isprintable() or " " in key:
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
                f"{', '.join(each for each in _HOSTS if each != 'na')}) into {DEFAULT_FILE}."
            )
        return _HOSTS[self.region]


def is_this_machine(host: str) -> bool:
    """Whether a host name or address means the machine that almareplay runs on."""
    return host in ("localhost", "::1") or (
        host.startswith("127.") and host.replace(".", "").isdigit()
    )


def read_settings(file: Path | None = None, **flags: Any) -> Settings:
    """Settings from flags (those that are not None), the environment, and a file.

    ``file`` is ``settings.env`` in the working directory where None, and may then be missing.
    Raises SettingsError, which names each setting that is wrong but never shows its value.
    """
    if file is not None and not file.is_file():
        raise SettingsError(f"The settings file {file} does not exist.{nearest_file(file)}")
    chosen = file or DEFAULT_FILE
    try:
        known = set(Settings.model_fields)
        for name in dotenv_values(chosen, encoding=_ENCODING) if chosen.is_file() else ():
            if name.upper().startswith(PREFIX) and name[len(PREFIX) :].lower() not in known:
                names = [PREFIX + each.upper() for each in known]
                meant = nearest(name, names)
                raise SettingsError(f"{chosen} sets {name}, which is no setting.{meant}")
        given = {name: value for name, value in flags.items() if value is not None}
        return Settings(_env_file=chosen, _env_file_encoding=_ENCODING, **given)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {chosen} cannot be read.") from error
    except ValidationError as error:
        problems = [_in_words(str(each["loc"][0]), each["msg"]) for each in error.errors()]
        # Without its cause: a validation error may hold what was given.
        raise SettingsError("\n".join(problems)) from None


def _in_words(name: str, message: str) -> str:
    return f"{PREFIX}{name.upper()}: {message.removeprefix('Value error, ')}."


def nearest_file(path: Path) -> str:
    """What file of its folder may have been meant by one that is not there, as ``nearest`` says."""
    try:
        return nearest(path.name, [each.name for each in path.absolute().parent.iterdir()])
    except OSError:
        return ""
