"""What alarms take of metric math, and everything that the catalog watches."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from pydantic import BaseModel

from catalog.specs import Math, Metric, Series
from cloudwatch.errors import MathError
from cloudwatch.maths import band_of, check_alarm, parse, text_of
from cloudwatch.maths.evaluation import evaluate, is_elementwise
from cloudwatch.series import constant
from cloudwatch.statistics import check_statistic, evaluations, sliding
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY


def watched(value: object) -> Iterator[Series]:
    """Yield all series in a part of the catalog, wherever they are."""
    if isinstance(value, Metric | Math):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from watched(getattr(value, name))
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from watched(entry)
    elif isinstance(value, tuple | list):
        for entry in value:
            yield from watched(entry)


@functools.cache
def all_watched(name: str) -> list[Series]:
    """Return everything that alarms, budgets and graphs of an environment watch."""
    return list(watched(EVERY[name][1]))


@each("name", EVERY)
def test_every_expression_of_the_catalog_is_taken_for_alarms_and_computed(name: str) -> None:
    """Printed it means the same; over a day of evaluations it has the result that it has for one."""
    expressions = {metric.expression: metric for metric in all_watched(name) if isinstance(metric, Math)}
    assert expressions
    for text, spec in expressions.items():
        expression = parse(text)
        check_alarm({**dict.fromkeys(spec.metrics), "result": expression}, "result")
        assert parse(text_of(expression)) == expression
        series = constant(20.0, start_s=0, steps=30)
        values = {id_: sliding(series, "Average", 60) for id_ in spec.metrics}
        seen = {id_: evaluations(numbers, 1, 5) for id_, numbers in values.items()}
        times_s = 60 * (np.arange(30)[:, None] - np.arange(4, -1, -1))
        found = evaluate(expression, seen, times_s, 60)
        assert not np.isnan(found[4:]).any(), text
        if is_elementwise(expression):
            once = evaluations(evaluate(expression, values, np.zeros(30), 60), 1, 5)
            np.testing.assert_array_equal(found, once)


@each("name", EVERY)
def test_every_statistic_of_the_catalog_is_known_and_has_a_datapoint(name: str) -> None:
    """Over alarms, budgets, graphs and the inputs of expressions."""
    metrics = {
        (metric.stat, metric.period_s)
        for item in all_watched(name)
        for metric in (item.metrics.values() if isinstance(item, Math) else (item,))
    }
    series = constant(20.0, start_s=0, steps=10)
    for stat, period_s in metrics:
        assert check_statistic(stat).text == stat
        assert not np.isnan(sliding(series, stat, period_s)).any()


def test_a_band_is_recognized_and_not_computed() -> None:
    """What it is about, and how wide it is: two standard deviations unless it says otherwise."""
    assert band_of(parse("ANOMALY_DETECTION_BAND(m1)")) == (parse("m1"), 2)
    assert band_of(parse("ANOMALY_DETECTION_BAND(m1 + m2, 2.5)")) == (parse("m1 + m2"), 2.5)
    assert band_of(parse("LAST(ANOMALY_DETECTION_BAND(m1))")) is None
    assert band_of(parse("m1")) is None
    with pytest.raises(MathError, match=r"must be a number .found: AVG"):
        band_of(parse("ANOMALY_DETECTION_BAND(m1, AVG(m1))"))
    check_alarm({"m1": None, "ad1": parse("ANOMALY_DETECTION_BAND(m1, 3)")}, "m1", band="ad1")


@pytest.mark.parametrize(
    ("queries", "watched", "band", "why"),
    [
        ({"m1": None, "e": "INSIGHT_RULE_METRIC('a', 'b')"}, "e", None, "e: INSIGHT_RULE_METRIC"),
        ({"m1": None, "e": "SERVICE_QUOTA(m1)"}, "e", None, "e: SERVICE_QUOTA is not supported"),
        ({"m1": None, "e": "METRICS()"}, "e", None, "e: an alarm must watch one time series"),
        ({"m1": None, "e": "AVG(m1)"}, "e", None, "e: the result must be a time series"),
        ({"m1": None}, "m2", None, "no metric or expression has the id m2; allowed: m1"),
        ({"m1": None}, "m1", "ad", "ad: the band of an alarm must be ANOMALY_DETECTION_BAND"),
    ],
)  # fmt: skip
def test_what_an_alarm_does_not_take_is_refused(
    queries: dict[str, str | None], watched: str, band: str | None, why: str
) -> None:
    """With the id of what is wrong; more rows are in `tests/support/invalid_alarms.py`."""
    parsed = {id_: None if text is None else parse(text) for id_, text in queries.items()}
    with pytest.raises(MathError, match=why) as caught:
        check_alarm(parsed, watched, band=band)
    assert caught.value.position is not None


def test_an_alarm_takes_as_much_as_is_allowed() -> None:
    """Ten metrics and ten expressions, a band among them."""
    metrics = {f"m{n}": None for n in range(10)}
    expressions = {f"e{n}": parse("SUM(METRICS())") for n in range(9)}
    check_alarm({**metrics, **expressions, "ad": parse("ANOMALY_DETECTION_BAND(m1)")}, "e1", band="ad")
