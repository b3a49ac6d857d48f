"""Values of a scenario: numbers, expressions, distributions, recordings, and one laid over the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch import statistics
from cloudwatch.alarms import Metric
from cloudwatch.errors import InputError
from cloudwatch.series import Series
from cloudwatch.statistic import check_statistic
from drill.grid import Grid
from drill.scenarios.model import Lines, Samples
from drill.scenarios.reading import Placed, Scenario
from drill.workload import Entry, Workload, of_kind
from tests.unit.cloudwatch.samples import naive
from tests.unit.cloudwatch.steady import steady
from tests.unit.drill.rehearsing import (
    BEGINS_S,
    Rows,
    alarm,
    banded,
    counts,
    log_filter,
    metric,
    refused,
    scenario,
    sums,
    system,
    workload,
)

ERRORS = metric()
SHOP = system(
    alarm(), alarm("latency", metric("Duration")), alarm("other", metric("Errors", "cart"), service="cart")
)
RESOLUTIONS = ("10s", "30s", "1m")
USUAL: Mapping[str, Any] = {"metric": "Errors", "value": 10}


def said(*happens: Mapping[str, Any], recording: Any = None, **more: Any) -> Series:
    """Return the errors of the service `pay`."""
    playing = scenario(happens, **more)
    made = workload(SHOP, playing, recording) if recording else workload(SHOP, playing)
    return made.series(ERRORS)


def minutes(found: Series, first: int, last: int) -> list[float | None]:
    """Return the sums of some minutes; None: no sample."""
    by_minute = sums(found)
    return [by_minute.get(number) for number in range(first, last)]


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_a_value_is_one_sample_a_minute_unless_it_says_more(resolution: str) -> None:
    """All the time, or as long as it says; the warm-up is minutes before 0."""
    found = said(USUAL, resolution=resolution)
    assert sums(found) == dict.fromkeys(range(-30, 60), 10)
    assert set(counts(found).values()) == {1}
    found = said(
        {**USUAL, "samples": "when(t < 120, 6, 0.5)", "from": "0s", "to": "6m"}, resolution=resolution
    )
    assert counts(found) == {0: 6, 1: 6, 3: 1, 5: 1}
    assert sums(found) == {0: 60, 1: 60, 3: 10, 5: 10}


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_expressions_follow_time(resolution: str) -> None:
    """Of each minute the step that holds its one sample, which is the last."""
    found = said(
        {"metric": "N Errors", "value": "floor(t / 60)", "from": "2m", "to": "5m"}, resolution=resolution
    )
    assert sums(found) == {2: 2, 3: 3, 4: 4}


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_later_entries_are_laid_over_earlier_ones(resolution: str) -> None:
    """The scenario over the baseline, and below over above; what is under it comes back when it is over."""
    found = said(
        {**USUAL, "value": 20, "from": "2m", "to": "6m"},
        {**USUAL, "value": 30, "from": "4m", "to": "5m"},
        baseline=[{**USUAL, "value": 1}, {**USUAL, "value": 10, "from": "1m"}],
        resolution=resolution,
    )
    assert minutes(found, -1, 8) == [1, 1, 10, 20, 20, 30, 20, 10, 10]
    assert set(counts(found).values()) == {1}


def test_missing_is_no_sample_and_as_before_is_the_usual() -> None:
    """`baseline` undoes what the scenario said above, not the baseline."""
    found = said(
        {**USUAL, "value": "missing", "from": "1m", "to": "4m"},
        {**USUAL, "value": 50, "from": "2m", "to": "6m"},
        {**USUAL, "value": "baseline", "from": "3m", "to": "5m"},
        baseline=[{**USUAL, "value": 1}, {**USUAL, "value": 10, "from": "4m"}],
    )
    assert minutes(found, 0, 8) == [1, None, 50, 1, 10, 50, 10, 10]


def test_as_before_is_nothing_where_nothing_is_usual() -> None:
    """The metric has no sample then."""
    found = said({**USUAL, "from": "0s"}, {**USUAL, "value": "baseline", "from": "1m", "to": "3m"})
    assert minutes(found, -1, 4) == [None, 10, None, None, 10]


@pytest.mark.parametrize("resolution", RESOLUTIONS)
@pytest.mark.parametrize("start", ["2m", "2m30s"])
def test_before_is_what_would_have_been(resolution: str, start: str) -> None:
    """The mean of the minute's samples before; no sample where there was none, whatever the resolution."""
    if start == "2m30s" and resolution == "1m":
        resolution = "30s"
    found = said(
        {**USUAL, "value": "2 * before + 1", "samples": 3, "from": start, "to": "6m"},
        baseline=[
            {"metric": "N Errors", "values": [[10, 3], [20, 1]], "gaps": [["4m", "5m"]]},
        ],
        resolution=resolution,
    )
    # The mean of 10, 10, 10, 20 is 12.5; three samples a minute of 26.
    by_minute = sums(found)
    assert by_minute[1] == 50
    assert by_minute[3] == 78
    assert 4 not in by_minute
    assert by_minute[5] == 78
    assert by_minute[6] == 50


def test_values_are_samples_of_several_sizes() -> None:
    """Percentiles see each of them."""
    entry = {"metric": "N Errors", "values": [[90, 58], [140, 40], [4000, 2]], "from": "0s", "to": "2m"}
    found = said(entry)
    samples = [90.0] * 58 + [140.0] * 40 + [4000.0] * 2
    assert sums(found) == dict.fromkeys((0, 1), sum(samples))
    for stat in ("p50", "p98", "p99", "Maximum", "Minimum", "Average", "tm90", "SampleCount"):
        at = 30  # the first minute after the warm-up
        assert statistics.sliding(found, stat, 60)[at] == pytest.approx(naive(check_statistic(stat), samples))


def test_only_the_metrics_that_are_meant_are_written_to() -> None:
    """Of that service, of that name; alike ones share a series, and others are left alone."""
    playing = workload(
        SHOP,
        scenario([{"metric": "N Errors", "service": "cart", "value": 5}, {"metric": "Duration", "value": 9}]),
    )
    assert sums(playing.series(ERRORS)) == {}
    assert set(sums(playing.series(metric("Errors", "cart"))).values()) == {5}
    assert set(sums(playing.series(metric("Duration"))).values()) == {9}
    both = workload(SHOP, scenario([USUAL]))
    assert both.series(ERRORS) is both.series(metric("Errors", "cart"))


def test_the_usual_may_be_of_metrics_that_are_not_there_and_the_scenario_may_not() -> None:
    """The message has the line."""
    assert sums(said(USUAL, baseline=[{"metric": "Gone", "value": 1}])) == dict.fromkeys(range(-30, 60), 10)
    assert refused(SHOP, {"metric": "Eror", "value": 1}) == [
        "s.yaml:1: metric: no alarm uses such a metric (found: Eror)   did you mean Errors?"
    ]


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"value": "1 / t"}, "s.yaml:2: value: is not a finite number at t = 0 (found: inf)"),
        (
            {"value": "10 ** 300"},
            "s.yaml:2: value: must be at most 2^360, the limit of CloudWatch (found: 1e+300)",
        ),
        (
            {"values": [[1e300, 1]]},
            "s.yaml:2: values: must be at most 2^360, the limit of CloudWatch (found: 1e+300)",
        ),
        (
            {"values": [[1, 1e300]]},
            "s.yaml:2: values: has too many samples: at most 9.0072e+15 (found: 9e+301)",
        ),
        (
            {"value": 1, "samples": "0 - 1"},
            "s.yaml:2: samples: must be 0 or more a minute at t = -1800 (found: -1)",
        ),
        (
            {"value": 1, "samples": "before"},
            "s.yaml:2: samples: before is not available here: no entry above has a value",
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(entry: Mapping[str, Any], place: str) -> None:
    """With file, line and key, like what is malformed."""
    assert refused(SHOP, USUAL, {"metric": "N Errors", **entry}) == [place]


def test_what_is_outside_of_an_entrys_time_does_not_matter() -> None:
    """`log(t)` from the second minute on has a value all the time that it is about."""
    found = said(
        {"metric": "N Errors", "value": "log(t) / log(t)", "samples": "60 / t", "from": "1m", "to": "3m"}
    )
    assert sums(found) == {1: 1}


@steady(40)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 20),
            st.integers(1, 20),
            st.one_of(st.integers(-3, 99), st.sampled_from(["missing", "baseline"])),
        ),
        max_size=5,
    ),
    st.integers(0, 3),
)
def test_layers_are_as_if_each_minute_was_asked_from_the_top(
    layers: list[tuple[int, int, int | str]], baseline: int
) -> None:
    """For any spans: the last entry that has the minute decides."""
    entries = [
        {"metric": "N Errors", "value": value, "from": f"{start}m", "to": f"{start + length}m"}
        for start, length, value in layers
    ]
    found = sums(said(*entries[baseline:], baseline=entries[:baseline]))
    for minute in range(60):
        assert found.get(minute) == _asked(layers, minute, baseline)


def _asked(layers: list[tuple[int, int, int | str]], minute: int, baseline: int) -> float | None:
    for position, (start, length, value) in reversed(list(enumerate(layers))):
        if start <= minute < start + length:
            if value == "baseline" and position >= baseline:
                return _asked(layers[:baseline], minute, baseline)
            if value == "baseline":
                # In a baseline it is what that file said above.
                return _asked(layers[:position], minute, baseline)
            return None if value == "missing" else float(value)
    return None


# --- recordings


def played(rows: Rows) -> Any:
    """Return a reader of one recording, which says how it is asked."""

    def read(path: Path, column: str | None) -> Rows:
        assert (path, column) == (Path("drills/day.csv"), "errors")
        return rows

    return read


CSV: Mapping[str, Any] = {"metric": "N Errors", "csv": "day.csv", "column": "errors"}


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_a_recordings_first_row_is_played_when_the_entry_begins(resolution: str) -> None:
    """At the start unless it says when; before it the baseline goes on, and after its last row is nothing."""
    rows = [(1000.0 + 60 * n, n + 1.0, 1.0) for n in (2, 0, 1)]
    found = said(
        CSV, recording=played(rows), baseline=[{**USUAL, "metric": "N Errors"}], resolution=resolution
    )
    assert minutes(found, -2, 5) == [10, 10, 1, 2, 3, None, None]
    found = said(
        {**CSV, "from": "2m", "to": "6m"},
        recording=played(rows),
        baseline=[{**USUAL, "metric": "N Errors"}],
        resolution=resolution,
    )
    assert minutes(found, 0, 8) == [10, 10, 1, 2, 3, None, 10, 10]


def test_rows_of_one_minute_are_its_samples_with_their_weights() -> None:
    """Gaps pause, rows beyond the end are left out, rows without samples are none."""
    rows = [(0.0, 5.0, 2.0), (30.0, 7.0, 1.0), (60.0, 1.0, 1.0), (120.0, 9.0, 0.0), (9e6, 1.0, 1.0)]
    found = said({**CSV, "from": "1m"}, recording=played(rows))
    assert (sums(found), counts(found)) == ({1: 17, 2: 1}, {1: 3, 2: 1})
    assert statistics.sliding(found, "p90", 60)[31] == 7
    found = said({**CSV, "from": "1m", "gaps": [["1m", "2m"]]}, recording=played(rows))
    assert sums(found) == {2: 1}
    assert sums(said(CSV, recording=played([]))) == {}


def test_a_recording_that_cannot_be_played_is_said_where_it_stands() -> None:
    """It cannot be read, or holds what CloudWatch would not take."""

    def unreadable(path: Path, column: str | None) -> Rows:
        message = f"{path} has no column {column}"
        raise InputError(message)

    for reader, text in (
        (unreadable, "drills/day.csv has no column errors"),
        (played([(0, 1e200, 1)]), "2^360"),
    ):
        with pytest.raises(Exception, match=r"s\.yaml:1: csv: ") as error:
            said(CSV, recording=reader)
        assert text in str(error.value)


# --- bands


def band(*happens: Mapping[str, Any], **more: Any) -> tuple[Workload, Scenario]:
    """Return what happens to two alarms that compare with bands."""
    playing = scenario(happens, **more)
    return workload(system(alarm("a", threshold=None), alarm("b", threshold=None)), playing), playing


def test_a_band_has_two_edges_over_time() -> None:
    """Lower 0 unless said; none where nothing is; later entries over earlier ones, which are `before`."""
    made, playing = band(
        {"band": "a", "upper": "100 + t / 60", "from": "0s"},
        {"band": ["a", "b"], "lower": 5, "upper": "before * 2", "from": "10m", "to": "12m"},
        baseline=[{"band": "gone-*", "upper": 5}],
    )
    lower, upper = made.band("a") or (None, None)
    assert lower is not None
    assert upper is not None
    t = Grid.of(playing.head).t
    assert np.isnan(upper[t < 0]).all()
    assert upper[(t >= 0) & (t < 300)].tolist() == [100, 101, 102, 103, 104]
    assert upper[(t >= 600) & (t < 780)].tolist() == [220, 222, 112]
    assert lower[(t >= 540) & (t < 780)].tolist() == [0, 5, 5, 0]
    assert made.band("c") is None
    only = made.band("b")
    assert only is not None
    # Twice what is not known is not known.
    assert np.isnan(only[1]).all()


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"upper": "1 / t"}, "s.yaml:1: upper: is not a finite number at t = 0 (found: inf)"),
        ({"upper": 5, "lower": "1 / t"}, "s.yaml:1: lower: is not a finite number at t = 0 (found: inf)"),
        ({"upper": 5, "lower": 6}, "s.yaml:1: upper: must not be below lower (found: 5, and lower is 6)"),
    ],
)
def test_bands_that_cannot_be_are_refused_where_they_stand(entry: Mapping[str, Any], place: str) -> None:
    """With file, line and key."""
    assert refused(system(banded("a")), {"band": "a", **entry}) == [place]


def test_bands_of_nothing_are_refused() -> None:
    """Names that mean no alarm."""
    assert refused(SHOP, {"band": "gone", "upper": 1}) == [
        "s.yaml:1: band: no such alarm in shop (found: gone)"
    ]


def test_recordings_begin_at_the_start_of_the_scenario_wherever_that_is() -> None:
    """Their own clock does not matter."""
    rows = [(1e9, 3.0, 1.0)]
    early, late = (
        said(CSV, recording=played(rows), start=start)
        for start in ("2026-03-02T09:00:00Z", "2030-01-01T00:00:00Z")
    )
    assert sums(early) == {0: 3}
    assert sums(late, begins_s=late.start_s + 1800) == {0: 3}
    assert early.start_s == BEGINS_S - 1800


def test_an_entry_is_what_happens_at_its_place() -> None:
    """It cannot have the place of another one; of several kinds each has its own."""
    happens = [{"log": "a", "service": "pay", "per_min": 1}, USUAL, {**USUAL, "value": 2}]
    playing = scenario(happens)
    for kind in (Lines, Samples):
        placed = [entry for entry in playing.happens if isinstance(entry.happens, kind)]
        assert [entry.placed for entry in of_kind(playing, kind)] == placed
    usual = Placed("s.yaml:2", Path("drills"), Samples.model_validate(USUAL))
    assert Entry(usual, baseline=False, optional=False).happens is usual.happens


# --- counts of events

LAMBDA_ERRORS, INVOCATIONS = (
    metric("Errors", namespace="AWS/Lambda"),
    metric("Invocations", namespace="AWS/Lambda"),
)
CALLED = {"metric": "AWS/Lambda Invocations", "value": 100}
OF_EVENTS = [
    ({"value": 70}, "Maximum", 1),
    ({"value": 70}, "Sum", 70),
    ({"value": 70}, "Average", 0.7),
    ({"value": 70}, "SampleCount", 100),
    ({"value": 4}, "p95", 0),
    ({"value": 6}, "p95", 1),
    ({"value": 0}, "Average", 0),
    ({"value": "before + 3"}, "Sum", 13),
    ({"value": 0.5, "samples": 10}, "Maximum", 1),
    ({"values": [[1, 40], [0, 60]]}, "Average", 0.4),
    ({"value": 120}, "Average", 1),
    ({"value": "missing"}, "SampleCount", None),
]  # fmt: skip


@pytest.mark.parametrize("resolution", RESOLUTIONS)
@pytest.mark.parametrize(("entry", "stat", "expected"), OF_EVENTS)
def test_events_are_a_sample_each(
    resolution: str, entry: dict[str, Any], stat: str, expected: float | None
) -> None:
    """As AWS publishes them: 1 for an error, and 0 for each of the other invocations."""
    shop = system(alarm(of=LAMBDA_ERRORS), alarm("calls", of=INVOCATIONS))
    usual = {"metric": "AWS/Lambda Errors", "value": 10}
    happens = (CALLED, usual, {"metric": "AWS/Lambda Errors", **entry})
    series = workload(shop, scenario(happens, resolution=resolution)).series(LAMBDA_ERRORS)
    found = statistics.sliding(series, stat, 60)[-1]
    assert found == pytest.approx(np.nan if expected is None else expected, nan_ok=True)


THROTTLES = metric("Throttles", namespace="AWS/Lambda")


@pytest.mark.parametrize(
    ("of", "value", "stat", "expected"),
    [
        (THROTTLES, 70, "SampleCount", 170),
        (THROTTLES, 70, "Sum", 70),
        (THROTTLES, 50, "Average", 1 / 3),
        (INVOCATIONS, 0, "SampleCount", None),
        (INVOCATIONS, 100, "Average", 1),
    ],
)
def test_throttles_are_besides_invocations_which_have_no_sample_of_zero(
    of: Metric, value: float, stat: str, expected: float | None
) -> None:
    """Throttled attempts are not invocations (AWS Lambda Developer Guide, "Types of metrics")."""
    shop = system(alarm(of=THROTTLES), alarm("calls", of=INVOCATIONS))
    happens = (CALLED, {"metric": f"AWS/Lambda {of.name}", "value": value})
    series = workload(shop, scenario(happens)).series(of)
    found = statistics.sliding(series, stat, 60)[-1]
    assert found == pytest.approx(np.nan if expected is None else expected, nan_ok=True)


def test_lines_that_a_filter_counts_are_a_sample_each() -> None:
    """A value for a metric of a filter that counts lines is a number of lines."""
    shop = system(alarm(), filters=(log_filter(namespace="N"),))
    series = workload(shop, scenario(({"metric": "Errors", "value": 70},))).series(ERRORS)
    assert statistics.sliding(series, "Maximum", 60)[-1] == 1
    assert statistics.sliding(series, "SampleCount", 60)[-1] == 70
