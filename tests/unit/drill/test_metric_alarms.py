"""Metric alarms over a whole rehearsal: all evaluations at once are what they are one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch import evaluation, maths, statistics
from cloudwatch.alarms import Metric, MetricAlarm, Query, Statistic
from cloudwatch.composites import Change
from cloudwatch.distribution import Floats
from cloudwatch.evaluation import Settings
from cloudwatch.maths.evaluation import evaluate_all
from cloudwatch.series import Series
from cloudwatch.states import State
from cloudwatch.statistic import check_statistic
from drill.grid import Grid
from drill.metric_alarms import MetricAlarms
from tests.unit.cloudwatch.samples import Samples, naive, series_of
from tests.unit.cloudwatch.steady import steady
from tests.unit.drill.rehearsing import BEGINS_S, alarm, metric

COMPARES = {
    "GreaterThanThreshold": lambda value, bound: value > bound,
    "GreaterThanOrEqualToThreshold": lambda value, bound: value >= bound,
    "LessThanThreshold": lambda value, bound: value < bound,
    "LessThanOrEqualToThreshold": lambda value, bound: value <= bound,
}
ERRORS, CALLS = metric(), metric("Calls")


@dataclass(eq=False)
class Played:
    """Samples that are given: by metric, each with its step."""

    grid: Grid
    samples: Mapping[Metric, Samples]
    bands: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)
    made: dict[Metric, Series] = field(default_factory=dict)

    def series(self, of: Metric, unit: str | None = None) -> Series:
        """Return the samples of a metric."""
        del unit
        if of not in self.made:
            on = self.grid
            self.made[of] = series_of(
                list(self.samples.get(of, [])), on.steps, step_s=on.step_s, start_s=on.first_s
            )
        return self.made[of]

    def band(self, of: str) -> tuple[Floats, Floats] | None:
        """Return an alarm's band."""
        return self.bands.get(of)


def clock(steps: int, step_s: int = 60) -> Grid:
    """Return a clock without a warm-up."""
    return Grid(BEGINS_S, BEGINS_S, step_s, steps)


def found(
    of: MetricAlarm, on: Grid, samples: Mapping[Metric, Samples], extra: int = 2, **more: Any
) -> list[tuple[float, State]]:
    """Return when an alarm changes, in seconds since the start, and to what."""
    changes = MetricAlarms(on, Played(on, samples, **more), extra).changes(of, {})
    _chained(of, changes)
    return [(change.at_s - on.first_s, change.new) for change in changes]


def _chained(of: MetricAlarm, changes: Sequence[Change]) -> None:
    """Each change begins in the state in which the one before ended."""
    before: State = "INSUFFICIENT_DATA"
    for change in changes:
        assert (change.alarm, change.old) == (of.name, before)
        assert change.new != before
        before = change.new


def slow(
    of: MetricAlarm, on: Grid, samples: Mapping[Metric, Samples], extra: int = 2
) -> list[tuple[float, State]]:
    """Return the same, evaluation by evaluation and sample by sample."""
    apart_s = of.evaluated_every_s
    settings = Settings(of.evaluation_periods, of.datapoints_to_alarm, of.treat_missing_data)
    state: State = "INSUFFICIENT_DATA"
    changes: list[tuple[float, State]] = []
    for step in range(1, on.steps + 1):
        now_s = on.first_s + step * on.step_s
        if now_s % apart_s:
            continue
        ends = [now_s - of.period_s * back for back in range(of.evaluation_periods + extra - 1, -1, -1)]
        points = _points(of, on, samples, ends)
        breaching = [
            None if point is None else COMPARES[of.comparison](point, of.threshold) for point in points
        ]
        few = [of.low_samples == "ignore" and _few(of, on, samples, end) for end in ends]
        either = {
            evaluation.evaluate(
                [item if is_missing else point for point, is_missing in zip(breaching, few, strict=True)],
                settings,
                state,
            )
            for item in (True, False)
        }
        if len(either) == 1 and not few[-1]:
            (after,) = either
            if after != state:
                changes.append((now_s - on.first_s, after))
            state = after
    return changes


def _inside(samples: Samples, on: Grid, end_s: float, period_s: int) -> list[float]:
    return [
        value
        for step, value, weight in samples
        for _ in range(int(weight))
        if end_s - period_s <= on.first_s + step * on.step_s < end_s
    ]


def _few(of: MetricAlarm, on: Grid, samples: Mapping[Metric, Samples], now_s: float) -> bool:
    one = of.statistics[0]
    number = len(_inside(samples.get(one.metric, []), on, now_s, one.period_s))
    return 0 < number < evaluation.samples_needed(one.stat)


def _points(
    of: MetricAlarm, on: Grid, samples: Mapping[Metric, Samples], ends: list[int]
) -> list[float | None]:
    known: dict[str, list[float | None]] = {}
    length = len(ends)
    if any(str(query.asks) in LOOKING_BACK for query in of.queries):
        ends = [ends[0] - of.period_s * back for back in range(length, 0, -1)] + ends
    for query in of.queries:
        if isinstance(query.asks, Statistic):
            of_metric, stat = samples.get(query.asks.metric, []), check_statistic(query.asks.stat)
            known[query.id] = [naive(stat, _inside(of_metric, on, end, of.period_s)) for end in ends]
    if of.returned in known:
        return known[of.returned]
    asked: dict[str, Any] = {
        query.id: np.array([[math.nan if value is None else value for value in known[query.id]]])
        if query.id in known
        else maths.parse(str(query.asks))
        for query in of.queries
    }
    times = np.array([[float(end - of.period_s) for end in ends]])
    values = np.asarray(evaluate_all(asked, times, of.period_s)[of.returned], float).reshape(-1)[-length:]
    return [None if math.isnan(entry) else entry for entry in values.tolist()]


# Sums of eighths and ratios of whole numbers are exact in whichever order they are added.
VALUES = st.integers(0, 24).map(lambda number: number / 8)
SERIES = st.lists(st.tuples(st.integers(0, 39), VALUES, st.sampled_from([1.0, 1.0, 2.0])), max_size=60)
SETTINGS = st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n)))


@steady(60)
@given(
    SERIES,
    SETTINGS,
    st.sampled_from(["Sum", "Average", "Maximum", "Minimum", "SampleCount", "p90", "p50", "tm80"]),
    st.sampled_from([*COMPARES]),
    st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
    st.sampled_from([60, 120, 300]),
    st.integers(0, 2),
)
def test_all_evaluations_at_once_are_what_each_is(  # noqa: PLR0913, PLR0917  # each of them matters
    samples: Samples,
    of_n: tuple[int, int],
    stat: str,
    comparison: Any,
    missing: Any,
    period_s: int,
    extra: int,
) -> None:
    """Any samples, gaps, statistic, comparison, treatment, M of N and period."""
    one = alarm(
        stat=stat, period_s=period_s, comparison=comparison, threshold=1.0, treat_missing_data=missing,
        evaluation_periods=of_n[0], datapoints_to_alarm=of_n[1],
    )  # fmt: skip
    on = clock(40)
    assert found(one, on, {ERRORS: samples}, extra) == slow(one, on, {ERRORS: samples}, extra)


EXPRESSIONS = (
    "100 * e / c",
    "FILL(e, 0)",
    "FILL(e, REPEAT)",
    "IF(c > 1, e / c)",
    "IF(FILL(c, 0) > 0, 100 * FILL(e, 0) / c, 0)",
    "e - MIN(c)",
    "SUM(METRICS())",
    "RATE(e)",
    "FILL(RATE(e), 0)",
    "DIFF(e) / DIFF_TIME(c)",
    "RATE(e) - MIN(c)",
    "RUNNING_SUM(DIFF(e))",
    "AVG([e, c])",
)
LOOKING_BACK = ("DIFF(e)", "RATE(e)", "FILL(RATE(e), 0)", "DIFF(e) / DIFF_TIME(c)")
"""Those whose oldest datapoint is made of one before the evaluation range, however long that is."""


@steady(40)
@given(SERIES, SERIES, st.sampled_from(EXPRESSIONS), st.sampled_from(["x", "2 * x", "x - MIN(e)"]), SETTINGS)
def test_metric_math_at_once_is_what_each_evaluation_computes(
    errors: Samples, calls: Samples, text: str, returned: str, of_n: tuple[int, int]
) -> None:
    """Expressions over their own datapoint only, over all of an evaluation, and one over the other."""
    queries = (
        Query("e", Statistic(ERRORS, "Sum", 120)), Query("c", Statistic(CALLS, "Sum", 120)),
        Query("x", text), Query("r", returned),
    )  # fmt: skip
    one = alarm(
        queries=queries, returned="r", threshold=0.5, treat_missing_data="missing",
        evaluation_periods=of_n[0], datapoints_to_alarm=of_n[1],
    )  # fmt: skip
    on, samples = clock(40), {ERRORS: errors, CALLS: calls}
    assert found(one, on, samples) == slow(one, on, samples)


@steady(30)
@given(SERIES, SETTINGS, st.sampled_from([10, 20, 30]))
def test_periods_below_a_minute_are_evaluated_every_ten_seconds(
    samples: Samples, of_n: tuple[int, int], period_s: int
) -> None:
    """And alarms of a minute beside them on the minute, whatever the steps."""
    on = clock(40, 10)
    short = alarm(period_s=period_s, threshold=1.0, evaluation_periods=of_n[0], datapoints_to_alarm=of_n[1])
    assert found(short, on, {ERRORS: samples}) == slow(short, on, {ERRORS: samples})
    whole = replace(short, queries=alarm().queries)
    assert found(whole, on, {ERRORS: samples}) == slow(whole, on, {ERRORS: samples})
    assert all(at_s % 60 == 0 for at_s, _ in found(whole, on, {ERRORS: samples}))


def test_what_looks_back_over_more_than_a_day_is_evaluated_every_hour() -> None:
    """A day in all is still every minute."""
    on = clock(36 * 60)
    burst = [(float(step), 1.0, 1.0) for step in range(90, 95)]
    daily = alarm(period_s=21_600, evaluation_periods=4)
    longer = alarm(period_s=21_600, evaluation_periods=5, datapoints_to_alarm=1)
    assert (daily.evaluated_every_s, longer.evaluated_every_s) == (60, 3600)
    assert (91 * 60, "ALARM") in found(daily, on, {ERRORS: burst})
    assert (120 * 60, "ALARM") in found(longer, on, {ERRORS: burst})
    for metric_alarm in (daily, longer):
        assert found(metric_alarm, on, {ERRORS: burst}) == slow(metric_alarm, on, {ERRORS: burst})


def test_a_rate_looks_at_the_datapoint_before_the_evaluation_range() -> None:
    """Three of three rise, as the third says that there is a fourth before it."""
    queries = (Query("e", Statistic(ERRORS, "Sum", 60)), Query("r", "DIFF(e)"))
    one = alarm(
        queries=queries, returned="r", threshold=0.0, evaluation_periods=3, datapoints_to_alarm=3,
        treat_missing_data="missing",
    )  # fmt: skip
    samples = [(float(at), float(at), 1.0) for at in range(4)]
    for extra in (0, 2):
        assert (240, "ALARM") in found(one, clock(5), {ERRORS: samples}, extra)
        assert found(one, clock(5), {ERRORS: samples}, extra) == slow(one, clock(5), {ERRORS: samples}, extra)


def test_few_samples_leave_an_alarm_on_a_percentile_as_it_is_if_it_says_so() -> None:
    """`p90` needs 100 samples; with fewer it keeps its state, and a sum never minds."""
    on = clock(8)
    samples = [
        (0.0, 9.0, 200.0),
        (1.0, 9.0, 3.0),
        (2.0, 0.0, 3.0),
        (3.0, 0.0, 200.0),
        (4.0, 9.0, 99.0),
        (5.0, 9.0, 100.0),
    ]
    for metric_alarm in (
        alarm(stat="p90", low_samples="ignore", threshold=1.0),
        alarm(stat="p90", low_samples="evaluate", threshold=1.0),
        alarm(stat="Sum", low_samples="ignore", threshold=1.0),
    ):
        assert found(metric_alarm, on, {ERRORS: samples}, 0) == slow(metric_alarm, on, {ERRORS: samples}, 0)
    kept = found(alarm(stat="p90", low_samples="ignore", threshold=1.0), on, {ERRORS: samples}, 0)
    # A period without any sample is a gap like any other.
    assert kept == [(60, "ALARM"), (240, "OK"), (360, "ALARM"), (420, "OK")]


@pytest.mark.parametrize("treated", ["missing", "ignore", "breaching", "notBreaching"])
def test_a_gap_behind_few_samples_does_not_make_them_many(treated: Any) -> None:
    """Three minutes of few samples above the threshold, then nothing: it never fires for them."""
    on = clock(12)
    samples = [(0.0, 0.0, 200.0), (1.0, 0.0, 200.0), *((float(at), 9.0, 3.0) for at in (2, 3, 4))]
    for periods, extra in itertools.product((1, 2, 3), (0, 2)):
        one = alarm(stat="p90", low_samples="ignore", threshold=1.0, treat_missing_data=treated)
        one = replace(one, evaluation_periods=periods, datapoints_to_alarm=periods)
        changes = found(one, on, {ERRORS: samples}, extra)
        assert changes == slow(one, on, {ERRORS: samples}, extra)
        gone_s = 60 * (5 + periods + extra)
        if treated == "breaching":
            assert all(at_s > 300 for at_s, state in changes if state == "ALARM")
        else:
            assert "ALARM" not in [state for at_s, state in changes if at_s <= gone_s]


def test_few_samples_are_no_reason_to_be_ok() -> None:
    """An alarm that has seen nothing else stays in INSUFFICIENT_DATA, also if they could not make it fire."""
    one = alarm(stat="p90", low_samples="ignore", threshold=1.0, evaluation_periods=2, datapoints_to_alarm=2)
    samples = [(0.0, 0.0, 3.0), (1.0, 0.0, 3.0), (2.0, 0.0, 200.0)]
    for extra in (0, 2):
        assert found(one, clock(3), {ERRORS: samples}, extra) == [(180, "OK")]


def test_few_samples_among_many_hold_no_state_that_the_others_decide() -> None:
    """Two of three breach whatever the third is; and one of three does not, until it is the newest."""
    on = clock(6)
    samples = [(float(at), value, count) for at, value, count in (
        (0, 9.0, 200.0), (1, 0.0, 3.0), (2, 9.0, 200.0), (3, 0.0, 200.0), (4, 0.0, 200.0), (5, 9.0, 3.0),
    )]  # fmt: skip
    one = alarm(stat="p90", low_samples="ignore", threshold=1.0, evaluation_periods=3, datapoints_to_alarm=2)
    assert found(one, on, {ERRORS: samples}, 0) == [(60, "OK"), (180, "ALARM"), (300, "OK")]
    assert found(one, on, {ERRORS: samples}, 0) == slow(one, on, {ERRORS: samples}, 0)


@pytest.mark.parametrize(
    ("comparison", "fires"),
    [
        ("GreaterThanUpperThreshold", [(180, "ALARM"), (240, "OK")]),
        ("LessThanLowerThreshold", [(240, "ALARM"), (300, "OK")]),
        ("LessThanLowerOrGreaterThanUpperThreshold", [(180, "ALARM"), (300, "OK")]),
    ],
)
def test_a_band_is_compared_at_its_own_time(comparison: Any, fires: list[tuple[float, State]]) -> None:
    """Each datapoint with the edges of its step; where there is no edge there is no datapoint."""
    on = clock(8)
    values = [5.0, 5, 9, 5, 5, 5, 99, 99]
    samples: Samples = [(float(step), value, 1.0) for step, value in enumerate(values)]
    lower = np.array([0, 0, 0, 6, 0, 0, np.nan, np.nan])
    upper = np.array([6, 6, 6, 8, 6, 6, np.nan, np.nan])
    one = alarm(comparison=comparison, threshold=None, treat_missing_data="missing")
    bands = {one.name: (lower, upper)}
    assert found(one, on, {ERRORS: samples}, 0, bands=bands) == [
        (60, "OK"),
        *fires,
        (420, "INSUFFICIENT_DATA"),
    ]
    assert found(one, on, {ERRORS: samples}, 0) == []


def test_bands_of_periods_are_those_at_their_ends() -> None:
    """Every period of an evaluation is compared with what was known when it ended."""
    on = clock(12)
    samples = [(float(step), 1.0, 1.0) for step in range(12)]
    upper = np.where(np.arange(12) < 6, 10.0, 3.0)
    one = alarm(
        comparison="GreaterThanUpperThreshold",
        threshold=None,
        period_s=300,
        evaluation_periods=2,
        datapoints_to_alarm=2,
    )
    bands = {one.name: (np.zeros(12), upper)}
    # From minute 7 on the newest five minutes breach; those before them only once they end there, too.
    assert found(one, on, {ERRORS: samples}, 0, bands=bands) == [(60, "OK"), (720, "ALARM")]


# --- sharing


@steady(25)
@given(
    st.lists(SERIES, min_size=2, max_size=3),
    st.lists(
        st.tuples(
            st.integers(0, 2),
            SETTINGS,
            st.sampled_from(["Sum", "Maximum"]),
            st.sampled_from([0.0, 1.0]),
            st.sampled_from(["GreaterThanThreshold", "LessThanThreshold"]),
            st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
            st.sampled_from([60, 120]),
        ),
        min_size=2,
        max_size=12,
    ),
)
def test_alarms_that_share_what_is_computed_are_never_mixed_up(
    columns: list[Samples], kinds: list[tuple[Any, ...]]
) -> None:
    """Many alarms that differ in one thing only, evaluated together, are what each is alone."""
    metrics = [metric(f"M{number}") for number in range(3)]
    samples = dict(zip(metrics, columns, strict=False))
    on = clock(40)
    together = MetricAlarms(on, Played(on, samples), 2)
    for position, (of, of_n, stat, threshold, comparison, missing, period_s) in enumerate(kinds):
        one = alarm(
            f"a{position}", metrics[of], stat=stat, threshold=threshold, comparison=comparison,
            period_s=period_s, treat_missing_data=missing,
            evaluation_periods=of_n[0], datapoints_to_alarm=of_n[1],
        )  # fmt: skip
        changes = [(change.at_s - on.first_s, change.new) for change in together.changes(one, {})]
        assert changes == found(one, on, samples)


BANDED: Mapping[str, Any] = {"threshold": None, "comparison": "GreaterThanUpperThreshold"}
TWO: Mapping[str, Any] = {
    "queries": (Query("m", Statistic(ERRORS, "Sum", 60)), Query("r", "m - 2")),
    "returned": "r",
}
DIFFERENT: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...] = (
    ({}, {"threshold": 0.5}),
    ({}, {"comparison": "LessThanThreshold"}),
    ({}, {"evaluation_periods": 3}),
    ({"evaluation_periods": 3}, {"evaluation_periods": 3, "datapoints_to_alarm": 3}),
    ({}, {"treat_missing_data": "breaching"}),
    ({}, {"treat_missing_data": "missing"}),
    ({"treat_missing_data": "missing"}, {"treat_missing_data": "ignore"}),
    ({}, {"stat": "SampleCount"}),
    ({}, {"period_s": 120}),
    ({}, {"of": CALLS}),
    ({"stat": "p90"}, {"stat": "p90", "low_samples": "ignore"}),
    (BANDED, {**BANDED, "name": "other"}),
    (TWO, {**TWO, "returned": "m"}),
    (TWO, {**TWO, "queries": (TWO["queries"][0], Query("r", "m - 200"))}),
)
"""Two alarms each that differ in one thing."""


@pytest.mark.parametrize("order", [1, -1])
def test_whatever_alarms_differ_in_keeps_them_apart(order: int) -> None:
    """Each thing makes a difference here, and all alarms together are as each of them alone."""
    on = clock(20)
    values = [(1, 2, 3), (2, 1, 150), (3, 1, 1), (4, 0, 1), (5, 9, 60), (9, 5, 1)]
    samples: dict[Metric, Samples] = {
        ERRORS: [(float(step), float(value), float(weight)) for step, value, weight in values],
        CALLS: [(6.0, 7.0, 1.0)],
    }
    bands = {"errors": (np.zeros(20), np.full(20, 100.0)), "other": (np.zeros(20), np.full(20, 4.0))}
    together = MetricAlarms(on, Played(on, samples, bands), 1)
    for pair in DIFFERENT[::order]:
        made = [alarm(**{"name": "errors", "threshold": 3.0, **dict(entry)}) for entry in pair][::order]
        seen = [
            [(c.at_s - on.first_s, c.new) for c in together.changes(metric_alarm, {})]
            for metric_alarm in made
        ]
        assert seen == [found(metric_alarm, on, samples, 1, bands=bands) for metric_alarm in made]
        assert seen[0] != seen[1], pair


def test_alarms_alike_are_computed_once_and_have_their_own_names() -> None:
    """Two metrics with one series."""
    on = clock(5)
    playing = Played(on, {ERRORS: [(1.0, 1.0, 1.0)]})
    playing.made[CALLS] = playing.series(ERRORS)
    both = MetricAlarms(on, playing, 2)
    first, second = both.changes(alarm("first"), {}), both.changes(alarm("second", CALLS), {})
    assert [replace(change, alarm="second") for change in first] == list(second)
    assert len(both._cached_moves) == 1  # noqa: SLF001  # that it is once can be seen nowhere else


def test_what_the_rehearsal_makes_replaces_what_happens_however_often() -> None:
    """Series of an earlier round that are gone are never taken for new ones, whatever their addresses."""
    on = clock(6)
    both = MetricAlarms(on, Played(on, {ERRORS: [(0.0, 0.0, 1.0)]}), 0)
    for round_ in range(200):
        fires = round_ % 5
        made = {ERRORS: series_of([(float(fires), 1.0, 1.0)], 6, start_s=on.first_s)}
        changes = both.changes(alarm(), made)
        assert [change.at_s - on.first_s for change in changes if change.new == "ALARM"] == [60 * (fires + 1)]
        # What statistics remember keeps series alive, and their addresses taken.
        statistics._sliding.cache_clear()  # noqa: SLF001  # so that they are free for others
        del made
    assert [change.new for change in both.changes(alarm(), {})] == ["OK"]


def test_a_line_is_the_newest_datapoint_of_each_evaluation() -> None:
    """With its threshold, or its band, and its unit: what the picture draws."""
    on = clock(6)
    samples = {ERRORS: [(0.0, 1.0, 1.0), (1.0, 2.0, 1.0), (4.0, 5.0, 1.0)]}
    one = alarm(period_s=120, threshold=4.0, unit="Count", evaluation_periods=3)
    line = MetricAlarms(on, Played(on, samples), 2).line(one, {})
    assert (line.alarm, line.threshold, line.unit) == ("errors", 4.0, "Count")
    assert (line.times_s - on.first_s).tolist() == [60, 120, 180, 240, 300, 360]
    assert [None if math.isnan(value) else value for value in line.values.tolist()] == [1, 3, 2, None, 5, 5]
    edges = (np.arange(6.0), np.arange(6.0) + 1)
    banded = MetricAlarms(on, Played(on, samples, {"errors": edges}), 2).line(
        replace(one, threshold=None), {}
    )
    assert isinstance(banded.threshold, tuple)
    assert [edge.tolist() for edge in banded.threshold] == [edge.tolist() for edge in edges]
    without = MetricAlarms(on, Played(on, samples), 2).line(replace(one, threshold=None), {})
    assert isinstance(without.threshold, tuple)
    assert all(np.isnan(edge).all() for edge in without.threshold)


@steady(20)
@given(SERIES, SETTINGS)
def test_finer_steps_change_nothing_when_samples_come_once_a_minute(
    samples: Samples, of_n: tuple[int, int]
) -> None:
    """30 s, 10 s: the same minutes."""
    one = alarm(period_s=120, threshold=1.0, evaluation_periods=of_n[0], datapoints_to_alarm=of_n[1])
    expected = found(one, clock(40), {ERRORS: samples})
    for step_s in (30, 10):
        many = 60 // step_s
        finer = [(step * many + many - 1, value, weight) for step, value, weight in samples]
        assert found(one, clock(40 * many, step_s), {ERRORS: finer}) == expected


@steady(20)
@given(SERIES, SETTINGS, st.integers(0, 39), st.integers(1, 8))
def test_more_breaching_samples_never_end_an_alarm_sooner(
    samples: Samples, of_n: tuple[int, int], at: int, more: int
) -> None:
    """Where a sum was above the threshold it still is, and gaps do not breach: ALARM minutes only grow."""
    one = alarm(threshold=1.0, evaluation_periods=of_n[0], datapoints_to_alarm=of_n[1])
    on = clock(40)
    before = _minutes_in_alarm(found(one, on, {ERRORS: samples}))
    after = _minutes_in_alarm(found(one, on, {ERRORS: [*samples, (at, float(more), 1.0)]}))
    assert before <= after


def _minutes_in_alarm(changes: list[tuple[float, State]]) -> set[int]:
    states = dict(changes)
    state: State = "INSUFFICIENT_DATA"
    inside = set()
    for minute in range(1, 41):
        state = states.get(minute * 60, state)
        if state == "ALARM":
            inside.add(minute)
    return inside
