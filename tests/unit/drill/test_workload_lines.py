"""Log lines of a scenario: through filters to samples, through CloudWatch Logs to its own metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cloudwatch.alarms import Metric
from cloudwatch.series import Series
from drill.explanation import explain
from drill.model import System
from tests.unit.drill.rehearsing import (
    alarm,
    counts,
    log_filter,
    moves,
    refused,
    run,
    scenario,
    sums,
    system,
    workload,
)

LOGGED = Metric("Logs", "Errors")
FAILED: Mapping[str, Any] = {"log": "ERROR failed", "service": "pay", "per_min": 3, "from": "5m", "to": "8m"}
FINE: Mapping[str, Any] = {"log": "all is well", "service": "pay", "per_min": 2, "from": "0s", "to": "10m"}
RESOLUTIONS = ("10s", "30s", "1m")


def watching(*filters: Any, of: Metric = LOGGED) -> System:
    """Return a system whose alarm watches what filters publish."""
    return system(alarm(of=of), filters=filters)


def published(of: System, *happens: Mapping[str, Any], metric: Metric = LOGGED, **head: Any) -> Series:
    """Return the samples of a metric."""
    return workload(of, scenario(happens, **head)).series(metric)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_each_line_that_matches_is_a_sample(resolution: str) -> None:
    """Of the filter's value, in the minutes in which it is written; others add nothing."""
    found = published(watching(log_filter(value="2")), FAILED, FINE, resolution=resolution)
    assert sums(found) == {5: 6, 6: 6, 7: 6}
    assert counts(found) == {5: 3, 6: 3, 7: 3}


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_the_default_is_for_minutes_with_lines_of_which_none_matches(resolution: str) -> None:
    """One sample a minute whatever the resolution; none in minutes without a line."""
    found = published(watching(log_filter(default_value=7.0)), FAILED, FINE, resolution=resolution)
    assert sums(found) == {0: 7, 1: 7, 2: 7, 3: 7, 4: 7, 5: 3, 6: 3, 7: 3, 8: 7, 9: 7}
    assert counts(found) == {minute: 3 if 5 <= minute < 8 else 1 for minute in range(10)}


def test_without_a_default_there_is_nothing() -> None:
    """Lines that do not match publish nothing, and no line does neither."""
    assert sums(published(watching(log_filter()), FINE)) == {}
    assert sums(published(watching(log_filter(default_value=0.0)))) == {}


def test_values_are_read_from_the_line() -> None:
    """A number of its JSON; a match without one publishes nothing, and no default either."""
    one = log_filter('{ $.level = "ERROR" }', value="$.ms", default_value=0.0)
    line = {"log": {"level": "ERROR", "ms": 250}, "service": "pay", "per_min": 2, "at": "1m"}
    bare = {"log": {"level": "ERROR"}, "service": "pay", "per_min": 2, "at": "2m"}
    fine = {"log": {"level": "INFO", "ms": 9}, "service": "pay", "per_min": 2, "at": "3m"}
    found = published(watching(one), line, bare, fine)
    assert (sums(found), counts(found)) == ({1: 500, 3: 0}, {1: 2, 3: 1})


def test_dimensions_are_read_from_the_line_and_each_is_a_metric() -> None:
    """Lines of another value are another metric's."""
    one = log_filter("{ $.op = * }", dimensions=(("Operation", "$.op"),))
    lines = [
        {"log": {"op": op}, "service": "pay", "per_min": n, "at": "1m"} for op, n in (("put", 2), ("get", 5))
    ]
    for op, expected in (("put", {1: 2}), ("get", {1: 5}), ("del", {})):
        watched = Metric("Logs", "Errors", (("Operation", op),))
        assert sums(published(watching(one, of=watched), *lines, metric=watched)) == expected


def test_two_filters_and_what_is_said_write_to_one_metric_together() -> None:
    """The samples of all are there."""
    of = watching(log_filter(), log_filter(group="/cart", value="10"))
    said = {"metric": "Logs Errors", "value": 100, "at": "6m"}
    other = {**FAILED, "service": "cart", "per_min": 1}
    assert sums(published(of, FAILED, other, said)) == {5: 13, 6: 113, 7: 13}


def test_only_the_services_own_group_is_written_to() -> None:
    """Patterns of services and of log groups mean several."""
    of = watching(log_filter(), log_filter(group="/cart", value="10"))
    assert sums(published(of, {**FAILED, "service": "cart"})) == {5: 30, 6: 30, 7: 30}
    assert sums(published(of, {**FAILED, "service": "*"})) == {5: 33, 6: 33, 7: 33}
    by_group = {key: value for key, value in FAILED.items() if key != "service"}
    assert sums(published(of, {**by_group, "log_group": "/p*"})) == {5: 3, 6: 3, 7: 3}


def test_gaps_pause_and_silence_takes_everything() -> None:
    """Whoever wrote it; a silent group gets no default either, and its neighbour goes on."""
    of = watching(log_filter(default_value=0.0), log_filter(group="/cart"))
    assert sums(published(of, {**FAILED, "gaps": [["6m", "7m"]]})) == {5: 3, 7: 3}
    quiet = {"no_logs": "pay", "from": "6m", "to": "9m"}
    cart = {**FAILED, "service": "cart", "per_min": 1}
    assert sums(published(of, FAILED, FINE, cart, quiet)) == {
        **dict.fromkeys((0, 1, 2, 3, 4, 9), 0),
        5: 4,
        6: 1,
        7: 1,
    }
    by_group = {"no_logs": "/pay", "from": "6m", "to": "9m"}
    assert counts(published(of, FAILED, FINE, quiet)) == counts(published(of, FAILED, FINE, by_group))


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_rates_below_one_a_minute_are_a_line_now_and_then(resolution: str) -> None:
    """One in five minutes for 0.2, also as an expression of time."""
    for rate in (0.2, "when(t < 600, 0.2, 5)", "0.1 + t - t + 0.1"):
        found = published(
            watching(log_filter()),
            {**FAILED, "per_min": rate, "from": "0s", "to": "10m"},
            resolution=resolution,
        )
        assert sums(found) == {4: 1, 9: 1}


def test_usual_lines_are_written_too_and_may_be_of_services_that_are_not_there() -> None:
    """Baselines are for every environment; a scenario's own lines are for what is there."""
    of = watching(log_filter())
    found = workload(
        of, scenario([FAILED], baseline=[{**FAILED, "per_min": 1}, {**FAILED, "service": "gone"}])
    )
    assert sums(found.series(LOGGED)) == {5: 4, 6: 4, 7: 4}
    assert refused(of, {**FAILED, "service": "gone"}) == [
        "s.yaml:1: log: no such service; known: cart, pay (found: gone)"
    ]


def test_rates_that_cannot_be_are_refused_where_they_stand() -> None:
    """Negative, endless, no number, or of what would have been."""
    of = watching(log_filter())
    for rate, said in (
        (-1, "must be 0 or more a minute at t = 300 (found: -1)"),
        ("1e18", "has too many samples"),
        ("log(300 - t)", "is not a finite number at t = 300 (found: -inf)"),
        ("before", "before is not available here"),
    ):
        (line,) = refused(of, FINE, {**FAILED, "per_min": rate})
        assert line.startswith("s.yaml:2: per_min: "), line
        assert said in line
    assert refused(of, {**FAILED, "per_min": "1 / (t - 600)", "from": "11m", "to": None}) == []


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_cloudwatch_logs_counts_lines_and_bytes_itself(resolution: str) -> None:
    """Every line is one event and its bytes in UTF-8 with 26 more; nothing in minutes without a line."""
    events, size = (
        Metric("AWS/Logs", name, (("LogGroupName", "/pay"),))
        for name in ("IncomingLogEvents", "IncomingBytes")
    )
    of = system(alarm("e", events), alarm("b", size))
    umlaut = {"log": "Grüße", "service": "pay", "per_min": 3, "from": "1m", "to": "3m"}
    fine = {**FINE, "to": "2m"}
    assert sums(published(of, umlaut, fine, metric=events, resolution=resolution)) == {0: 2, 1: 5, 2: 3}
    ours, theirs = len("Grüße".encode()) + 26, len("all is well") + 26
    expected = {0: 2 * theirs, 1: 2 * theirs + 3 * ours, 2: 3 * ours}
    assert sums(published(of, umlaut, fine, metric=size, resolution=resolution)) == expected
    quiet = {"no_logs": "pay", "from": "1m", "to": "2m"}
    assert sums(published(of, umlaut, fine, quiet, metric=events, resolution=resolution)) == {0: 2, 2: 3}


def test_what_is_said_of_a_log_groups_metric_is_instead_of_what_is_counted() -> None:
    """Nobody wants both; and other metrics of AWS/Logs are not counted."""
    events = Metric("AWS/Logs", "IncomingLogEvents", (("LogGroupName", "/pay"),))
    errors = Metric("AWS/Logs", "DeliveryErrors", (("LogGroupName", "/pay"),))
    of = system(alarm("e", events), alarm("d", errors))
    assert sums(
        published(of, FINE, {"metric": "IncomingLogEvents", "value": 99, "at": "1m"}, metric=events)
    ) == {1: 99}
    assert sums(published(of, FINE, metric=errors)) == {}


def test_a_mapping_is_one_line_of_json() -> None:
    """In its order, and in the letters of its language."""
    (entry,) = scenario([{**FAILED, "log": {"b": 1, "a": ["ü", None]}}]).happens
    assert getattr(entry.happens, "text", None) == '{"b": 1, "a": ["ü", null]}'


def test_groups_to_which_the_same_is_written_share_their_series() -> None:
    """Thousands of quiet services are computed once; one that differs is not mixed up with them."""
    groups = {f"s{i}": f"/s{i}" for i in range(3)}
    metrics = [Metric("Logs", f"Errors{i}") for i in range(3)]
    filters = [log_filter(name=f"Errors{i}", group=f"/s{i}") for i in range(3)]
    of = system(
        *(alarm(f"a{i}", metric) for i, metric in enumerate(metrics)),
        filters=tuple(filters),
        log_groups=groups,
    )
    every = {**FAILED, "service": "s*"}
    some = workload(of, scenario([every, {**FAILED, "service": "s2", "per_min": 1}]))
    first, second, third = map(some.series, metrics)
    assert sums(first) == sums(second) == {5: 3, 6: 3, 7: 3}
    assert sums(third) == {5: 4, 6: 4, 7: 4}
    playing = workload(of, scenario([every]))
    assert playing.series(metrics[0]) is playing.series(metrics[1]) is playing.series(metrics[2])


def test_a_term_without_the_double_quotes_of_the_guide_is_a_note() -> None:
    """AWS accepts it, and the filter is rehearsed; `explain` shows it too."""
    filters = (log_filter("Scan timed out for item.id"),)
    watched = system(alarm(of=Metric("Logs", "Errors")), filters=filters)
    line = {"log": "Scan timed out for item.id 3", "service": "pay", "per_min": 1, "from": "5m"}
    found = run(watched, line)
    assert "ALARM" in {state for _, state in moves(found, "errors")}
    (note,) = found.system.notes
    assert note.startswith(
        "metric filter /pay-Errors of /pay: the CloudWatch Logs User Guide requires double"
    )
    assert '"item.id"' in note
    assert note in [fact.text for fact in explain(watched, "errors", extra=2)]
