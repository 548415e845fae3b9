"""Databases behind URLs, and what is said of those that cannot be opened."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable
from contextlib import closing

import pytest

from almareplay.sources import (
    FileRefused,
    ReadingOptions,
    is_database_url,
    needs_password,
    open_database,
)

Options = Callable[..., ReadingOptions]

SECRET = "S3cret"
LOGIN = f"user:{SECRET}@"


@pytest.mark.parametrize(
    ("url", "is_url", "asks"),
    [
        ("mysql+pymysql://user@host/alma_offline", True, True),
        ("mysql+pymysql://user:secret@host/alma_offline", True, False),
        ("mysql+pymysql://user:@host/alma_offline", True, False),
        ("mysql+pymysql://user@host/alma_offline?passwd=secret", True, False),
        ("mysql+pymysql://user@/alma_offline?unix_socket=/run/socket", True, False),
        ("sqlite:///outage.db", True, False),
        ("mysql://user@host:port/alma", True, False),
        ("outage.db", False, False),
        ("C:\\captures\\desk.dat", False, False),
        ("captures/desk.dat", False, False),
    ],
)
def test_urls(url: str, is_url: bool, asks: bool) -> None:
    assert is_database_url(url) is is_url
    assert needs_password(url) is asks


def test_what_cannot_be_opened_is_said_without_the_password(options: Options) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        closed = listening.getsockname()[1]
    refusals = {
        f"mysql://{LOGIN}host:port/alma": "The database URL: cannot be read: write it as my",
        f"mysql+pymysql://user:S3c@{SECRET}@host/alma": "has more than one @",
        f"nosuch://{LOGIN}host/alma": "alma: a database of the kind nosuch cannot be read",
        f"oracle://{LOGIN}host/alma": "is its driver installed",
        f"mariadb://{LOGIN}127.0.0.1:{closed}/alma": "alma: no database server answers",
        f"mysql://u@127.0.0.1:{closed}/alma?passwd={SECRET}&zz=1": "alma: cannot be read. What its",
        "sqlite://": "The database URL: cannot be read: there is no such file",
        "sqlite:////no/such.db": "cannot be read: there is no such file",
        "https://docs.example/sheet": "a database of the kind https cannot be read here",
    }
    for url, words in refusals.items():
        with pytest.raises(FileRefused) as refused:
            open_database(url, options(), SECRET)
        assert words in str(refused.value)
        shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
        assert SECRET not in shown
