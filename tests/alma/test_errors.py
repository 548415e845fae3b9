from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.alma.answers import codes
from almareplay.alma.errors import (
    AlmaError,
    DailyLimit,
    Effect,
    KeyProblem,
    KeyRefused,
    PerSecondLimit,
    Refusal,
    Unavailable,
    parse_error,
)
from almareplay.outcomes import Disposition, Outcome
from almareplay.transactions import AlmaReplayError

SECRET = "No user with identifier P-0815 (Berta Beispiel)."


def body(
    code: object, message: object = SECRET, tracking_id: object = "E01-77-X"
) -> dict[str, Any]:
    error = {"errorCode": code, "errorMessage": message, "trackingId": tracking_id}
    return {"errorsExist": True, "errorList": {"error": [error]}, "result": None}


def parsed(status: int, content: object, method: str = "POST") -> AlmaError:
    if isinstance(content, bytes):
        return parse_error(httpx.Response(status, content=content), method=method)
    return parse_error(httpx.Response(status, json=content), method=method)


XML = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    b'<web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans">'
    b"<errorsExist>true</errorsExist><errorList><error><errorCode>401861</errorCode>"
    b"<errorMessage><![CDATA[No user & no card]]></errorMessage><trackingId>E02-1</trackingId>"
    b"</error></errorList></web_service_result>"
)
PREFIXED_XML = (
    b'<u:web_service_result xmlns:u="urn:x"><u:errorList><u:error>'
    b"<u:errorCode> 401861 </u:errorCode></u:error></u:errorList></u:web_service_result>"
)
ONE_OBJECT = {"errorList": {"error": {"errorCode": 401861, "errorMessage": "x"}}}
BARE_LIST = {"errorList": [{"errorCode": "401861"}]}
KNOWN_SECOND = {"errorList": {"error": [{"errorCode": "9"}, {"errorCode": "401861"}]}}


@pytest.mark.parametrize(
    "content",
    [
        body("401861"),
        body(401861),
        body(" 401861\n"),
        {"web_service_result": body("401861")},
        ONE_OBJECT,
        BARE_LIST,
        KNOWN_SECOND,
        XML,
        PREFIXED_XML,
        b"\xef\xbb\xbf" + json.dumps(body("401861")).encode(),
        json.dumps(body("401861", "Gr\u00fc\u00dfe")).encode().replace(b"\\u00fc", b"\xfc"),
        json.dumps(body("401861") | {"padding": "x" * 3_000_000}).encode(),
    ],
)
@pytest.mark.parametrize("status", [400, 404, 409, 500, 503, 200, 403])
def test_a_refusal_counts_in_every_shape_and_with_every_status(
    content: object, status: int
) -> None:
    error = parsed(status, content)
    assert isinstance(error, Refusal)
    assert (error.code, error.status, error.effect) == ("401861", status, Effect.REFUSED)
    assert error.outcome is Outcome.PATRON_NOT_FOUND


def test_keeps_what_alma_said_but_shows_only_code_and_status() -> None:
    error = parsed(400, body("401861"))
    assert (error.message, error.tracking_id) == (SECRET, "E01-77-X")
    assert isinstance(error, AlmaReplayError)
    for shown in (str(error), repr(error)):
        assert "P-0815" not in shown
        assert "Berta" not in shown
    assert "401861" in str(error)
    assert "400" in str(error)


def test_reads_xml_words() -> None:
    error = parsed(400, XML)
    assert (error.message, error.tracking_id) == ("No user & no card", "E02-1")


@pytest.mark.parametrize("twin", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_a_copy_is_as_good(twin: Any) -> None:
    error = parsed(503, body("401652"))
    again = twin(error)
    assert type(again) is Unavailable
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize(
    ("status", "content", "kind", "effect"),
    [
        (429, body("PER_SECOND_THRESHOLD", tracking_id=None), PerSecondLimit, Effect.REFUSED),
        (429, b"", PerSecondLimit, Effect.REFUSED),
        (429, b"<html>slow down</html>", PerSecondLimit, Effect.REFUSED),
        (429, body("DAILY_THRESHOLD"), DailyLimit, Effect.REFUSED),
        (429, b"<html>DAILY_THRESHOLD reached<br></html>", DailyLimit, Effect.REFUSED),
        (401, body("UNAUTHORIZED"), KeyRefused, Effect.REFUSED),
        (403, body("FORBIDDEN"), KeyRefused, Effect.REFUSED),
        (400, body("INVALID_REQUEST"), KeyRefused, Effect.REFUSED),
        (401, b"", KeyRefused, Effect.REFUSED),
        (403, b"<html>no</html>", KeyRefused, Effect.REFUSED),
        (403, body("60340"), Refusal, Effect.REFUSED),
        (400, body("999999"), Refusal, Effect.REFUSED),
        (400, XML.replace(b"401861", b"UNAUTHORIZED"), KeyRefused, Effect.REFUSED),
        (400, b"Invalid API Key", KeyRefused, Effect.REFUSED),
        # A 4xx without a code of Alma's says nothing of the row.
        (400, b"<html><h1>HTTP Status 400</h1></html>", Unavailable, Effect.UNKNOWN),
        (400, b"", Unavailable, Effect.UNKNOWN),
        (400, body(""), Unavailable, Effect.UNKNOWN),
        (405, b"<html>no</html>", Unavailable, Effect.UNKNOWN),
        (413, b"", Unavailable, Effect.UNKNOWN),
        (400, body("60101"), Unavailable, Effect.UNKNOWN),
        (400, body("401652"), Unavailable, Effect.UNKNOWN),
        (200, body("402119"), Unavailable, Effect.UNKNOWN),
        (400, body("402504"), Unavailable, Effect.UNKNOWN),
        (500, body("999999"), Unavailable, Effect.UNKNOWN),
        (500, b"<html>oops</html>", Unavailable, Effect.UNKNOWN),
        (502, b"bad gateway", Unavailable, Effect.UNKNOWN),
        (503, b"", Unavailable, Effect.UNKNOWN),
        (404, body("NOT_FOUND"), Unavailable, Effect.UNKNOWN),
        (404, body("ROUTING_ERROR"), Unavailable, Effect.UNKNOWN),
        (404, b"Not Found", Unavailable, Effect.UNKNOWN),
        (404, body("402203"), Refusal, Effect.REFUSED),
        (408, b"", Unavailable, Effect.UNKNOWN),
        (200, b"<html>maintenance</html>", Unavailable, Effect.UNKNOWN),
        (200, b"", Unavailable, Effect.UNKNOWN),
        (204, b"", Unavailable, Effect.UNKNOWN),
        (200, [1], Unavailable, Effect.UNKNOWN),
        (200, 7, Unavailable, Effect.UNKNOWN),
        (302, b"", Unavailable, Effect.UNKNOWN),
        (200, body("999999"), Unavailable, Effect.UNKNOWN),
    ],
)
def test_tells_refusals_limits_the_key_and_outages_apart(
    status: int, content: object, kind: type[AlmaError], effect: Effect
) -> None:
    error = parsed(status, content)
    assert type(error) is kind
    assert error.effect is effect


@pytest.mark.parametrize(
    ("status", "content", "problem", "words"),
    [
        (400, b"Invalid API Key", KeyProblem.MALFORMED, "characters that no key has"),
        (403, body("INVALID_REQUEST"), KeyProblem.UNKNOWN, "does not know the API key"),
        (403, body("FORBIDDEN"), KeyProblem.UNKNOWN, "network address"),
        (403, b"<html>no</html>", KeyProblem.UNKNOWN, "network address"),
        (400, XML.replace(b"401861", b"UNAUTHORIZED"), KeyProblem.PERMISSION, "no permission"),
        (400, body("UNAUTHORIZED"), KeyProblem.PERMISSION, "other environment"),
        (401, b"<html>Sign in</html>", KeyProblem.WRONG_ADDRESS, "ALMAREPLAY_REGION"),
    ],
)
def test_tells_why_a_key_is_refused(
    status: int, content: object, problem: KeyProblem, words: str
) -> None:
    error = parsed(status, content, "GET")
    assert isinstance(error, KeyRefused)
    assert error.problem is problem
    assert words in str(error)
    assert f"HTTP {status}" in str(error)


def test_errors_in_an_answer_to_a_read_that_says_success_are_a_refusal() -> None:
    assert isinstance(parsed(200, body("999999"), "GET"), Refusal)
    assert isinstance(parsed(400, body("402504"), "GET"), Refusal)


def test_a_code_that_is_none_is_not_shown() -> None:
    error = parsed(400, body("Berta Beispiel <b>"), "GET")
    assert error.code == ""
    assert "Berta" not in str(error)


def test_long_and_broken_messages_become_one_short_line() -> None:
    error = parsed(400, body("401163", "a\r\n  b\t" + "c" * 5000))
    assert error.message.startswith("a b ccc")
    assert len(error.message) == 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["errorsExist", "errorList", "error", "errorCode", "web_service_result"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
bodies = (
    st.binary(max_size=200)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.sampled_from([XML, PREFIXED_XML]).flatmap(
        lambda xml: st.integers(0, len(xml)).map(lambda end: xml[:end])
    )
    | st.sampled_from([b"[" * 100_000, b"<a>" * 5000, b'{"a":' * 50_000, b"1" * 10_000])
)


@given(status=st.integers(200, 599), content=bodies, method=st.sampled_from(["GET", "POST"]))
def test_no_answer_crashes_the_parser(status: int, content: bytes, method: str) -> None:
    error = parsed(status, content, method)
    assert type(error) in (Refusal, KeyRefused, PerSecondLimit, DailyLimit, Unavailable)
    assert str(status) in str(error)


@given(status=st.integers(200, 599), content=bodies)
def test_a_write_is_called_undone_only_where_somebody_said_so(status: int, content: bytes) -> None:
    error = parsed(status, content)
    if error.effect is not Effect.UNKNOWN:
        assert 400 <= status < 500 or error.code in codes.KEY | codes.REFUSALS.keys()


def test_refusals_never_say_that_a_row_was_applied() -> None:
    kinds = {outcome.disposition for outcome in codes.REFUSALS.values()}
    assert kinds == {Disposition.ATTENTION, Disposition.NO_CHANGE}
    assert codes.outcome_of("123") is Outcome.REFUSED
    assert codes.outcome_of("40166410") is Outcome.DESK_REFUSED


def test_words_that_are_no_text_can_still_be_stored() -> None:
    body = rb'{"errorsExist":true,"errorList":{"error":[{"errorMessage":"x\ud800y"}]}}'
    error = parse_error(httpx.Response(400, content=body), method="POST")
    assert error.message == "x?y"
