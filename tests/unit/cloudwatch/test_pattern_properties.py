"""What holds for every filter pattern and every event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch import patterns
from cloudwatch.patterns import json_events, needles, words
from cloudwatch.patterns.model import Delimited, JsonPath, JsonPattern, Pattern
from cloudwatch.patterns.regex import searcher
from tests.unit.cloudwatch import pattern_oracle as oracle
from tests.unit.cloudwatch import pattern_strategies as some
from tests.unit.cloudwatch.refusals import refusal

often = settings(max_examples=150, derandomize=True, deadline=None)


@pytest.mark.slow
@often
@given(some.patterns, some.events)
def test_the_compiled_pattern_says_what_the_plain_reading_says(pattern: Pattern, event: str) -> None:
    """Whatever was done for speed, the answer is that of the definition."""
    matcher = patterns.compile(pattern)
    assert matcher.matches(event) == oracle.meets(pattern, event)
    assert (matcher.match(event) is not None) == oracle.meets(pattern, event)


@pytest.mark.slow
@often
@given(some.json_patterns(), some.json_texts())
def test_a_json_pattern_says_what_the_plain_reading_says(pattern: JsonPattern, event: str) -> None:
    """The same, with events that are nearly always JSON."""
    assert patterns.compile(pattern).matches(event) == oracle.meets(pattern, event)


@often
@given(some.delimited_patterns(), some.lines)
def test_a_delimited_pattern_says_what_the_plain_reading_says(pattern: Delimited, event: str) -> None:
    """The same for events of words, with the fields that are extracted."""
    match = patterns.compile(pattern).match(event)
    assert (match is not None) == oracle.meets(pattern, event)
    assert (match.fields if match else {}) == oracle.fields(pattern, event)


@often
@given(some.patterns)
def test_a_pattern_that_is_printed_and_read_is_the_same(pattern: Pattern) -> None:
    """In the form for people, and in the short form for patterns near the limit."""
    assert patterns.parse(patterns.text_of(pattern)) == pattern
    long = patterns.text_of(pattern)
    assert patterns.text_of(patterns.parse(long)) == long


@pytest.mark.slow
@often
@given(some.json_patterns(), some.json_texts())
def test_the_search_for_needles_never_changes_an_answer(pattern: JsonPattern, event: str) -> None:
    """A line that is not read as JSON is one that would not have matched."""
    possible = needles.possible(pattern.condition)
    document = json_events.read(event)
    if document is not None and json_events.holds(pattern.condition)(document):
        assert possible is None or possible(event)


@often
@given(some.regex_text, some.lines)
def test_an_expression_matches_what_it_matches_in_python(regex: str, text: str) -> None:
    """RE2 and Python's `re`, which reads the expression as it is written."""
    assert searcher(regex)(text) == oracle.search(regex, text)


@often
@given(st.text(alphabet="{}[]()$.*%\"\\?-=!<>&|,ab1 'ISNULTEXO\n", max_size=30))
def test_any_text_is_a_pattern_or_is_refused_with_a_place_in_it(text: str) -> None:
    """No other error, and a pattern that is read can be printed and compiled."""
    refused = refusal(text)
    if refused is not None:
        assert 0 <= refused.position <= len(text)
        assert refused.message
    else:
        pattern = patterns.parse(text)
        assert patterns.parse(patterns.text_of(pattern)) == pattern
        patterns.compile(pattern).matches(text)


@often
@given(some.lines)
def test_words_are_parts_of_the_event_in_their_order(event: str) -> None:
    """Nothing is invented, nothing is taken twice."""
    at = 0
    for word in words.split(event):
        assert word.start >= at
        assert word.text in (event[word.start :][: len(word.text)], event[word.start + 1 :][: len(word.text)])
        at = word.start + max(1, len(word.text))


@often
@given(some.objects, st.sampled_from(some.KEYS))
def test_a_selector_takes_the_value_that_stands_there(document: dict[str, Any], key: str) -> None:
    """As a number if it is one, as text if it is no object or list."""
    match = patterns.compile("{ $.absent-key NOT EXISTS }").match(json.dumps(document))
    assert match is not None
    value, path = document.get(key), JsonPath((key,))
    if isinstance(value, str):
        assert match.text(path) == value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        assert match.value(path) == value
        assert match.text(path) == json.dumps(value)
    elif value is None or isinstance(value, dict | list):
        assert match.text(path) is None
        assert match.value(path) is None
