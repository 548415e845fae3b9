"""Which way leads to Alma: straight, or through the proxy of the environment."""

from __future__ import annotations

import httpx
import pytest

from almareplay.alma.connections import connections_to

ALMA = httpx.URL("https://api.alma.example")
HERE = httpx.URL("http://127.0.0.1:8000")
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_left_to_the_library(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert connections_to(ALMA) is not None
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert connections_to(ALMA) is None
    assert connections_to(HERE) is not None


def test_a_proxy_for_others_is_none_for_alma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert connections_to(ALMA) is not None
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "alma.example")
    assert connections_to(ALMA) is not None
