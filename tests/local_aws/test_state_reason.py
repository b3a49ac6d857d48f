"""State reasons, compared with alarms recorded on AWS, and as parsed by the notifier."""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import Any

import numpy as np

from functions.notifier.reason import read_reason
from local_aws import state_reason
from local_aws.clock import Clock
from local_aws.watching import Datapoints, Watch
from tests.support.tables import each

_END_S = int(datetime(2026, 11, 22, 2, 43, tzinfo=timezone.utc).timestamp())
_NAN = math.nan


class Beginning:
    """A monotonic clock that stands still: simulated time is real time."""

    def __call__(self) -> float:
        """Return 0 s."""
        return 0.0


_CLOCK = Clock(1, Beginning())


def watch(**changes: Any) -> Watch:
    """Return a parsed alarm: the sum of a minute is greater than 5."""
    config = {
        "AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", **changes,
    }  # fmt: skip
    alarm = Watch.of(config)
    assert alarm
    return alarm


def seen(*values: float, period_s: int = 60) -> Datapoints:
    """Return datapoints, oldest first; the last period ends at 2026-11-22 02:43 UTC."""
    starts = _END_S - period_s * np.arange(len(values), 0, -1)
    return Datapoints(starts, np.array(values), np.ones(len(values)))


AT_MOST = {"ComparisonOperator": "LessThanOrEqualToThreshold"}
M_OF_N = {"EvaluationPeriods": 5, "DatapointsToAlarm": 3}


@each(
    ("changes", "values", "state", "expected"),
    [
        (
            {"Threshold": 0},
            (_NAN, 0, 3),
            "ALARM",
            (
                "Threshold Crossed: 1 datapoint [3.0 (22/11/26 02:42:00)] was greater than the "
                "threshold (0.0)."
            ),
        ),
        (
            {"DatapointsToAlarm": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
            (_NAN, 0, 1),
            "ALARM",
            (
                "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (22/11/26 02:42:00)] was "
                "greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM "
                "transition)."
            ),
        ),
        (
            M_OF_N,
            (99, 99, 1, 7, 2, 8.25, 12.345678901234567),
            "ALARM",
            (
                "Threshold Crossed: 3 out of the last 5 datapoints [12.345678901234567 (22/11/26 "
                "02:42:00), 8.25 (22/11/26 02:41:00), 7.0 (22/11/26 02:39:00)] were greater than the "
                "threshold (5.0) (minimum 3 datapoints for OK -> ALARM transition)."
            ),
        ),
        (
            M_OF_N,
            (0, 0, 9, 9, 0.5, 1.25, 0),
            "OK",
            (
                "Threshold Crossed: 3 out of the last 5 datapoints [0.0 (22/11/26 02:42:00), 1.25 "
                "(22/11/26 02:41:00), 0.5 (22/11/26 02:40:00)] were not greater than the threshold "
                "(5.0) (minimum 3 datapoints for ALARM -> OK transition)."
            ),
        ),
        (
            {"EvaluationPeriods": 3, "DatapointsToAlarm": 1},
            (9, 9, 1, 2, 3),
            "OK",
            (
                "Threshold Crossed: 3 out of the last 3 datapoints [3.0 (22/11/26 02:42:00), "
                "2.0 (22/11/26 02:41:00), 1.0 (22/11/26 02:40:00)] were not greater than the threshold "
                "(5.0) (minimum 3 datapoints for ALARM -> OK transition)."
            ),
        ),
        (
            {"EvaluationPeriods": 6, "TreatMissingData": "breaching"},
            (_NAN,) * 8,
            "ALARM",
            (
                "Threshold Crossed: no datapoints were received for 6 periods and 6 missing "
                "datapoints were treated as [Breaching]."
            ),
        ),
        (
            {"EvaluationPeriods": 3},
            (_NAN,) * 5,
            "INSUFFICIENT_DATA",
            "Insufficient Data: 3 datapoints were unknown.",
        ),
        ({}, (_NAN,) * 3, "INSUFFICIENT_DATA", "Insufficient Data: 1 datapoint was unknown."),
        (
            {**AT_MOST, "EvaluationPeriods": 2, "Threshold": 3.0571201e7},
            (_NAN, _NAN, 4.8219034e7, 0.00025),
            "OK",
            (
                "Threshold Crossed: 1 datapoint [4.8219034E7 (22/11/26 02:41:00)] was not less than "
                "or equal to the threshold (3.0571201E7)."
            ),
        ),
        (
            {"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "TreatMissingData": "notBreaching"},
            (_NAN, _NAN, _NAN, _NAN, 9),
            "OK",
            (
                "Threshold Crossed: 1 out of the last 3 datapoints [9.0 (22/11/26 02:42:00)] was "
                "greater than the threshold (5.0) and 2 missing datapoints were treated as "
                "[NonBreaching] (minimum 2 datapoints for OK -> ALARM transition)."
            ),
        ),
    ],
)  # fmt: skip
def test_a_reason_has_the_words_of_aws(
    changes: dict[str, Any], values: tuple[float, ...], state: Any, expected: str
) -> None:
    """It lists the datapoints that decided, newest first."""
    assert state_reason.reason(watch(**changes), seen(*values), state, _CLOCK) == expected


@each("state", ["OK", "ALARM"])
@each("treatment", ["missing", "breaching", "notBreaching", "ignore"])
@each("values", [(9, 1, 9), (_NAN, 9, 9), (_NAN, 1, _NAN), (_NAN, _NAN, 9)])
def test_the_notifier_understands_every_reason(state: Any, treatment: str, values: tuple[float, ...]) -> None:
    """It parses the values and the time of the first one."""
    alarm = watch(EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData=treatment)
    reason = read_reason(state_reason.reason(alarm, seen(*values), state, _CLOCK), alarm.config)
    assert reason
    assert reason.first_at
    assert any(str(value) in reason.value for value in (1, 9))


@each(
    ("number", "expected"),
    [
        (0, "0.0"), (-0.5, "-0.5"), (100, "100.0"), (9_999_999, "9999999.0"), (1e7, "1.0E7"),
        (-12345678, "-1.2345678E7"),
        (0.001, "0.001"), (0.00099, "9.9E-4"), (1e300, "1.0E300"), (0.1 + 0.2, "0.30000000000000004"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_java_writes_them(number: float, expected: str) -> None:
    """With an exponent from 10,000,000 on, and below 0.001."""
    assert state_reason.java_number(number) == expected
    assert float(expected) == number


def test_the_reason_is_also_json() -> None:
    """Every datapoint of the evaluation periods; a missing datapoint has no value."""
    alarm = watch(**M_OF_N, Unit="Count")
    data = json.loads(state_reason.data(alarm, seen(7, 7, _NAN, 1, 2, _NAN, 3), _CLOCK))
    assert abs(datetime.now(tz=timezone.utc).year - int(data.pop("queryDate")[:4])) <= 1
    assert data == {
        "version": "1.0",
        "startDate": "2026-11-22T02:36:00.000+0000",
        "statistic": "Sum",
        "unit": "Count",
        "period": 60,
        "recentDatapoints": [7, 7, 1, 2, 3],
        "threshold": 5,
        "evaluatedDatapoints": [
            {"timestamp": "2026-11-22T02:42:00.000+0000", "sampleCount": 1, "value": 3},
            {"timestamp": "2026-11-22T02:41:00.000+0000"},
            {"timestamp": "2026-11-22T02:40:00.000+0000", "sampleCount": 1, "value": 2},
            {"timestamp": "2026-11-22T02:39:00.000+0000", "sampleCount": 1, "value": 1},
            {"timestamp": "2026-11-22T02:38:00.000+0000"},
        ],
    }


def test_times_of_a_fast_clock_are_real_times() -> None:
    """The state reason has real times."""
    fast = Clock(60, Beginning())
    started_s = int(fast.now_s())
    points = Datapoints(np.array([started_s + 600]), np.array([9.0]), None)
    moment = datetime.fromtimestamp(fast.real_s(started_s + 600), tz=timezone.utc)
    assert f"9.0 ({moment:%d/%m/%y %H:%M:%S})" in state_reason.reason(watch(), points, "ALARM", fast)
