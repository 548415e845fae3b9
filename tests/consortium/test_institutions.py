"""The file of institutions: what it says of each, what is refused, and that no key is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from almareplay.consortium.institutions import institution_named, institutions_of, read_institutions
from almareplay.settings import Settings, SettingsError, read_settings

KEY = "l8xx" + "0f3e" * 8
FERN = """
[institutions.01FERN_INST]
name = "Fern University"
region = "eu"
timezone = "Europe/Berlin"
api_key_env = "FERN_KEY"
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the file of institutions into an empty working directory."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ALMAREPLAY_{name.upper()}", raising=False)

    def written(content: str) -> Path:
        path = tmp_path / "institutions.toml"
        path.write_text(content, "utf-8")
        return path

    return written


def settings_of(code: str, **flags: Any) -> Settings:
    """The settings of an institution of the file in the working directory."""
    plain = read_settings(institutions="institutions.toml", **flags)
    return institution_named(plain, code).settings(plain, [*flags])


def test_what_an_institution_says_of_itself_wins_over_the_plain_settings(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        '[pools.all]\nreserve = 40000\n[institutions.01MOSS_INST]\nname = "Moss"\n'
        'base_url = "https://moss.example.org"\nenvironment = "Production"\nlibrary = "MAIN"\n'
        'desk_map = "moss.csv"\nrequests_per_second = 25\npool = "all"\napi_key_file = "moss.key"\n'
    )
    Path("moss.key").write_text("moss-key\n")
    Path("moss.key").chmod(0o640)
    for name, value in {"REGION": "na", "CIRC_DESK": "FRONT", "API_KEY": "plain-key"}.items():
        monkeypatch.setenv(f"ALMAREPLAY_{name}", value)
    settings = settings_of("01MOSS_INST", timezone="Asia/Tokyo")
    assert settings.institution == "01MOSS_INST"
    assert settings.require_base_url() == "https://moss.example.org"
    assert (settings.environment, settings.pace, settings.daily_reserve) == (
        "production",
        25,
        40000,
    )
    # The desk of the plain settings is one of another library.
    assert (settings.library, settings.circ_desk, settings.timezone) == ("MAIN", None, "Asia/Tokyo")
    assert settings.desk_map is not None and settings.desk_map.name == "moss.csv"
    assert settings.require_key() == "moss-key"
    assert settings.warnings == [
        f"Other users of this machine can read {Path('moss.key').absolute()}: "
        f"chmod 600 {Path('moss.key').absolute()}"
    ]
    assert settings_of("01MOSS_INST", library="LAW").library == "LAW"
    assert KEY not in repr(settings) and "plain-key" not in repr(settings)


def test_its_region_wins_over_the_address_of_another_alma(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(FERN)
    monkeypatch.setenv("ALMAREPLAY_BASE_URL", "https://elsewhere.example.org")
    assert settings_of("01FERN_INST").require_base_url().startswith("https://api-eu.")


def test_the_key_of_the_plain_settings_is_never_that_of_an_institution(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(FERN)
    monkeypatch.setenv("ALMAREPLAY_API_KEY", "plain-key")
    settings = settings_of("01FERN_INST")
    words = "01FERN_INST has no API key: the environment variable FERN_KEY is not set"
    with pytest.raises(SettingsError, match=words):
        settings.require_key()
    monkeypatch.setenv("FERN_KEY", " fern-key ")
    assert settings.require_key() == "fern-key"


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        ("", 0o600, "is empty"),
        ("two words", 0o600, "holds something else than a key alone"),
        ("fern-key", 0o622, "Other users of this machine can write .*fern.key"),
        (None, 0o600, r"fern.key is not there\. Did you mean fern2.key\?"),
    ],
)
def test_a_file_that_is_no_good_for_a_key(
    write: Write, content: str | None, mode: int, words: str
) -> None:
    write(FERN.replace('api_key_env = "FERN_KEY"', 'api_key_file = "fern.key"'))
    file = Path("fern.key" if content is not None else "fern2.key")
    file.write_text(content or "")
    file.chmod(mode)
    with pytest.raises(SettingsError, match=words) as raised:
        settings_of("01FERN_INST").require_key()
    assert "two words" not in str(raised.value)


def test_a_code_that_is_not_in_the_file_is_refused_with_the_nearest(write: Write) -> None:
    write(FERN)
    words = r"none with the code '01FERN'\. Did you mean 01FERN_INST\? It has: 01FERN_INST"
    with pytest.raises(SettingsError, match=words):
        settings_of("01FERN")


def test_without_a_file_it_says_how_to_name_one() -> None:
    with pytest.raises(SettingsError, match="Give --institutions FILE, or set ALMAREPLAY_INST"):
        institutions_of(Settings())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('regoin = "eu"', r"has 'regoin' that is not known\. Did you mean region\?"),
        ('region = "moon"', "region must be one of na, eu, ap, ca, cn"),
        ('environment = "test"', "environment must be sandbox or production"),
        ('timezone = "Berlin"', "timezone is not a time zone"),
        ("requests_per_second = 0", "requests_per_second must be more than 0"),
        ("reserve = -1", "reserve must be a whole number"),
        ("library = 7", "library must be a text"),
        ('pool = "al"', r"pool 'al' is not in the file\. Did you mean all\?"),
        ('pool = "all"\nreserve = 3', r"write it into \[pools.all\] alone"),
        ('api_key_file = "fern.key"', "names its key twice"),
        ("[institutions.01MOSS_INST]", "does not say where its key is"),
        ('[institutions.01MOSS_INST]\napi_key_env = "FERN_KEY"', "the same key as 01FERN_INST"),
        ('[institutions.01MOSS_INST]\napi_key_env = "NOT-ONE"', "must be the name of an env"),
        ('[institutions."no code"]', "holds a name that is no code"),
        ("[pools.other]\nreserved = 3", "Did you mean reserve"),
        ("[pool]", "has 'pool' that is not known. Did you mean pools"),
        ('base_url = "http://alma.example.org"', "base_url must begin with https://"),
        ("name = Fern", r"cannot be read as TOML, at line 4, column 8\."),
    ],
)
def test_what_is_wrong_is_said_with_its_file_and_table(write: Write, line: str, words: str) -> None:
    table = '[institutions.01FERN_INST]\napi_key_env = "FERN_KEY"\n'
    with pytest.raises(SettingsError, match=words) as raised:
        read_institutions(write(f"[pools.all]\n{table}{line}\n"))
    assert "institutions.toml" in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        f'api_key = "{KEY}"',
        f'api_key_env = "{KEY}"',
        f'api_key_file = "{KEY}"',
        f'library = "{KEY}"',
        f'base_url = "https://alma.example.org/?apikey={KEY}"',
        f'{KEY} = "api_key"',
        f'api_key_{KEY} = ""',
        f"[institutions.{KEY}]",
        f"[pools.{KEY}]",
        f"api_key_env = {KEY}",
        f'api_key_env = "{KEY}',
    ],
)
def test_a_key_in_the_file_is_refused_and_not_shown(write: Write, line: str) -> None:
    table = FERN.replace('api_key_env = "FERN_KEY"\n', "")
    with pytest.raises(SettingsError) as raised:
        read_institutions(write(f"{table}{line}\n"))
    words = str(raised.value)
    assert KEY not in words and KEY.casefold() not in words.casefold()
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("content", ["", "institutions = 3", "institutions.01FERN_INST = 3"])
def test_a_file_without_tables_says_how_they_are_written(write: Write, content: str) -> None:
    with pytest.raises(SettingsError, match=r"\[institutions\."):
        read_institutions(write(content))


def test_a_file_that_others_can_write_is_refused(write: Write) -> None:
    file = write(FERN)
    file.chmod(0o666)
    with pytest.raises(SettingsError, match="could have the key sent elsewhere"):
        read_institutions(file)
    with pytest.raises(SettingsError, match=r"nowhere\.toml does not exist"):
        read_institutions(Path("nowhere.toml"))
