"""The embedded metric format: samples of valid lines, and lines that are not valid."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudwatch import embedded
from cloudwatch.alarms import Metric
from cloudwatch.embedded import Sample
from tests.support.tables import each

_AT_S = 1_790_000_000.5


def line(changes: dict[str, Any] | None = None, **members: Any) -> str:
    """Return a line in the format, with a changed directive and additional members."""
    directive = {
        "Namespace": "shop",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}],
        **(changes or {}),
    }
    head = {"Timestamp": _AT_S * 1000, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": head, "service": "pay", "Latency": 12.5, **members})


def test_a_line_has_a_sample_per_metric_and_set_of_dimensions() -> None:
    """With the unit, the time and the storage resolution in the line."""
    changed = {"Dimensions": [["service"], [], ["zone", "service"]], "Metrics": [{"Name": "Latency"}]}
    found = embedded.samples(line(changed, zone="a"))
    assert [sample.metric.dimensions for sample in found] == [
        (("service", "pay"),),
        (),
        (("service", "pay"), ("zone", "a")),
    ]
    assert {(sample.value, sample.unit, sample.at_s, sample.resolution_s) for sample in found} == {
        (12.5, "None", _AT_S, 60)
    }
    high = {"Metrics": [{"Name": "Latency", "Unit": "Milliseconds", "StorageResolution": 1}]}
    metric = Metric("shop", "Latency", (("service", "pay"),))
    assert embedded.samples(line(high)) == (Sample(metric, 12.5, "Milliseconds", _AT_S, 1),)


def test_each_value_of_a_list_is_a_sample() -> None:
    """In the order of the list."""
    assert [sample.value for sample in embedded.samples(line(Latency=[3, 1, 3]))] == [3, 1, 3]
    assert embedded.samples(line(Latency=[])) == ()


def test_each_directive_has_its_own_namespace() -> None:
    """A line can have several directives."""
    document = json.loads(line())
    document["_aws"]["CloudWatchMetrics"] *= 2
    document["_aws"]["CloudWatchMetrics"][1] = {
        **document["_aws"]["CloudWatchMetrics"][0],
        "Namespace": "other",
    }
    found = embedded.samples(json.dumps(document))
    assert [sample.metric.namespace for sample in found] == ["shop", "other"]


@each(("days", "valid"), [(-15, False), (-13, True), (0, True), (0.05, True), (0.1, False)])
def test_a_sample_is_about_as_old_as_its_line(*, days: float, valid: bool) -> None:
    """At most two weeks older, and at most two hours newer."""
    (sample,) = embedded.samples(line())
    written_s = _AT_S - days * 86_400
    if valid:
        embedded.check_time(sample, written_s)
    else:
        with pytest.raises(embedded.ValidationError, match="Timestamp must be within two weeks"):
            embedded.check_time(sample, written_s)


@each(
    "log_line",
    ["", "hello", "START", '{"a": 1}', '["_aws"]', '"_aws"', '{"a": "_aws"}', '{"a": {"_aws": 1}}',
     'x {"_aws": {}}', '{"_aws": {"Timestamp": 1}}'],
)  # fmt: skip
def test_a_line_that_is_not_in_the_format_holds_nothing(log_line: str) -> None:
    """It is not an error."""
    assert embedded.samples(log_line) == ()


@each(
    "log_line",
    [
        '{"_aws": 1}',
        '{"_aws": {"CloudWatchMetrics": {}, "Timestamp": 1}}',
        '{"_aws": {"CloudWatchMetrics": [1], "Timestamp": 1}}',
        '{"_aws": {"CloudWatchMetrics": []}}',
        '{"_aws": {"CloudWatchMetrics": [], "Timestamp": "now"}}',
        '{"_aws": {"CloudWatchMetrics": [], "Timestamp": true}}',
        line({"Namespace": ""}),
        line({"Namespace": None}),
        line({"Namespace": "n" * 1025}),
        line({"Dimensions": None}),
        line({"Dimensions": ["service"]}),
        line({"Dimensions": [["nowhere"]]}),
        line({"Dimensions": [["service"] * 31]}),
        line(service=1),
        line(service=""),
        line({"Metrics": None}),
        line({"Metrics": ["Latency"]}),
        line({"Metrics": [{"Unit": "Count"}]}),
        line({"Metrics": [{"Name": "Nowhere"}]}),
        line({"Metrics": [{"Name": "Latency", "Unit": 1}]}),
        line({"Metrics": [{"Name": "Latency", "Unit": "ms"}]}),
        line({"Metrics": [{"Name": "Latency", "StorageResolution": 30}]}),
        line({"Metrics": [{"Name": "Latency", "StorageResolution": True}]}),
        line({"Metrics": [{"Name": "Latency", "StorageResolution": "1"}]}),
        line({"Dimensions": []}),
        line({"Metrics": [{"Name": "Latency"}] * 101}),
        line(Latency="12"),
        line(Latency=None),
        line(Latency=True),
        line(Latency=float("nan")),
        line(Latency=float("inf")),
        line(Latency=-1e200),
        line(Latency=[1, "2"]),
        line(Latency=[1] * 101),
    ],
)
def test_a_line_that_breaks_a_rule_is_counted_as_such(log_line: str) -> None:
    """As EMFValidationErrors of its log group."""
    with pytest.raises(embedded.ValidationError) as caught:
        embedded.samples(log_line)
    assert caught.value.metric == "EMFValidationErrors"


@pytest.mark.parametrize(
    "log_line", [line()[:-1], '{"_aws": ', '{"_aws": {}} and more', '{"_aws": ' + "[" * 9**5]
)
def test_a_line_that_is_no_json_is_counted_as_such(log_line: str) -> None:
    """As EMFParsingErrors of its log group."""
    with pytest.raises(embedded.ParsingError) as caught:
        embedded.samples(log_line)
    assert caught.value.metric == "EMFParsingErrors"


def test_lines_are_not_kept() -> None:
    """Log lines are data of any size and number: who needs the samples of a line again keeps them."""
    text = line()
    assert embedded.samples(text) == embedded.samples(text)
    assert embedded.samples(text) is not embedded.samples(text)
