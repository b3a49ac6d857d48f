"""What others measured on AWS, of an evaluation range of N and two more datapoints and of sliding windows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cloudwatch import api
from cloudwatch.records import Record
from drill.model import System
from drill.rehearsal import Rehearsal
from tests.support.tables import each
from tests.unit.drill.rehearsing import moves, run

_FILE = Path(__file__).parents[1] / "cloudwatch" / "vectors" / "measured_on_aws.json"
MEASURED: dict[str, dict[str, Any]] = {
    entry["id"]: entry for entry in json.loads(_FILE.read_text(encoding="utf-8"))
}
_OTHERWISE: dict[str, Any] = {
    "AlarmName": "a",
    "Namespace": "N",
    "MetricName": "M",
    "Statistic": "Sum",
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 0,
}
"""What a measurement does not state."""
EXTRA = range(5)
"""Possible numbers of datapoints beyond N."""


def played(measured: str, extra: int, *values: dict[str, Any], hours: int) -> Rehearsal:
    """Play values of the metric to the alarm of a measurement, with a number of datapoints beyond N."""
    alarm = api.metric_alarm(Record(measured, {**_OTHERWISE, **MEASURED[measured]["alarm"]}))
    entries = [{"metric": "M", **value} for value in values]
    assume = {"extra_datapoints": extra}
    return run(System("x", (alarm,)), *entries, duration=f"{hours}h", warm_up="12d", assume=assume)


def test_every_measurement_is_tested() -> None:
    """Each by the test of its number below."""
    assert sorted(MEASURED) == [f"measured-{number}" for number in (1, 2, 3, 4)]


def test_1_an_alarm_without_data_waits_for_two_datapoints_more() -> None:
    """Good until 00:00, six periods of ten minutes: INSUFFICIENT_DATA was observed at 01:18."""
    minutes = {}
    for extra in EXTRA:
        (change,) = moves(played("measured-1", extra, {"value": 1, "to": "0m"}, hours=3), "a")
        minutes[extra] = change
    assert minutes[2] == (80, "INSUFFICIENT_DATA")
    assert min(EXTRA, key=lambda extra: abs(minutes[extra][0] - 78)) == 2


def test_2_a_daily_alarm_fires_after_the_third_or_fourth_missing_day() -> None:
    """Data of every day until the start, and none from then on; breaching, one of one."""
    days = {}
    for extra in EXTRA:
        ((minute, state),) = moves(played("measured-2", extra, {"value": 0, "to": "0m"}, hours=24 * 7), "a")
        assert state == "ALARM"
        days[extra] = minute / 1440
    assert [extra for extra in EXTRA if 3 <= days[extra] <= 4] == [2, 3]


def test_3_an_error_every_15_minutes_never_leaves_alarm() -> None:
    """Five minutes, one of one, notBreaching: an older datapoint counts if newer ones are missing."""
    errors = [{"value": 1, "at": f"{minute}m"} for minute in range(0, 240, 15)]
    left = {
        extra: [state for _, state in moves(played("measured-3", extra, *errors, hours=4), "a")]
        for extra in EXTRA
    }
    assert [extra for extra in EXTRA if left[extra] == ["ALARM"]] == [2, 3, 4]


@each("extra", EXTRA)
def test_4_two_bad_minutes_flap_as_windows_move(extra: int) -> None:
    """They are in one or in two of the sliding five-minute windows: OK at 11:02, ALARM at 11:03."""
    bad = [{"value": 1, "at": f"{minute}m"} for minute in (97, 98)]  # 10:37 and 10:38, from 09:00
    found = played("measured-4", extra, {"value": 0}, *bad, hours=3)
    states = {minute: found.state("a", found.begins_s + minute * 60) for minute in range(110, 150)}
    assert (states[122], states[123], states[124]) == ("OK", "ALARM", "OK")
    assert {minute for minute, state in states.items() if state == "ALARM"} == set(range(113, 150, 5))
