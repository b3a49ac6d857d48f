"""Recorded series replayed to alarms: when each row is known, and for how long."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from config.errors import CommandError, ConfigError
from drill.errors import DrillError
from drill.replay import replay
from tests.unit.terraform.creators import CREATORS

NOON_S = datetime(2026, 3, 1, 12, tzinfo=timezone.utc).timestamp()
ALARM: dict[str, Any] = {
    "AlarmName": "a",
    "Namespace": "N",
    "MetricName": "M",
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}
BAND: dict[str, Any] = {
    **{key: ALARM[key] for key in ("AlarmName", "EvaluationPeriods", "TreatMissingData")},
    "ComparisonOperator": "GreaterThanUpperThreshold",
    "ThresholdMetricId": "band",
    "Metrics": [
        {"Id": "m", "MetricStat": {
            "Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 300, "Stat": "Sum"}},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"},
    ],
}  # fmt: skip


def told(folder: Path, rows: Sequence[tuple[float, str]], *alarms: dict[str, Any], columns: str = "M") -> Any:
    """Return what alarms do, in minutes after noon: rows have minutes after noon, too."""
    (folder / "alarms.json").write_text(json.dumps(list(alarms)))
    times = [datetime.fromtimestamp(NOON_S + minutes * 60, tz=timezone.utc) for minutes, _ in rows]
    lines = [f"{at:%Y-%m-%dT%H:%M:%SZ},{values}" for at, (_, values) in zip(times, rows, strict=True)]
    (folder / "series.csv").write_text("\n".join([f"timestamp,{columns}", *lines]))
    found = replay(folder / "alarms.json", folder / "series.csv")
    moves = {
        name: [((change.at_s - NOON_S) / 60, change.new) for change in some]
        for name, some in found.changes.items()
    }
    return moves if len(alarms) > 1 else moves["a"]


def every(minutes: float, *values: float | None) -> list[tuple[float, str]]:
    """Return rows that lie so far apart; None is no row."""
    return [(at * minutes, f"{value:g}") for at, value in enumerate(values) if value is not None]


@pytest.mark.parametrize("period_s", [60, 120, 300, 900, 3600])
def test_a_datapoint_is_known_when_its_period_is_over(period_s: int, tmp_path: Path) -> None:
    """One at 12:05 of a five-minute period at 12:10; and it holds until the next one is."""
    minutes = period_s / 60
    found = told(tmp_path, every(minutes, 1, 9, 9, 1, 1), {**ALARM, "Period": period_s})
    assert found == [
        (1 if period_s == 60 else found[0][0], "OK"),
        (2 * minutes, "ALARM"),
        (4 * minutes, "OK"),
    ]


def test_rows_that_are_several_periods_apart_are_datapoints_too(tmp_path: Path) -> None:
    """Where data are missing."""
    assert told(tmp_path, every(5, 1, None, 9, None, None, 1), ALARM)[1:] == [(15, "ALARM"), (30, "OK")]


def test_a_single_row_is_a_datapoint(tmp_path: Path) -> None:
    """Of the period of its alarm."""
    assert told(tmp_path, every(5, 9), ALARM)[-1] == (5, "ALARM")


def test_rows_of_other_times_are_samples(tmp_path: Path) -> None:
    """Each is known in the minute after it, and counts in every period that holds it."""
    rows = [(0, "1"), (3, "9"), (10, "1")]
    assert told(tmp_path, rows, ALARM)[1:] == [(4, "ALARM"), (11, "OK")]


def test_minutes_are_samples_of_five(tmp_path: Path) -> None:
    """A sum of five minutes is known as it grows."""
    assert told(tmp_path, every(1, 2, 2, 2, 0, 0, 0, 0), ALARM)[1:] == [(3, "ALARM"), (6, "OK")]


def test_rows_between_steps_are_samples(tmp_path: Path) -> None:
    """CloudWatch's datapoints begin with a period."""
    rows = [(at + 0.5, value) for at, value in every(5, 1, 9, 1)]
    assert told(tmp_path, rows, ALARM)[1:] == [(6, "ALARM"), (11, "OK")]


def test_each_alarm_takes_rows_for_datapoints_of_the_longest_period_that_they_may_be_of(
    tmp_path: Path,
) -> None:
    """Two alarms on one metric see one series: that of the longer one."""
    shorter = {**ALARM, "AlarmName": "b", "Period": 300}
    longer = {**ALARM, "Period": 900}
    found = told(tmp_path, every(15, 1, 9, 1), longer, shorter)
    assert [at for at, state in found["a"] if state == "ALARM"] == [30]
    assert [at for at, state in found["b"] if state == "ALARM"] == [30]


def test_a_band_holds_as_long_as_the_datapoint_of_its_period(tmp_path: Path) -> None:
    """Its edges are datapoints as well."""
    rows = [(0, "1,0,5"), (5, "9,0,5"), (10, "9,0,10"), (15, "11,0,10")]
    found = told(tmp_path, rows, BAND, columns="M,lower,upper")
    assert found[1:] == [(10, "ALARM"), (15, "OK"), (20, "ALARM")]


def test_an_alarm_that_aws_refuses_is_not_played(tmp_path: Path) -> None:
    """With the file it is in."""
    with pytest.raises(
        ConfigError, match=r"alarms\.json: 1: evaluation periods: 500 periods of 300 s exceed"
    ):
        told(tmp_path, every(5, 1), {**ALARM, "EvaluationPeriods": 500})


def test_a_metric_without_a_series_is_refused(tmp_path: Path) -> None:
    """With what there is."""
    with pytest.raises(DrillError, match=r"no series for N M: .*found: x, y"):
        told(tmp_path, [(0, "1,2")], ALARM, columns="x,y")


def test_a_composite_of_alarms_that_are_not_in_the_file_is_refused(tmp_path: Path) -> None:
    """Nobody knows here what they do."""
    both = {"AlarmName": "both", "AlarmRule": "ALARM(a) OR ALARM(gone)"}
    with pytest.raises(ConfigError, match=r"alarms\.json: 2: rule: alarm gone does not exist$"):
        told(tmp_path, every(5, 1), ALARM, both)


def test_nothing_is_known_before_the_first_row(tmp_path: Path) -> None:
    """So an alarm that treats missing data as breaching does not begin in ALARM, nor ends in it by chance."""
    breaching = {**ALARM, "TreatMissingData": "breaching", "EvaluationPeriods": 3}
    assert told(tmp_path, every(5, 1, 1, 1, 1), breaching) == [(5, "OK")]
    assert told(tmp_path, every(5, 9, 9, 9, 9), breaching) == [(15, "ALARM")]
    two_of_three = {**breaching, "DatapointsToAlarm": 2}
    assert told(tmp_path, every(5, 1, 1, 9), two_of_three)[0] == (10, "OK")


def test_a_row_between_missing_ones_is_known(tmp_path: Path) -> None:
    """Data that are missing after the first row are missing."""
    breaching = {**ALARM, "TreatMissingData": "breaching"}
    assert told(tmp_path, every(5, 1, None, None, None, 1), breaching) == [
        (5, "OK"), (20, "ALARM"), (25, "OK"),
    ]  # fmt: skip


LOW: dict[str, Any] = {
    **{key: value for key, value in ALARM.items() if key != "Statistic"},
    "ExtendedStatistic": "p99",
    "EvaluateLowSampleCountPercentile": "ignore",
}


def test_recorded_percentiles_without_a_count_are_played_with_a_note(tmp_path: Path) -> None:
    """A row is one percentile, not one sample: it would have too few samples for ever."""
    assert told(tmp_path, every(5, 1, 9, 1), LOW)[1:] == [(10, "ALARM"), (15, "OK")]
    (note,) = replay(tmp_path / "alarms.json", tmp_path / "series.csv").system.notes
    assert note.startswith("a: the recording has no number of samples for p99 of M: EvaluateLowSample")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["0,1,1", "300,9,1"], None),
        (["0,1,1", "0,1,1", "300,9,1"], None),
        (["0,1,", "0,9,", "300,9,"], "a: the recording has no number of samples for p99 of M: Evaluate"),
        (["0,1,20", "300,9,"], "a: the recording has no number of samples for p99 of M in 1 of 2 rows: Eva"),
    ],
)
def test_only_the_file_says_how_many_samples_a_row_has(
    rows: list[str], says: str | None, tmp_path: Path
) -> None:
    """Also one; several rows in a period are no number."""
    (tmp_path / "alarms.json").write_text(json.dumps(LOW))
    base = 1_772_366_400
    lines = [f"{base + int(time_s)},{rest}" for time_s, _, rest in (row.partition(",") for row in rows)]
    (tmp_path / "series.csv").write_text("timestamp,value,samples\n" + "\n".join(lines) + "\n")
    system = replay(tmp_path / "alarms.json", tmp_path / "series.csv").system
    assert [note[: len(says or "")] for note in system.notes] == ([says] if says else [])
    assert system.alarms[0].low_samples == ("evaluate" if says else "ignore")


def test_a_count_that_is_recorded_counts(tmp_path: Path) -> None:
    """p99 needs 1000 samples: the second percentile has fewer, and does not change the state."""
    rows = [(0, "1,2000"), (5, "9,900"), (10, "9,1000"), (15, "1,5000")]
    assert told(tmp_path, rows, LOW, columns="value,samples")[1:] == [(15, "ALARM"), (20, "OK")]
    assert replay(tmp_path / "alarms.json", tmp_path / "series.csv").system.notes == ()


def test_rows_that_are_samples_are_counted(tmp_path: Path) -> None:
    """Several rows of one period are its samples, and too few."""
    rows = [(at, f"{value},1") for at, value in every(1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9)]
    with pytest.raises(KeyError):
        told(tmp_path, rows, LOW, columns="value,samples")
    rehearsal = replay(tmp_path / "alarms.json", tmp_path / "series.csv")
    assert (rehearsal.changes, rehearsal.system.notes) == ({}, ())


def test_one_alarm_of_a_file_is_replayed(tmp_path: Path) -> None:
    """By its name; a composite with its parts. Series of the others are not needed."""
    other = {**ALARM, "AlarmName": "b", "MetricName": "Other"}
    both = {"AlarmName": "both", "AlarmRule": "ALARM(a) AND NOT ALARM(c)"}
    prom = {"AlarmName": "prom", "EvaluationCriteria": {"x": 1}, "ComparisonOperator": "GreaterThanThreshold"}
    third = {**ALARM, "AlarmName": "c"}
    told(tmp_path, every(5, 1, 9, 1), ALARM)
    (tmp_path / "alarms.json").write_text(json.dumps([ALARM, other, both, third, prom]))
    paths = (tmp_path / "alarms.json", tmp_path / "series.csv")
    assert [alarm.name for alarm in replay(*paths, "a").system.all_alarms] == ["a"]
    assert [alarm.name for alarm in replay(*paths, "both").system.all_alarms] == ["a", "c", "both"]
    with pytest.raises(DrillError, match=r"no series for N Other: .*; --alarm selects an alarm"):
        replay(*paths)
    with pytest.raises(DrillError, match=r"prom cannot be replayed: .* it is a PromQL alarm"):
        replay(*paths, "prom")
    with pytest.raises(DrillError, match=r"no such alarm; known: a, b, both, c \(found: x\)"):
        replay(*paths, "x")
    (tmp_path / "alarms.json").write_text(json.dumps([ALARM, prom]))
    (entry,) = replay(*paths).system.left_out
    assert entry.name == "prom"


OTHERS: dict[str, tuple[Any, str]] = {
    "nested stack": ({"Resources": {"N": {"Type": "AWS::CloudFormation::Stack"}}}, "N"),
    "module": ({"Resources": {"N": {"Type": "My::Company::Alarms::MODULE"}}}, "N"),
    "loop": ({"Resources": {"Fn::ForEach::N": ["x", [1], {}]}}, "Fn::ForEach::N"),
    "macro": ({"Transform": "MyMacro", "Resources": {}}, "Transform"),
    "macros": ({"Transform": ["A", "AWS::Serverless-2016-10-31"], "Resources": {}}, "Transform"),
    "macro of resources": ({"Resources": {"Fn::Transform": {"Name": "MyMacro"}}}, "Fn::Transform"),
    "its short form": ({"Resources": {"Transform": {"Name": "MyMacro"}}}, "Transform"),
    "log alarm": ({"MetricAlarms": [], "LogAlarms": [{"AlarmName": "N"}]}, "N"),
    **{
        kind: ({"Resources": {"N": {"Type": kind}}} if "::" in kind else {"resource": {kind: {"N": {}}}}, "N")
        for kind in CREATORS
    },
    "Cloud Control": (
        {"resource": {"aws_cloudcontrolapi_resource": {"N": {"type_name": "AWS::CloudWatch::Alarm"}}}},
        "N",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_a_file_has_besides_is_listed(case: str, tmp_path: Path) -> None:
    """It may be, or contain, alarms that are not replayed."""
    content, name = OTHERS[case]
    told(tmp_path, every(5, 1, 9, 1), ALARM)
    (tmp_path / "alarms.json").write_text(json.dumps([ALARM, content]))
    (entry,) = replay(tmp_path / "alarms.json", tmp_path / "series.csv").system.left_out
    assert entry.name == name
    with pytest.raises(DrillError, match=f"{name} cannot be replayed"):
        replay(tmp_path / "alarms.json", tmp_path / "series.csv", name)


def test_what_creates_no_alarms_is_not_listed(tmp_path: Path) -> None:
    """Nor metric filters, which a replay does not need."""
    told(tmp_path, every(5, 1, 9, 1), ALARM)
    of_terraform = {
        "aws_cloudformation_stack": {"N": {"template_body": '{"Resources": {}}'}},
        "aws_cloudcontrolapi_resource": {"N": {"type_name": "AWS::SQS::Queue"}},
        "aws_cloudwatch_log_metric_filter": {"N": {}},
        "aws_wafv2_rule_group": {"N": {}},
    }
    types = ("AWS::Logs::MetricFilter", "AWS::CloudFormation::WaitCondition", "AWS::CloudWatch::Dashboard")
    of_aws = {f"Transform{number}": {"Type": kind} for number, kind in enumerate(types)}
    (tmp_path / "alarms.json").write_text(
        json.dumps([ALARM, {"resource": of_terraform}, {"Resources": of_aws}])
    )
    assert replay(tmp_path / "alarms.json", tmp_path / "series.csv").system.left_out == ()


def test_a_module_of_a_configuration_is_rejected_by_name(tmp_path: Path) -> None:
    """As for a folder with it."""
    told(tmp_path, every(5, 1), ALARM)
    content = {"resource": {"aws_cloudwatch_metric_alarm": {}}, "module": {"shop": {"source": "./x"}}}
    (tmp_path / "alarms.json").write_text(json.dumps([ALARM, content]))
    with pytest.raises(CommandError, match=r"module\.shop: is not read, and may contain alarms"):
        replay(tmp_path / "alarms.json", tmp_path / "series.csv")
