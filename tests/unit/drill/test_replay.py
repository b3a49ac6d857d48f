"""Recorded series, played to alarms of files: which series is whose, what they do, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from drill import recordings, replay
from drill.errors import DrillError
from drill.rehearsal import Rehearsal
from drill.sources.errors import SourceError

NOON_S = 1_772_366_400


def alarm(name: str = "errors", metric: str = "Errors", **changed: Any) -> dict[str, Any]:
    """Return an alarm as AWS prints it: above 0 in one minute."""
    return {
        "AlarmName": name,
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": "pay"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **changed,
    }


def maths(name: str, *metrics: tuple[str, str]) -> dict[str, Any]:
    """Return an alarm on a share of metrics, each with its id."""
    queries: list[dict[str, Any]] = [
        {
            "Id": key,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": []},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for key, metric in metrics
    ]
    queries.append({"Id": "r", "Expression": f"100 * {metrics[0][0]} / {metrics[1][0]}", "ReturnData": True})
    plain = alarm(name, Metrics=queries, Threshold=10)
    return {
        key: entry
        for key, entry in plain.items()
        if key not in {"Namespace", "MetricName", "Dimensions", "Statistic", "Period"}
    }


@pytest.fixture(autouse=True)
def _beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where the files are."""
    monkeypatch.chdir(tmp_path)


def play(alarms: Sequence[dict[str, Any]], *rows: str) -> Rehearsal:
    """Play a table, whose rows begin with minutes after noon, to alarms."""
    Path("alarm.json").write_text(json.dumps({"MetricAlarms": [*alarms]}), encoding="utf-8")
    head, *body = rows
    timed = [f"{NOON_S + 60 * float(row.partition(',')[0]):.0f},{row.partition(',')[2]}" for row in body]
    Path("series.csv").write_text("\n".join((f"timestamp,{head}", *timed)), encoding="utf-8")
    return replay.replay(Path("alarm.json"), Path("series.csv"))


def fired(found: Rehearsal, name: str = "errors") -> list[tuple[float, str]]:
    """Return the changes of an alarm, in minutes after noon."""
    return [((change.at_s - NOON_S) / 60, change.new) for change in found.changes.get(name, ())]


def test_a_series_is_played_to_the_only_metric_whatever_it_is_called() -> None:
    """From the minute of its first row to the end of its last row's period, without a warm-up."""
    found = play([alarm()], "anything", "0,0", "1,0", "2,5", "3,0")
    assert fired(found) == [(1, "OK"), (3, "ALARM"), (4, "OK")]
    assert (found.name, found.description) == ("alarm", "series.csv, replayed to alarm.json")
    assert (found.first_s, found.begins_s, found.ends_s, found.step_s) == (NOON_S, NOON_S, NOON_S + 240, 60)
    assert found.verdicts == ()
    assert found.system.title == "alarm.json"


@pytest.mark.parametrize("name", ["Errors", "AWS/Lambda Errors", "AWS/Lambda Errors FunctionName=pay", "e"])
def test_of_several_series_each_metric_has_its_own(name: str) -> None:
    """By its name, with namespace, with dimensions, or by its query's id; others may be there."""
    alarms = [alarm(), alarm("calls", "Calls")]
    if name == "e":
        alarms = [maths("errors", ("e", "Errors"), ("c", "Calls"))]
    found = play(alarms, f"Other,{name},Calls", "0,9,0,5", "1,9,5,5", "2,9,0,0")
    assert (2, "ALARM") in fired(found)
    assert len([pair for pair in fired(found) if pair[1] == "ALARM"]) == 1


def test_the_most_exact_name_wins() -> None:
    """Whatever the order of the columns."""
    alarms = [alarm(), alarm("calls", "Calls")]
    for head, row in (
        ("Errors,AWS/Lambda Errors,Calls", "9,0,0"),
        ("AWS/Lambda Errors,Errors,Calls", "0,9,0"),
    ):
        assert fired(play(alarms, head, f"0,{row}", f"1,{row}")) == [(1, "OK")]


def test_an_id_that_means_two_metrics_is_no_name() -> None:
    """One alarm's m1 is not the other's."""
    alarms = [maths("a", ("m1", "Errors"), ("m2", "Calls")), maths("b", ("m1", "Throttles"), ("m2", "Calls"))]
    with pytest.raises(
        DrillError, match=r"no series for AWS/Lambda Errors: name a column .* \(found: m1, m2\)"
    ):
        play(alarms, "m1,m2", "0,1,1")
    assert fired(play(alarms, "Errors,Throttles,m2", "0,5,0,10", "1,5,0,10"), "a") == [(1, "ALARM")]


@pytest.mark.parametrize(
    ("alarms", "rows", "said"),
    [
        (
            [alarm(), alarm("b", "Calls")],
            ("Errors,Cals", "0,1,1"),
            r"no series for AWS/Lambda Calls .*\(found: Errors, Cals\)",
        ),
        (
            [alarm()],
            ("value", "0,1", "99999999,1"),
            "too long: at most 1000000 steps of 60 s .found: 2026-03-01 to 2216",
        ),
    ],
)
def test_series_that_do_not_fit_are_refused(
    alarms: list[dict[str, Any]], rows: tuple[str, ...], said: str
) -> None:
    """With what there is, and what there should be."""
    with pytest.raises(DrillError, match=said):
        play(alarms, *rows)


BAND = [
    {
        "Id": "m",
        "ReturnData": True,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": []},
            "Period": 60,
            "Stat": "Sum",
        },
    },
    {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"},
]


def banded() -> dict[str, Any]:
    """Return an alarm that compares with a band."""
    kept = ("AlarmName", "EvaluationPeriods", "TreatMissingData")
    return {
        **{key: entry for key, entry in alarm().items() if key in kept},
        "ComparisonOperator": "GreaterThanUpperThreshold",
        "ThresholdMetricId": "band",
        "Metrics": BAND,
    }


def test_a_band_is_two_columns() -> None:
    """Without both there is nothing to compare with, and that is said."""
    found = play([banded()], "Errors,lower,upper", "0,5,0,6", "1,7,0,6", "2,5,0,6")
    assert fired(found) == [(1, "OK"), (2, "ALARM"), (3, "OK")]
    for head, row in (("Errors,upper", "0,1,1"), ("Errors,lower", "0,1,1"), ("Errors", "0,1")):
        with pytest.raises(
            DrillError, match="errors has an anomaly band: the columns lower and upper are required"
        ):
            play([banded()], head, row)


def test_periods_below_a_minute_set_the_step() -> None:
    """Of several it is what divides them all."""
    found = play([alarm(Period=20), alarm("b", Period=30)], "value", "0,1", "0.5,1", "1,0")
    assert found.step_s == 10
    assert found.ends_s == NOON_S + 60 + 30


def test_series_that_begin_within_a_minute_are_played_from_its_beginning() -> None:
    """Steps are aligned; samples stay where they are."""
    found = play([alarm()], "value", "0.25,1", "0.75,1", "1.5,0")
    assert found.first_s == NOON_S
    assert found.line("errors").values.tolist()[:2] == [2, 0]


def test_composites_beside_alarms_follow_them() -> None:
    """What is in the same file is evaluated, too."""
    both = {
        "MetricAlarms": [alarm()],
        "CompositeAlarms": [{"AlarmName": "any", "AlarmRule": 'ALARM("errors") OR FALSE'}],
    }
    Path("alarm.json").write_text(json.dumps(both), encoding="utf-8")
    Path("series.csv").write_text(f"timestamp,value\n{NOON_S},0\n{NOON_S + 60},1\n", encoding="utf-8")
    found = replay.replay(Path("alarm.json"), Path("series.csv"))
    assert fired(found, "any") == [(1, "OK"), (2, "ALARM")]


# --- recordings beside a scenario


def recording(text: str) -> Path:
    """Return a file."""
    path = Path("day.csv")
    path.write_text(text, encoding="utf-8")
    return path


def test_a_recordings_column_is_found_by_its_name() -> None:
    """The only one needs none."""
    one = recording(f"timestamp,a\n{NOON_S},1\n")
    assert [tuple(row) for row in recordings.samples(one, None)] == [(NOON_S, 1, 1)]
    assert [tuple(row) for row in recordings.samples(one, "a")] == [(NOON_S, 1, 1)]
    two = recording(f"timestamp,a,b\n{NOON_S},1,2\n{NOON_S + 60},,3\n")
    assert [tuple(row) for row in recordings.samples(two, "b")] == [(NOON_S, 2, 1), (NOON_S + 60, 3, 1)]


def test_a_recording_that_has_no_such_column_says_which_it_has() -> None:
    """And asks when there are several."""
    two = recording(f"timestamp,errors,calls\n{NOON_S},1,2\n")
    with pytest.raises(SourceError, match=r"day.csv has several columns: set column to one of errors, calls"):
        recordings.samples(two, None)
    with pytest.raises(SourceError, match=r"no column erors; known: errors, calls   did you mean errors\?"):
        recordings.samples(two, "erors")
    with pytest.raises(SourceError, match=r"gone.csv: cannot be read: No such file"):
        recordings.samples(Path("gone.csv"), None)
