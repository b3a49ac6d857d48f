"""The store of samples, and datapoints on a time grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cloudwatch.statistics import check_statistic
from local_aws.metrics import Metric, Metrics, Sample, Samples, datapoints

if TYPE_CHECKING:
    from collections.abc import Callable

_METRIC = Metric.of("n", "m", {"b": "2", "a": "1"})


def _columns(samples: list[Sample]) -> Samples:
    metrics = Metrics()
    for sample in samples:
        metrics.add(_METRIC, sample)
    return metrics.between(_METRIC, 0, 9999)


def test_samples_are_found_by_time_and_unit_whatever_order_they_came_in() -> None:
    """The start is inclusive, the end is exclusive."""
    metrics = Metrics()
    for at_s, unit in ((3, "Count"), (1, "None"), (2, "Count"), (2, "None")):
        metrics.add(_METRIC, Sample.of(at_s, at_s, unit))
    assert sorted(metrics.between(_METRIC, 1, 3).at_s) == [1, 2, 2]
    assert [*metrics.between(_METRIC, 0, 9, "Count").at_s] == [2, 3]
    assert [*metrics.between(_METRIC, 0, 9, "Bytes").at_s] == []
    assert [*metrics.between(Metric("n", "m"), 0, 9).at_s] == []
    assert metrics.units(_METRIC) == ["Count", "None"]
    assert list(metrics) == [Metric("n", "m", (("a", "1"), ("b", "2")))]


def test_old_samples_are_forgotten() -> None:
    """Their metric is still listed."""
    metrics = Metrics()
    for at_s in (1, 2, 3):
        metrics.add(_METRIC, Sample.of(at_s, 1))
    metrics.forget_before(3)
    assert [*metrics.between(_METRIC, 0, 9).at_s] == [3]
    metrics.forget_before(4)
    assert _METRIC in metrics


def _values(
    samples: list[Sample], stat: str, start_s: int, clock: Callable[[Any], Any] = float
) -> list[float]:
    """Return a statistic of three minutes."""
    return [
        *datapoints(
            _columns(samples),
            check_statistic(stat),
            60,
            start_s=start_s,
            step_s=60,
            count=3,
            clock=lambda at_s: np.array([clock(time_s) for time_s in at_s]),
        )
    ]


def test_values_and_statistic_sets_are_one_metric() -> None:
    """Statistics of single values are missing where there are statistic sets."""
    samples = [
        Sample.of(60, 5, number=2),
        Sample(61, 3, 12, 2, 6),
        Sample.of(130, 7),
        Sample(170, 4, 36, 9, 9),
        Sample(999, 4, 8, 1, 3),
    ]
    values = {
        stat: _values(samples, stat, 60) for stat in ("SampleCount", "Sum", "Minimum", "Maximum", "p50")
    }
    nan = pytest.approx(math.nan, nan_ok=True)
    assert values["SampleCount"] == [5, 5, nan]
    assert values["Sum"] == [22, 43, nan]
    assert values["Minimum"] == [2, 7, nan]
    assert values["Maximum"] == [6, 9, nan]
    assert values["p50"] == [nan, 9, nan]


def test_periods_may_have_a_time_of_their_own() -> None:
    """Samples keep real time."""
    samples = [Sample.of(10, 1), Sample.of(11, 2), Sample(11.5, 2, 6, 1, 5)]
    assert _values(samples, "Sum", 600, lambda at_s: at_s * 60)[:2] == pytest.approx([1, 8])
