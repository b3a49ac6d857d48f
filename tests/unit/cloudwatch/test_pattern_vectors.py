"""The examples of AWS's documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloudwatch import patterns
from cloudwatch.errors import PatternError
from tests.support.tables import each

VECTORS = json.loads((Path(__file__).parent / "vectors" / "filter_patterns.json").read_text(encoding="utf-8"))
EXAMPLES = [one for one in VECTORS if "match" in one]
REFUSED = [one for one in VECTORS if "match" not in one]


def test_each_vector_is_an_example_or_a_refusal() -> None:
    """None is left out below."""
    assert len(EXAMPLES) + len(REFUSED) == len(VECTORS) == 134
    assert all("why" in one for one in REFUSED)


@each("one", EXAMPLES, ids=lambda one: one["id"])
def test_a_documented_pattern_matches_as_documented(one: dict[str, Any]) -> None:
    """Also when it was printed and read again."""
    pattern = patterns.parse(one["pattern"])
    for text in (one["pattern"], patterns.text_of(pattern)):
        matcher = patterns.compile(text)
        assert matcher.matches(one["event"]) is one["match"]
        assert (matcher.match(one["event"]) is not None) is one["match"]
    assert patterns.parse(patterns.text_of(pattern)) == pattern


@each(
    "one", [one for one in EXAMPLES if "value" in one or "dimension_values" in one], ids=lambda one: one["id"]
)
def test_what_is_extracted_is_what_the_page_prints(one: dict[str, Any]) -> None:
    """Values as text and as numbers; what TestMetricFilter prints is all that is extracted."""
    match = patterns.compile(one["pattern"]).match(one["event"])
    assert match is not None
    for name, value in one.get("value", {}).items():
        assert match.text(patterns.selector(name)) == str(value)
    if name := one.get("metric_value"):
        assert match.value(patterns.selector(name)) == float(one["value"][name])
    for name, selector in one.get("dimensions", {}).items():
        assert match.text(patterns.selector(selector)) == one["dimension_values"][name]
    if "API_TestMetricFilter" in one["source"]:
        assert match.fields == one["value"]


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: one["id"])
def test_a_pattern_that_aws_refuses_is_refused(one: dict[str, Any]) -> None:
    """With a place inside it."""
    with pytest.raises(PatternError) as caught:
        patterns.parse(one["pattern"])
    assert 0 <= caught.value.position <= len(one["pattern"])
