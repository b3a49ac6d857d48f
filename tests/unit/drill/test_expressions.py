"""Expressions of scenarios: arithmetic over time, the same on every machine, and nothing else of Python."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.expressions import FUNCTIONS, NAMES, Expression
from tests.support.tables import each
from tests.unit.cloudwatch.steady import steady

T = np.arange(-120.0, 300.0, 60.0)

SAYS: dict[str, float] = {
    "7": 7,
    "1_000 + 0x10": 1016,
    " 2 ": 2,
    "-3 + +5": 2,
    "2 + 3 * 4": 14,
    "(2 + 3) * 4": 20,
    "(2 > 1) - (3 > 2)": 0,
    "7 / 2": 3.5,
    "-7 % 3": 2,
    "2 ** 3 ** 2": 512,
    "-2 ** 2": -4,
    "10 - 4 - 3": 3,
    "(1 < 2) + (2 <= 2) + (3 > 2) + (2 >= 3) + (1 == 1) + (1 != 1)": 4,
    "abs(-2.5)": 2.5,
    "ceil(1.2)": 2,
    "floor(-1.2)": -2,
    "round(2.6)": 3,
    "exp(1)": math.e,
    "log(exp(3))": 3,
    "sqrt(16)": 4,
    "cos(0)": 1,
    "sin(pi / 2)": 1,
    "max(1, 2)": 2,
    "min(1, 2)": 1,
    "when(2 > 1, 3, 4)": 3,
    "when(2 < 1, 3, 4)": 4,
}


@each("text", SAYS)
def test_arithmetic_is_what_people_learned(text: str) -> None:
    """Precedence, every operator and every function, for each time alike."""
    assert Expression.parse(text).values(T).tolist() == pytest.approx([SAYS[text]] * len(T))


def test_every_function_and_name_is_tried_above_or_below() -> None:
    """What the reference lists can be computed."""
    for name, (arguments, _) in FUNCTIONS.items():
        fewest = [argument for argument in arguments if "=" not in argument]
        assert Expression.parse(f"{name}({', '.join('2' for _ in fewest)})").values(T).shape == T.shape
        with pytest.raises(ValueError, match=rf"usage is {name}\("):
            Expression.parse(f"{name}({', '.join('2' for _ in (*arguments, 1))})")
        with pytest.raises(ValueError, match=rf"usage is {name}\("):
            Expression.parse(f"{name}()")
    for name in NAMES:
        assert Expression.parse(f"1 + {name}").uses(name)
        assert not Expression.parse("1 + 2").uses(name)


def test_time_is_in_seconds_since_the_start() -> None:
    """It is negative in the warm-up."""
    assert Expression.parse("t").values(T).tolist() == T.tolist()
    assert Expression.parse("when(t < 0, 1, 2)").values(T).tolist() == [1, 1, 2, 2, 2, 2, 2]


def test_before_is_what_would_have_been_and_none_where_that_is_unknown() -> None:
    """An unknown value stays unknown; everything else has one."""
    before = np.array([1.0, np.nan, 3, 4, 5, 6, 7])
    found = Expression.parse("2 * before + t").values(T, before)
    assert np.isnan(found[1])
    assert np.delete(found, 1).tolist() == np.delete(2 * before + T, 1).tolist()


def test_before_is_refused_where_nothing_is_before() -> None:
    """A rate of lines has nothing that it would have been."""
    with pytest.raises(ValueError, match="before is not available here"):
        Expression.parse("before").values(T)


@pytest.mark.parametrize("text", ["1 / t", "log(t)", "sqrt(t - 1)", "exp(1000 * (t == 0))", "9 ** 9 ** 9"])
def test_what_is_no_number_is_refused_with_its_time_and_only_where_it_is_asked_for(text: str) -> None:
    """Division by zero, logarithms of nothing, overflow: only what somebody would have seen."""
    expression = Expression.parse(text)
    with pytest.raises(ValueError, match=r"is not a finite number at t = (0|-120) \(found: (inf|-inf|nan)\)"):
        expression.values(T)
    if "t" in text.replace("sqrt", ""):
        found = expression.values(T, during=T > 0)
        assert np.isfinite(found).tolist() == (T > 0).tolist()


REFUSED: dict[str, str] = {
    "": "is not a valid expression",
    "  ": "is not a valid expression",
    "1 +": "invalid syntax",
    "1 2": "at character [0-9]+: invalid syntax",
    "1\n2": "invalid syntax",
    "1\x00": "is not a valid expression",
    "(1": "was never closed",
    "1 + x": "at character 5: x is not defined; known: t .*before .*pi .*abs",
    "T": "T is not defined",
    "sin": "sin is not defined",
    "sinn(t)": "at character 1: function sinn is not defined; known: abs, .*when",
    "t.real": "at character 1: only .* are allowed",
    "__import__('os')": "function __import__",
    "(1).bit_length()": "only .* are allowed",
    "[1]": "only .* are allowed",
    "t[0]": "only .* are allowed",
    "lambda: 1": "only .* are allowed",
    "1 if t else 2": "only .* are allowed",
    "1if t else 2": "only .* are allowed",
    "[x for x in t]": "only .* are allowed",
    "(x := 1)": "only .* are allowed",
    "1 and 2": "only .* are allowed",
    "not 1": "only .* are allowed",
    "~1": "only .* are allowed",
    "1 // 2": "only .* are allowed",
    "1 | 2": "only .* are allowed",
    "1 << 9999": "only .* are allowed",
    "1 < t < 3": "only .* are allowed",
    "t is 1": "only .* are allowed",
    "abs(x=1)": "only .* are allowed",
    "abs(*t)": "only .* are allowed",
    "f'{t}'": "only .* are allowed",
    "True": "at character 1: numbers only",
    "None": "numbers only",
    "'1'": "numbers only",
    "1j": "numbers only",
    "...": "numbers only",
    "1e400": r"numbers up to 2\^63",
    "9223372036854775809": r"numbers up to 2\^63",
    "-" * 150 + "1": "more than 100 nested operations",
    "1" + " + 1" * 200: "more than 100 nested operations",
    "abs(" * 150 + "1" + ")" * 150: "more than 100 nested operations",
    "(" * 400 + "1" + ")" * 400: "is not a valid expression",
    "1" * 1001: "is longer than 1000 characters",
}


@each("text", REFUSED, ids=lambda text: ascii(text[:20]))
def test_what_is_no_arithmetic_is_refused_with_its_place(text: str) -> None:
    """The message says what is allowed, and nothing of Python gets through; no warning is left."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match=REFUSED[text]) as error:
            Expression.parse(text)
    assert not said
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@steady(200)
@given(st.text(st.sampled_from("t1.e()+-*/%<>=!,; \nabsimnwhe'\"[]_:\\\x00\ud800é"), max_size=60))
def test_no_text_does_anything_but_be_computed_or_be_refused(text: str) -> None:
    """Whatever is typed: numbers, or one sentence."""
    try:
        found = Expression.parse(text).values(T, np.ones(len(T)))
    except ValueError as error:
        assert str(error)  # noqa: PT017  # either of both is right
    else:
        assert found.shape == T.shape


NOISE = [0.4270160507501245, 0.7373659660529536, 0.0, 0.05581409596530418]
"""At -2, -1, 0 and 1 minutes."""


def test_noise_is_the_same_everywhere() -> None:
    """These numbers are of SplitMix64; a machine that finds others plays other scenarios."""
    found = Expression.parse("noise(t)").values(T)
    assert found.tolist() == Expression.parse("noise(t, 0)").values(T).tolist()
    assert found[:4].tolist() == NOISE
    other = Expression.parse("noise(t, 1)").values(T)
    assert set(found.tolist()).isdisjoint(other.tolist())


def _splitmix(state: int) -> float:
    """Return what SplitMix64 makes of a state, in Python's whole numbers."""
    mask = 2**64 - 1
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & mask
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & mask
    return ((state ^ (state >> 31)) >> 11) / 2**53


@steady(100)
@given(st.integers(-(2**40), 2**40), st.integers(-5, 2**33))
def test_noise_is_from_0_up_to_1_and_follows_its_seed(time_s: int, seed: int) -> None:
    """Any time and any seed, also seeds that change over time."""
    t = np.array([float(time_s), time_s + 60.0])
    expected = [
        _splitmix((int(number) + seed % 2**32 * 0x9E3779B97F4A7C15) % 2**64)
        for number in (time_s, time_s + 60)
    ]
    assert Expression.parse(f"noise(t, {seed})").values(t).tolist() == expected
    assert all(0 <= value < 1 for value in expected)
    by_time = Expression.parse("noise(5, t - t + 3)").values(t)
    assert by_time.tolist() == [_splitmix((5 + 3 * 0x9E3779B97F4A7C15) % 2**64)] * 2


def test_noise_of_no_number_is_none() -> None:
    """What is not known before has no noise, and no sample."""
    found = Expression.parse("noise(before)").values(T, np.where(T > 0, 1.0, np.nan))
    assert np.isnan(found).tolist() == (T <= 0).tolist()
