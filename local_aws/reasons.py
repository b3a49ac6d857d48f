"""Why an alarm changed its state, in the words and in the JSON that CloudWatch gives.

AWS documents neither. The words are those of alarms recorded on AWS, 2021 to 2026: days come before months,
the newest datapoint first, numbers are written as Java writes them. Times are the world's.
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

_WORDS: dict[Comparison, str] = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
_DECIMAL_FROM, _DECIMAL_TO = 1e-3, 1e7
"""Between which Java writes a number without an exponent (Java API, Double.toString)."""


def reason(watch: Watch, seen: Datapoints, state: State, clock: Clock) -> str:
    """Return the reason of a new state in words.

    Args:
        watch: what the alarm watches.
        seen: its datapoints.
        state: the state that follows from them.
        clock: simulated time.
    """
    periods, needed = watch.settings.evaluation_periods, watch.settings.datapoints_to_alarm
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_counted(periods, 'datapoint')} unknown."
    real, breaching = _looked_at(watch, seen)
    absent = periods - len(real) if watch.settings.treat_missing_data in _TREATED else 0
    treated = (
        f"{_counted(absent, 'missing datapoint')} treated as [{_TREATED[watch.settings.treat_missing_data]}]"
        if absent
        else ""
    )
    if not real:
        period = "period" if periods == 1 else "periods"
        return f"Threshold Crossed: no datapoints were received for {periods} {period} and {treated}."
    wanted = state == "ALARM"
    shown = [at for at in real if (at in breaching) == wanted]
    if not shown:
        # All that is there breaches, and is not enough.
        wanted, shown = True, real
    points = ", ".join(_point(seen, at, clock) for at in reversed(shown))
    one = len(shown) == 1
    verb = f"{'was' if one else 'were'}{'' if wanted else ' not'}"
    limit = f"{verb} {_WORDS[watch.comparison]} the threshold ({java(watch.threshold)})"
    also = f" and {treated}" if treated else ""
    if "DatapointsToAlarm" not in watch.config:
        what = "datapoint" if one else "datapoints"
        return f"Threshold Crossed: {len(shown)} {what} [{points}] {limit}{also}."
    least = needed if wanted else periods - needed + 1
    turn = "OK -> ALARM" if wanted else "ALARM -> OK"
    return (
        f"Threshold Crossed: {len(shown)} out of the last {periods} datapoints [{points}] {limit}{also} "
        f"(minimum {least} {'datapoint' if least == 1 else 'datapoints'} for {turn} transition)."
    )


def data(watch: Watch, seen: Datapoints, clock: Clock) -> str:
    """Return the reason of a state as JSON (DescribeAlarms, `StateReasonData`)."""
    real, _ = _looked_at(watch, seen)
    evaluated: list[Value] = []
    for at in reversed(range(len(seen.values) - watch.settings.evaluation_periods, len(seen.values))):
        point: Value = {"timestamp": _stamp(clock.real_s(float(seen.starts_s[at])))}
        if not math.isnan(seen.values[at]):
            if seen.counts is not None:
                point["sampleCount"] = float(seen.counts[at])
            point["value"] = float(seen.values[at])
        evaluated.append(point)
    config = watch.config
    stat = config.get("ExtendedStatistic") or config.get("Statistic")
    found: Value = {
        "version": "1.0",
        "queryDate": _stamp(clock.real_now_s()),
        **({"startDate": _stamp(clock.real_s(float(seen.starts_s[real[0]])))} if real else {}),
        **({"statistic": stat} if stat else {}),
        **({"unit": config["Unit"]} if config.get("Unit") else {}),
        "period": watch.period_s,
        "recentDatapoints": [float(seen.values[at]) for at in real],
        "threshold": watch.threshold,
        "evaluatedDatapoints": evaluated,
    }
    return json.dumps(found, separators=(",", ":"))


def java(number: float) -> str:
    """Return a number as Java writes it: `5.0`, `1.2E7`, `4.5E-4`."""
    if number == 0 or _DECIMAL_FROM <= abs(number) < _DECIMAL_TO:
        return repr(float(number))
    _, digits, _ = Decimal(repr(float(number))).normalize().as_tuple()
    exponent = Decimal(repr(float(number))).adjusted()
    sign = "-" if number < 0 else ""
    rest = "".join(str(digit) for digit in digits[1:]) or "0"
    return f"{sign}{digits[0]}.{rest}E{exponent}"


def _looked_at(watch: Watch, seen: Datapoints) -> tuple[list[int], set[int]]:
    """Return which datapoints count, the newest N that are there, and which of these breach."""
    flags = breaches(seen.values, watch.comparison, watch.threshold)
    real = [at for at, flag in enumerate(flags) if flag >= 0][-watch.settings.evaluation_periods :]
    return real, {at for at in real if flags[at] == 1}


def _point(seen: Datapoints, at: int, clock: Clock) -> str:
    moment = datetime.fromtimestamp(clock.real_s(float(seen.starts_s[at])), tz=timezone.utc)
    return f"{java(float(seen.values[at]))} ({moment:%d/%m/%y %H:%M:%S})"


def _counted(number: int, what: str) -> str:
    return f"1 {what} was" if number == 1 else f"{number} {what}s were"


def _stamp(at_s: float) -> str:
    moment = datetime.fromtimestamp(at_s, tz=timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
