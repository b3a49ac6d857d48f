"""An alarm in words: everything that is said of it is what the engine does, for every alarm there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from cloudwatch import evaluation
from cloudwatch.alarms import TREATMENTS, Actions, Metric, MetricAlarm, Query, Statistic
from cloudwatch.distribution import Floats
from cloudwatch.evaluation import Settings
from cloudwatch.series import Series
from cloudwatch.states import State
from drill import durations, explanation
from drill.grid import Grid
from drill.metric_alarms import MetricAlarms
from drill.model import System
from drill.selection import UnknownNameError
from drill.sources import catalog
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY
from tests.unit.drill.rehearsing import PAGES, TICKETS, alarm, banded, composite, held_by, metric, system

EXTRA = 2
SYSTEMS = {name: catalog.system(*made) for name, made in EVERY.items()}
HOUR_S = 3600


def facts(of: System, name: str) -> dict[str, list[str]]:
    """Return what is said, by label; lines without one belong to the label above."""
    found: dict[str, list[str]] = {}
    label = ""
    for fact in explanation.explain(of, name, extra=EXTRA):
        label = fact.label or label
        found.setdefault(label, []).append(fact.text)
    return found


def plain(metric_alarm: MetricAlarm, stat: str = "Maximum") -> MetricAlarm:
    """Return an alarm that is evaluated in the same way, on one metric that is 0 or 1."""
    return replace(
        metric_alarm,
        queries=(Query("m", Statistic(metric(), stat, metric_alarm.period_s)),),
        returned="m",
        threshold=0.5,
        comparison="GreaterThanThreshold",
    )


def kinds() -> Iterator[tuple[str, MetricAlarm]]:
    """Yield one alarm of each way of evaluating that there is in any environment, and some that are not."""
    seen = set()
    made = [
        alarm(period_s=period_s, evaluation_periods=n, datapoints_to_alarm=m, treat_missing_data=missing)
        for period_s, n, m in (
            (10, 3, 2),
            (60, 5, 3),
            (300, 4, 4),
            (HOUR_S, 30, 3),
            (86_400, 2, 1),
            (120, 1, 1),
        )
        for missing in TREATMENTS
    ]
    for metric_alarm in (*made, *(two for drawn in SYSTEMS.values() for two in drawn.alarms)):
        key = (
            metric_alarm.period_s,
            metric_alarm.evaluation_periods,
            metric_alarm.datapoints_to_alarm,
            metric_alarm.treat_missing_data,
        )
        if key not in seen:
            seen.add(key)
            yield "-".join(map(str, key)), plain(metric_alarm)


KINDS = dict(kinds())


class Switched:
    """A metric that is 0, 1, or not there."""

    def __init__(self, grid: Grid, values: Floats) -> None:
        self._series = Series.of_values(values, start_s=grid.first_s, step_s=grid.step_s)

    def series(self, metric: Metric, unit: str | None = None) -> Series:
        """Return it, whichever is asked for."""
        del metric, unit
        return self._series

    def band(self, alarm: str) -> None:
        """Return no band."""
        del alarm


def simulated(metric_alarm: MetricAlarm, before: float, after: float, stat: str) -> list[tuple[float, State]]:
    """Return when an alarm changes after a metric does, in seconds, on the hour."""
    step_s = min(60, metric_alarm.period_s)
    length_s = (metric_alarm.evaluation_periods + EXTRA) * metric_alarm.period_s + HOUR_S
    first_s = -(-length_s // HOUR_S) * HOUR_S
    grid = Grid(0, first_s, step_s, (first_s + 2 * length_s + HOUR_S) // step_s)
    values = np.where(grid.t < 0, before, after)
    changes = MetricAlarms(grid, Switched(grid, values), EXTRA).changes(plain(metric_alarm, stat), {})
    return [(change.at_s - first_s, change.new) for change in changes if change.at_s > first_s]


def told_s(text: str) -> list[float]:
    """Return the durations of "5m after the first breach", or "1m to 5m after the first breach: …"."""
    found = re.match(r"(\S+)(?: to (\S+))? after ", text)
    assert found, text
    return [durations.seconds(group) for group in found.groups() if group]


@each("name", KINDS)
def test_it_fires_and_ends_when_it_says(name: str) -> None:
    """At the earliest for what breaches with a part of its period, at the latest for what needs all of it."""
    one = KINDS[name]
    said = facts(system(one), one.name)
    hourly = one.evaluated_every_s == HOUR_S
    for label, before, after, quick, late in (
        ("Fires", 0, 1, "Maximum", "Minimum"),
        ("Ends", 1, 0, "Minimum", "Maximum"),
    ):
        wanted = "ALARM" if label == "Fires" else "OK"
        span = told_s(said[label][0])
        assert ("every hour" in said[label][0]) is hourly
        for stat, expected in ((quick, span[0]), (late, span[-1])):
            ((at_s, state), *_) = simulated(one, before, after, stat)
            assert state == wanted
            if hourly:
                # The trouble begins on the hour here, and may begin right before it or right after it.
                assert span[0] <= at_s <= span[-1]
            else:
                assert at_s == expected


@each("name", KINDS)
def test_gaps_do_what_it_says(name: str) -> None:
    """Without any data, and when data stops, in OK and in ALARM."""
    one = KINDS[name]
    (treatment, *cases) = facts(system(one), one.name)["No data"]
    assert f"({one.treat_missing_data})" in treatment
    begins: tuple[tuple[str, float, State], ...] = (
        ("never any data", np.nan, "INSUFFICIENT_DATA"),
        ("data stops while OK", 0, "OK"),
        ("data stops in ALARM", 1, "ALARM"),
    )
    assert len(cases) == len(begins)
    for case, (words, before, state) in zip(cases, begins, strict=True):
        start, _, moves = case.partition(": ")
        assert start == words
        if words == "never any data":
            continue
        changes = simulated(one, before, np.nan, "Maximum")
        if not changes:
            assert moves == f"stays in {state}"
        elif one.evaluated_every_s == 60 or one.period_s % HOUR_S == 0:
            assert moves == ", then ".join(f"{new} after {durations.text_of(at_s)}" for at_s, new in changes)


def expressions() -> Iterator[tuple[str, MetricAlarm]]:
    """Yield one alarm of each expression that there is in any environment, with each way of evaluating it."""
    seen = set()
    for metric_alarm in (
        two for drawn in SYSTEMS.values() for two in drawn.alarms if two.threshold is not None
    ):
        texts = tuple(query.asks for query in metric_alarm.queries if isinstance(query.asks, str))
        key = (
            texts,
            metric_alarm.period_s,
            metric_alarm.evaluation_periods,
            metric_alarm.datapoints_to_alarm,
            metric_alarm.treat_missing_data,
        )
        if key not in seen:
            seen.add(key)
            yield metric_alarm.name, metric_alarm


EXPRESSIONS = {**KINDS, **dict(expressions())}


@each("name", EXPRESSIONS)
def test_without_any_data_it_becomes_what_it_says(name: str) -> None:
    """At its first evaluation, or never; also if its expression makes values of nothing."""
    one = EXPRESSIONS[name]
    told = (
        facts(system(one), one.name)["No data"][1].removeprefix("never any data: ").replace("within", "after")
    )
    step_s = min(60, one.period_s)
    grid = Grid(0, 0, step_s, 6 * HOUR_S // step_s)
    changes = MetricAlarms(grid, Switched(grid, np.full(grid.steps, np.nan)), EXTRA).changes(one, {})
    states = [f"{change.new} after {durations.text_of(change.at_s)}" for change in changes]
    assert told == (", then ".join(states) or "stays in INSUFFICIENT_DATA")


FILLED = {
    name: expression
    for name, expression in EXPRESSIONS.items()
    if expression.period_s * expression.evaluation_periods <= 2 * HOUR_S
    and any("FILL" in query.asks for query in expression.queries if isinstance(query.asks, str))
}


@each("name", FILLED)
def test_expressions_that_fill_gaps_do_what_it_says_when_data_stops(name: str) -> None:
    """In the same order, and not later; exactly then if nothing but the gap decides."""
    one = FILLED[name]
    said = facts(system(one), one.name)["No data"]
    length_s = (one.evaluation_periods + EXTRA) * one.period_s + HOUR_S
    first_s = -(-length_s // HOUR_S) * HOUR_S
    grid = Grid(0, first_s, 60, (first_s + 2 * length_s) // 60)
    tried = 0
    for state, told in (("OK", said[2]), ("ALARM", said[3])):
        for value in (0.0, 1.0, 3.0, 1000.0, 1e7):
            stops = Switched(grid, np.where(grid.t < 0, value, np.nan))
            changes = MetricAlarms(grid, stops, EXTRA).changes(one, {})
            before = [change.new for change in changes if change.at_s <= first_s]
            if not before or before[-1] != state:
                continue
            tried += 1
            after = [(change.new, change.at_s - first_s) for change in changes if change.at_s > first_s]
            # What the last evaluation compared, when there had been nothing for long.
            nothing = bool(np.isnan(MetricAlarms(grid, stops, EXTRA).line(one, {}).values[-1]))
            assert bool(re.search(r"the expression is \d+, which ", said[0])) is not nothing
            promised = re.findall(r"(OK|ALARM|INSUFFICIENT_DATA) (?:after|within) (\w+)", told)
            assert [new for new, _ in promised] == [new for new, _ in after]
            for (_, text), (_, at_s) in zip(promised, after, strict=True):
                assert 0 < at_s <= durations.seconds(text)
                assert nothing or "IF(" in str(one.queries) or at_s == durations.seconds(text)
    assert tried


DRAWN = {"X": True, "0": False, "-": None}


@each("name", KINDS)
def test_every_drawn_example_is_what_the_engine_makes_of_it(name: str) -> None:
    """As the only datapoints of an alarm that was OK."""
    one = KINDS[name]
    length = one.evaluation_periods + EXTRA
    settings = Settings(one.evaluation_periods, one.datapoints_to_alarm, one.treat_missing_data)
    drawn = [text for text in facts(system(one), one.name)["Ends"] if "->" in text]
    assert bool(drawn) is (one.evaluation_periods > 1)
    assert len(drawn) == len(set(drawn))
    for text in drawn:
        marks, _, expected = text.partition("  ->  ")
        points = [DRAWN[mark] for mark in marks.split()]
        assert len(points) <= one.evaluation_periods
        state: State = "OK"
        for end in range(1, len(points) + 1):
            state = evaluation.evaluate([*[False] * length, *points[:end]][-length:], settings, state)
        assert state == expected
    if drawn:
        assert any(text.endswith("ALARM") for text in drawn)
        assert any(not text.endswith("ALARM") for text in drawn) or one.treat_missing_data == "breaching"


@pytest.mark.parametrize("name", ["local", "prod"])
def test_every_alarm_and_composite_can_be_explained(name: str) -> None:
    """With its condition, what it looks at and whom it tells."""
    of = SYSTEMS[name]
    for metric_alarm in of.alarms:
        said = facts(of, metric_alarm.name)
        assert said["Alarm"][0].startswith(f"{metric_alarm.name}, a metric alarm")
        (condition,) = said["Condition"]
        if metric_alarm.threshold is not None:
            assert float(condition.split()[1]) == metric_alarm.threshold
        assert (
            f"{metric_alarm.datapoints_to_alarm} of {metric_alarm.evaluation_periods} datapoints" in condition
            or (metric_alarm.evaluation_periods == 1 and "one datapoint" in condition)
        )
        assert len(said["Metric"]) == len(metric_alarm.queries)
        assert said["Evaluates"][0].startswith(f"{metric_alarm.evaluation_periods + EXTRA} datapoints")
        assert said["Notifies"]
        assert all(text and "\n" not in text for texts in said.values() for text in texts)
    for root in of.composites:
        said = facts(of, root.name)
        assert said["Alarm"][0].startswith(f"{root.name}, a composite")
        assert said["Fires"][0].startswith("while ")
        assert ("Suppressed" in said) is (root.suppressor is not None)
        assert said["Notifies"]


SHOP = system(
    alarm(
        "shop-errors-prod", threshold=2_000_000.0, unit="Count", evaluation_periods=3, datapoints_to_alarm=2
    ),
    alarm(
        "shop-alone-prod",
        metric("Alone"),
        service=None,
        actions=Actions(alarm=("arn:page", "arn:gone"), ok=("arn:page",)),
    ),
    alarm("shop-fallback-prod", metric("F"), actions=Actions(alarm=("arn:fallback",))),
    alarm("shop-deploying-prod", metric("Deployments"), stat="p99", low_samples="ignore", period_s=120),
    banded("shop-lonely-prod", comparison="LessThanLowerThreshold"),
    composite(
        "shop-impact-prod",
        '(ALARM("shop-errors-prod") OR NOT OK("shop-alone-prod"))',
        PAGES,
        suppressor=held_by("shop-deploying-prod"),
    ),
    composite("shop-part-prod", 'ALARM("shop-impact-prod")', TICKETS, service="pay"),
    short_names={
        f"{text}{end}": f"shop-{text}-prod"
        for text in ("errors", "alone", "impact", "deploying", "part")
        for end in ("-prod", "")
    },
)


def test_the_condition_is_told_as_people_write_it() -> None:
    """Large thresholds digit by digit; bands in words; what is watched, and which expression."""
    said = facts(SHOP, "errors")
    assert said["Alarm"] == ["shop-errors-prod, a metric alarm of pay"]
    assert said["Metric"] == ["Sum of N Errors Service=pay in 1m"]
    assert said["Condition"] == ["> 2000000 Count in 2 of 3 datapoints of 1m each"]
    assert said["Fires"] == ["2m after the first breach"]
    assert said["Ends"] == [
        "2m after the last breach",
        "X 0 X  ->  ALARM",
        "X - X  ->  ALARM",
        "X 0  ->  OK",
        "X -  ->  OK",
    ]
    assert facts(SHOP, "shop-lonely-prod")["Condition"] == ["below the band in one datapoint of 1m each"]
    queries = (Query("e", Statistic(metric(), "Sum", 60)), Query("r", "100 * e"))
    share = system(alarm(queries=queries, returned="r", threshold=0.1))
    assert facts(share, "errors")["Metric"] == ["100 * e", "e = Sum of N Errors Service=pay in 1m"]
    assert facts(share, "errors")["Condition"] == ["> 0.1 in one datapoint of 1m each"]


def test_whom_it_tells_is_said_for_each_topic() -> None:
    """When, and who subscribes; a topic that is not known by its ARN."""
    assert facts(SHOP, "alone")["Notifies"] == [
        "critical (alarms), when it enters ALARM or OK",
        "arn:gone, when it enters ALARM",
    ]
    assert facts(SHOP, "shop-fallback-prod")["Notifies"] == [
        "fallback (no subscriptions), when it enters ALARM"
    ]
    assert facts(SHOP, "errors")["Notifies"] == ["no topic"]
    assert facts(SHOP, "shop-lonely-prod")["Notifies"] == ["no topic, and is part of no composite"]


def test_what_it_is_part_of_and_what_it_silences_is_said() -> None:
    """By the short names."""
    assert facts(SHOP, "errors")["Part of"] == ["impact"]
    assert facts(SHOP, "impact")["Part of"] == ["part"]
    assert facts(SHOP, "deploying")["Suppresses"] == ["impact"]
    assert "Suppresses" not in facts(SHOP, "errors")
    assert "Part of" not in facts(SHOP, "deploying")
    assert facts(SHOP, "deploying")["Few samples"] == [
        "percentiles of too few samples do not change the state"
    ]


def test_a_composite_tells_its_rule_and_what_holds_it_back() -> None:
    """With short names in place of long ones."""
    said = facts(SHOP, "impact")
    assert said["Fires"] == ["while (ALARM(errors) OR NOT OK(alone))"]
    assert said["Suppressed"] == ["while deploying is in ALARM; wait period 1m, extension period 2m"]
    assert facts(SHOP, "part")["Alarm"] == ["shop-part-prod, a composite alarm of pay"]


def test_what_is_not_there_cannot_be_explained() -> None:
    """A sentence, with what was meant."""
    with pytest.raises(
        UnknownNameError, match=r"no such alarm in shop \(found: eror\)   did you mean errors\?"
    ):
        explanation.explain(SHOP, "eror", extra=EXTRA)
