"""Metric alarms against the tables of AWS's documentation, and against every short range there is."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.alarms import BANDS, OPERATORS, TREATMENTS, Comparison, Treatment
from cloudwatch.errors import InputError
from cloudwatch.evaluation import (
    STATES,
    Settings,
    State,
    breaches,
    evaluate,
    evaluation_range,
    low_samples,
    samples_needed,
    states,
)
from tests.support.tables import each
from tests.unit.cloudwatch.steady import steady

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "alarm_missing_data.json").read_text(encoding="utf-8")
)

Points = tuple[bool | None, ...]
POINTS: tuple[bool | None, ...] = (False, None, True)
"""From good to bad, with a missing datapoint between them."""


def points(pattern: str) -> Points:
    """Read datapoints as AWS's tables write them: 0 is good, - missing, X breaching."""
    return tuple({"0": False, "-": None, "X": True}[part] for part in pattern.split())


def ranges(longest: int) -> Iterator[Points]:
    """Yield every evaluation range up to a length."""
    for length in range(longest + 1):
        yield from itertools.product(POINTS, repeat=length)


def settings(most_periods: int) -> Iterator[Settings]:
    """Yield every setting up to so many periods."""
    for periods in range(1, most_periods + 1):
        for needed, treatment in itertools.product(range(1, periods + 1), TREATMENTS):
            yield Settings(periods, needed, treatment)


EVERY = list(itertools.product(settings(4), STATES))


@each("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_every_row_of_the_documentation_has_its_state(vector: dict[str, Any]) -> None:
    """From every state before, if the row does not name one."""
    chosen = Settings(vector["n"], vector["m"], vector["treatment"])
    breaching = [None if datapoint is None else bool(datapoint) for datapoint in vector["datapoints"]]
    befores: Sequence[State] = [vector["previous_state"]] if vector["previous_state"] else STATES
    for before in befores:
        found = evaluate(breaching, chosen, before)
        if vector["expected"] is None:
            assert found != vector["expected_not"]
        else:
            assert found == (before if vector["expected"] == "RETAIN" else vector["expected"])


A, O, I, R = "ALARM", "OK", "INSUFFICIENT_DATA", "RETAIN"  # noqa: E741  # the tables' own letters

TABLES = {
    (3, "0 - X - X"): (O, O, O, O),
    (3, "0 - - - -"): (O, O, O, O),
    (3, "- - - - -"): (I, R, A, O),
    (3, "0 X X - X"): (A, A, A, A),
    (3, "- - X - -"): (A, R, A, O),
    (2, "0 - X - X"): (A, A, A, A),
    (2, "0 0 X 0 X"): (A, A, A, A),
    (2, "0 - X - -"): (O, O, A, O),
    (2, "- - - - 0"): (O, O, A, O),
    (2, "- - - X -"): (A, R, A, O),
    # Decided here, because the documentation leaves it open (see the top of cloudwatch/evaluation.py).
    (3, "- - - - X"): (O, R, A, O),
    (3, "- - - X -"): (O, R, A, O),
    (3, "- - - X X"): (O, R, A, O),
    (3, "- - - X 0"): (O, O, O, O),
    (3, "- - X - 0"): (O, O, O, O),
    (3, "X - - - -"): (A, R, A, O),
    (3, "X - X - -"): (A, R, A, O),
    (3, "X - X - X"): (A, A, A, A),
    (3, "X 0 0 0 0"): (O, O, O, O),
    (3, "X X X 0 -"): (O, O, O, O),
    (3, "X X"): (O, R, A, O),
    (3, "0"): (O, O, O, O),
    (2, "0"): (O, O, A, O),
    (1, "X"): (A, A, A, A),
    (1, "- - - - X"): (A, A, A, A),
    (1, "0 - - - -"): (O, O, A, O),
    (3, ""): (I, R, A, O),
}
"""M and the range -> the states for missing, ignore, breaching and notBreaching, all with N = 3."""


@each(("needed", "pattern"), TABLES)
def test_both_tables_and_what_they_leave_open(needed: int, pattern: str) -> None:
    """Whole rows, one state for each way of treating missing data."""
    treatments: tuple[Treatment, ...] = ("missing", "ignore", "breaching", "notBreaching")
    for treatment, expected in zip(treatments, TABLES[needed, pattern], strict=True):
        for before in STATES:
            found = evaluate(points(pattern), Settings(3, needed, treatment), before)
            assert found == (before if expected == R else expected), (treatment, before)


def test_older_datapoints_do_not_count_once_there_are_enough() -> None:
    """The newest N real ones decide, whatever came before them and wherever the gaps are."""
    for chosen, before in EVERY:
        for newest in itertools.product((False, True), repeat=chosen.evaluation_periods):
            expected = evaluate(newest, chosen, before)
            for older in ranges(2):
                assert evaluate((*older, *newest), chosen, before) == expected
                assert evaluate((*older, newest[0], None, *newest[1:]), chosen, before) == expected


def test_without_gaps_m_of_n_breach_or_all_is_well() -> None:
    """The missing-data setting and the state before have no say."""
    for chosen, before in EVERY:
        for newest in itertools.product((False, True), repeat=chosen.evaluation_periods):
            expected = "ALARM" if sum(newest) >= chosen.datapoints_to_alarm else "OK"
            assert evaluate(newest, chosen, before) == expected


def test_a_worse_datapoint_never_ends_an_alarm() -> None:
    """From good to missing to breaching: ALARM stays ALARM, for each treatment, M, N and state before.

    It is a law about ALARM alone. The order of the other two states is not kept: with `missing`, one young
    breaching datapoint turns INSUFFICIENT_DATA into OK; with `ignore`, it turns OK into the state before.
    """
    for chosen, before in EVERY:
        for given_points in ranges(5):
            if evaluate(given_points, chosen, before) != "ALARM":
                continue
            for place, point in enumerate(given_points):
                for worse in POINTS[POINTS.index(point) + 1 :]:
                    changed = (*given_points[:place], worse, *given_points[place + 1 :])
                    assert evaluate(changed, chosen, before) == "ALARM", (chosen, given_points, changed)


def test_the_state_before_only_matters_when_missing_data_is_ignored() -> None:
    """And then it is either kept or of no account."""
    for chosen in settings(4):
        for given_points in ranges(5):
            found = [evaluate(given_points, chosen, before) for before in STATES]
            if chosen.treat_missing_data == "ignore":
                assert found == list(STATES) or len(set(found)) == 1
            else:
                assert len(set(found)) == 1


def test_only_missing_data_is_insufficient() -> None:
    """With `missing`: when the whole range is."""
    for chosen in settings(4):
        if chosen.treat_missing_data == "missing":
            for given_points in ranges(5):
                found = evaluate(given_points, chosen, "OK")
                assert (found == "INSUFFICIENT_DATA") == all(point is None for point in given_points)


def coded(windows: Sequence[Points]) -> Any:
    """Return ranges as an array."""
    codes = {None: -1, False: 0, True: 1}
    return np.array([[codes[item] for item in window] for window in windows], np.int8)


def one_by_one(windows: Sequence[Points], chosen: Settings, first: State) -> list[State]:
    """Evaluate ranges one after another."""
    found: list[State] = []
    before = first
    for window in windows:
        before = evaluate(window, chosen, before)
        found.append(before)
    return found


@pytest.mark.parametrize("length", range(1, 7))
def test_many_evaluations_at_once_are_those_one_after_another(length: int) -> None:
    """Over every range of a length, in an order in which states differ, for each setting and first state."""
    windows = list(itertools.product(POINTS, repeat=length))
    windows = windows[::2] + windows[1::2]
    array = coded(windows)
    for chosen, first in EVERY:
        found = [STATES[state] for state in states(array, chosen, first)]
        assert found == one_by_one(windows, chosen, first), (chosen, first)


@pytest.mark.slow
@given(data=st.data())
@steady(200)
def test_sliding_windows_of_several_alarms_are_those_one_after_another(data: st.DataObject) -> None:
    """Over random series, as views, with evaluations that keep the state."""
    periods = data.draw(st.integers(1, 6))
    chosen = Settings(
        periods, data.draw(st.integers(1, periods)), data.draw(st.sampled_from(TREATMENTS))
    )  # fmt: skip
    length = evaluation_range(periods, data.draw(st.integers(0, 3)))
    alarms, evaluations = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 30))
    size = alarms * (evaluations + length - 1)
    series = data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=size, max_size=size))
    few = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool)
    first = data.draw(st.sampled_from(STATES))
    grid = np.array(series, np.int8).reshape(alarms, -1)
    padded = np.pad(grid, ((0, 0), (0, 1)))  # so that there is a window even for no evaluation
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=-1)[:, :evaluations]
    padded_few = np.pad(few.reshape(alarms, -1) & (grid >= 0), ((0, 0), (0, 1)))
    of_few = np.lib.stride_tricks.sliding_window_view(padded_few, length, axis=-1)[:, :evaluations]
    found = states(windows, chosen, first, of_few)
    for alarm in range(alarms):
        before = first
        for at in range(evaluations):
            window = [None if entry < 0 else bool(entry) for entry in windows[alarm, at]]
            either = {
                evaluate(_if_few(window, of_few[alarm, at], item), chosen, before) for item in (True, False)
            }
            if len(either) == 1 and not of_few[alarm, at, -1]:
                (before,) = either
            assert STATES[found[alarm, at]] == before


def _if_few(window: Sequence[bool | None], few: Any, breaches: bool) -> list[bool | None]:  # noqa: FBT001
    """Return an evaluation range in which all datapoints of few samples breach, or none."""
    return [breaches if is_missing else item for item, is_missing in zip(window, few.tolist(), strict=True)]


def test_states_are_kept_from_before_the_first_evaluation() -> None:
    """Until there is one that says something."""
    windows = [points("- -"), points("- -"), points("X X"), points("- -")]
    found = states(coded(windows), Settings(2, 2, "ignore"), "INSUFFICIENT_DATA")
    assert [STATES[entry] for entry in found] == ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM", "ALARM"]


def test_an_evaluation_looks_at_more_datapoints_than_count() -> None:
    """The one example of the documentation, and whatever somebody knows better."""
    assert evaluation_range(3) == 5
    assert evaluation_range(3, extra=4) == 7


VALUES = [-math.inf, -1.0, 1.0, 2.0, 2.5, 3.0, math.inf]
COMPARED: dict[str, Callable[[float, float, float], bool]] = {
    "GreaterThanThreshold": lambda value, low, _high: value > low,
    "GreaterThanOrEqualToThreshold": lambda value, low, _high: value >= low,
    "LessThanThreshold": lambda value, low, _high: value < low,
    "LessThanOrEqualToThreshold": lambda value, low, _high: value <= low,
    "GreaterThanUpperThreshold": lambda value, _low, high: value > high,
    "LessThanLowerThreshold": lambda value, low, _high: value < low,
    "LessThanLowerOrGreaterThanUpperThreshold": lambda value, low, high: value < low or value > high,
}


@pytest.mark.parametrize("comparison", OPERATORS)
def test_an_operator_compares_as_its_name_says(comparison: Comparison) -> None:
    """With each value below, on and above the threshold or the edges of a band; on an edge is within it."""
    low, high = 1.0, 2.5
    threshold = (low, high) if comparison in BANDS else low
    found = breaches(VALUES, comparison, threshold)
    assert found.tolist() == [int(COMPARED[comparison](value, low, high)) for value in VALUES]
    assert found.dtype == np.int8


def test_a_missing_value_neither_breaches_nor_is_well() -> None:
    """Whichever operator compares it."""
    for comparison in OPERATORS:
        threshold = (1.0, 2.0) if comparison in BANDS else 1.0
        assert breaches([math.nan], comparison, threshold).tolist() == [-1]


@pytest.mark.parametrize("comparison", BANDS)
def test_a_band_may_change_and_have_gaps(comparison: Comparison) -> None:
    """A datapoint without the edge that it is compared with is missing; the other edge has no say."""
    nan = math.nan
    low, high = [1.0, nan, 1.0, 5.0], [2.0, 2.0, nan, 6.0]
    found = breaches([3.0, 3.0, 0.5, 5.5], comparison, (low, high)).tolist()
    assert (
        found
        == {
            "GreaterThanUpperThreshold": [1, 1, -1, 0],
            "LessThanLowerThreshold": [0, -1, 1, 0],
            "LessThanLowerOrGreaterThanUpperThreshold": [1, -1, -1, 0],
        }[comparison]
    )


@each(
    ("stat", "needed"),
    [
        ("p50", 20), ("p90", 100), ("p95", 200), ("p99", 1000), ("p99.9", 10_000), ("p99.99", 100_000),
        ("p10", 100), ("p1", 1000), ("p49", 21), ("p75", 40), ("p0", 0), ("p100", 0), ("Average", 0),
        ("tm99", 0),
    ],
)  # fmt: skip
def test_a_percentile_needs_samples(stat: str, needed: int) -> None:
    """Ten times the reciprocal of the rarer side, exactly; other statistics need none."""
    assert samples_needed(stat) == needed
    assert not low_samples(needed, stat)
    assert low_samples(max(needed - 1, 0), stat) == (needed > 0)


@pytest.mark.parametrize(
    ("periods", "needed", "treatment", "says"),
    [
        (0, 1, "missing", "evaluation_periods must be at least 1 (found: 0)"),
        (3, 0, "missing", "datapoints_to_alarm must be 1 to evaluation_periods, which is 3 (found: 0)"),
        (3, 4, "missing", "datapoints_to_alarm must be 1 to evaluation_periods, which is 3 (found: 4)"),
        (3, 3, "Missing", "treat_missing_data must be one of missing, ignore, breaching, notBreaching"),
    ],
)
def test_settings_that_no_alarm_has_are_refused(periods: int, needed: int, treatment: Any, says: str) -> None:
    """With what is allowed."""
    with pytest.raises(InputError) as caught:
        Settings(periods, needed, treatment)
    assert says in str(caught.value)
