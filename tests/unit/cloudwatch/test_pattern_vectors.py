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
EXAMPLES = [vector for vector in VECTORS if "match" in vector]
REFUSED = [vector for vector in VECTORS if "match" not in vector]


def test_each_vector_is_an_example_or_a_refusal() -> None:
    """None is left out below."""
    assert len(EXAMPLES) + len(REFUSED) == len(VECTORS) == 134
    assert all("why" in entry for entry in REFUSED)


@each("entry", EXAMPLES, ids=lambda entry: entry["id"])
def test_a_documented_pattern_matches_as_documented(entry: dict[str, Any]) -> None:
    """Also when it was printed and read again."""
    pattern = patterns.parse(entry["pattern"])
    for text in (entry["pattern"], patterns.text_of(pattern)):
        matcher = patterns.compile(text)
        assert matcher.matches(entry["event"]) is entry["match"]
        assert (matcher.match(entry["event"]) is not None) is entry["match"]
    assert patterns.parse(patterns.text_of(pattern)) == pattern


@each(
    "entry",
    [example for example in EXAMPLES if "value" in example or "dimension_values" in example],
    ids=lambda entry: entry["id"],
)
def test_what_is_extracted_is_what_the_page_prints(entry: dict[str, Any]) -> None:
    """Values as text and as numbers; what TestMetricFilter prints is all that is extracted."""
    match = patterns.compile(entry["pattern"]).match(entry["event"])
    assert match is not None
    for name, value in entry.get("value", {}).items():
        assert match.text(patterns.selector(name)) == str(value)
    if name := entry.get("metric_value"):
        assert match.value(patterns.selector(name)) == float(entry["value"][name])
    for name, selector in entry.get("dimensions", {}).items():
        assert match.text(patterns.selector(selector)) == entry["dimension_values"][name]
    if "API_TestMetricFilter" in entry["source"]:
        assert match.fields == entry["value"]


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry["id"])
def test_a_pattern_that_aws_refuses_is_refused(entry: dict[str, Any]) -> None:
    """With a place inside it."""
    with pytest.raises(PatternError) as caught:
        patterns.parse(entry["pattern"])
    assert 0 <= caught.value.position <= len(entry["pattern"])
