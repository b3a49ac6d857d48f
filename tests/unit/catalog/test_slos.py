"""Objectives: burn rates, windows, guards, what is said, and the budget, computed as CloudWatch would."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from catalog.slos import TIERS, least_objective_percent
from catalog.specs import Alarm, AllOf, Composite, InAlarm, Math, Slo
from config.alarms import Slo as SloConfig
from config.models import Environment
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY, SLOS, changed, objectives
from tests.unit.config.configs import NEXT_LINE, Folder

WORKBOOK = {
    "fast-burn": (14.4, 3600, 300, 2, "critical"),
    "medium-burn": (6, 21_600, 1800, 5, "critical"),
    "slow-burn": (3, 86_400, 7200, 10, "warning"),
}
"""Tier -> burn rate, long and short window in s, per cent of a 30 days' budget used by then, severity."""

CASES = {
    slo.key: (env, slo, alarms, composites)
    for env, made in (EVERY["everything"], EVERY["prod"])
    for slo, alarms, composites in objectives(made)
}

Case = tuple[Environment, Slo, Mapping[str, Alarm], Mapping[str, Composite]]


def config_of(case: Case) -> SloConfig:
    """Return what config says of an objective."""
    return case[0].services[case[1].service].slos[case[1].name]


class Line(list[float | None]):
    """A time series; None where there is no datapoint."""

    def __sub__(self, other: Line) -> Line:
        """Subtract point by point, where both have one."""
        return Line(None if a is None or b is None else a - b for a, b in zip(self, other, strict=True))


def computed(of: Math, **inputs: Any) -> Any:
    """Return the value of an expression of metric math, for inputs by their ids."""
    functions = {
        "IF": lambda condition, then, otherwise: then if condition else otherwise,
        "FILL": lambda line, value: (
            Line(value if number is None else number for number in line)
            if isinstance(line, Line)
            else value
            if line is None
            else line
        ),
        # Of no datapoints at all there is no sum, and nothing can be computed with it.
        "SUM": lambda line: sum(found) if (found := [entry for entry in line if entry is not None]) else None,
        "TIME_SERIES": lambda value: value,
    }
    assert inputs.keys() == of.metrics.keys()
    return eval(of.expression, {"__builtins__": {}}, {**functions, **inputs})  # noqa: S307  # our own text


def events(of: Math, valid: float, bad: float) -> dict[str, float]:
    """Return the inputs of an objective with so many events, of which so many are bad."""
    return {"valid": valid, "fast": valid - bad} if "fast" in of.metrics else {"valid": valid, "bad": bad}


def test_the_tiers_are_those_of_the_workbook() -> None:
    """The Site Reliability Workbook, chapter 5; and what each has used up when it speaks."""
    assert {tier.key: (tier.burn_rate, tier.long_s, tier.short_s, tier.severity) for tier in TIERS} == {
        key: (rate, long_s, short_s, severity)
        for key, (rate, long_s, short_s, _, severity) in WORKBOOK.items()
    }
    for rate, long_s, short_s, per_cent, _ in WORKBOOK.values():
        assert rate * long_s / (30 * 86_400) * 100 == pytest.approx(per_cent)
        assert long_s == 12 * short_s


@each("case", CASES.values(), ids=CASES)
def test_an_objective_has_six_alarms_and_three_composites(case: Case) -> None:
    """One for each window; a composite asks for both, and only it notifies."""
    _, slo, alarms, composites = case
    assert alarms.keys() == {f"{tier}-{which}" for tier in WORKBOOK for which in ("long", "short")}
    assert list(composites) == list(WORKBOOK)
    assert slo.burn_rates == tuple(composite.key for composite in composites.values())
    for tier, (_, long_s, short_s, _, severity) in WORKBOOK.items():
        one = composites[tier]
        assert one.rule == AllOf(
            all_of=(InAlarm(alarm=f"{slo.key}-{tier}-long"), InAlarm(alarm=f"{slo.key}-{tier}-short"))
        )
        assert (one.topic, one.severity) == (severity, severity)
        assert one.service == slo.service
        for which, window_s in (("long", long_s), ("short", short_s)):
            alarm = alarms[f"{tier}-{which}"]
            assert (alarm.period_s, alarm.evaluation_periods, alarm.datapoints_to_alarm) == (window_s, 1, 1)
            assert (alarm.topic, alarm.comparison) == (None, "GreaterThanThreshold")


@each("case", CASES.values(), ids=CASES)
def test_a_burn_rate_fires_from_its_rate_on(case: Case) -> None:
    """Just above it, not at it and not below it; and all of the events being bad fires every tier."""
    config = config_of(case)
    budget = 1 - config.objective_percent / 100
    for tier, (rate, *_) in WORKBOOK.items():
        for which in ("long", "short"):
            alarm = case[2][f"{tier}-{which}"]
            assert isinstance(alarm.watches, Math)
            assert alarm.threshold == pytest.approx(rate * budget)
            assert alarm.threshold is not None
            assert alarm.threshold < 1, "it can fire"
            assert len(str(alarm.threshold)) <= 10, "no digits that binary fractions add"
            for share, fires in (
                (rate * budget * 1.01, True),
                (rate * budget * 0.99, False),
                (1, True),
                (0, False),
            ):
                value = computed(alarm.watches, **events(alarm.watches, 1e6, 1e6 * share))
                assert (value > alarm.threshold) == fires, (alarm.key, share)


@each("case", CASES.values(), ids=CASES)
def test_when_none_was_fast_every_tier_fires(case: Case) -> None:
    """CloudWatch has no datapoint then, and without one there would be no difference to compare."""
    if config_of(case).slower_than_ms is None:
        assert "fast" not in case[1].budget.metrics
        return
    for alarm in case[2].values():
        assert isinstance(alarm.watches, Math)
        assert computed(alarm.watches, valid=1e6, fast=None) == 1
    spent = computed(case[1].budget, valid=Line([2e6, None, 4e6]), fast=Line([None, None, None]))
    assert spent == pytest.approx(100 - 100 / (1 - config_of(case).objective_percent / 100))


@each("case", CASES.values(), ids=CASES)
def test_with_too_few_events_nobody_is_told(case: Case) -> None:
    """The longer window needs min_events; the shorter one its share of them, and at least one."""
    config = config_of(case)
    for tier, (_, long_s, short_s, *_) in WORKBOOK.items():
        for which, window_s in (("long", long_s), ("short", short_s)):
            alarm = case[2][f"{tier}-{which}"]
            least = max(1, round(config.min_events * window_s / long_s))
            assert isinstance(alarm.watches, Math)
            assert computed(alarm.watches, **events(alarm.watches, least, least)) == 1
            assert computed(alarm.watches, **events(alarm.watches, least - 0.5, least - 0.5)) == 0
            assert f"of at least {least} " in alarm.condition
            assert which == "short" or least == config.min_events


@each("case", CASES.values(), ids=CASES)
def test_it_says_how_fast_and_how_long(case: Case) -> None:
    """Burning N times too fast, gone in H hours: N in H hours is all of the window's budget."""
    config = config_of(case)
    for tier, (rate, *_) in WORKBOOK.items():
        for composite in (case[3][tier], case[2][f"{tier}-long"], case[2][f"{tier}-short"]):
            match = re.search(
                r"is above ([\d.]+); at this rate, the error budget is used up in ([\d.]+) hours",
                composite.summary,
            )
            assert match
            assert float(match[1]) == rate
            assert float(match[1]) * float(match[2]) == pytest.approx(
                config.window_days * 24, abs=rate * 0.05
            )
            assert composite.runbook == f"slo.md#{tier}"
        assert f"SLO: {case[1].summary}." in case[3][tier].description


@each("case", CASES.values(), ids=CASES)
def test_the_promise_is_said_in_numbers(case: Case) -> None:
    """At most so many per cent of which events may be what, in how many days."""
    config, says = config_of(case), case[1].summary
    words = "invocations|requests in the log|requests at the load balancer"
    match = re.fullmatch(rf"at most ([\d.]+) % of the ({words}) (.+) in (\d+) days", says)
    assert match
    assert float(match[1]) == pytest.approx(100 - config.objective_percent)
    assert int(match[4]) == config.window_days
    slow = re.fullmatch(r"take longer than ([\d.]+) ms", match[3])
    assert (float(slow[1]) if slow else None) == config.slower_than_ms


@each("case", CASES.values(), ids=CASES)
@each(("spent", "left"), [(0, 100), (0.25, 75), (1, 0), (2, -100)])
def test_the_budget_that_is_left_is_what_has_not_been_spent(case: Case, spent: float, left: float) -> None:
    """Over the whole time that is asked for, days without events and without bad ones included."""
    budget = case[1].budget
    bad_share = (1 - config_of(case).objective_percent / 100) * spent
    valid = Line([5e6, None, 2e6, 3e6])
    if "bad" in budget.metrics:
        # Load balancers report failures only when there are some.
        bad = Line([1e7 * bad_share, None, None, 0.0] if spent else [None] * 4)
    else:
        bad = Line([1e7 * bad_share, None, 0.0, 0.0])
    inputs = (
        {"valid": valid, "bad": bad} if "bad" in budget.metrics else {"valid": valid, "fast": valid - bad}
    )
    assert computed(budget, **inputs) == pytest.approx(left, abs=1e-3)
    assert budget.period_s == 86_400


COUNTED = {
    "payment-handler_slo-availability": (
        "AWS/Lambda",
        {"valid": ("Invocations", "Sum"), "bad": ("Errors", "Sum")},
    ),
    "payment-handler_slo-logged": ("logs", {"valid": ("Latency", "SampleCount"), "bad": ("Errors", "Sum")}),
    "payment-handler_slo-fine": (
        "AWS/Lambda",
        {"valid": ("Invocations", "Sum"), "bad": ("Errors", "Sum")},
    ),
    "payment-handler_slo-fast": (
        "AWS/Lambda",
        {"valid": ("Duration", "SampleCount"), "fast": ("Duration", "TC(:750)")},
    ),
    "payment-handler_slo-fast-log": (
        "logs",
        {"valid": ("Latency", "SampleCount"), "fast": ("Latency", "TC(:250.5)")},
    ),
    "order-processor_slo-orders": ("logs", {"valid": ("Latency", "SampleCount"), "bad": ("Errors", "Sum")}),
    "checkout-api_slo-requests": (
        "AWS/ApplicationELB",
        {"valid": ("RequestCount", "Sum"), "bad": ("HTTPCode_Target_5XX_Count", "Sum")},
    ),
    "checkout-api_slo-fast": (
        "AWS/ApplicationELB",
        {"valid": ("TargetResponseTime", "SampleCount"), "fast": ("TargetResponseTime", "TC(:0.25025)")},
    ),
    "checkout-api_slo-logged": ("logs", {"valid": ("Latency", "SampleCount"), "bad": ("Errors", "Sum")}),
}
"""What each objective counts, durations in the metric's own unit."""


def test_each_source_of_events_is_counted_by_its_metrics() -> None:
    """Invocations, requests at the load balancer, requests in the log; failures and durations."""
    env, made = EVERY["everything"]
    found: dict[str, Any] = {}
    for slo, alarms, _ in objectives(made):
        own = f"{env.project}/{env.environment}/{slo.service}"
        for of in (slo.budget, *(alarm.watches for alarm in alarms.values())):
            assert isinstance(of, Math)
            namespaces = {
                "logs" if metric.namespace == own else metric.namespace for metric in of.metrics.values()
            }
            counted = (
                namespaces.pop(),
                {key: (metric.name, metric.stat) for key, metric in of.metrics.items()},
            )
            assert namespaces == set()
            assert found.setdefault(slo.key, counted) == counted
    assert found == COUNTED
    assert sum(map(len, SLOS.values())) + 1 == len(COUNTED), "these, and the one of base.yaml"


def test_an_objective_counts_what_its_kind_counts_first() -> None:
    """Invocations of a function; requests at the load balancer, and in the log without one."""

    def change(data: dict[str, Any]) -> None:
        for service in data["services"].values():
            service["slos"] = {"plain": {"objective_percent": 99}}

    made = changed(change)[1]
    names = {slo.service: slo.budget.metrics["valid"].name for slo in made.slos}
    assert names == {
        "payment-handler": "Invocations", "order-processor": "Invocations", "checkout-api": "Latency", "inventory-worker": "Latency",
    }  # fmt: skip


HERE = f"config/prod.yaml:{NEXT_LINE}"
NEVER = "must be more than 93.0556: a burn rate of 14.4 would require {share} % bad events, so the alarm would never fire"


@pytest.mark.parametrize(
    ("service", "slo", "said"),
    [
        ("api", "objective_percent: 90", "objective_percent: " + NEVER.format(share=144) + " (found: 90)"),
        ("api", "objective_percent: 93.05", "objective_percent: " + NEVER.format(share=100.08) + " (found: 93.05)"),
        ("api", "objective_percent: 99.96", "objective_percent: must be at most 99.95 (found: 99.96)"),
        ("api", "objective_percent: 99, events: requests", "events: must be one of: invocations, logged-requests (found: requests)   did you mean logged-requests?"),
        ("api", "objective_percent: 99, events: invocation", "events: must be one of: invocations, logged-requests (found: invocation)   did you mean invocations?"),
        ("web-site", "objective_percent: 99, events: requests", "events: must be one of: logged-requests (found: requests)   did you mean logged-requests?"),
        ("web-site", "objective_percent: 99, events: invocations", "events: must be one of: logged-requests (found: invocations)"),
    ],
)  # fmt: skip
def test_an_objective_that_cannot_be_watched_is_refused(
    folder: Folder, service: str, slo: str, said: str
) -> None:
    """With what is allowed, and why."""
    folder.append("prod", f"services: {{{service}: {{slos: {{good: {{{slo}}}}}}}}}\n")
    assert folder.refusal() == [f"{HERE}: services.{service}.slos.good.{said}"]


@pytest.mark.parametrize("percent", [93.06, 93.1, 95, 99, 99.9, 99.95])
def test_an_objective_that_can_be_watched_is_taken(folder: Folder, percent: float) -> None:
    """From where on the fastest tier can fire, to where somebody can still act."""
    assert percent > least_objective_percent() == pytest.approx(100 - 100 / 14.4)
    folder.append("prod", f"services: {{api: {{slos: {{good: {{objective_percent: {percent}}}}}}}}}\n")
    assert folder.refusal() == []


def test_twenty_objectives_are_the_most(folder: Folder) -> None:
    """More would name the service's impact in more composites than CloudWatch allows."""
    slos = ", ".join(f"s{number}: {{objective_percent: 99}}" for number in range(21))
    folder.append("prod", f"services: {{api: {{slos: {{{slos}}}}}}}\n")
    (said,) = folder.refusal()
    assert said.startswith(
        f"{HERE}: services.api.slos: must have at most 20 entries, not 21 (found: a mapping of s0, s1"
    )
