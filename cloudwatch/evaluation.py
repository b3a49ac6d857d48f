"""Metric alarms: which datapoints breach, and the state that follows from them.

Sources: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data" (both tables,
"How alarm state is evaluated when data is missing", "How CloudWatch avoids premature transitions") and
"Alarm evaluation" (M out of N, percentiles and low data samples); Amazon CloudWatch API Reference,
PutMetricAlarm.

What those leave open, and how it is decided here:

- The length of the evaluation range: see `evaluation_range`. Every datapoint that is given is in it.
- `missing`, with breaching datapoints that are fewer than M, none good, and too young for the premature rule
  (`- - - - X` with M = 3): the guide says that it is not ALARM. It is OK: there is data, and not enough of it
  breaches.
- The oldest breaching datapoint of the premature rule is looked for in the whole range. The guide says
  "Evaluation Periods number of data points" in one sentence and "evaluation range" in the next; they differ
  for `X - - - -` with N = 3. A real good datapoint anywhere in the range defeats the rule: so does the row
  `0 - X - -` of the second table.
- `ignore` with fewer real datapoints than N: M breaching ones are ALARM, else a good one is OK, else the
  state is kept. Each row of the tables agrees.
- Percentiles of too few samples, of an alarm that ignores those ("ignore the metric while the sample size is
  low, and wait"; "does not change during periods with too few data points"): the state is kept while the
  newest datapoint is one, and while the state depends on whether such datapoints breach. Gaps behind them
  make them no better.
- Datapoints of AWS/DynamoDB that are missing: by default they are ignored, and what is chosen counts. The API
  Reference (PutMetricAlarm, TreatMissingData) says that they are ignored whatever is chosen, while the user
  guide advises `notBreaching` for ThrottledRequests of DynamoDB. Where nothing is chosen both agree.
  Terraform always chooses: its default is `missing`.
- From INSUFFICIENT_DATA, the first breaching datapoint of an alarm that needs more (M > 1) makes it OK: there
  is data, and it does not say ALARM. It performs its actions for OK then.
- An alarm's Unit: samples that a scenario writes have none, and count; see `cloudwatch.alarms.Statistic`.
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
"""In an array of breaches: no datapoint. 1 is a breaching one, 0 a good one."""

_KEPT: Final = len(STATES)
"""In an array of states: the one before."""

_PERCENTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Settings:
    """How an alarm evaluates datapoints.

    Attributes:
        evaluation_periods: N, how many datapoints count.
        datapoints_to_alarm: M, how many of them have to breach.
        treat_missing_data: what a datapoint that is not there is.
    """

    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: Treatment

    def __post_init__(self) -> None:
        """Refuse what CloudWatch refuses; that M is at most N, its documents only imply."""
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
    """Return how many datapoints an evaluation looks at.

    CloudWatch retrieves "a higher number of data points" than N, and says how many only for one example:
    five for N = 3. Whoever knows better passes another `extra`.
    """
    return evaluation_periods + extra


def evaluate(breaching: Sequence[bool | None], settings: Settings, previous: State) -> State:
    """Return an alarm's state after one evaluation.

    Args:
        breaching: the evaluation range, oldest first; None is a missing datapoint. Those that it is shorter
            than N are missing.
        settings: of the alarm.
        previous: its state before.
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
    # What is real breaches, is less than M, and nothing else is known.
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

    The result is that of `evaluate` for one after another. Leading dimensions are alarms with the same
    settings.

    Args:
        breaching: evaluations [.., T] by their evaluation ranges [R], oldest first: 1 is a breaching
            datapoint, 0 a good one, -1 a missing one. A view of sliding windows will do: it is only read.
        settings: of the alarm.
        first: its state before the first evaluation.
        few: which datapoints are percentiles of too few samples, if the alarm ignores those: as `breaching`.
            The state is kept while the newest datapoint is one, and while they decide.
    """
    if few is None:
        return _filled(_found(breaching, settings), first)
    # They decide if it makes a difference whether they breach.
    bad, good = (_found(np.where(few, np.int8(number), breaching), settings) for number in (1, 0))
    return _filled(np.where(few[..., -1] | (bad != good), np.uint8(_KEPT), bad), first)


def _found(breaching: NDArray[np.int8], settings: Settings) -> NDArray[np.uint8]:
    """Return the state that each evaluation says, or that it is kept."""
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
    found = np.zeros(real.shape, np.uint8)
    treatment = settings.treat_missing_data
    if treatment == "breaching":
        number += np.maximum(periods - real, 0)
    elif treatment == "ignore":
        found[absent & ~good] = _KEPT
    elif treatment == "missing":
        found[real == 0] = STATES.index("INSUFFICIENT_DATA")
        found[absent & ~good & (age >= needed)] = STATES.index("ALARM")
    found[number >= needed] = STATES.index("ALARM")
    return found


def breaches(
    values: ArrayLike,
    comparison: Comparison,
    threshold: float | tuple[ArrayLike, ArrayLike],
) -> NDArray[np.int8]:
    """Tell which datapoints breach: 1 does, 0 does not, -1 is none.

    Source: PutMetricAlarm, ComparisonOperator. A value on the edge of a band is within it ("outside of the
    anomaly model band" breaches).

    Args:
        values: the datapoints; NaN is a missing one.
        comparison: the operator.
        threshold: a number; for a band its lower and its upper edge, each a number or one per datapoint,
            where NaN leaves its datapoint without one: it is missing.
    """
    given = np.asarray(values, np.float64)
    lower, upper = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    below, above = given < low, given > high
    unknown = np.isnan(given)
    if comparison in {"LessThanThreshold", "LessThanLowerThreshold"}:
        found, unknown = below, unknown | np.isnan(low)
    elif comparison in {"GreaterThanThreshold", "GreaterThanUpperThreshold"}:
        found, unknown = above, unknown | np.isnan(high)
    elif comparison == "LessThanOrEqualToThreshold":
        found = given <= low
    elif comparison == "GreaterThanOrEqualToThreshold":
        found = given >= high
    else:
        found, unknown = below | above, unknown | np.isnan(low) | np.isnan(high)
    return np.where(unknown, np.int8(MISSING), found.astype(np.int8))


def samples_needed(stat: str) -> int:
    """Return how many samples a period needs for its percentile to mean something; 0 for other statistics.

    With p as a part of one: 10 / (1 - p) from p50 on, 10 / p below it. p0 and p100 are none of both.

    Source: Amazon CloudWatch User Guide, "Percentile-based alarms and low data samples".
    """
    match = _PERCENTILE.fullmatch(stat)
    part = Fraction(match[1]) / 100 if match else Fraction(0)
    # Exactly: in floating point, 10 / (1 - 0.999) is more than 10,000.
    return math.ceil(10 / min(part, 1 - part)) if part else 0


def low_samples(count: float, stat: str) -> bool:
    """Tell whether a percentile is of too few samples, on which some alarms keep their state.

    Source: PutMetricAlarm, EvaluateLowSampleCountPercentile (`ignore`).
    """
    return count < samples_needed(stat)


def _filled(found: NDArray[np.uint8], first: State) -> NDArray[np.uint8]:
    """Put into each place where the state was kept the one before it."""
    kept = found == _KEPT
    if not kept.any():
        return found
    places = np.where(kept, -1, np.arange(found.shape[-1]))
    places = np.maximum.accumulate(places, axis=-1)
    before = np.take_along_axis(found, np.maximum(places, 0), axis=-1)
    return np.where(places < 0, np.uint8(STATES.index(first)), before)
