"""The state reason of an alarm, as text (`StateReason`) and as JSON (`StateReasonData`).

AWS documents neither. The format is that of alarms recorded on AWS, 2021 to 2026: day before month, the
newest datapoint first, numbers in Java's format. Times are real times.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from cloudwatch.evaluation import breaches

if TYPE_CHECKING:
    from cloudwatch.alarms import Comparison
    from cloudwatch.states import State
    from local_aws.clock import Clock
    from local_aws.protocols import Value
    from local_aws.watching import Datapoints, Watch

_COMPARISONS: dict[Comparison, str] = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
_TREATMENTS = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
_DECIMAL_FROM, _DECIMAL_TO = 1e-3, 1e7
"""The range in which Java writes a number without an exponent (Java API, Double.toString)."""


def reason(watch: Watch, datapoints: Datapoints, state: State, clock: Clock) -> str:
    """Return the text of the reason of a new state (DescribeAlarms, `StateReason`).

    Args:
        watch: the parsed alarm.
        datapoints: its datapoints.
        state: the new state.
        clock: simulated time.
    """
    periods, needed = watch.settings.evaluation_periods, watch.settings.datapoints_to_alarm
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_counted(periods, 'datapoint')} unknown."
    present, breaching = _evaluated(watch, datapoints)
    missing = periods - len(present) if watch.settings.treat_missing_data in _TREATMENTS else 0
    treated = (
        f"{_counted(missing, 'missing datapoint')} treated as "
        f"[{_TREATMENTS[watch.settings.treat_missing_data]}]"
        if missing
        else ""
    )
    if not present:
        period = "period" if periods == 1 else "periods"
        return f"Threshold Crossed: no datapoints were received for {periods} {period} and {treated}."
    shows_breaching = state == "ALARM"
    shown = [index for index in present if (index in breaching) == shows_breaching]
    if not shown:
        # All present datapoints breach, but there are fewer than DatapointsToAlarm.
        shows_breaching, shown = True, present
    points = ", ".join(_point(datapoints, index, clock) for index in reversed(shown))
    is_singular = len(shown) == 1
    verb = f"{'was' if is_singular else 'were'}{'' if shows_breaching else ' not'}"
    limit = f"{verb} {_COMPARISONS[watch.comparison]} the threshold ({java_number(watch.threshold)})"
    also = f" and {treated}" if treated else ""
    if "DatapointsToAlarm" not in watch.config:
        noun = "datapoint" if is_singular else "datapoints"
        return f"Threshold Crossed: {len(shown)} {noun} [{points}] {limit}{also}."
    minimum = needed if shows_breaching else periods - needed + 1
    transition = "OK -> ALARM" if shows_breaching else "ALARM -> OK"
    return (
        f"Threshold Crossed: {len(shown)} out of the last {periods} datapoints [{points}] {limit}{also} "
        f"(minimum {minimum} {'datapoint' if minimum == 1 else 'datapoints'} for {transition} transition)."
    )


def data(watch: Watch, datapoints: Datapoints, clock: Clock) -> str:
    """Return the reason of a state as JSON (DescribeAlarms, `StateReasonData`)."""
    present, _ = _evaluated(watch, datapoints)
    evaluated: list[Value] = []
    count = len(datapoints.values)
    for index in reversed(range(count - watch.settings.evaluation_periods, count)):
        point: Value = {"timestamp": _timestamp(clock.real_s(float(datapoints.starts_s[index])))}
        if not math.isnan(datapoints.values[index]):
            if datapoints.counts is not None:
                point["sampleCount"] = float(datapoints.counts[index])
            point["value"] = float(datapoints.values[index])
        evaluated.append(point)
    config = watch.config
    stat = config.get("ExtendedStatistic") or config.get("Statistic")
    start = {"startDate": _timestamp(clock.real_s(float(datapoints.starts_s[present[0]])))} if present else {}
    reason_data: Value = {
        "version": "1.0",
        "queryDate": _timestamp(clock.real_now_s()),
        **start,
        **({"statistic": stat} if stat else {}),
        **({"unit": config["Unit"]} if config.get("Unit") else {}),
        "period": watch.period_s,
        "recentDatapoints": [float(datapoints.values[index]) for index in present],
        "threshold": watch.threshold,
        "evaluatedDatapoints": evaluated,
    }
    return json.dumps(reason_data, separators=(",", ":"))


def java_number(number: float) -> str:
    """Return a number in Java's format: `5.0`, `1.2E7`, `4.5E-4`."""
    if number == 0 or _DECIMAL_FROM <= abs(number) < _DECIMAL_TO:
        return repr(float(number))
    _, digits, _ = Decimal(repr(float(number))).normalize().as_tuple()
    exponent = Decimal(repr(float(number))).adjusted()
    sign = "-" if number < 0 else ""
    fraction = "".join(str(digit) for digit in digits[1:]) or "0"
    return f"{sign}{digits[0]}.{fraction}E{exponent}"


def _evaluated(watch: Watch, datapoints: Datapoints) -> tuple[list[int], set[int]]:
    """Return the indexes of the newest N datapoints that are present, and of those that breach."""
    flags = breaches(datapoints.values, watch.comparison, watch.threshold)
    present = [index for index, flag in enumerate(flags) if flag >= 0][-watch.settings.evaluation_periods :]
    return present, {index for index in present if flags[index] == 1}


def _point(datapoints: Datapoints, index: int, clock: Clock) -> str:
    moment = datetime.fromtimestamp(clock.real_s(float(datapoints.starts_s[index])), tz=timezone.utc)
    return f"{java_number(float(datapoints.values[index]))} ({moment:%d/%m/%y %H:%M:%S})"


def _counted(number: int, noun: str) -> str:
    return f"1 {noun} was" if number == 1 else f"{number} {noun}s were"


def _timestamp(at_s: float) -> str:
    moment = datetime.fromtimestamp(at_s, tz=timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
