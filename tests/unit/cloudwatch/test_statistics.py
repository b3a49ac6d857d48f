"""Statistics over periods: what CloudWatch documents, and the same as counted sample by sample."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch import ranks
from cloudwatch.errors import InputError
from cloudwatch.series import Series, constant
from cloudwatch.statistic import KNOWN, check_statistic
from cloudwatch.statistics import evaluations, sliding
from tests.support.tables import each
from tests.unit.cloudwatch.samples import Samples, naive, series_of

STEPS = 16
VALUES = st.sampled_from([0.0, 0.25, 1.0, 2.0, 3.0, 5.0, 8.0, 100.0])
WEIGHTS = st.sampled_from([1.0, 1.0, 2.0, 7.0])
SAMPLES: st.SearchStrategy[Samples] = st.lists(
    st.tuples(st.integers(0, STEPS - 1), VALUES, WEIGHTS), max_size=40
)
UNIT_SAMPLES: st.SearchStrategy[Samples] = st.lists(
    st.tuples(st.integers(0, STEPS - 1), VALUES, st.just(1.0)), max_size=40
)
NEGATIVE: st.SearchStrategy[Samples] = st.lists(
    st.tuples(st.integers(0, STEPS - 1), st.sampled_from([-1.0, 0.0, 4.0]), WEIGHTS), max_size=12
)
STATISTICS = (
    "SampleCount", "Sum", "Average", "Minimum", "Maximum", "IQM", "p0", "p1", "p10", "p33.3", "p50",
    "p90", "p99.9", "p100", "tm0", "tm50", "tm90", "tc90", "ts99", "wm98", "TM(10%:90%)", "TM(25%:)",
    "TM(:95%)", "TC(0%:50%)", "TS(80%:)", "WM(10%:90%)", "WM(50%:)", "TM(1:5)", "TM(2:)", "TC(:0.25)",
    "TC(1:8)", "TS(0.25:3)", "WM(1:5)", "WM(:2)", "PR(:3)", "PR(1:8)", "PR(2:)",
)  # fmt: skip
LENGTHS = (1, 2, 3, 4, 5, 7, 8, 16, 24)


def counted(samples: Samples, stat: str, first: int, last: int) -> float:
    """Return a statistic of the steps from `first` to `last`, sample by sample."""
    inside = [value for step, value, weight in samples if first <= step <= last for _ in range(int(weight))]
    found = naive(check_statistic(stat), inside)
    return math.nan if found is None else found


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.one_of(SAMPLES, UNIT_SAMPLES, NEGATIVE), st.sampled_from(LENGTHS))
def test_statistics_are_those_counted_sample_by_sample(samples: Samples, length: int) -> None:
    """Over every statistic and every sliding window, with weights and without, with gaps and without."""
    series = series_of(samples, STEPS)
    for stat in STATISTICS:
        expected = [counted(samples, stat, at - length + 1, at) for at in range(STEPS)]
        np.testing.assert_allclose(sliding(series, stat, 60 * length), expected, rtol=1e-12, err_msg=stat)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(SAMPLES, st.sampled_from(LENGTHS), st.floats(0, 100), st.floats(0, 100))
def test_percentiles_rise_between_minimum_and_maximum(
    samples: Samples, length: int, value: float, other: float
) -> None:
    """For any two percentages, in every window."""
    series = series_of(samples, STEPS)
    names = ("Minimum", f"p{min(value, other):.10f}", f"p{max(value, other):.10f}", "Maximum")
    rising = [sliding(series, name, 60 * length) for name in names]
    there = ~np.isnan(rising[0])
    for below, above in itertools.pairwise(rising):
        assert np.array_equal(np.isnan(above), ~there)
        assert (below[there] <= above[there]).all()


@settings(max_examples=50, derandomize=True, deadline=None)
@given(SAMPLES, st.sampled_from(LENGTHS))
def test_a_part_that_is_everything_is_the_plain_statistic(samples: Samples, length: int) -> None:
    """Trimmed by nothing, a mean is the average, a sum the sum, a count the count, a rank 100 %."""
    series = series_of(samples, STEPS)
    for part, plain in (
        ("TM(0%:100%)", "Average"), ("WM(0%:100%)", "Average"), ("TS(0%:100%)", "Sum"),
        ("TC(0%:100%)", "SampleCount"), ("TM(:1000)", "Average"), ("TC(:1000)", "SampleCount"),
        ("p100", "Maximum"), ("p0", "Minimum"),
    ):  # fmt: skip
        np.testing.assert_allclose(
            sliding(series, part, 60 * length), sliding(series, plain, 60 * length), rtol=1e-12
        )
    whole = sliding(series, "PR(:1000)", 60 * length)
    assert np.array_equal(whole[~np.isnan(whole)], np.full(np.count_nonzero(~np.isnan(whole)), 100.0))


@settings(max_examples=30, derandomize=True, deadline=None)
@given(UNIT_SAMPLES, st.sampled_from(LENGTHS), st.sampled_from(STATISTICS))
def test_samples_sorted_in_small_portions_are_sorted_alike(samples: Samples, length: int, stat: str) -> None:
    """How many windows are sorted at a time makes no difference."""
    whole = sliding(series_of(samples, STEPS), stat, 60 * length)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranks, "_AT_ONCE", 8)
        assert np.array_equal(sliding(series_of(samples, STEPS), stat, 60 * length), whole, equal_nan=True)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(SAMPLES)
def test_bins_of_percentile_ranks_hold_each_sample_once(samples: Samples) -> None:
    """The user guide's histogram of PR(:1), PR(1:5), PR(5:10) and PR(10:) is of 100 %."""
    series = series_of(samples, STEPS)
    bins = sum(sliding(series, name, 300) for name in ("PR(:1)", "PR(1:5)", "PR(5:10)", "PR(10:)"))
    there = ~np.isnan(bins)
    np.testing.assert_allclose(np.asarray(bins)[there], 100.0)


@pytest.mark.parametrize("percent", ["0", "1", "50", "99", "99.99", "100"])
def test_one_sample_is_each_of_its_percentiles(percent: str) -> None:
    """Few samples are exact: there is nothing between them."""
    series = series_of([(3, 42.5, 1.0)], STEPS)
    assert sliding(series, f"p{percent}", 300)[3] == 42.5
    assert sliding(series, f"wm{percent}", 300)[3] == 42.5


def test_a_percentile_of_a_hundred_samples_is_one_of_them() -> None:
    """The p-th of 1 to 100 is p, for every whole p: no rounding to the next."""
    series = series_of([(0, float(value), 1.0) for value in range(1, 101)], 1)
    assert [sliding(series, f"p{p}", 60)[0] for p in range(1, 101)] == list(range(1, 101))
    weighted = series_of([(0, float(value), 3.0 if value % 2 else 6.0) for value in range(1, 101)], 1)
    assert sliding(weighted, "p50", 60)[0] == 50


def test_the_largest_sample_of_a_trimmed_mean_is_the_percentile() -> None:
    """p99 is the largest of what remains without the highest 1 %, tm99 the average of the same."""
    series = series_of([(0, float(value), 1.0) for value in range(1, 201)], 1)
    assert sliding(series, "p99", 60)[0] == 198
    assert sliding(series, "tm99", 60)[0] == pytest.approx(sum(range(1, 199)) / 198)
    assert sliding(series, "tc99", 60)[0] == 198


def test_bounds_of_values_exclude_the_lower_and_include_the_upper() -> None:
    """As the note under the definitions says."""
    series = series_of([(0, value, 1.0) for value in (150.0, 151.0, 1000.0, 1001.0)], 1)
    assert sliding(series, "TM(150:1000)", 60)[0] == (151 + 1000) / 2
    assert sliding(series, "TC(150:1000)", 60)[0] == 2
    assert sliding(series, "TS(150:1000)", 60)[0] == 1151


def test_a_large_sample_leaves_no_trace_when_its_window_has_passed() -> None:
    """What a window holds is added up, not what came before subtracted."""
    values = np.array([1e17, 0.1, 0.2, 0.3, 0.0, 0.0])
    series = Series.of_values(values, start_s=0)
    assert sliding(series, "Sum", 120).tolist() == [1e17, 1e17, 0.1 + 0.2, 0.2 + 0.3, 0.3, 0.0]


def test_percentiles_of_negative_values_are_missing_while_they_are_in_the_window() -> None:
    """And come back when they have left it; averages stay."""
    series = Series.of_values(np.array([1.0, -1.0, 3.0, 4.0]), start_s=0)
    np.testing.assert_equal(sliding(series, "p50", 120), [1, math.nan, math.nan, 3])
    np.testing.assert_equal(sliding(series, "TC(:9)", 120), [1, math.nan, math.nan, 2])
    assert sliding(series, "Average", 120).tolist() == [1, 0, 1, 3.5]


def test_many_samples_of_many_steps_are_ranked_as_few_are() -> None:
    """More values than fit into small numbers: the percentile is still one of the sorted samples."""
    rng = np.random.default_rng(4)
    values, weights = rng.random(70_000), rng.integers(1, 3, 70_000).astype(float)
    series = Series.of_samples(zip(np.zeros(70_000), values, weights, strict=True), start_s=0, steps=1)
    expected = np.sort(np.repeat(values, weights.astype(int)))
    at = math.ceil(0.95 * len(expected)) - 1
    assert sliding(series, "p95", 60)[0] == expected[at]


@each("stat", STATISTICS)
def test_an_empty_series_has_no_datapoint(stat: str) -> None:
    """Not even a sum of 0."""
    assert np.isnan(sliding(constant(None, start_s=0, steps=9), stat, 180)).all()


@pytest.mark.parametrize("period_s", [0, -60, 30, 90])
def test_a_period_that_steps_do_not_fill_is_refused(period_s: int) -> None:
    """It would have parts of samples."""
    with pytest.raises(InputError, match="must be a multiple of the series' step"):
        sliding(constant(1.0, start_s=0, steps=3), "Sum", period_s)


def test_what_is_remembered_cannot_be_changed() -> None:
    """One array answers equal questions: who wrote to it would change the answers of others."""
    with pytest.raises(ValueError, match="read-only"):
        sliding(constant(1.0, start_s=0, steps=3), "Sum", 60)[0] = 5


@settings(derandomize=True)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 6))
def test_an_evaluation_sees_datapoints_a_period_apart(steps: int, period: int, wide: int) -> None:
    """Oldest first, NaN before the first step."""
    matrix = evaluations(np.arange(steps, dtype=float), period, wide)
    assert matrix.shape == (steps, wide)
    for step in range(steps):
        for at in range(wide):
            of = step - (wide - 1 - at) * period
            assert matrix[step, at] == of if of >= 0 else np.isnan(matrix[step, at])


@each(
    ("text", "why"),
    [
        ("sum", "did you mean Sum"), ("average", "did you mean Average"), ("iqm", "did you mean IQM"),
        ("P99", "did you mean p99"), ("TM90", "did you mean tm90"),
        ("tm(1:2)", r"did you mean TM\(1:2\)"), ("", "is not a valid"), ("p", "is not a valid"),
        ("p-1", "is not a valid statistic"), ("pr(:1)", r"PR\(:1\)"),
        ("p99.12345678901", "is not a valid statistic"), ("p100.1", "between 0 and 100"),
        ("tm101", "between 0 and 100"), ("TM(1%:101%)", "between 0 and 100"),
        ("TM(:)", "one bound is required"), ("TM(%:9%)", "bounds must be numbers"),
        ("TM(1%:9)", "both values or both"), ("TM(9:1)", "less than the upper"),
        ("TM(9%:9%)", "less than the upper"), ("PR(1%:2%)", "must be values"), ("PR90", "not a valid"),
        ("TM(-1:5)", "is not a valid statistic"), ("p99 ", "is not a valid statistic"),
        ("p\u0669", "is not a valid statistic"), ("IQM(1:2)", "is not a valid statistic"),
    ],
)  # fmt: skip
def test_a_statistic_that_cloudwatch_does_not_have_is_refused(text: str, why: str) -> None:
    """With what is wrong, or what there is."""
    with pytest.raises(InputError, match=why) as caught:
        sliding(constant(1.0, start_s=0, steps=1), text, 60)
    assert KNOWN in caught.value.message or caught.value.position is not None


@each(
    "text", [*STATISTICS, "p99.9999999999", "p100", "TM(0.005:0.030)", "TS(80%:)", "PR(100:2000)", "TC(:0.5)"]
)
def test_a_statistic_of_the_user_guide_is_known_by_its_name(text: str) -> None:
    """The name is kept as it is written."""
    assert check_statistic(text).text == text
