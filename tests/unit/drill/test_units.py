"""The unit of an alarm: samples in another unit do not reach it, wherever they come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloudwatch.alarms import MetricAlarm, Query, Statistic
from drill.explanation import explain
from tests.support.tables import each
from tests.unit.drill.rehearsing import alarm, log_filter, metric, moves, refused, run, system


def of_unit(unit: str | None, name: str = "errors", **changed: Any) -> MetricAlarm:
    """Return an alarm that uses samples in one unit only, or in all."""
    made = alarm(name, **changed)
    queries = [
        replace(query, asks=replace(query.asks, unit=unit)) if isinstance(query.asks, Statistic) else query
        for query in made.queries
    ]
    return replace(made, queries=tuple(queries))


def fires(watching: MetricAlarm, *happens: dict[str, Any], **changed: Any) -> bool:
    """Return whether an alarm fires."""
    return "ALARM" in {state for _, state in moves(run(system(watching, **changed), *happens), watching.name)}


@each(
    ("unit", "sampled", "expected"),
    [
        ("Seconds", "Milliseconds", False),
        ("Seconds", "None", False),
        ("None", "Seconds", False),
        ("Seconds", "Seconds", True),
        ("None", "None", True),
        ("Seconds", None, True),
        (None, "Seconds", True),
        (None, None, True),
    ],
)
def test_samples_reach_alarms_of_their_unit(unit: str | None, sampled: str | None, expected: bool) -> None:  # noqa: FBT001
    """Samples without a unit are in the unit of each alarm; an alarm without a unit uses every unit."""
    entry = {"metric": "Errors", "value": 5, "from": "5m", **({"unit": sampled} if sampled else {})}
    assert fires(of_unit(unit), entry) is expected


def test_an_alarm_that_treats_missing_data_as_breaching_fires_on_another_unit() -> None:
    """It has no data, on AWS as here."""
    heartbeat = of_unit("Seconds", treat_missing_data="breaching", comparison="LessThanThreshold")
    assert fires(heartbeat, {"metric": "Errors", "value": 5, "unit": "Seconds"}) is False
    found = run(system(heartbeat), {"metric": "Errors", "value": 5, "unit": "Count"})
    assert found.state("errors", found.ends_s) == "ALARM"


def test_the_unit_of_a_metric_filter_counts() -> None:
    """Its default is None, which is a unit."""
    line = {"log": "ERROR", "service": "pay", "per_min": 5}
    watched = metric(namespace="Logs")
    for unit, published, expected in (
        ("Count", "None", False),
        ("Count", "Count", True),
        (None, "None", True),
    ):
        own = replace(watched, dimensions=())
        filters = (log_filter(unit=published),)
        assert fires(of_unit(unit, of=own), {**line, "from": "5m"}, filters=filters) is expected


def test_the_unit_of_a_query_of_metric_math_counts() -> None:
    """Each query has its own."""
    queries = (
        Query("a", Statistic(metric(), "Sum", 60, "Seconds")),
        Query("b", Statistic(metric(), "Sum", 60, "Count")),
        Query("e", "a - b"),
    )
    watching = alarm(queries=queries, returned="e", threshold=8.0)
    entries = [
        {"metric": "Errors", "value": value, "unit": unit} for value, unit in ((9, "Seconds"), (2, "Count"))
    ]
    for both in (entries, entries[::-1]):
        assert run(system(watching), *both).state("errors", 2e9) == "OK"
    assert run(system(watching), entries[0]).state("errors", 2e9) == "ALARM"


def test_units_are_kept_apart_and_an_entry_without_one_replaces_all() -> None:
    """As do `missing` and `baseline`; `before` is the value in the same unit."""
    seconds, count = of_unit("Seconds", "seconds"), of_unit("Count", "count")
    found = run(
        system(seconds, count),
        {"metric": "Errors", "value": 1, "unit": "Seconds"},
        {"metric": "Errors", "value": 0, "unit": "Count"},
        {"metric": "Errors", "value": "before + 1", "unit": "Count", "from": "5m", "to": "6m"},
        {"metric": "Errors", "value": 0, "from": "10m", "to": "12m"},
        {"metric": "Errors", "value": "missing", "unit": "Seconds", "from": "15m", "to": "20m"},
        duration="30m",
    )
    assert moves(found, "count") == [(6, "ALARM"), (7, "OK")]
    assert moves(found, "seconds") == [(11, "OK"), (13, "ALARM"), (18, "OK"), (21, "ALARM")]


def test_several_units_of_one_metric_are_a_note_if_the_alarm_has_none() -> None:
    """AWS does not define what such an alarm does."""
    entries = [{"metric": "Errors", "value": 1, "unit": unit} for unit in ("Seconds", "Count")]
    (note,) = run(system(of_unit(None)), *entries).system.notes
    assert note.startswith("errors has no unit, and N Errors Service=pay has samples in Count, Seconds: AWS")
    assert run(system(of_unit("Count")), *entries).system.notes == ()
    assert run(system(of_unit(None)), entries[0]).system.notes == ()


def test_explain_shows_the_unit() -> None:
    """And the metric filter that publishes in another one."""
    watching = of_unit("Count", of=replace(metric(namespace="Logs"), dimensions=()))
    facts = explain(system(watching, filters=(log_filter(),)), "errors", extra=2)
    texts = [fact.text for fact in facts]
    assert "Sum of Logs Errors in 1m, only samples in Count" in texts
    assert "metric filter /pay-Errors publishes in None: its samples do not reach the alarm" in texts
    assert not any("only samples" in fact.text for fact in explain(system(alarm()), "errors", extra=2))


@pytest.mark.parametrize("unit", ["Second", "count", "", 5, None])
def test_another_unit_is_rejected(unit: Any) -> None:
    """With those that CloudWatch has."""
    if unit is None:
        assert refused(system(alarm()), {"metric": "Errors", "value": 1, "unit": None}) == []
        return
    with pytest.raises(ValueError, match="must be a unit of CloudWatch: Bits, Bits/Second, Bytes"):
        run(system(alarm()), {"metric": "Errors", "value": 1, "unit": unit})
