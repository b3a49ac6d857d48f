"""Metric filters: what is refused, and what a minute's lines become."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from cloudwatch.errors import InputError
from cloudwatch.publishing import UNITS, MetricFilter, Sample, check, check_group, samples
from cloudwatch.quotas import FILTERS
from tests.support.tables import each

VECTORS = json.loads(
    (Path(__file__).parent / "vectors" / "metric_publishing.json").read_text(encoding="utf-8")
)
PLAIN = MetricFilter("errors", "/aws/lambda/shop", "{ $.a = * }", "Shop", "Errors")
LINE = '{"a": 1, "type": "x", "ms": 5, "text": "5.5", "none": null}'


def made(config: dict[str, Any]) -> list[MetricFilter]:
    """Return the filters of a vector's configuration."""
    one = dataclasses.replace(
        PLAIN,
        pattern=config.get("pattern", PLAIN.pattern),
        value=config.get("metric_value", "1"),
        default_value=config.get("default_value"),
        dimensions=tuple(config.get("dimensions", {}).items()),
        unit=config.get("unit", "None"),
        name=config.get("filter_name", PLAIN.name),
    )
    count = config.get("filters_in_log_group", 1)
    return [one, *(dataclasses.replace(one, name=f"{one.name}-{at}") for at in range(1, count))]


KNOWN = {
    "pattern",
    "metric_value",
    "default_value",
    "dimensions",
    "unit",
    "filter_name",
    "filters_in_log_group",
}


def test_every_vector_is_one_of_the_kinds_below() -> None:
    """And every setting in them is one that is tried."""
    kinds = [[key for key in ("minutes", "events", "config") if key in vector] for vector in VECTORS]
    assert all(len(kind) == 1 for kind in kinds)
    assert all(set(vector.get("config", {})) <= KNOWN for vector in VECTORS)


@pytest.mark.parametrize(
    "entry", [vector for vector in VECTORS if "minutes" in vector], ids=lambda entry: entry["id"]
)
def test_a_minute_sums_to_what_is_documented(entry: dict[str, Any]) -> None:
    """Matches add the value, minutes without one the default value, minutes without lines nothing."""
    default = entry.get("default_value", 0)  # the worked example's, which pub-001 and pub-002 are
    filter_ = dataclasses.replace(PLAIN, value=entry["metric_value"], default_value=default)
    for minute in entry["minutes"]:
        lines = [(LINE, minute["matches"]), ("no match", minute["events"] - minute["matches"])]
        found = samples(filter_, lines)
        assert (sum(each.value * each.count for each in found) if found else None) == minute["expected_sum"]


@pytest.mark.parametrize(
    "entry", [vector for vector in VECTORS if "events" in vector], ids=lambda entry: entry["id"]
)
def test_events_publish_what_is_documented(entry: dict[str, Any]) -> None:
    """Values and dimensions out of the events."""
    filters = made(entry)
    check_group(filters)
    found = [sample for event in entry["events"] for sample in samples(filters[0], [(event, 1)])]
    if "expected_values" in entry:
        assert [each.value for each in found] == entry["expected_values"]
    if "expected_dimensions" in entry:
        assert [dict(each.dimensions) for each in found] == entry["expected_dimensions"]


@pytest.mark.parametrize(
    "entry", [vector for vector in VECTORS if "config" in vector], ids=lambda entry: entry["id"]
)
def test_what_aws_refuses_is_refused(entry: dict[str, Any]) -> None:
    """As a whole log group, and it is the setting that does it: without it all is well."""
    with pytest.raises(InputError):
        check_group(made(entry["config"]))
    check_group(made({}))


REFUSED: dict[str, list[Any]] = {
    "name": ["", "a:b", "a*", "x" * 513],
    "log_group": ["", "a b", "a:b", "x" * 513],
    "pattern": ["{ $.a }", "[a", "%(%"],
    "namespace": ["", "a*", "a$b", "x" * 256],
    "metric": ["", "a*", "x" * 256],
    "value": ["", "one", "$", "$.", "$a", "$1", "$.a[*]", "1,5", "1e400", "$." + "a" * 99, "1 $.a"],
    "default_value": [float("nan"), float("inf"), 1e200],
    "unit": ["", "Furlongs", "count"],
    "dimensions": [
        (("a", "$.a"), ("a", "$.b")),
        (("", "$.a"),),
        (("a" * 256, "$.a"),),
        (("a", "$." + "a" * 254),),
        (("a", "1"),),
        (("a", "$a"),),
        (("a", "$.a[*]"),),
    ],
}

TAKEN: dict[str, list[Any]] = {
    "name": ["x", "x" * 512, "with spaces/and#more"],
    "log_group": ["x" * 512, "/a.b-c_d#1"],
    "namespace": ["A.B-c_d/1#2:metricNamespace", "x" * 255],
    "metric": ["x" * 255],
    "value": ["1", "-1.5", "1e3", " 2 ", "$.a", "$.not.in[0].['the pattern']", "$." + "a" * 98],
    "default_value": [0, -1.5, None],
    "unit": list(UNITS),
    "dimensions": [(), (("a", "$.a"), ("b", "$.b"), ("c", "$.c"))],
}


@each(("field", "value"), [(key, entry) for key, many in REFUSED.items() for entry in many])
def test_check_refuses_each_setting_that_is_none(field: str, value: Any) -> None:
    """Each by itself."""
    with pytest.raises(InputError) as caught:
        check(dataclasses.replace(PLAIN, **{field: value}))
    assert str(caught.value)


@each(("field", "value"), [(key, entry) for key, many in TAKEN.items() for entry in many])
def test_check_takes_each_setting_up_to_its_limit(field: str, value: Any) -> None:
    """From the other side of the limits above."""
    check(dataclasses.replace(PLAIN, **{field: value}))


@each(
    ("pattern", "value", "taken"),
    [
        ("ERROR", "$.a", False),
        ("ERROR", "$1", False),
        ("%x%", "1", True),
        ("[a, b]", "$a", True),
        ("[a, b]", "$2", True),
        ("[a, b]", "$3", False),
        ("[a, b]", "$c", False),
        ("[a, b]", "$.a", False),
        ("[a, ...]", "$99", True),
        ("[]", "$99", True),
    ],
)
def test_a_value_comes_from_the_kind_of_event_that_the_pattern_is_for(
    pattern: str, value: str, *, taken: bool
) -> None:
    """Terms have no values, fields those of the pattern, JSON any."""
    one = dataclasses.replace(PLAIN, pattern=pattern, value=value)
    if taken:
        check(one)
    else:
        with pytest.raises(InputError):
            check(one)


def test_a_log_group_has_at_most_a_hundred_filters_five_of_them_with_regular_expressions() -> None:
    """Counted in each log group by itself; and no two of one name."""
    plain = [dataclasses.replace(PLAIN, name=str(at)) for at in range(FILTERS)]
    regex = [
        dataclasses.replace(PLAIN, name=f"r{at}", pattern="{ $.a = %x% && $.b = %y% }") for at in range(6)
    ]
    check_group(plain)
    check_group([*plain, dataclasses.replace(PLAIN, log_group="other")])
    check_group(regex[:5])
    for group, words in (
        ([*plain, PLAIN], "at most 100"),
        (regex, "at most 5"),
        ([PLAIN, PLAIN], "errors"),
        ([*plain[:3], dataclasses.replace(PLAIN, unit="Furlongs")], "Furlongs"),
    ):
        with pytest.raises(InputError, match=words):
            check_group(group)


@each(
    ("changes", "lines", "found"),
    [
        ({}, [(LINE, 3), ("x", 5)], (Sample(1.0, 3),)),
        ({}, [(LINE, 0), ("x", 0)], ()),
        ({"default_value": 7.0}, [("x", 5)], (Sample(7.0, 1),)),
        ({"default_value": 7.0}, [("x", 0)], ()),
        ({"default_value": 7.0}, [], ()),
        ({"default_value": 7.0}, [(LINE, 1)], (Sample(1.0, 1),)),
        ({"value": "$.ms"}, [(LINE, 2), ('{"a": 1, "ms": 7}', 1)], (Sample(5.0, 2), Sample(7.0, 1))),
        ({"value": "$.text"}, [(LINE, 1)], (Sample(5.5, 1),)),
        ({"value": "$.type", "default_value": 0.0}, [(LINE, 1)], ()),
        ({"value": "$.none"}, [(LINE, 1)], ()),
        ({"dimensions": (("T", "$.type"),)}, [(LINE, 2), (LINE, 1)], (Sample(1.0, 3, (("T", "x"),)),)),
        ({"dimensions": (("T", "$.nothing"),)}, [(LINE, 2)], ()),
        ({"dimensions": (("T", "$.e"),)}, [('{"a": 1, "e": ""}', 2)], ()),
        (
            {"dimensions": (("T", "$.type"), ("N", "$.ms"))},
            [(LINE, 0.5)],
            (Sample(1.0, 0.5, (("T", "x"), ("N", "5"))),),
        ),
        ({"pattern": "[..., w, ms]", "value": "$ms"}, [("took 12", 2)], (Sample(12.0, 2),)),
        ({"pattern": "[..., w, ms]", "value": "$1"}, [("took 12", 2)], ()),
    ],
)
def test_a_minute_of_lines_becomes_samples(
    changes: dict[str, Any], lines: list[tuple[str, float]], found: tuple[Sample, ...]
) -> None:
    """Equal values are one sample with their number; a match without a value is a match all the same."""
    one = dataclasses.replace(PLAIN, **changes)
    check(one)
    assert samples(one, lines) == found
