"""The samples of every metric of one account and region, and the datapoints that come of them.

A sample keeps the world's time. Questions of people (GetMetricData) are answered in the world's time;
alarms ask in simulated time, in which the same samples lie further apart.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from drill.series import Series, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from local_aws.calls import Store

KEPT_S = 15 * 86_400.0
"""How long samples are kept, in simulated time (CloudWatch User Guide, "Metrics retention")."""

_at_s = attrgetter("at_s")


class Metric(NamedTuple):
    """What samples belong to: a name in a namespace with all its dimensions, sorted by their names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
        """Return the metric with these dimensions."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


class Sample(NamedTuple):
    """Values that were reported together: one value so many times, or a statistic set.

    Args:
        at_s: when, in the world's seconds since 1970.
        number: how many values.
        total: their sum.
        low: the smallest.
        high: the largest; where it differs from `low`, the values themselves are not known.
        unit: a unit of CloudWatch's, or "None".
    """

    at_s: float
    number: float
    total: float
    low: float
    high: float
    unit: str = "None"

    @classmethod
    def of(cls, at_s: float, value: float, unit: str = "None", count: float = 1.0) -> Sample:
        """Return a value that was reported so many times."""
        return cls(at_s, count, value * count, value, value, unit)


class Metrics:
    """Samples by metric, each list in the order of time."""

    def __init__(self) -> None:
        self._samples: dict[Metric, list[Sample]] = {}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._samples)

    def __contains__(self, metric: object) -> bool:
        return metric in self._samples

    def add(self, metric: Metric, sample: Sample) -> None:
        """Keep a sample."""
        insort(self._samples.setdefault(metric, []), sample, key=_at_s)

    def between(self, metric: Metric, from_s: float, to_s: float, unit: str | None = None) -> list[Sample]:
        """Return the samples of [from_s, to_s), of one unit or of all.

        An alarm without a unit looks at samples of every unit (PutMetricAlarm, `Unit`).
        """
        samples = self._samples.get(metric, [])
        found = samples[bisect_left(samples, from_s, key=_at_s) : bisect_left(samples, to_s, key=_at_s)]
        return found if unit is None else [one for one in found if one.unit == unit]

    def forget_before(self, at_s: float) -> None:
        """Forget older samples; a metric that has none left stays known."""
        for samples in self._samples.values():
            del samples[: bisect_left(samples, at_s, key=_at_s)]


def metrics_of(store: Store, account: str, region: str) -> Metrics:
    """Return the metrics of an account and region."""
    found: Metrics = store.table(account, region, "metrics").setdefault("metrics", Metrics())
    return found


def series_of(
    samples: Iterable[Sample],
    *,
    start_s: int,
    step_s: int,
    steps: int,
    clock: Callable[[float], float] = float,
) -> Series:
    """Return samples on a grid.

    Args:
        samples: those of one metric.
        start_s: when the grid begins.
        step_s: the length of its steps.
        steps: how many it has.
        clock: from the world's time, which samples have, to the grid's.
    """
    plain: list[tuple[float, float, float]] = []
    sets: list[Sample] = []
    for one in samples:
        if one.low == one.high:
            plain.append((clock(one.at_s), one.low, one.number))
        else:
            sets.append(one)
    series = Series.of_samples(plain, start_s=start_s, step_s=step_s, steps=steps)
    if not sets:
        return series
    count, total = np.zeros(steps), np.zeros(steps)
    low, high = np.full(steps, np.nan), np.full(steps, np.nan)
    for one in sets:
        step = int((clock(one.at_s) - start_s) // step_s)
        if 0 <= step < steps:
            count[step] += one.number
            total[step] += one.total
            low[step], high[step] = np.fmin(low[step], one.low), np.fmax(high[step], one.high)
    return together([series, Series(start_s, step_s, count, total, low, high)])
