"""Series: samples on a grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch.errors import InputError
from cloudwatch.quotas import LARGEST
from cloudwatch.series import Series, constant, raised, together
from cloudwatch.statistics import sliding
from tests.unit.cloudwatch.samples import Sample, Samples, series_of

STEPS = 12
VALUES = st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.0, 100.0, 1e9])
SAMPLES: st.SearchStrategy[Samples] = st.lists(
    st.tuples(st.integers(0, STEPS - 1), VALUES, st.integers(1, 4).map(float)), max_size=30
)
STATISTICS = ("SampleCount", "Sum", "Minimum", "Maximum", "p50", "TC(1:7)")


@settings(max_examples=50, derandomize=True, deadline=None)
@given(SAMPLES, SAMPLES)
def test_series_put_together_are_the_series_of_all_samples(ours: Samples, theirs: Samples) -> None:
    """Whatever writes to a metric, its statistics are those of all samples."""
    both = together([series_of(ours, STEPS), series_of(theirs, STEPS)])
    whole = series_of([*ours, *theirs], STEPS)
    for stat in STATISTICS:
        np.testing.assert_allclose(sliding(both, stat, 180), sliding(whole, stat, 180), rtol=1e-12)


def test_samples_that_are_known_as_a_statistic_set_make_percentiles_unknown() -> None:
    """Where one source of a metric is a statistic set, percentiles are missing, and sums are not."""
    nan = np.nan
    low, high = np.array([1.0, nan, nan]), np.array([3.0, nan, nan])
    known_as_set = Series(0, 60, np.array([2.0, 0, 0]), np.array([4.0, 0, 0]), low, high)
    both = together([known_as_set, constant(5.0, start_s=0, steps=3)])
    assert sliding(both, "Sum", 60).tolist() == [9, 5, 5]
    np.testing.assert_equal(sliding(both, "p50", 60), [nan, 5, 5])
    np.testing.assert_equal(sliding(both, "p50", 120), [nan, nan, 5])


def test_values_without_a_sample_are_no_samples() -> None:
    """NaN, or a value that 0 samples report, is none; a value that three report counts three times."""
    values, samples = np.array([2.0, np.nan, 4.0]), np.array([3.0, 5.0, 0.0])
    series = Series.of_values(values, start_s=0, samples=samples)
    assert series.count.tolist() == [3, 0, 0]
    assert series.total.tolist() == [6, 0, 0]
    np.testing.assert_equal(series.high, [2, np.nan, np.nan])


def test_samples_belong_to_the_step_that_covers_their_time() -> None:
    """The beginning of a step belongs to it, its end to the next; what is outside the grid is left out."""
    samples = [(59.999, 9, 1), (60, 1, 1), (119.9, 2, 1), (120, 3, 1), (180, 9, 1), (100, 9, 0)]
    series = Series.of_samples(samples, start_s=60, steps=2)
    assert series.total.tolist() == [3, 3]
    assert series.high.tolist() == [2, 3]


def test_equal_constants_are_one_object() -> None:
    """So that statistics of the many metrics that look alike are computed once."""
    one, other = (constant(0.0, start_s=0, steps=5) for _ in range(2))
    assert one is other
    assert sliding(one, "p99", 120) is sliding(other, "p99", 120)
    assert constant(None, start_s=0, steps=5).count.tolist() == [0] * 5


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, LARGEST * 2, -LARGEST * 2])
def test_a_sample_that_cloudwatch_refuses_is_refused(value: float) -> None:
    """No infinity, and nothing beyond what PutMetricData takes; NaN is no sample, and cannot be one."""
    with pytest.raises(InputError, match=r"2\^360"):
        Series.of_samples([(0, value, 1)], start_s=0, steps=1)
    if not np.isnan(value):
        with pytest.raises(InputError, match=r"2\^360"):
            Series.of_values(np.array([value]), start_s=0)


@pytest.mark.parametrize("sample", [(0.0, 1.0, -1.0), (0.0, 1.0, np.nan)])
def test_a_negative_number_of_samples_is_refused(sample: Sample) -> None:
    """A weight says how many samples have a value."""
    with pytest.raises(InputError, match="number of samples must be 0 or more"):
        Series.of_samples([sample], start_s=0, steps=1)


@pytest.mark.parametrize(("start_s", "step_s"), [(30, 60), (0, 0), (0, -60)])
def test_a_grid_that_periods_do_not_fit_is_refused(start_s: int, step_s: int) -> None:
    """Periods begin at multiples of their length; so must steps."""
    with pytest.raises(InputError, match="multiple of its step"):
        Series.of_values(np.zeros(1), start_s=start_s, step_s=step_s)


def test_series_of_different_grids_are_not_put_together() -> None:
    """Their samples would be at wrong times."""
    with pytest.raises(InputError, match="one grid"):
        together([constant(1.0, start_s=0, steps=2), constant(1.0, start_s=60, steps=2)])
    with pytest.raises(InputError, match="one number per step"):
        Series(0, 60, np.zeros(1), np.zeros(2), np.zeros(1), np.zeros(1))


def test_a_gauge_is_raised_by_what_another_holds_besides() -> None:
    """Each sample by as much, however many there are; where there is none, the other's."""
    rows = [(0.0, 3.0, 1.0), (0.0, 5.0, 2.0), (60.0, 4.0, 1.0), (180.0, 1.0, 3.0)]
    said = Series.of_samples(rows, start_s=0, steps=5)
    more = Series.of_values(np.array([2.0, 0.0, 7.0, 1.0, 0.0]), start_s=0)
    found = raised(said, more)
    assert found.count.tolist() == [3, 1, 1, 3, 1]
    assert found.total.tolist() == [13 + 2 * 3, 4, 7, 6, 0]
    assert found.low.tolist() == [5, 4, 7, 2, 0]
    assert found.high.tolist() == [7, 4, 7, 2, 0]
    assert found.spread is not None
    assert sorted(found.spread.values[:2].tolist()) == [5, 7]
    assert found.spread.weights.sum() == 9
    assert found.spread.steps.tolist() == [0, 0, 1, 2, 3, 4]
    plain = raised(
        Series.of_values(np.array([np.nan, 1.0]), start_s=0), Series.of_values(np.ones(2), start_s=0)
    )
    assert (plain.high.tolist(), plain.spread) == ([1, 2], None)


def test_gauges_of_different_grids_are_not_added() -> None:
    """They have different minutes."""
    with pytest.raises(InputError, match="on one grid"):
        raised(Series.of_values(np.ones(2), start_s=0), Series.of_values(np.ones(2), start_s=60))
