"""The clock of a rehearsal: steps, spans over them, and whole samples out of rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.grid import Grid
from drill.scenarios.model import Head, Samples
from tests.support.tables import each
from tests.unit.cloudwatch.steady import steady
from tests.unit.drill.rehearsing import BEGINS_S

STEPS_S = (1, 10, 30, 60)


def grid(step_s: int = 60, minutes: int = 10, warm_up: int = 5) -> Grid:
    """Return a clock."""
    head = {
        "description": "-",
        "duration": f"{minutes}m",
        "warm_up": f"{warm_up}m",
        "resolution": f"{step_s}s",
    }
    return Grid.of(Head.model_validate({**head, "resolution": f"{step_s}s"}))


def during(on: Grid, **when: object) -> list[float]:
    """Return the offsets of the steps that a span has."""
    span = Samples.model_validate({"metric": "A", "value": 1, **when})
    return [float(entry) for entry in on.t[on.during(span)]]


@pytest.mark.parametrize("step_s", STEPS_S)
def test_steps_cover_warm_up_and_scenario(step_s: int) -> None:
    """From the beginning of the warm-up to the end; a step ends where the next one begins."""
    found = grid(step_s)
    assert (found.first_s, found.begins_s, found.over_s) == (BEGINS_S - 300, BEGINS_S, BEGINS_S + 600)
    assert found.steps == 900 // step_s
    assert found.t.tolist() == list(range(-300, 600, step_s))
    assert (found.ends_s - BEGINS_S - step_s).tolist() == found.t.tolist()


def test_a_scenario_may_have_no_warm_up() -> None:
    """It begins when the clock does."""
    found = grid(warm_up=0)
    assert found.first_s == found.begins_s
    assert found.t[0] == 0


def test_a_span_holds_its_beginning_and_not_its_end() -> None:
    """Unless said it is all the time, warm-up included."""
    on = grid()
    assert during(on) == on.t.tolist()
    assert during(on, **{"from": "0s"}) == list(range(0, 600, 60))
    assert during(on, **{"from": "2m", "to": "4m"}) == [120, 180]
    assert during(on, to="1m") == [*range(-300, 0, 60), 0]
    assert during(on, **{"from": "8m"}) == [480, 540]
    assert during(on, **{"from": "2m", "to": "7m", "gaps": [["3m", "4m"], ["5m", "6m"]]}) == [120, 240, 360]


@pytest.mark.parametrize("step_s", STEPS_S)
def test_at_a_time_is_one_minute_however_many_steps_it_has(step_s: int) -> None:
    """What comes once a minute comes once then."""
    on = grid(step_s)
    for at in ("3m", "3m20s", "3m59s"):
        assert during(on, at=at) == list(range(180, 240, step_s))
        span = Samples.model_validate({"metric": "A", "value": 1, "at": at})
        assert on.whole(np.ones(on.steps), on.during(span)).sum() == 1


@steady(60)
@given(
    st.sampled_from(STEPS_S),
    st.lists(st.floats(0, 50), min_size=15, max_size=15),
    st.lists(st.booleans(), min_size=15, max_size=15),
)
def test_rates_become_whole_samples_that_add_up(step_s: int, rates: list[float], on_air: list[bool]) -> None:
    """No step holds a part of a sample, and at any time all so far are less than one short of the rate."""
    on = grid(step_s)
    per_min, heard = on.of_minutes(np.array(rates)), on.of_minutes(np.array(on_air, float)) > 0
    found = on.whole(per_min, heard)
    assert found.tolist() == np.round(found).tolist()
    assert found.min() >= 0
    assert not found[~heard].any()
    exact = np.cumsum(np.where(heard, per_min, 0) * step_s / 60)
    behind = exact - np.cumsum(found)
    assert behind.min() > -1e-5
    assert behind.max() < 1


@each("step_s", STEPS_S)
@each(("per_min", "every"), [(1, 1), (0.5, 2), (0.2, 5), (1 / 3, 3), (0.1, 10)])
def test_less_than_one_a_minute_is_one_every_so_many_minutes(step_s: int, per_min: float, every: int) -> None:
    """Fractions whose sums are not exact lose no sample."""
    on = grid(step_s, minutes=100, warm_up=0)
    found = on.by_minute(on.whole(np.full(on.steps, per_min), np.ones(on.steps, bool))).sum(axis=1)
    assert np.flatnonzero(found).tolist() == list(range(every - 1, 100, every))
    assert set(found.tolist()) <= {0, 1}


def test_negative_rates_are_refused_with_their_time_and_endless_ones_too() -> None:
    """Unless nobody asked for that time."""
    on = grid()
    falling = np.where(on.t < 0, -3.0, 2.0)
    with pytest.raises(ValueError, match=r"0 or more a minute at t = -300 \(found: -3\)"):
        on.whole(falling, np.ones(on.steps, bool))
    assert on.whole(falling, on.t >= 0).sum() == 20
    for many in (1e300, 1e18):
        with pytest.raises(ValueError, match="has too many samples"):
            on.whole(np.full(on.steps, many), np.ones(on.steps, bool))


@pytest.mark.parametrize("step_s", STEPS_S)
def test_minutes_are_taken_apart_and_put_together(step_s: int) -> None:
    """Each step belongs to the minute in which it begins."""
    on = grid(step_s)
    minutes = on.by_minute(on.t)
    assert minutes.shape == (15, 60 // step_s)
    assert minutes[:, 0].tolist() == list(range(-300, 600, 60))
    assert on.of_minutes(minutes[:, 0]).tolist() == (np.floor(on.t / 60) * 60).tolist()
