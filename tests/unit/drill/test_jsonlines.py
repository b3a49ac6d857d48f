"""The filters of the command line: an answer for every line, whatever the line is."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch.errors import InputError, PatternError
from drill.answers import match
from drill.jsonlines import run
from tests.support.tables import each

EVENT = '{"level": "ERROR", "ms": 12.5, "type": "x"}'
ASKED = {"pattern": '{ $.level = "ERROR" }', "event": EVENT}


def answers(*lines: str | bytes) -> list[dict[str, Any]]:
    """Return the answers of the `match` filter."""
    out = io.StringIO()
    run(match, lines, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@each(
    ("asked", "answer"),
    [
        ({}, {"match": True}),
        ({"event": "ERROR"}, {"match": False}),
        ({"value": "$.ms"}, {"match": True, "value": 12.5}),
        ({"value": "$.level"}, {"match": True, "value": None}),
        ({"value": "$.nothing"}, {"match": True, "value": None}),
        ({"value": "$.ms", "event": "{}"}, {"match": False, "value": None}),
        ({"value": "1"}, {"match": True, "value": 1.0}),
        ({"value": 0.5}, {"match": True, "value": 0.5}),
        ({"value": "1", "event": "{}"}, {"match": False, "value": None}),
        ({"dimensions": {"T": "$.type", "N": "$.no"}}, {"match": True, "dimensions": {"T": "x", "N": None}}),
        ({"dimensions": {"T": "$.type"}, "event": ""}, {"match": False, "dimensions": {"T": None}}),
        ({"fields": True}, {"match": True, "fields": {}}),
        ({"fields": False}, {"match": True}),
        (
            {"pattern": "[a, ..., b]", "event": "x y z 5", "fields": True, "value": "$b"},
            {"match": True, "value": 5.0, "fields": {"$a": "x", "$2": "y", "$3": "z", "$b": "5"}},
        ),
        ({"pattern": "[a]", "event": "", "fields": True}, {"match": False, "fields": {}}),
    ],
)
def test_match_answers_what_it_is_asked(asked: dict[str, Any], answer: dict[str, Any]) -> None:
    """The keys of the request, and no more."""
    assert answers(json.dumps(ASKED | asked)) == [answer]


@each(
    ("line", "position", "words"),
    [
        ("", 0, "empty line"),
        ("  \n", 2, "empty line"),
        ("nope", 0, "not JSON"),
        ('{"pattern": }', 12, "not JSON"),
        ("[]", 0, "found: a list"),
        ("5", 0, "found: 5"),
        ("null", 0, "found: null"),
        ("true", 0, "found: true"),
        ('{"event": ""}', None, "pattern is missing"),
        ('{"pattern": ""}', None, "event is missing"),
        ('{"pattern": "", "event": "", "x": 1}', None, "known: pattern, event, value, dimensions, fields"),
        ('{"pattern": 1, "event": ""}', None, "pattern must be text"),
        ('{"pattern": "", "event": {}}', None, "event must be text (found: an object)"),
        ('{"pattern": "", "event": "", "value": true}', None, "value must be a number or a selector"),
        ('{"pattern": "", "event": "", "value": "x"}', None, "must be a number"),
        ('{"pattern": "{ $.a = 1 }", "event": "", "value": "$."}', None, "value $.: expected a name"),
        ('{"pattern": "ERROR", "event": "", "value": "$.a"}', None, "a pattern of terms"),
        ('{"pattern": "", "event": "", "dimensions": ["$.a"]}', None, "dimensions must be an object"),
        ('{"pattern": "", "event": "", "dimensions": {"a": 1}}', None, "dimensions.a must be text"),
        ('{"pattern": "[a]", "event": "", "dimensions": {"A": "a"}}', None, "dimension A a: expected"),
        ('{"pattern": "", "event": "", "fields": 1}', None, "fields must be true or false"),
        ('{"pattern": "", "pattern": "", "event": ""}', None, "duplicate key"),
        ('{"pattern": "", "event": "", "value": NaN}', None, "NaN is not JSON"),
        ('{"pattern": "", "event": "", "value": ' + "9" * 5000 + "}", None, "too many digits"),
        ('{"pattern": "{ $.a }", "event": ""}', 6, "expected =, !="),
        ("[" * 100_000, None, "too deeply"),
        (b'{"pattern": "\xff", "event": ""}', 13, "not UTF-8"),
        ('{"é": "'.encode() + b"\xff", 7, "not UTF-8"),
        ("\ufeff{}", 0, "not JSON"),
    ],
)
def test_a_bad_line_is_answered_and_the_next_one_too(
    line: str | bytes, position: int | None, words: str
) -> None:
    """With one sentence, and the place in the line or in the pattern where there is one."""
    found, after = answers(line, json.dumps(ASKED))
    assert after == {"match": True}
    assert found.keys() == {"error", "position"}
    assert found["position"] == position
    assert words in found["error"]
    assert "\n" not in found["error"]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(
        st.binary(max_size=30)
        | st.text(max_size=20).map(lambda text: text.encode(errors="surrogatepass"))
        | st.dictionaries(
            st.sampled_from(["pattern", "event", "value", "dimensions", "fields", "x"]),
            st.sampled_from(
                ["{ $.a = 1 }", '{"a": 1}', "$.a", "1", "[a]", "(", True, None, 5, {"d": "$.a"}, []]
            ),
        ).map(lambda asked: json.dumps(asked).encode()),
        max_size=5,
    )
)
def test_there_is_an_answer_for_every_line(lines: list[bytes]) -> None:
    """One, in order, and it is JSON."""
    found = answers(*lines)
    assert len(found) == len(lines)
    assert all(("match" in entry) != ("error" in entry) for entry in found)


def test_events_may_hold_any_character() -> None:
    """Lone surrogates, which JSON can escape and UTF-8 cannot hold, come back as they went in."""
    asked = '{"pattern": "[a]", "event": "\\ud800\\u0000é", "fields": true}'
    assert answers(asked) == [{"match": True, "fields": {"$a": "\ud800\x00é"}}]
    assert answers(asked.encode()) == answers(asked)


@pytest.mark.parametrize(
    ("error", "position"),
    [
        (PatternError("wrong", 3), 3),
        (InputError("wrong"), None),
        (RecursionError(), None),
        (KeyError("x"), None),
    ],
)
def test_whatever_goes_wrong_with_a_line_is_its_answer(error: Exception, position: int | None) -> None:
    """Also a fault of the drill's own."""

    def fails(_: Mapping[str, Any]) -> Mapping[str, Any]:
        raise error

    out = io.StringIO()
    run(fails, ["{}", "{}"], out)
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [entry["position"] for entry in found] == [position] * 2
    assert all(entry["error"] for entry in found)


def test_each_answer_is_there_before_the_next_line_is_read() -> None:
    """Whoever writes a line and waits for its answer gets it."""
    flushed: list[int] = []

    class Out(io.StringIO):
        def flush(self) -> None:
            flushed.append(len(self.getvalue().splitlines()))

    def lines() -> Any:
        for count in range(3):
            assert flushed == list(range(1, count + 1))
            yield json.dumps(ASKED)

    run(match, lines(), Out())


def test_it_ends_quietly_when_nobody_reads_any_more() -> None:
    """As a filter in front of `head` has to."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        run(match, [json.dumps(ASKED)] * 100_000, out)
