"""Metric math: the tables and examples of the user guide, and the same as computed one number at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudwatch.errors import MathError
from cloudwatch.maths import names, parse, text_of
from cloudwatch.maths.evaluation import evaluate, is_elementwise
from cloudwatch.maths.forms import ELSEWHERE, FORMS
from cloudwatch.maths.functions import FUNCTIONS
from cloudwatch.statistics import evaluations
from tests.support.tables import each
from tests.unit.cloudwatch.expressions import IDS, arrays, series
from tests.unit.cloudwatch.interpreter import Interpreter

START_S = 951_782_400 - 120
"""Two minutes before 29 February 2000."""
POINTS = st.sampled_from([None, None, -2.0, 0.0, 1.0, 3.0, 10.0])
LINES = st.fixed_dictionaries({id_: st.lists(POINTS, min_size=5, max_size=5) for id_ in IDS})
MANY = settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def computed(text: str, inputs: Mapping[str, Sequence[float | None]]) -> list[float | None]:
    """Return the result of an expression, None where there is no datapoint; the period is a minute."""
    lines = {id_: np.array(line, float) for id_, line in inputs.items()}
    steps = len(next(iter(lines.values())))
    found = evaluate(parse(text), lines, START_S + 60 * np.arange(steps), 60)
    assert found.shape == (steps,)
    return [None if math.isnan(entry) else entry for entry in found.tolist()]


def assert_same(found: Sequence[float | None], expected: Sequence[float | None]) -> None:
    """Compare with what it should be, None where there is no datapoint."""
    np.testing.assert_allclose(np.array(found, float), np.array(expected, float), rtol=1e-9, atol=1e-9)


def outcome(text: str) -> str:
    """Return whether a text is parsed, or refused as it should be."""
    try:
        parse(text)
    except MathError as error:
        at = error.position
        return (
            "refused" if error.message and at is not None and 0 <= at <= len(text) else f"{error!r} at {at}"
        )
    return "parsed"


M1 = [30.0, 20.0, 0.0, 0.0]
M2 = [20.0, None, 20.0, None]
M: Mapping[str, Sequence[float | None]] = {"m1": M1, "m2": M2}


@each(
    ("text", "expected"),
    [
        ("(m1 < m2)", [0, 0, 1, 0]),
        ("(m1 >= 30)", [1, 0, 0, 0]),
        ("(m1 > 15 AND m2 > 15)", [1, 0, 0, 0]),
        ("m1 > 15 && m2 > 15", [1, 0, 0, 0]),
        ("m1 > 15 OR m2 > 15", [1, 1, 1, 0]),
        ("m1 > 15 || m2 > 15", [1, 1, 1, 0]),
        ("m1 + m2", [50, 20, 20, 0]),
        ("m1 / m2", [1.5, None, 0, None]),
        ("m2 / m1", [20 / 30, 0, None, None]),
        ("5 * m2", [100, None, 100, None]),
        ("-m2", [-20, None, -20, None]),
        ("m2 ^ 2", [400, None, 400, None]),
        ("SUM([m1, m2])", [50, 20, 20, 0]),
        ("AVG([m1, m2])", [25, 10, 10, 0]),
        ("MAX(METRICS())", [30, 20, 20, 0]),
        ("MIN(METRICS())", [20, 20, 0, 0]),
        ("DATAPOINT_COUNT(METRICS())", [2, 1, 2, 1]),
        ("STDDEV(METRICS())", [5, 0, 10, 0]),
        ('SUM(METRICS("m2"))', [20, None, 20, None]),
        ("SUM([METRICS('1'), METRICS('2')])", [50, 20, 20, 0]),
        ("m1 - AVG(m1)", [17.5, 7.5, -12.5, -12.5]),
        ("TIME_SERIES(AVG(m2))", [10, 10, 10, 10]),
        ("TIME_SERIES(SUM(m2) / DATAPOINT_COUNT(m2))", [20, 20, 20, 20]),
        ("m1 / PERIOD(m1)", [0.5, 20 / 60, 0, 0]),
        ("m1 / METRIC_COUNT(METRICS())", [15, 10, 0, 0]),
        ("FILL(m2, 10)", [20, 10, 20, 10]),
        ("FILL(m2, m1)", [20, 20, 20, 0]),
        ("FILL(m2, MIN(m1))", [20, 0, 20, 0]),
        ("FILL(m2, REPEAT)", [20, 20, 20, 20]),
        ("FILL(m2 + RUNNING_SUM(m2), LINEAR)", [40, 50, 60, None]),
        ("RUNNING_SUM(m2)", [20, None, 40, None]),
        ("DIFF(m1)", [None, -10, -20, 0]),
        ("DIFF(m2)", [None, None, 0, None]),
        ("DIFF_TIME(m2)", [None, None, 120, None]),
        ("RATE(m1)", [None, -10 / 60, -20 / 60, 0]),
        ("FIRST(SORT(METRICS(), SUM, DESC))", M1),
        ("FIRST(SORT(METRICS(), AVG, ASC))", M2),
        ("LAST(SORT(METRICS(), MIN, ASC))", M2),
        ("FIRST(SORT(METRICS(), MAX, ASC, 1))", M2),
        ("LAST(SORT(METRICS(), MAX, ASC, 1))", M2),
        ("SUM(SLICE(SORT(METRICS(), SUM, DESC), 0, 1))", M1),
        ("SUM(SLICE(METRICS(), 1))", M2),
        ("IF(FIRST(SORT(METRICS(), AVG, DESC)) > 10, 1, 0)", [1, 1, 0, 0]),
        ("IF(m1 < 25, m1)", [None, 20, 0, 0]),
        ("SUM(REMOVE_EMPTY([m1, IF(m1 > 99, m1)])) / METRIC_COUNT(REMOVE_EMPTY([m1, IF(m1 > 99, m1)]))", M1),
        ("AVG(REMOVE_EMPTY([m1, IF(m1 > 99, m1)]))", M1),
        ("FIRST(REMOVE_EMPTY([IF(m1 > 99, m1), m1, m2]))", M1),
        ("LAST(SLICE(REMOVE_EMPTY([IF(m1 > 99, m1), m1, m2]), 0, 1))", M1),
        ("IF(m1, 1 / 0, 5)", [None, None, 5, 5]),
        ("CEIL(m1 / 7)", [5, 3, 0, 0]),
        ("FLOOR(m1 / 7)", [4, 2, 0, 0]),
        ("ABS(m2 - m1)", [10, 20, 20, 0]),
        ("LOG10(m1 * 5 - 50)", [2, math.log10(50), None, None]),
        ("LOG(m1 / 20)", [math.log(1.5), 0, None, None]),
        ("EPOCH(m2)", [START_S, START_S + 60, START_S + 120, START_S + 180]),
        ("MINUTE(m2)", [58, 59, 0, 1]),
        ("HOUR(m2)", [23, 23, 0, 0]),
        ("DAY(m2)", [1, 1, 2, 2]),
        ("DATE(m2)", [28, 28, 29, 29]),
        ("MONTH(m2)", [2, 2, 2, 2]),
        ("YEAR(m2)", [2000] * 4),
        ("IF(DAY(m1) < 2, m1)", [30, 20, None, None]),
        ("IF((DAY(m1)<6 AND (HOUR(m1)>=9 AND HOUR(m1)<17)),m1)", [None] * 4),
        ("TIME_SERIES(MAX(m1))", [30] * 4),
        ("MAX(m1) / m1", [1, 1.5, None, None]),
        ("2 ^ 3 ^ 2 * m1 / m1", [512, 512, None, None]),
        ("-2 ^ 2 + m1 * 0", [-4] * 4),
        ("10 - 4 - 3 + m1 * 0", [3] * 4),
        ("2 + 3 * 4 + m1 * 0", [14] * 4),
        ("1 OR 0 AND 0 + m1 * 0", [1] * 4),
        ("m1 * 1e308 * 10", [None, None, 0, 0]),
    ],
)  # fmt: skip
def test_what_the_user_guide_shows_and_what_follows(text: str, expected: list[float | None]) -> None:
    """Operators with missing values, and every function."""
    assert_same(computed(text, M), expected)


@each(
    ("text", "expected"),
    [
        ("IF(metric1, metric2, metric3)", [30, 0, 20, None, None]),
        ("IF(metric1, 5, metric3)", [5, 5, 20, None, None]),
        ("IF(metric1, metric2, 5)", [30, 0, 5, 5, None]),
        ("IF(metric1, metric2)", [30, 0, None, None, None]),
        ("IF(metric1 == 1, 7, 8)", [7, 7, 8, 8, None]),
        ("IF(-metric1, 7, 8)", [7, 7, 8, 8, None]),
        ("IF(1, metric2, metric3)", [30, None, 0, 0, 30]),
        ("IF(0, metric2, metric3)", [0, 0, 20, None, 20]),
        ("IF(0, metric2)", [None] * 5),
    ],
)
def test_if_chooses_as_its_tables_say(text: str, expected: list[float | None]) -> None:
    """A true condition without its value is 0, a false one is dropped, a missing condition is dropped."""
    metrics = {
        "metric1": [1.0, 1.0, 0.0, 0.0, None],
        "metric2": [30.0, None, 0.0, 0.0, 30.0],
        "metric3": [0.0, 0.0, 20.0, None, 20.0],
    }
    assert computed(text, metrics) == expected


def test_every_function_is_documented_computed_or_said_to_be_neither() -> None:
    """The table of what functions take, and that of what computes them."""
    assert set(FORMS) == {*FUNCTIONS, *ELSEWHERE, "METRICS"}


@MANY
@given(series(), LINES)
def test_expressions_are_what_they_are_one_number_at_a_time(
    text: str, lines: dict[str, list[float | None]]
) -> None:
    """Over expressions of any shape, and gaps anywhere."""
    slow = Interpreter(lines, range(START_S, START_S + 300, 60), 60)
    expected = slow.value(parse(text))
    assert_same(computed(text, lines), expected)


@MANY
@given(series(), st.lists(LINES, min_size=1, max_size=3))
def test_many_requests_at_once_are_each_by_itself(
    text: str, requests: list[dict[str, list[float | None]]]
) -> None:
    """Leading axes do not mix: neither sums, nor the order of SORT, nor what REMOVE_EMPTY leaves."""
    expression = parse(text)
    stacks = {id_: np.array([request[id_] for request in requests], float) for id_ in IDS}
    times = np.array([START_S + 3600 * at + 60 * np.arange(5) for at in range(len(requests))])
    found = evaluate(expression, stacks, times, 60)
    each = [
        evaluate(expression, {id_: stacks[id_][at] for id_ in IDS}, times[at], 60)
        for at in range(len(requests))
    ]
    np.testing.assert_array_equal(found, each)


@MANY
@given(series(), LINES, st.integers(1, 3), st.integers(1, 3))
def test_elementwise_expressions_may_be_computed_before_evaluations(
    text: str, lines: dict[str, list[float | None]], period: int, wide: int
) -> None:
    """The same matrix, before the first step, too."""
    expression = parse(text)
    if not is_elementwise(expression):
        return
    inputs = {id_: np.array(line, float) for id_, line in lines.items()}
    once = evaluations(evaluate(expression, inputs, np.zeros(5), 60), period, wide)
    seen = {id_: evaluations(line, period, wide) for id_, line in inputs.items()}
    np.testing.assert_array_equal(evaluate(expression, seen, np.zeros((5, wide)), 60), once)


@each(
    ("text", "elementwise"),
    [
        ("IF(m1 >= 10, 100 * m2 / m1, 0)", True), ("m1 - m2", True), ("SUM([m1, m2])", True),
        ("FILL(m1, m2)", True), ("SUM(METRICS()) / METRIC_COUNT(METRICS())", True),
        ("ABS(m1) > PERIOD(m1)", True), ("FILL(m1, 0)", False), ("FILL(m1, 0) / m2", True),
        ("IF(m1 > 5, FILL(m2, 0))", True), ("FILL(m1, 0) + m2", False), ("m1 > TIME_SERIES(5)", False),
        ("FILL(m1, 0) / (PERIOD(m1) - 60)", False), ("FILL(m1, MAX(m1))", False), ("SUM(METRICS('x'))", True),
        ("FILL(m1, REPEAT)", False),
        ("m1 - AVG(m1)", False), ("RATE(m1)", False), ("HOUR(m1)", False), ("TIME_SERIES(5)", False),
        ("FIRST(SORT(METRICS(), AVG, DESC))", False), ("SUM(REMOVE_EMPTY(METRICS()))", False),
    ],
)  # fmt: skip
def test_what_is_elementwise(text: str, elementwise: bool) -> None:  # noqa: FBT001 - the claim itself
    """What looks at other times, or makes something of nothing, is not."""
    assert is_elementwise(parse(text)) is elementwise
    assert is_elementwise(parse(text), {"m1": "TS[]", "m2": "TS[]"}) is (elementwise and "m1" not in text)


@MANY
@given(st.one_of(series(), arrays()))
def test_what_is_printed_and_parsed_again_is_equal(text: str) -> None:
    """And printed again is the same text: nothing is lost, and no bracket is missing."""
    expression = parse(text)
    printed = text_of(expression)
    assert parse(printed) == expression
    assert text_of(parse(printed)) == printed
    assert set(names(expression)) <= set(IDS)


@each(
    ("text", "printed"),
    [
        ("(m1+m2)+m1-(m2-m1)", "(m1 + m2) + m1 - (m2 - m1)"),
        ("m1&&m2||m1", "m1 AND m2 OR m1"),
        ("(m1||m2)&&m1", "(m1 OR m2) AND m1"),
        ("- (m1^2)", "-m1 ^ 2"),
        ("(-m1)^-2^2", "(-m1) ^ -2 ^ 2"),
        ("(m1^2)^2", "(m1 ^ 2) ^ 2"),
        ("METRICS('a\"b')", "METRICS('a\"b')"),
        ("SLICE([m1,m2],0.50, 1e2)", "SLICE([m1, m2], 0.5, 100)"),
    ],
)
def test_an_expression_is_printed_with_the_brackets_that_it_needs(text: str, printed: str) -> None:
    """In one way, however it was written."""
    assert text_of(parse(text)) == printed


REFUSED = [
    ("", 0, "unexpected end"), ("   ", 3, "unexpected end"), ("(m1", 3, r"unexpected end .*: expected \)"),
    ("m1 m2", 3, "operator or the end"), ("m1 +", 4, "unexpected end"), ("m1 + )", 5, "expected a number"),
    ("[]", 1, "expected a number"), ("[5]", 1, "must be time series"), ("sum(m1)", 0, "in capitals: SUM"),
    ("foo(m1)", 0, "in capitals"), ("FOO(m1)", 0, "does not exist"),
    ("M1 + m2", 0, "begin with a lower-case letter"), ("AVG", 0, "it is a function"),
    ("m1 and m2", 3, "AND, OR"), ("NOT m1", 0, "is not a valid id"), ("m1 = 2", 3, "not a valid operator"),
    ("m1 & m2", 3, "not a valid operator"), ("m1 | m2", 3, "not a valid operator"),
    ("!m1", 0, "not a valid operator"),
    ("m1 % 2", 3, "% is not supported"), ("m1 ? 1", 3, "not valid in metric math"),
    ('METRICS("a)', 8, "quote is not closed"),
    ("METRICS(\u201ca\u201d)", 8, "is not a valid quote"), ("'a' + m1", 0, "expected a number"),
    ("m1 + 1e999", 5, "too large"), ("m1 + \u0661", 5, "not valid in metric math"),
    ("SELECT AVG(CPU) FROM x", 0, "Metrics Insights"), ("METRICS(m1)", 8, "text in quotes"),
    ("ABS(1)", 4, r"ABS\(TS\)"), ("SUM(m1, m2)", 0, "2 arguments"), ("SUM()", 0, "0 arguments"),
    ("METRICS() * METRICS()", 12, "two arrays"), ("METRICS() > 1", 12, "an array"),
    ("IF(m1, METRICS())", 7, "does not accept"), ("IF(1, 2, 3)", 6, "does not accept"),
    ("IF(1, m1, 3)", 10, "does not accept"), ("PERIOD(m1 + 1)", 7, "id of a metric"),
    ("TIME_SERIES(m1)", 12, "does not accept"), ("SORT(METRICS(), DESC, AVG)", 16, "AVG | MIN"),
    ("SORT(METRICS(), AVG, REPEAT)", 21, "ASC | DESC"), ("FILL(m1, ASC)", 9, "REPEAT | LINEAR"),
    ("-REPEAT", 1, "is not a valid id"), ("FILL(m1, REPEAT + 1)", 16, r"expected \)"),
    ("SUM(REPEAT)", 4, "does not accept"), ("METRIC_COUNT(1)", 13, "does not accept"),
    ("[REPEAT]", 1, "must be time series"), ("(" * 51 + "m1" + ")" * 51, 51, "at most 50"),
    ("-" * 51 + "m1", 51, "at most 50"), ("2 ^ " * 51 + "m1", 204, "at most 50"),
    ("m1 + " * 500, 2048, "2048 characters"), ("m" * 256, 0, "255 characters"),
]  # fmt: skip


@each(("text", "position", "why"), REFUSED)
def test_what_cloudwatch_refuses_is_refused_with_reason_and_position(
    text: str, position: int, why: str
) -> None:
    """At the character where it goes wrong."""
    with pytest.raises(MathError, match=why) as caught:
        parse(text)
    assert caught.value.position == position


@each(
    ("text", "position", "why"),
    [
        ("m1 + m9", 5, "no metric or expression has the id m9; allowed: m1, m2"),
        ("AVG(m1)", 0, "not a scalar"), ("1 + 2", 0, "not a scalar"), ("[m1, m2]", 0, "an array"),
        ("METRICS() / 2", 0, "an array"),
        ("SUM(METRICS('x'))", 4, "METRICS matches no metric; allowed: m1, m2"),
        ("FIRST(m1)", 6, "does not accept TS here"),
        ("SUM(SEARCH('a', 'Sum'))", 4, "SEARCH is not supported"),
        ("SERVICE_QUOTA(m1)", 0, "cannot be computed"),
        ("LAST(ANOMALY_DETECTION_BAND(m1))", 5, "cannot be computed"),
        ("m1 + SUM(m1 > SUM([m1, m2]) > [m2])", 30, "an array"),
        ("FIRST(m1 + m2)", 6, "does not accept TS here"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused(text: str, position: int, why: str) -> None:
    """Before anything is."""
    with pytest.raises(MathError, match=why) as caught:
        parse(text) and computed(text, {"m1": [1.0], "m2": [2.0]})
    assert caught.value.position == position


@pytest.mark.slow
@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("m12()[],+-*/^<>=!&|.'\" AVGIFSUMeE", max_size=60)))
def test_any_text_is_parsed_or_refused_with_a_position(text: str) -> None:
    """No text makes the parser hang or crash."""
    assert outcome(text) in {"parsed", "refused"}


def test_the_deepest_and_the_longest_expressions_are_computed() -> None:
    """Within what is allowed, nothing is too much for the interpreter's stack."""
    for text in (
        "(" * 50 + "m1" + ")" * 50,
        "-" * 50 + "m1",
        "ABS(" * 50 + "m1" + ")" * 50,
        "m1" + "+m1" * 682,
    ):
        assert computed(text, {"m1": [1.0]})[0] in {1, 683}
        assert names(parse(text)) == ("m1",)
