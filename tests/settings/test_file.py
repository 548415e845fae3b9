"""The file of settings: which one, how its lines are read, and who may read and write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from almareplay.settings import SettingsError, file_warnings, read_settings
from tests.settings.files import SECRET, write


def test_another_file_takes_the_place_of_the_usual_one() -> None:
    write("ALMAREPLAY_LIBRARY=USUAL", "ALMAREPLAY_REGION=eu")
    settings = read_settings(write("ALMAREPLAY_LIBRARY=OTHER", name="other.env"))
    assert (settings.library, settings.region) == ("OTHER", None)


def test_a_file_as_editors_on_windows_write_it() -> None:
    lines = ["ALMAREPLAY_LIBRARY=MAIN", "ALMAREPLAY_REGION=eu", ""]
    Path("settings.env").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    settings = read_settings()
    assert (settings.library, settings.region) == ("MAIN", "eu")


def test_a_file_that_was_named_must_be_there() -> None:
    with pytest.raises(SettingsError, match=r"other\.env does not exist"):
        read_settings(Path("other.env"))


@pytest.mark.parametrize("content", [b"\xff\xfeA\x00", b"ALMAREPLAY_LIBRARY=M\xfcnchen\n"])
def test_a_file_that_is_no_text_is_said(content: bytes) -> None:
    Path("settings.env").write_bytes(content)
    with pytest.raises(SettingsError, match=r"settings\.env cannot be read: line \d is not UTF-8"):
        read_settings()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ALMAREPLAY_REGOIN=eu", r"line 3: ALMAREPLAY_REGOIN is no .* mean ALMAREPLAY_REGION\?"),
        ("almareplay_circdesk=X", "Did you mean ALMAREPLAY_CIRC_DESK"),
        ("export ALMAREPLAY_PACE=3", "line 3: ALMAREPLAY_PACE is no setting"),
    ],
)
def test_a_setting_that_there_is_not_is_refused_with_the_nearest(line: str, words: str) -> None:
    write(f"ALMAREPLAY_API_KEY={SECRET}", "# The rest:", line)
    with pytest.raises(SettingsError, match=words):
        read_settings()


@pytest.mark.parametrize(
    "line", ["ALMAREPLAY_API_KEYl8xxsecret=", "ALMAREPLAY_API_KEY_l8xxsecret=="]
)
def test_a_key_that_slipped_into_a_name_is_not_shown(line: str) -> None:
    write(line)
    with pytest.raises(SettingsError, match=r"line 1: what it sets is no setting") as raised:
        read_settings()
    assert "l8xxsecret" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("MAIN", "MAIN"),
        (" MAIN  # the main library", "MAIN"),
        ("MAIN#2", "MAIN#2"),
        ("#2", "#2"),
        (" # none", None),
        ("'MAIN # 2'", "MAIN # 2"),
        ('"MAIN" # the "main" library', "MAIN"),
        ('"C:\\new"', "C:\\new"),
        ("${HOME}", "${HOME}"),
        ("a=b=", "a=b="),
        ("''", None),
    ],
)
def test_a_value_is_what_stands_there(text: str, value: str | None) -> None:
    write(f"ALMAREPLAY_LIBRARY={text}")
    assert read_settings().library == value


@pytest.mark.parametrize(
    "line",
    [
        "ALMAREPLAY_REGION na",
        "ALMAREPLAY_REGION: na",
        "ALMAREPLAY_REGION",
        "ALMAREPLAY_REGION='na",
        "my key is l8xx=",
        "=na",
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_file_and_line(line: str) -> None:
    write("# Where Alma is:", "", line, "ALMAREPLAY_LIBRARY=MAIN").chmod(0o600)
    assert (read_settings().region, read_settings().library) == (None, "MAIN")
    (told,) = file_warnings()
    assert told.startswith("settings.env, line 3: this cannot be read, and is passed over.")
    assert line not in told


def test_a_file_that_others_can_read_is_warned_of() -> None:
    file = write("ALMAREPLAY_LIBRARY=MAIN")
    for mode in (0o600, 0o400, 0o700):
        file.chmod(mode)
        assert file_warnings() == []
    for mode in (0o640, 0o604):
        file.chmod(mode)
        (told,) = file_warnings()
        assert told.startswith("Other users of this machine can read settings.env: chmod 600")
        assert read_settings().library == "MAIN"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(mode: int) -> None:
    file = write("ALMAREPLAY_LIBRARY=MAIN", name="other.env")
    file.chmod(mode)
    for use in (read_settings, file_warnings):
        with pytest.raises(SettingsError, match=r"can write other\.env.* chmod 600 other\.env"):
            use(file)


def test_settings_of_others_are_let_alone() -> None:
    write("PATH_TO_SOMETHING=x", "ALMAREPLAY_LIBRARY=MAIN")
    assert read_settings().library == "MAIN"
