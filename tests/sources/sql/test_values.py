"""Values of dumps that are written as functions: worked out as SQLite itself does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.sources.sql.grammar import DEEPEST, Grammar
from almareplay.sources.sql.values import UnreadableValueError, Values
from tests.examples import examples

PLAIN = Values(Grammar(escapes=False))
ESCAPING = Values(Grammar(escapes=True))


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as database:
        yield database


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


texts = st.text("aAbR0\\'\", ()|+-;ü\n", max_size=6).map(quoted)
blobs = st.binary(max_size=4).filter(bytes.isascii).map(lambda blob: f"X'{blob.hex()}'")
codes = st.lists(st.integers(1, 0x2FF), min_size=1, max_size=3)
expressions = st.recursive(
    texts | codes.map(lambda each: f"char({', '.join(map(str, each))})"),
    lambda inner: (
        st.tuples(inner, inner, inner).map(lambda each: f"replace({', '.join(each)})")
        | st.tuples(inner, inner).map(" || ".join)
        | inner.map(lambda each: f"({each})")
        | inner.map(lambda each: f"CAST({each} AS TEXT)")
    ),
    max_leaves=5,
)


@settings(max_examples=examples(100), deadline=None)
@given(expression=expressions | blobs)
def test_as_sqlite_works_them_out(expression: str, database: sqlite3.Connection) -> None:
    (known,) = database.execute(f"SELECT {expression}").fetchone()
    assert PLAIN.value(expression) == known


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r"unistr('a\u000a\000b\+01F600\U0001F600\\')", "a\n\x0b\U0001f600\U0001f600\\"),
        ("CONV('1', 2, 10) + 0", 1),
        ("CONV('1010', 2, 10)+0", 10),
        ("conv('ff',16,10)", 255),
        ("from_base64('MzQ4OA==')", b"3488"),
        ("0x33343838", b"3488"),
        ("b'101'", "5"),
        ("NULL", None),
        ("replace('a', 'b', NULL)", None),
        ("'a' || NULL", None),
        ("null", None),
        ("-1", "-1"),
        ("(- 1)", -1),
        ("12.50", "12.50"),
        ("false", "false"),
        ("_binary 'a'", "a"),
        ("N'a'", "a"),
        ("'a'::text", "a"),
    ],
)
def test_other_writings(written: str, value: object) -> None:
    assert PLAIN.value(written) == value


def test_a_backslash_in_mysql() -> None:
    assert ESCAPING.value(r"concat('a\'b', 'c\\', '\n')") == "a'bc\\\n"


@pytest.mark.parametrize(
    "written",
    [
        *("now()", "f('a')", "replace('a')", "char('x')", "char(1114112)", "unhex('0')"),
        *("'a' 'b'", "'a' ||", "|| 'a'", "('a'", "'a')", "()", "conv('2', 2, 10)", "char(-1)"),
        *("'a' + 'b'", "replace('a', 'b', 'c'", "CAST('a' AS", "1 2 ('"),
    ],
)
def test_what_is_no_value(written: str) -> None:
    with pytest.raises(UnreadableValueError) as unreadable:
        PLAIN.value(written)
    assert "'" not in str(unreadable.value), "data in an error"


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.sampled_from(["replace(", "char(", "'a'", "(", ")", ",", "||", "+", "-", "1"])))
def test_any_expression_ends_in_a_value_or_an_error_of_ours(pieces: list[str]) -> None:
    try:
        PLAIN.value(" ".join(["'a'", *pieces]))
    except UnreadableValueError as error:
        assert str(error)


def test_parentheses_inside_each_other() -> None:
    row = Grammar(escapes=False).row(1, frozenset([0]))
    deep = "(" * DEEPEST + "'a'" + ")" * DEEPEST
    assert row.match(f"({deep})")
    assert PLAIN.value(deep) == "a"
    assert not row.match(f"(({deep}))")
