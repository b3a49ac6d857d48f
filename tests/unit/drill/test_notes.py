"""Notes about a rehearsal: alarms whose metrics nothing describes, and lines that publish no metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from cloudwatch import embedded
from cloudwatch.alarms import Metric, Query, Statistic
from cloudwatch.series import Series
from drill import simulation
from drill.model import System
from drill.rehearsal import Rehearsal
from drill.report import junit, table, timeline
from tests.support.tables import each
from tests.unit.drill.rehearsing import (
    Rows,
    alarm,
    counts,
    log_filter,
    moves,
    run,
    scenario,
    sums,
    system,
    workload,
)

HEALTHY = Metric(
    "AWS/ApplicationELB", "HealthyHostCount", (("LoadBalancer", "app/shop/1"), ("Odd", "a, b: {"))
)
EVENTS = Metric("AWS/Logs", "IncomingLogEvents", (("LogGroupName", "/pay"),))
LOGGED = Metric("Logs", "Seen")
MATH = (
    Query("a", Statistic(Metric("N", "Known"), "Sum", 60)),
    Query("b", Statistic(HEALTHY, "Sum", 60)),
    Query("r", "a / b"),
)
FILLED = (Query("e", Statistic(EVENTS, "Sum", 60)), Query("r", "FILL(e, 0)"))
LESS: dict[str, Any] = {"comparison": "LessThanThreshold", "threshold": 1.0}
BREACHING: dict[str, Any] = {"treat_missing_data": "breaching"}
KNOWN = {"metric": "N Known", "value": 1}
LINE = {"log": "fine", "service": "pay", "per_min": 1}
EMF: dict[str, Any] = {
    "_aws": {
        "Timestamp": 1,
        "CloudWatchMetrics": [
            {
                "Namespace": "Shop",
                "Dimensions": [["service"], []],
                "Metrics": [{"Name": "Paid", "Unit": "Count"}],
            }
        ],
    },
    "service": "pay",
    "Paid": [2, 3],
}
PAID = Metric("Shop", "Paid", (("service", "pay"),))
EMBEDDED = {"log": EMF, "service": "pay", "per_min": 2}

ALARMS: Mapping[str, System] = {
    "metric": system(alarm("hosts", of=HEALTHY, **LESS, **BREACHING)),
    "math": system(alarm("hosts", queries=MATH, returned="r", **LESS, **BREACHING)),
    "filled": system(alarm("hosts", queries=FILLED, returned="r", **LESS)),
    "filter": system(alarm("hosts", of=LOGGED, **LESS, **BREACHING), filters=(log_filter("fine", "Seen"),)),
    "embedded": system(alarm("hosts", of=PAID, **LESS, **BREACHING)),
}


def notes(of: System, *happens: Mapping[str, Any], **more: Any) -> tuple[str, ...]:
    """Return the notes about a rehearsal."""
    return run(of, *happens, **more).notes


@each("kind", ALARMS)
@pytest.mark.parametrize("warm_up", ["0m", "30m"])
def test_an_alarm_without_a_metric_is_named_with_it(kind: str, warm_up: str) -> None:
    """With the metric, its dimensions, and the entry that publishes it; then there is no note."""
    other = [KNOWN] if kind == "math" else []
    (note,) = notes(ALARMS[kind], *other, warm_up=warm_up)
    metric = {"filled": EVENTS, "filter": LOGGED, "embedded": PAID}.get(kind, HEALTHY)
    assert note.startswith(
        "hosts is in ALARM from the start: neither the scenario nor a baseline has samples of "
        f"{metric}, and missing data is "
    )
    entry = _filled_in(note.partition("Add to happens: ")[2])
    assert notes(ALARMS[kind], *other, entry, warm_up=warm_up) == ()


def rows(_: Path, __: str | None) -> Rows:
    """Return a recording of an hour."""
    return tuple((minute * 60.0, 3.0, 1.0) for minute in range(60))


@each(
    ("kind", "happens", "at"),
    [
        ("metric", {"metric": "HealthyHostCount", "value": 3, "from": "10m"}, "10m"),
        ("metric", {"metric": "HealthyHostCount", "value": 3, "from": "0s"}, "0s"),
        ("metric", {"metric": "HealthyHostCount", "value": "missing", "at": "10m"}, "10m"),
        ("metric", {"metric": "HealthyHostCount", "csv": "incident.csv"}, "0s"),
        ("filled", {"no_logs": "pay", "from": "10m"}, "10m"),
        ("filled", {**LINE, "from": "10m"}, "10m"),
        ("filter", {**LINE, "from": "10m"}, "10m"),
        ("embedded", {**EMBEDDED, "from": "10m"}, "10m"),
    ],
)
def test_a_metric_that_begins_later_is_named_with_the_time(
    kind: str, happens: Mapping[str, Any], at: str
) -> None:
    """Until then nothing describes it, and the entry to add ends then."""
    metric = ALARMS[kind].alarms[0].statistics[0].metric

    def played(*entries: Mapping[str, Any]) -> tuple[str, ...]:
        return simulation.run(ALARMS[kind], scenario(entries), rows).notes

    (note,) = played(happens)
    assert f"neither the scenario nor a baseline has samples of {metric} before +{at}, and missing" in note
    added = note.partition("Add to happens: ")[2]
    assert added.endswith(f", to: {at}}}")
    assert played(_filled_in(added), happens) == played(happens, _filled_in(added)) == ()


def _filled_in(added: str) -> dict[str, Any]:
    """Return the entry that a note names, with values."""
    (entry,) = yaml.safe_load(added.replace("per_min: …", "per_min: 1"))
    return {key: {"value": 2, "log": "fine"}.get(key, value) for key, value in entry.items()}


def test_a_line_with_other_metrics_does_not_describe_one() -> None:
    """Nor does one that is not valid."""
    for log in ({**EMF, "service": "cart"}, {**EMF, "Paid": "2"}, "fine"):
        (note, *_) = reversed(notes(ALARMS["embedded"], {**EMBEDDED, "log": log}))
        assert f"has samples of {PAID}, and missing data is breaching" in note


@each(
    ("kind", "happens"),
    [
        ("metric", {"metric": "HealthyHostCount", "value": "missing"}),
        ("metric", {"metric": "HealthyHostCount", "value": 0}),
        ("filled", {"no_logs": "pay"}),
        ("filter", {**LINE, "log": "other"}),
        ("embedded", {**EMBEDDED, "per_min": 0}),
        ("embedded", {"no_logs": "pay"}),
        ("embedded", {"no_logs": "/pay", "to": "5m"}),
    ],
)
def test_what_a_scenario_says_is_not_named(kind: str, happens: Mapping[str, Any]) -> None:
    """Even if the alarm is in ALARM because of it: that is what the scenario is about."""
    later = [{**EMBEDDED, "from": "10m"}] if "no_logs" in happens and kind == "embedded" else []
    played = run(ALARMS[kind], happens, *later)
    assert played.state("hosts", played.begins_s) == "ALARM"
    assert played.notes == ()


def test_an_alarm_that_is_ok_without_its_metric_is_not_named() -> None:
    """A metric of failures has no samples while nothing fails."""
    assert notes(system(alarm(of=HEALTHY, treat_missing_data="notBreaching"))) == ()
    assert notes(system(alarm(of=HEALTHY, treat_missing_data="missing"))) == ()


def test_an_alarm_is_named_if_it_has_a_value_of_other_metrics_only() -> None:
    """Not if a value of the others breaches."""
    queries = (*MATH[:2], Query("r", "a + FILL(b, 0)"))
    above = system(alarm("hosts", queries=queries, returned="r", **BREACHING))
    assert notes(above, {**KNOWN, "value": 99}) == ()


WRITTEN = {**EMBEDDED, "from": "5m", "to": "7m"}


def published(*happens: Mapping[str, Any], of: Metric = PAID, **head: Any) -> Series:
    """Return the samples of a metric that an alarm watches."""
    return workload(system(alarm(of=of)), scenario(happens, **head)).series(of)


@each("resolution", ["10s", "1m"])
def test_a_line_publishes_its_metrics(resolution: str) -> None:
    """Each value of each line is a sample, when the line is written, in every set of dimensions."""
    for metric in (PAID, Metric("Shop", "Paid")):
        found = published(WRITTEN, of=metric, resolution=resolution)
        assert (sums(found), counts(found)) == ({5: 10, 6: 10}, {5: 4, 6: 4})
    assert not published(WRITTEN, of=Metric("Shop", "Paid", (("service", "cart"),))).count.any()


def test_the_same_line_as_text_and_in_several_log_groups() -> None:
    """Text is parsed as a mapping is, and samples of all log groups are of one metric."""
    text = {**WRITTEN, "log": json.dumps(EMF), "service": "*"}
    assert sums(published(text)) == {5: 20, 6: 20}
    assert sums(published(text, {"metric": "Shop Paid", "value": 1, "at": "6m"})) == {5: 20, 6: 21}
    assert sums(published(text, {"no_logs": "pay", "from": "6m"})) == {5: 20, 6: 10}


def test_a_line_is_parsed_once_for_all_log_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal of a thousand services parses a line as often as that of one."""
    parsed: list[str] = []
    original = embedded.samples

    def counted(text: str) -> tuple[embedded.Sample, ...]:
        parsed.append(text)
        return original(text)

    monkeypatch.setattr(embedded, "samples", counted)
    numbers = []
    for service in ("pay", "*"):
        parsed.clear()
        assert published({**WRITTEN, "service": service}).count.any()
        numbers.append(len(parsed))
    assert numbers[0] == numbers[1] > 0


def test_an_alarm_fires_on_a_metric_in_lines() -> None:
    """As on any other."""
    played = run(system(alarm("paid", of=PAID, threshold=9.0)), WRITTEN)
    assert moves(played, "paid") == [(6, "ALARM"), (10, "OK")]  # three datapoints are evaluated


@each(
    ("log", "metric"),
    [
        ({**EMF, "Paid": "2"}, "EMFValidationErrors"),
        ({**EMF, "service": 1}, "EMFValidationErrors"),
        (json.dumps(EMF)[:-1], "EMFParsingErrors"),
    ],
)
def test_a_line_that_is_not_valid_is_named_and_counted(log: Any, metric: str) -> None:
    """It publishes no metrics; CloudWatch counts it in a metric of its log group."""
    line = {**WRITTEN, "log": log}
    counted = Metric("AWS/Logs", metric, (("LogGroupName", "/pay"),))
    assert sums(published(line, of=counted)) == {5: 2, 6: 2}
    assert not published(line).count.any()
    (note,) = notes(system(alarm(of=PAID)), line)
    assert note.startswith("s.yaml:1: log: not valid in the embedded metric format, so the line publishes no")
    assert f"AWS/Logs {metric}: " in note
    assert notes(system(alarm(of=PAID)), WRITTEN) == ()


def text_of(rehearsal: Rehearsal, *, verbose: bool = False) -> str:
    """Return what is printed about a rehearsal."""
    console = Console(width=400)
    with console.capture() as capture:
        table.show([rehearsal], console, verbose=verbose)
    return capture.get()


def test_notes_are_printed() -> None:
    """Also of a scenario that passes; only the first of many, unless all are asked for."""
    many = system(*(alarm(f"a{number}", of=Metric("N", f"M{number}"), **BREACHING) for number in range(9)))
    played = run(many)
    assert played.passed
    assert text_of(played).count("note a") == 5
    assert "and 4 more notes; -v lists them" in text_of(played)
    assert text_of(played, verbose=True).count("note a") == 9


def test_notes_are_in_the_reports(tmp_path: Path) -> None:
    """For CI, and on the timeline."""
    played = run(ALARMS["metric"])
    junit.write([played], tmp_path / "junit.xml")
    assert "note: hosts is in ALARM from the start" in (tmp_path / "junit.xml").read_text(encoding="utf-8")
    page = timeline.write(played, tmp_path)
    assert "Note: hosts is in ALARM from the start" in page.read_text(encoding="utf-8")
