"""The samples of every metric of one account and region, and the datapoints computed from them.

A sample has a real time. GetMetricData and GetMetricStatistics use real time; alarms use simulated time, in
which the same samples are further apart.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cloudwatch.series import Series, together
from cloudwatch.statistics import sliding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from cloudwatch.distribution import Floats
    from cloudwatch.statistics import Statistic
    from local_aws.calls import Store

KEPT_S = 15 * 86_400.0
"""Retention of samples in simulated seconds (CloudWatch User Guide, "Metrics retention")."""

_NO_VALUES = np.empty(0)


class Metric(NamedTuple):
    """A metric: namespace, name and dimensions, sorted by their names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
        """Return the metric with these dimensions, in any order."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


class Sample(NamedTuple):
    """Values that were reported together: one value with a count, or a statistic set.

    Args:
        at_s: the real time, in seconds since 1970.
        number: the number of values (SampleCount).
        total: their sum.
        low: the minimum.
        high: the maximum; if it differs from `low`, the single values are not known.
        unit: a unit of CloudWatch, or "None".
    """

    at_s: float
    number: float
    total: float
    low: float
    high: float
    unit: str = "None"

    @classmethod
    def of(cls, at_s: float, value: float, unit: str = "None", number: float = 1.0) -> Sample:
        """Return the sample of a value that was reported `number` times."""
        return cls(at_s, number, value * number, value, value, unit)


class Samples(NamedTuple):
    """Samples of one metric as columns, in no order; the members of `Sample` except the unit."""

    at_s: Floats
    number: Floats
    total: Floats
    low: Floats
    high: Floats


_EMPTY = Samples(*(_NO_VALUES,) * len(Samples._fields))


class _Columns:
    """The samples of one metric in one unit, ordered by time, as arrays of numbers to save memory."""

    def __init__(self) -> None:
        self._columns = tuple(array("d") for _ in Samples._fields)

    def add(self, sample: Sample) -> None:
        index = bisect_right(self._columns[0], sample.at_s)
        values = (sample.at_s, sample.number, sample.total, sample.low, sample.high)
        for column, value in zip(self._columns, values, strict=True):
            column.insert(index, value)

    def between(self, from_s: float, to_s: float) -> Samples:
        first, last = (bisect_left(self._columns[0], at_s) for at_s in (from_s, to_s))
        return Samples(*(np.frombuffer(column[first:last]) for column in self._columns))

    def forget_before(self, at_s: float) -> None:
        last = bisect_left(self._columns[0], at_s)
        for column in self._columns:
            del column[:last]


class Metrics:
    """The samples of an account and region, by metric and unit."""

    def __init__(self) -> None:
        self._columns: dict[Metric, dict[str, _Columns]] = {}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._columns)

    def __contains__(self, metric: object) -> bool:
        return metric in self._columns

    def add(self, metric: Metric, sample: Sample) -> None:
        """Add a sample."""
        self._columns.setdefault(metric, {}).setdefault(sample.unit, _Columns()).add(sample)

    def units(self, metric: Metric) -> list[str]:
        """Return the units in which a metric was reported."""
        return sorted(self._columns.get(metric, {}))

    def between(self, metric: Metric, from_s: float, to_s: float, unit: str | None = None) -> Samples:
        """Return the samples in [from_s, to_s), of one unit or of all units.

        An alarm without a unit uses the samples of every unit (PutMetricAlarm, `Unit`).
        """
        units = self._columns.get(metric, {})
        parts = [columns.between(from_s, to_s) for name, columns in units.items() if unit in {None, name}]
        if len(parts) == 1:
            return parts[0]
        return (
            Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if parts else _EMPTY
        )

    def forget_before(self, at_s: float) -> None:
        """Delete older samples; a metric without samples is still listed."""
        for units in self._columns.values():
            for columns in units.values():
                columns.forget_before(at_s)


def metrics_of(store: Store, account: str, region: str) -> Metrics:
    """Return the metrics of an account and region."""
    metrics: Metrics = store.table(account, region, "metrics").setdefault("metrics", Metrics())
    return metrics


def datapoints(  # noqa: PLR0913 - a grid has three numbers
    samples: Samples,
    stat: Statistic,
    period_s: int,
    *,
    start_s: int,
    step_s: int,
    count: int,
    clock: Callable[[Floats], Floats] = np.asarray,
) -> Floats:
    """Return a statistic of consecutive periods; NaN if a period has no sample, or none with single values.

    Args:
        samples: the samples of one metric.
        stat: the statistic.
        period_s: the length of a period in seconds.
        start_s: the start of the first period, in seconds since 1970.
        step_s: the resolution in seconds; the period is a multiple of it.
        count: the number of periods.
        clock: converts the real time of samples to the time of the periods.
    """
    steps = period_s // step_s
    at_s = clock(samples.at_s)
    plain = samples.low == samples.high
    rows = np.column_stack((at_s, samples.low, samples.number))[plain]
    values = Series.of_samples(rows, start_s=start_s, step_s=step_s, steps=count * steps)
    if plain.all():
        return sliding(values, stat, period_s)[steps - 1 :: steps]
    step = np.floor((at_s - start_s) / step_s).astype(np.int64)
    inside = ~plain & (step >= 0) & (step < count * steps)
    sets = _sets(Samples(*(column[inside] for column in samples)), step[inside], values)
    if not stat.needs_samples:
        return sliding(together([values, sets]), stat, period_s)[steps - 1 :: steps]
    # A statistic set does not contain the single values that this statistic needs.
    known = np.isnan(sliding(sets, "SampleCount", period_s))
    return np.where(known, sliding(values, stat, period_s), np.nan)[steps - 1 :: steps]


def _sets(samples: Samples, step: npt.NDArray[np.int64], grid: Series) -> Series:
    """Return the series of statistic sets, on the time grid of another series."""
    number, total = np.zeros(len(grid)), np.zeros(len(grid))
    low, high = np.full(len(grid), np.nan), np.full(len(grid), np.nan)
    np.add.at(number, step, samples.number)
    np.add.at(total, step, samples.total)
    np.fmin.at(low, step, samples.low)
    np.fmax.at(high, step, samples.high)
    return Series(grid.start_s, grid.step_s, number, total, low, high)
