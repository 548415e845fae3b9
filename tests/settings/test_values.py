"""What the user can set: where it comes from, what is refused, and that no secret is shown."""

from __future__ import annotations

import re
import traceback

import pytest

from almareplay.settings import Settings, SettingsError, read_settings
from tests.settings.files import SECRET, write


def test_what_nobody_set_has_its_default() -> None:
    settings = read_settings()
    assert (settings.environment, settings.queue) == ("sandbox", "sqlite:///almareplay.db")
    assert (settings.requests_per_second, settings.daily_reserve) == (None, 10_000)
    assert (settings.timeout_seconds, settings.settle_seconds) == (60, 75)
    assert settings.library is settings.circ_desk is settings.timezone is settings.region is None


@pytest.mark.parametrize(
    ("environment", "given", "pace", "fast"),
    [
        ("sandbox", None, 8, False),
        ("sandbox", 10, 10, False),
        ("Sandbox", 10.5, 10.5, True),
        ("production", None, 15, False),
        ("PRODUCTION", 25, 25, False),
        ("production", 26, 26, True),
    ],
)
def test_the_pace_is_what_the_environment_bears(
    environment: str, given: float | None, pace: float, fast: bool
) -> None:
    settings = read_settings(environment=environment, requests_per_second=given)
    assert (settings.pace, settings.fast) == (pace, fast)


def test_flags_win_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("ALMAREPLAY_LIBRARY=FILE", "ALMAREPLAY_CIRC_DESK=FILE", "ALMAREPLAY_REGION=eu")
    monkeypatch.setenv("ALMAREPLAY_LIBRARY", "ENV")
    monkeypatch.setenv("ALMAREPLAY_CIRC_DESK", "ENV")
    settings = read_settings(library="FLAG", circ_desk=None)
    assert (settings.library, settings.circ_desk, settings.region) == ("FLAG", "ENV", "eu")


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    write("ALMAREPLAY_LIBRARY=FILE", "ALMAREPLAY_TIMEZONE=")
    monkeypatch.setenv("ALMAREPLAY_LIBRARY", "")
    settings = read_settings()
    assert (settings.library, settings.timezone) == ("FILE", None)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REGION", "us", "must be one of na, eu, ap, ca, cn"),
        ("ENVIRONMENT", "test", "must be sandbox or production"),
        ("TIMEZONE", "Pacific", "is not a time zone"),
        ("TIMEZONE", "../etc/passwd", "is not a time zone"),
        ("TIMEZONE", "America", "is not a time zone"),
        ("REQUESTS_PER_SECOND", "0", "must be more than 0"),
        ("REQUESTS_PER_SECOND", "nan", "must be a number"),
        ("REQUESTS_PER_SECOND", "many", "must be a number"),
        ("DAILY_RESERVE", "-1", "must be 0 or more"),
        ("DAILY_RESERVE", "1.5", "must be a whole number"),
        ("TIMEOUT_SECONDS", "0", "must be more than 0"),
        ("TIMEOUT_SECONDS", "inf", "must be a number"),
        ("SETTLE_SECONDS", "-1", "must be 0 or more"),
        ("BASE_URL", "http://alma.example.org", "must begin with https://"),
        ("BASE_URL", "http://127.0.0.1.example.org", "must begin with https://"),
        ("BASE_URL", "http://127.0.0.2", "must begin with https://"),
        ("BASE_URL", "http://127.1", "must begin with https://"),
        ("BASE_URL", "http://localhost.", "must begin with https://"),
        ("BASE_URL", "http://[::ffff:127.0.0.1]", "must begin with https://"),
        ("BASE_URL", "http://0.0.0.0", "must begin with https://"),
        ("BASE_URL", "ftp://127.0.0.1", "must begin with https://"),
        ("BASE_URL", "alma.example.org", "a scheme and a host"),
        ("BASE_URL", "https://alma.example.org/almaws/v1", "a scheme and a host alone"),
        ("BASE_URL", "https://someone:secret@alma.example.org", "a scheme and a host alone"),
        ("BASE_URL", "https://alma.example.org:port", "a scheme and a host"),
    ],
)
def test_a_value_that_cannot_be_right_is_named_and_not_shown(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALMAREPLAY_API_KEY", SECRET)
    monkeypatch.setenv(f"ALMAREPLAY_{name}", value)
    with pytest.raises(SettingsError, match=words) as raised:
        read_settings()
    assert str(raised.value).startswith(f"ALMAREPLAY_{name} (the environment) ")
    said = "".join(traceback.format_exception(raised.value))
    assert SECRET not in said
    assert "secret" not in said


def test_what_is_wrong_is_said_with_where_it_stands() -> None:
    write("", "ALMAREPLAY_REGION=us")
    with pytest.raises(SettingsError) as raised:
        read_settings(timezone="Pacific", daily_reserve="lots")
    assert [line.partition(" must")[0] for line in str(raised.value).splitlines()] == [
        "ALMAREPLAY_REGION (settings.env, line 2)",
        "--timezone is not a time zone that is known here; zones are named like "
        "America/Los_Angeles or Europe/Berlin.",
        "--daily-reserve",
    ]


@pytest.mark.parametrize("name", Settings.model_fields)
@pytest.mark.parametrize("value", ["\x00", "∞", "1e999", "0x10", "9" * 400, "http://[", "\ud800"])
def test_no_message_comes_from_a_library(name: str, value: str) -> None:
    try:
        read_settings(None, **{name: value})
    except SettingsError as error:
        said = str(error)
        assert re.match(rf"--{name.replace('_', '-')} (must|is|cannot) ", said)
        assert not re.search("pydantic|[Ii]nput|unicode|errno", said)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALMAREPLAY_REGION", "us")
    monkeypatch.setenv("ALMAREPLAY_TIMEZONE", "Pacific")
    with pytest.raises(SettingsError) as raised:
        read_settings()
    assert len(str(raised.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("na", "https://api-na.hosted.exlibrisgroup.com"),
        ("EU", "https://api-eu.hosted.exlibrisgroup.com"),
        ("ap", "https://api-ap.hosted.exlibrisgroup.com"),
        ("ca", "https://api-ca.hosted.exlibrisgroup.com"),
        ("cn", "https://api-cn.hosted.exlibrisgroup.com.cn"),
    ],
)
def test_a_region_is_a_host(region: str, host: str) -> None:
    assert read_settings(region=region).require_base_url() == host


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://alma.example.org/", "https://alma.example.org"),
        ("https://alma.example.org:8443", "https://alma.example.org:8443"),
        ("http://127.0.0.1:8400", "http://127.0.0.1:8400"),
        ("http://LOCALHOST:8400/", "http://LOCALHOST:8400"),
        ("http://[::1]:8400", "http://[::1]:8400"),
    ],
)
def test_a_base_url_wins_over_the_region(url: str, host: str) -> None:
    assert read_settings(region="eu", base_url=url).require_base_url() == host


def test_what_is_missing_is_said_with_what_to_write() -> None:
    settings = read_settings()
    with pytest.raises(SettingsError, match=r"ALMAREPLAY_API_KEY=\.\.\. into settings\.env"):
        settings.require_key()
    with pytest.raises(SettingsError, match=r"ALMAREPLAY_REGION=na \(or eu, ap, ca, cn\)"):
        settings.require_base_url()
    with pytest.raises(SettingsError, match="ALMAREPLAY_TIMEZONE=America/Los_Angeles"):
        settings.require_zone()


def test_a_key_is_taken_without_the_blanks_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALMAREPLAY_API_KEY", f" {SECRET}\n")
    assert read_settings().require_key() == SECRET


@pytest.mark.parametrize("key", ["two words", "schlüssel", "line\nbreak", "tab\tkey"])
def test_a_key_with_what_no_key_has_is_refused_unseen(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALMAREPLAY_API_KEY", key)
    with pytest.raises(SettingsError, match="Copy the key again") as raised:
        read_settings().require_key()
    assert key not in str(raised.value)


def test_the_key_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALMAREPLAY_API_KEY", SECRET)
    settings = read_settings()
    assert SECRET not in f"{settings} {settings!r} {settings.model_dump()} {vars(settings)}"
