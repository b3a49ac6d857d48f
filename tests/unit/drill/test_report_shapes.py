"""The lines of the timeline: where values, gaps, thresholds and what breached are drawn."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cloudwatch.alarms import Comparison, MetricAlarm
from drill.rehearsal import Line, Rehearsal
from drill.report import timeline
from drill.report.chart import HEIGHT, WIDTH, Chart, Detail, downsampled
from drill.report.diagnostics import Compared, compared
from drill.report.words import Moments
from tests.unit.drill import scenes
from tests.unit.drill.stage import BEGINS_S, Stage, Values, full, metric_alarm, system

GREATER: Comparison = "GreaterThanThreshold"


def line_of(
    values: Values,
    comparison: Comparison = GREATER,
    threshold: float | None = 5,
    of: tuple[int, int] = (1, 1),
) -> Compared:
    """Return what an alarm compared, one value a minute."""
    alarm = metric_alarm("x", "s", comparison=comparison, threshold=threshold, of=of)
    stage = Stage("x", "", system([alarm]), {}, lasts_s=len(values) * 60)
    times_s = BEGINS_S + np.arange(1, len(values) + 1) * 60.0
    bounds = (np.full(len(values), 2.0), np.full(len(values), 8.0)) if threshold is None else threshold
    line = Line(alarm.name, times_s, values, bounds, "")
    return compared(replace(stage.play(), line=lambda _: line), alarm)


def chart_of(line: Compared, columns: int = 720) -> Chart:
    """Return its chart."""
    return Chart.of(line, Moments(BEGINS_S, float(line.times_s[-1])), columns)


def points(path: str) -> list[tuple[float, float]]:
    """Return the points of a path that has one per value."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?\d+) (-?\d+)", path)]


FINITE = some.one_of(some.none(), some.floats(-1e6, 1e6))
SERIES = some.lists(FINITE, min_size=1, max_size=80).map(
    lambda given: np.array([np.nan if value is None else value for value in given])
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(values=SERIES)
def test_every_value_is_drawn_where_it_was(values: Values) -> None:
    """At its time, at its height, and as often as there are gaps the line begins anew."""
    chart = chart_of(line_of(values))
    there = ~np.isnan(values)
    drawn = points(chart.shapes.values())
    assert [x for x, _ in drawn] == [
        round((index + 1) / len(values) * WIDTH) for index in np.flatnonzero(there).tolist()
    ]
    low, high = chart.shapes.low, chart.shapes.high
    heights = (high - values[there]) / (high - low) * HEIGHT
    assert np.abs(np.array([y for _, y in drawn]) - heights).max(initial=0) <= 0.5
    assert all(0 <= y <= HEIGHT for _, y in drawn)
    begins = there & ~np.concatenate(([False], there[:-1]))
    assert chart.shapes.values().count("M") == begins.sum()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(values=SERIES)
def test_gaps_are_shaded_exactly(values: Values) -> None:
    """From the value before to the end of the last minute without one."""
    shaded = np.zeros(len(values), dtype=bool)
    width = WIDTH / len(values)
    gaps = re.findall(r"M(\d+) 0H(\d+)V", chart_of(line_of(values)).shapes.gaps())
    for left, right in gaps:
        shaded[round(float(left) / width) : round(float(right) / width)] = True
    assert shaded.tolist() == np.isnan(values).tolist()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(values=SERIES)
def test_what_breaches_is_marked(values: Values) -> None:
    """A red dot for each value that breaches, a blue one for each that does not."""
    chart = chart_of(line_of(values))
    red, blue = (points(chart.shapes.dots(breaching=flag)) for flag in (True, False))
    with np.errstate(invalid="ignore"):
        assert len(red) == (values > 5).sum()
        assert len(blue) == (values <= 5).sum()
    area, line = chart.shapes.breaching()
    assert bool(area) == bool(line) == bool(red)
    assert {x for x, _ in red} <= {x for x, _ in points(line)}


@settings(derandomize=True, max_examples=100, deadline=None)
@given(values=SERIES, most=some.integers(1, 50))
def test_fewer_columns_hide_no_extreme_no_breach_and_no_gap(values: Values, most: int) -> None:
    """Each column has its least and its greatest value, and knows whether any breached or was missing."""
    line = line_of(values)
    few = downsampled(line, most)
    assert len(few.times_s) <= most
    for index in range(len(few.times_s)):
        part = slice(index * few.each, (index + 1) * few.each)
        own = values[part]
        if np.isnan(own).all():
            assert np.isnan(few.first[index])
            assert np.isnan(few.last[index])
        else:
            pair = [few.first[index], few.last[index]]
            assert pair in ([np.nanmin(own), np.nanmax(own)], [np.nanmax(own), np.nanmin(own)])
            assert (pair == sorted(pair)) or np.nanargmax(own) < np.nanargmin(own)
        assert few.breaching[index] == (line.breaching[part] == 1).any()
        assert few.missing[index] == np.isnan(own).any()
        assert few.times_s[index] == line.times_s[part][-1]


def test_of_many_values_only_lonely_ones_have_dots() -> None:
    """A line cannot show a value between two gaps."""
    values = np.full(400, 1.0)
    assert chart_of(line_of(values)).shapes.dots(breaching=False) == ""
    values[[99, 101, 299, 301]] = np.nan
    values[300] = 9
    shapes = chart_of(line_of(values)).shapes
    assert [x for x, _ in points(shapes.dots(breaching=False))] == [round(101 / 400 * WIDTH)]
    assert [x for x, _ in points(shapes.dots(breaching=True))] == [round(301 / 400 * WIDTH)]


def test_detail_halves_until_it_fits() -> None:
    """Few lines are as fine as they can be, many are coarser."""
    assert Detail.of(0) == Detail.of(40) == Detail(720, 240)
    assert Detail.of(60) == Detail(360, 120)
    assert Detail.of(10_000).columns * 10_000 <= 30_000


@pytest.mark.parametrize(
    ("comparison", "above", "below"),
    [
        ("GreaterThanThreshold", True, False),
        ("GreaterThanOrEqualToThreshold", True, False),
        ("LessThanThreshold", False, True),
        ("LessThanOrEqualToThreshold", False, True),
        ("GreaterThanUpperThreshold", True, False),
        ("LessThanLowerThreshold", False, True),
        ("LessThanLowerOrGreaterThanUpperThreshold", True, True),
    ],
)
def test_red_is_cut_to_where_values_breach(comparison: Comparison, above: bool, below: bool) -> None:  # noqa: FBT001
    """Above the threshold or the band, below it, or both."""
    threshold = None if re.search("Upper|Lower", comparison) else 5
    values = np.array([0.0, 10.0, 5.0])
    shapes = chart_of(line_of(values, comparison, threshold)).shapes
    cut = shapes.beyond()
    assert ("M0 -9" in cut) == above
    assert (f"M0 {HEIGHT + 9}" in cut) == below
    assert bool(shapes.band()) == (threshold is None)
    assert bool(shapes.threshold()) == (threshold is not None)


def test_the_threshold_is_at_its_height() -> None:
    """And within the picture, however far the values are from it."""
    for values, threshold in (
        (np.array([1.0, 2.0]), 1000.0),
        (np.array([1e9, 2e9]), 5.0),
        (np.array([-7.0, 3.0]), 0.0),
    ):
        chart = chart_of(line_of(values, threshold=threshold))
        (height,) = re.findall(rf"M0 (\d+)H{WIDTH}", chart.shapes.threshold())
        assert 0 <= float(height) <= HEIGHT
        assert float(height) == pytest.approx(chart.percent(threshold) / 100 * HEIGHT, abs=0.6)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e308, -1e308, 0.0, 5e-324])
def test_no_value_breaks_the_picture(value: float) -> None:
    """Coordinates are numbers, whatever was measured."""
    values = np.array([value, 1.0, np.nan, value])
    svg = chart_of(line_of(values)).svg("x")
    assert not re.search(r"nan|inf|e\+", svg.split("aria-label")[0])
    assert len(svg) < 2000


def test_the_picture_has_every_shape() -> None:
    """A line with a gap that breaches a threshold, and one that leaves a band."""
    values = np.array([1.0, np.nan, 1, 9, 1])
    shapes = {"gap", "values", "area", "values breaching", "dots", "dots breaching"}
    for threshold, comparison, bound in (
        (5, GREATER, "threshold"),
        (None, "GreaterThanUpperThreshold", "band"),
    ):
        svg = chart_of(line_of(values, comparison, threshold)).svg("x")  # type: ignore[arg-type]
        assert set(re.findall('path class="([a-z ]+)"', svg)) == {*shapes, bound}


def test_a_line_of_no_data_says_so() -> None:
    """In words, and without a stroke."""
    chart = chart_of(line_of(np.full(30, np.nan)))
    assert chart.range() == "no data"
    assert chart.is_flat
    assert chart.shapes.values() == ""
    assert 'class="nodata"' in timeline.timeline(scenes.silence())


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1, 2.5], "1 to 2.5 %"),
        ([3, 3], "constant 3 %"),
        ([np.nan, 20_000.4], "constant 20,000 %"),
    ],
)
def test_a_range_is_told(values: list[float], says: str) -> None:
    """The least and the greatest value, once if they are the same."""
    assert chart_of(line_of(np.array(values))).range() == says


def test_the_label_counts_what_breached() -> None:
    """For those who do not see the picture."""
    assert (
        chart_of(line_of(np.array([1.0, 6, 7, np.nan]))).label() == "1 to 7 %; 2 datapoints breached (> 5 %)"
    )


@settings(derandomize=True, max_examples=60, deadline=None)
@given(values=SERIES, n=some.integers(1, 5), m=some.integers(1, 5))
def test_how_near_it_was_is_counted_right(values: Values, n: int, m: int) -> None:
    """The most of any N datapoints one after the other that breached, and when that was first so."""
    line = line_of(values, of=(min(m, n), n))
    with np.errstate(invalid="ignore"):
        hits = (values > 5).tolist()
    counts = [sum(hits[max(index + 1 - n, 0) : index + 1]) for index in range(len(values))]
    assert line.most == max(counts)
    if line.most:
        assert line.most_at_s == line.times_s[counts.index(line.most)]


def test_fewer_datapoints_than_are_looked_at_are_counted() -> None:
    """As at the beginning of what was recorded."""
    assert line_of(np.array([9.0, 0, 9]), of=(1, 5)).most == 2


def test_datapoints_that_count_are_a_period_apart() -> None:
    """An alarm of five minutes that is evaluated every minute has one new datapoint in five evaluations."""
    alarm: MetricAlarm = metric_alarm("x", "s", of=(2, 2), period_s=300)
    values = np.zeros(30)
    values[10:14] = 9
    rehearsal: Rehearsal = Stage("x", "", system([alarm]), {"s-x": values}, lasts_s=1800).play()
    assert compared(rehearsal, alarm).most == 1
    values[15] = 9
    assert compared(rehearsal, alarm).most == 2


def test_missing_datapoints_count_where_they_breach() -> None:
    """An alarm that treats them so is as near as if they had breached."""
    alarm = replace(metric_alarm("x", "s", of=(3, 3)), treat_missing_data="breaching")
    values = np.array([0.0, np.nan, np.nan, 0])
    for treated, most in (("breaching", 2), ("missing", 0), ("ignore", 0), ("notBreaching", 0)):
        one = replace(alarm, treat_missing_data=treated)  # type: ignore[arg-type]
        rehearsal = Stage("x", "", system([one]), {"s-x": values}, lasts_s=240).play()
        assert compared(rehearsal, one).most == most


def test_nearest_is_the_value_that_came_nearest() -> None:
    """The greatest, the least, or the one that is farthest out of the band."""
    values = np.array([np.nan, 4.0, 2.7, 7.5])
    for comparison, threshold, index in (
        ("GreaterThanThreshold", 9, 3),
        ("LessThanThreshold", 0, 2),
        ("LessThanLowerOrGreaterThanUpperThreshold", None, 3),
        ("GreaterThanUpperThreshold", None, 3),
        ("LessThanLowerThreshold", None, 2),
    ):
        line = line_of(values, comparison, threshold)  # type: ignore[arg-type]
        assert line.nearest == index


def test_only_the_scenario_itself_is_drawn() -> None:
    """What was compared in the warm-up, or after the end, is left out."""
    outage = scenes.outage()
    alarm = next(item for item in outage.system.alarms if item.name == full("payment-handler-error-rate"))
    line = outage.line(alarm.name)
    more = Line(alarm.name, np.append(line.times_s, outage.ends_s + 60), np.append(line.values, 1e9), 5.0, "")
    shown = compared(replace(outage, line=lambda _: more), alarm)
    assert shown.times_s[0] == outage.begins_s + 60 or shown.times_s[0] == outage.begins_s
    assert shown.times_s[-1] == outage.ends_s
    assert shown.unit == "Percent"
