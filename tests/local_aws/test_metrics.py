"""The store of samples, and samples on a grid."""

from __future__ import annotations

import math

import pytest

from drill.statistics import sliding
from local_aws.metrics import Metric, Metrics, Sample, Samples, series_of

_METRIC = Metric.of("n", "m", {"b": "2", "a": "1"})


def _columns(samples: list[Sample]) -> Samples:
    metrics = Metrics()
    for one in samples:
        metrics.add(_METRIC, one)
    return metrics.between(_METRIC, 0, 9999)


def test_samples_are_found_by_time_and_unit_whatever_order_they_came_in() -> None:
    """The beginning belongs to a time, the end does not."""
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
    """Their metric is still known: it has been reported."""
    metrics = Metrics()
    for at_s in (1, 2, 3):
        metrics.add(_METRIC, Sample.of(at_s, 1))
    metrics.forget_before(3)
    assert [*metrics.between(_METRIC, 0, 9).at_s] == [3]
    metrics.forget_before(4)
    assert _METRIC in metrics


def test_values_and_statistic_sets_make_one_series() -> None:
    """What needs the values themselves is missing where a set does not tell them."""
    samples = [
        Sample.of(60, 5, number=2),
        Sample(61, 3, 12, 2, 6),
        Sample.of(130, 7),
        Sample(190, 4, 8, 2, 2),
        Sample(999, 4, 8, 1, 3),
    ]
    series = series_of(_columns(samples), start_s=60, step_s=60, steps=4)
    assert [*sliding(series, "SampleCount", 60)][:3] == [5, 1, 4]
    assert [*sliding(series, "Sum", 60)][:3] == [22, 7, 8]
    assert [*sliding(series, "Minimum", 60)][:3] == [2, 7, 2]
    assert [*sliding(series, "Maximum", 60)][:3] == [6, 7, 2]
    p50 = [*sliding(series, "p50", 60)]
    assert math.isnan(p50[0])
    assert p50[1:3] == [7, 2]
    assert all(math.isnan(column[3]) for column in (sliding(series, "Sum", 60), p50))


def test_a_grid_may_have_a_time_of_its_own() -> None:
    """Samples keep the world's."""
    samples = [Sample.of(10, 1), Sample.of(11, 2), Sample(11.5, 2, 6, 1, 5)]
    series = series_of(_columns(samples), start_s=600, step_s=60, steps=2, clock=lambda at_s: at_s * 60)
    assert [*sliding(series, "Sum", 60)] == pytest.approx([1, 8])
