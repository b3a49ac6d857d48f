"""Evaluation of metric alarms: which datapoints breach, and the resulting state.

Sources: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data" (both tables,
"How alarm state is evaluated when data is missing", "How CloudWatch avoids premature transitions") and
"Alarm evaluation" (M out of N, percentiles and low data samples); Amazon CloudWatch API Reference,
PutMetricAlarm.

Behavior that is not documented, and how it is implemented here:

- The length of the evaluation range: see `evaluation_range`. All given datapoints are in it.
- `missing`, with fewer than M breaching datapoints, none of them good, and too recent for the premature rule
  (`- - - - X` with M = 3): according to the guide it is not ALARM. It is OK: there is data, and not enough
  datapoints breach.
- The oldest breaching datapoint of the premature rule is searched in the whole range. The guide says
  "Evaluation Periods number of data points" in one sentence and "evaluation range" in the next; they differ
  for `X - - - -` with N = 3. A real good datapoint anywhere in the range prevents the rule, as in the row
  `0 - X - -` of the second table.
- `ignore` with fewer real datapoints than N: M breaching ones are ALARM, else a good one is OK, else the
  state is kept. All rows of the tables agree.
- Percentiles of too few samples, in an alarm that ignores them ("ignore the metric while the sample size is
  low, and wait"; "does not change during periods with too few data points"): the state is kept while the
  newest datapoint is such a percentile, and while the state depends on whether such datapoints breach. Gaps
  after them make no difference.
- Missing datapoints of AWS/DynamoDB are ignored by default, and another explicit treatment is used. The API
  Reference (PutMetricAlarm, TreatMissingData) states that they are always ignored, while the user guide
  recommends `notBreaching` for ThrottledRequests of DynamoDB. Both agree on the default. Terraform always
  sets a treatment: its default is `missing`.
- From INSUFFICIENT_DATA, the first breaching datapoint of an alarm with M > 1 changes it to OK: there is
  data, and it is not enough for ALARM. Its actions for OK are executed then.
- An alarm without a Unit, on a metric with samples in several units: "the alarm's behavior is not defined"
  (PutMetricAlarm, Unit). Here it evaluates the samples of all units together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cloudwatch.alarms import TREATMENTS, Comparison, Treatment
from cloudwatch.errors import InputError
from cloudwatch.states import STATES, State

__all__ = [
    "MISSING",
    "STATES",
    "Settings",
    "State",
    "breaches",
    "evaluate",
    "evaluation_range",
    "low_samples",
    "samples_needed",
    "states",
]

MISSING: Final = -1
"""In an array of breaches: a missing datapoint. 1 is a breaching datapoint, 0 a good one."""

_KEPT: Final = len(STATES)
"""In an array of states: the previous state is kept."""

_PERCENTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Settings:
    """How an alarm evaluates datapoints.

    Attributes:
        evaluation_periods: N, the number of datapoints that count.
        datapoints_to_alarm: M, the number of datapoints that must breach.
        treat_missing_data: the treatment of missing datapoints.
    """

    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: Treatment

    def __post_init__(self) -> None:
        """Reject settings that CloudWatch rejects; its documents only imply that M is at most N."""
        if self.evaluation_periods < 1:
            message = f"evaluation_periods must be at least 1 (found: {self.evaluation_periods})"
            raise InputError(message)
        if not 1 <= self.datapoints_to_alarm <= self.evaluation_periods:
            message = (
                f"datapoints_to_alarm must be 1 to evaluation_periods, which is {self.evaluation_periods} "
                f"(found: {self.datapoints_to_alarm})"
            )
            raise InputError(message)
        if self.treat_missing_data not in TREATMENTS:
            known = ", ".join(TREATMENTS)
            message = f"treat_missing_data must be one of {known} (found: {self.treat_missing_data})"
            raise InputError(message)


def evaluation_range(evaluation_periods: int, extra: int = 2) -> int:
    """Return the number of datapoints of an evaluation.

    CloudWatch retrieves "a higher number of data points" than N, and documents the number for one example
    only: five for N = 3. Set `extra` for another number.
    """
    return evaluation_periods + extra


def evaluate(breaching: Sequence[bool | None], settings: Settings, previous: State) -> State:
    """Return an alarm's state after one evaluation.

    Args:
        breaching: the evaluation range, oldest first; None is a missing datapoint. If it is shorter than N,
            the rest is missing.
        settings: the alarm's settings.
        previous: the alarm's previous state.
    """
    periods, needed = settings.evaluation_periods, settings.datapoints_to_alarm
    real = [item for item in breaching if item is not None]
    number = sum(real[-periods:])
    absent = periods - len(real)
    treatment = settings.treat_missing_data
    if absent > 0 and treatment == "breaching":
        number += absent
    if number >= needed:
        return "ALARM"
    if absent <= 0 or treatment in {"breaching", "notBreaching"} or not all(real):
        return "OK"
    # All real datapoints breach, there are fewer than M, and the rest is missing.
    if treatment == "ignore":
        return previous
    if not real:
        return "INSUFFICIENT_DATA"
    oldest = next(at for at, item in enumerate(breaching) if item is not None)
    return "ALARM" if len(breaching) - oldest >= needed else "OK"


def states(
    breaching: NDArray[np.int8],
    settings: Settings,
    first: State,
    few: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """Return an alarm's state after each of many evaluations, as an index of `STATES`.

    The result is that of `evaluate` for each in turn. Leading dimensions are alarms with the same settings.

    Args:
        breaching: evaluations [.., T] by their evaluation ranges [R], oldest first: 1 is a breaching
            datapoint, 0 a good one, -1 a missing one. It is only read, so a view of sliding windows is valid.
        settings: the alarms' settings.
        first: the state before the first evaluation.
        few: which datapoints are percentiles of too few samples, if the alarm ignores them: as `breaching`.
            The state is kept while the newest datapoint is one, and while the state depends on them.
    """
    if few is None:
        return _filled(_evaluated(breaching, settings), first)
    # The state depends on them if it differs between all of them breaching and none of them.
    bad, good = (_evaluated(np.where(few, np.int8(number), breaching), settings) for number in (1, 0))
    return _filled(np.where(few[..., -1] | (bad != good), np.uint8(_KEPT), bad), first)


def _evaluated(breaching: NDArray[np.int8], settings: Settings) -> NDArray[np.uint8]:
    """Return the state of each evaluation, or `_KEPT`."""
    periods, needed = settings.evaluation_periods, settings.datapoints_to_alarm
    length = breaching.shape[-1]
    real = np.zeros(breaching.shape[:-1], np.int32)
    number = np.zeros_like(real)
    age = np.zeros_like(real)
    # From the newest to the oldest, by columns: an evaluation range is short, and time is long.
    for back in range(1, length + 1):
        column = breaching[..., length - back]
        bad = column == 1
        number += bad & (real < periods)
        real += column != MISSING
        np.copyto(age, back, where=bad)
    good = real > number
    absent = real < periods
    result = np.zeros(real.shape, np.uint8)
    treatment = settings.treat_missing_data
    if treatment == "breaching":
        number += np.maximum(periods - real, 0)
    elif treatment == "ignore":
        result[absent & ~good] = _KEPT
    elif treatment == "missing":
        result[real == 0] = STATES.index("INSUFFICIENT_DATA")
        result[absent & ~good & (age >= needed)] = STATES.index("ALARM")
    result[number >= needed] = STATES.index("ALARM")
    return result


def breaches(
    values: ArrayLike,
    comparison: Comparison,
    threshold: float | tuple[ArrayLike, ArrayLike],
) -> NDArray[np.int8]:
    """Return which datapoints breach: 1 breaches, 0 does not, -1 is missing.

    Source: PutMetricAlarm, ComparisonOperator. A value on the edge of a band is within it ("outside of the
    anomaly model band" breaches).

    Args:
        values: the datapoints; NaN is a missing one.
        comparison: the operator.
        threshold: a number; for a band its lower and its upper edge, each a number or one per datapoint. NaN
            makes the datapoint missing.
    """
    datapoints = np.asarray(values, np.float64)
    lower, upper = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    below, above = datapoints < low, datapoints > high
    unknown = np.isnan(datapoints)
    if comparison in {"LessThanThreshold", "LessThanLowerThreshold"}:
        breach, unknown = below, unknown | np.isnan(low)
    elif comparison in {"GreaterThanThreshold", "GreaterThanUpperThreshold"}:
        breach, unknown = above, unknown | np.isnan(high)
    elif comparison == "LessThanOrEqualToThreshold":
        breach = datapoints <= low
    elif comparison == "GreaterThanOrEqualToThreshold":
        breach = datapoints >= high
    else:
        breach, unknown = below | above, unknown | np.isnan(low) | np.isnan(high)
    return np.where(unknown, np.int8(MISSING), breach.astype(np.int8))


def samples_needed(stat: str) -> int:
    """Return the number of samples that a period needs for a meaningful percentile; 0 for other statistics.

    With p as a fraction: 10 / (1 - p) from p50 on, 10 / p below it; 0 for p0 and p100.

    Source: Amazon CloudWatch User Guide, "Percentile-based alarms and low data samples".
    """
    match = _PERCENTILE.fullmatch(stat)
    part = Fraction(match[1]) / 100 if match else Fraction(0)
    # Exactly: in floating point, 10 / (1 - 0.999) is more than 10,000.
    return math.ceil(10 / min(part, 1 - part)) if part else 0


def low_samples(count: float, stat: str) -> bool:
    """Return whether a percentile has too few samples, for which some alarms keep their state.

    Source: PutMetricAlarm, EvaluateLowSampleCountPercentile (`ignore`).
    """
    return count < samples_needed(stat)


def _filled(states_: NDArray[np.uint8], first: State) -> NDArray[np.uint8]:
    """Replace each `_KEPT` with the state before it."""
    kept = states_ == _KEPT
    if not kept.any():
        return states_
    places = np.where(kept, -1, np.arange(states_.shape[-1]))
    places = np.maximum.accumulate(places, axis=-1)
    before = np.take_along_axis(states_, np.maximum(places, 0), axis=-1)
    return np.where(places < 0, np.uint8(STATES.index(first)), before)
