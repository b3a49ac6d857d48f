"""Durations of scenarios: what is one, how long it is, and how it is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.durations import seconds, text_of
from tests.support.tables import each

WRITTEN = {
    "0s": 0,
    "90s": 90,
    "10m": 600,
    "2h": 7200,
    "1h30m": 5400,
    "1d": 86_400,
    "1d2h3m4s": 93_784,
    "2h5s": 7205,
    "007m": 420,
    "999999999s": 999_999_999,
}

REFUSED = [
    "", " ", "10", "m", "1.5m", "-1m", "+1m", "1 m", " 1m", "1m ", "1m\n", "1M", "1w", "30m1h", "1m1m",
    "1h 30m", "10ms", "1h30", "1e3s", "٣m", "1000000000s", "PT1H", "9" * 10_000 + "s",
]  # fmt: skip


@each(("text", "expected_s"), WRITTEN.items())
def test_a_duration_is_the_sum_of_its_parts(text: str, expected_s: int) -> None:
    """Days, hours, minutes and seconds, any of them left out."""
    assert seconds(text) == expected_s
    assert isinstance(seconds(text), float)


@each("text", REFUSED)
def test_what_is_no_duration_is_refused_with_what_one_looks_like(text: str) -> None:
    """A number without a unit could be anything; what was found is shown."""
    shown = re.escape(text or "empty text")
    with pytest.raises(ValueError, match=rf"^must be a duration such as 90s, 10m, .* \(found: {shown}\)$"):
        seconds(text)


@given(st.integers(0, 10**9))
def test_what_is_written_is_read_as_the_same_time(count_s: int) -> None:
    """For every whole number of seconds up to thirty years."""
    assert seconds(text_of(count_s)) == count_s


@pytest.mark.parametrize(
    ("count_s", "expected"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (59.6, "1m"),
        (90, "1m30s"),
        (3600, "1h"),
        (5400, "1h30m"),
        (90_061, "1d1h1m1s"),
    ],
)
def test_a_time_is_written_in_its_largest_units(count_s: float, expected: str) -> None:
    """Rounded to whole seconds."""
    assert text_of(count_s) == expected


@pytest.mark.parametrize("count_s", [-1, float("inf"), float("-inf"), float("nan")])
def test_what_is_no_time_cannot_be_written(count_s: float) -> None:
    """Rather than as a sign that nobody would read."""
    with pytest.raises(ValueError, match=r"^a duration is a finite number of seconds, 0 or more"):
        text_of(count_s)
