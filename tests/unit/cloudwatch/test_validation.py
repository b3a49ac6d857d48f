"""What AWS refuses of alarms, composites and metric filters together, with where each was read and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from cloudwatch import validation
from cloudwatch.alarms import Actions, CompositeAlarm, Metric, MetricAlarm, Query, Statistic
from config.errors import ConfigError
from drill import checking, explanation
from drill.model import System
from drill.sources import catalog
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY
from tests.unit.drill.rehearsing import alarm, composite, held_by, log_filter, metric, refused, system

MATH = (Query("e", Statistic(metric("E"), "Sum", 60)), Query("i", Statistic(metric("I"), "Sum", 60)))


def said(of: System) -> list[str]:
    """Return what is said of a system."""
    return [str(problem) for problem in checking.problems(of)]


def math(expression: str, **changed: Any) -> MetricAlarm:
    """Return an alarm on an expression over two metrics."""
    return alarm("a", queries=(*MATH, Query("r", expression)), returned="r", **changed)


def periods(period_s: int, number: int) -> MetricAlarm:
    """Return an alarm that looks at so many periods."""
    return alarm("a", period_s=period_s, evaluation_periods=number)


@each("name", EVERY)
def test_nothing_is_wrong_with_what_the_project_makes(name: str) -> None:
    """No environment has an alarm or a filter that AWS would refuse."""
    assert said(catalog.system(*EVERY[name])) == []


TAKEN: Mapping[str, MetricAlarm] = {
    "five actions each": alarm("a", actions=Actions(("t",) * 5, ("t",) * 5, ("t",) * 5)),
    "thirty dimensions": alarm("a", Metric("N", "M", tuple((f"d{i:02}", "v") for i in range(30)))),
    "long names of a metric": alarm("a", Metric("n" * 255, "m" * 255)),
    "a unit that nothing contradicts": alarm(
        "a", queries=(Query("m", Statistic(metric(), "Sum", 60, "Milliseconds")),)
    ),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_aws_takes_is_taken(what: str) -> None:
    """Up to each limit."""
    assert said(system(TAKEN[what])) == []


def test_a_problem_says_where_the_alarm_was_read() -> None:
    """Or the alarm's name. What else is refused: see `tests/unit/test_one_validator.py`."""
    wrong = periods(60, 1441)
    says = "evaluation periods: 1441 periods of 60 s exceed the maximum of 86400 s for periods below one hour"
    assert said(system(replace(wrong, place="prod: aws_x.a"), alarm("b"))) == [f"prod: aws_x.a: {says}"]
    assert said(system(wrong)) == [f"alarm a: {says}"]


def test_two_alarms_have_two_names() -> None:
    """The second would replace the first."""
    twice = (replace(alarm("a"), place="x"), replace(composite("a", "TRUE"), place="y"), alarm("b"))
    assert said(system(*twice)) == [
        f"{place}: name: 2 alarms have this name; names must be unique" for place in ("x", "y")
    ]


MANY = " OR ".join(f"ALARM(a{number})" for number in range(101))
COMPOSITES: Mapping[str, tuple[CompositeAlarm, str]] = {
    "no rule": (composite("c", "ALARM(a) ANDD OK(a)"), "rule: character 10: ANDD is not a keyword"),
    "a rule of nobody": (composite("c", "ALARM(errrors)"), "errrors does not exist   did you mean errors?"),
    "a suppressor that is nobody": (
        composite("c", "ALARM(errors)", suppressor=held_by("nope")), "suppressor: alarm nope does not exist",
    ),
    "a circle": (composite("c", "ALARM(c)"), "rule: rules form a cycle: c -> c: "),
    "too long": (
        composite("c", "ALARM(errors)" + " " * 10_240),
        "rule: character 10241: the rule must have at most 10240 characters (found: 10253)",
    ),
    "too many elements": (
        composite("c", " OR ".join(["ALARM(errors)"] * 167)), "rule: the rule must have at most 500 elements",
    ),
    "itself as suppressor": (
        composite("c", "ALARM(errors)", suppressor=held_by("c")), "an alarm cannot suppress itself",
    ),
    "too long a description": (
        composite("c", "ALARM(errors)", description="x" * 1025), "description: must have at most 1024",
    ),
    "six actions": (composite("c", "ALARM(errors)", Actions(("t",) * 6)), "actions: must be at most 5"),
    "too long a name": (composite("c" * 256, "ALARM(errors)"), "name: must have 1 to 255"),
}  # fmt: skip


@each("what", COMPOSITES)
def test_a_composite_that_aws_refuses_is_refused(what: str) -> None:
    """Its rule with the character, and alarms that are not there with the one that was perhaps meant."""
    wrong, text = COMPOSITES[what]
    (found,) = said(system(alarm("errors"), replace(wrong, place="f.json: 1")))
    assert found.startswith("f.json: 1: ")
    assert text in found


def test_a_rule_has_at_most_a_hundred_alarms() -> None:
    """A hundred are taken."""
    alarms = [alarm(f"a{number}") for number in range(101)]
    assert said(system(*alarms, composite("c", MANY))) == [
        "alarm c: rule: the rule must have at most 100 alarms (found: 101)"
    ]
    assert said(system(*alarms, composite("c", MANY.removesuffix(" OR ALARM(a100)")))) == []


def test_an_alarm_is_in_at_most_150_composites() -> None:
    """However many alarms they name besides."""
    composites = [composite(f"c{number}", "ALARM(a)") for number in range(151)]
    assert said(system(alarm("a"), *composites)) == [
        "alarm a: name: must be in the rules of at most 150 composite alarms (found: 151)"
    ]
    assert said(system(alarm("a"), *composites[:150])) == []


def test_where_a_prefix_was_read_the_rest_may_be_elsewhere() -> None:
    """It is refused all the same, and said how to read more."""
    of = system(composite("shop-c", "ALARM(shop-a) OR ALARM(other)"), alarm("shop-a"), prefix="shop-")
    (found,) = said(of)
    assert found.startswith("alarm shop-c: rule: alarm other does not exist among those whose names begin")
    assert found.endswith("begin with shop-: use a prefix of all alarms, or none (--prefix)")


def test_filters_are_looked_at_and_their_groups() -> None:
    """Patterns with the character; whatever else PutMetricFilter refuses; five with regular expressions."""
    regexes = [log_filter("%x%", f"F{number}", group="/cart") for number in range(6)]
    filters = (
        replace(log_filter("{ $.a = }"), place="p: f.one"),
        replace(log_filter("ERROR", "B", value="$.x"), place="p: f.two"),
        log_filter("{ $.a = 1 }", "C", default_value=0.0, dimensions=(("a", "$.a"),)),
        log_filter("ERROR", "D"),
        *regexes,
    )
    found = said(system(alarm(), filters=filters))
    assert [text.partition(": expected")[0] for text in found[:1]] == ["p: f.one: pattern: character 9"]
    assert found[1] == "p: f.two: $.x has no value: a pattern of terms has no fields"
    assert "a default value is not allowed with dimensions" in found[2]
    assert found[3].startswith(
        "log group /cart: must have at most 5 metric filters with a regular expression"
    )
    assert len(found) == 4


@pytest.mark.parametrize(("asks", "publishes", "wrong"), [
    ("Count", "None", True), ("Milliseconds", "Seconds", True), ("Milliseconds", "Milliseconds", False),
    (None, "Milliseconds", False),
])  # fmt: skip
def test_an_alarm_asks_for_the_unit_that_is_published(
    asks: str | None, publishes: str, *, wrong: bool
) -> None:
    """It sees samples of its unit only, and would stay in INSUFFICIENT_DATA for ever."""
    of = Metric("Logs", "Errors")
    watching = alarm("a", queries=(Query("m", Statistic(of, "Sum", 60, asks)),))
    found = [
        f"{problem.subject}: {problem}"
        for problem in validation.problems((watching,), filters=(log_filter(unit=publishes),))
    ]
    text = f"alarm a: unit: must be {publishes}, as metric filter /pay-Errors publishes (found: {asks})"
    assert [name.partition(": the alarm would")[0] for name in found] == ([text] if wrong else [])
    assert said(system(watching, filters=(log_filter(unit=publishes),))) == []  # a rehearsal shows it


def test_a_rehearsal_is_refused_with_all_that_is_wrong() -> None:
    """Before anything else is looked at."""
    of = system(periods(60, 1441), composite("c", "ALARM(x)"), filters=(log_filter("{"),))
    found = refused(of, {"metric": "Nothing", "value": 1})
    assert len(found) == 3
    assert [text.partition(":")[0] for text in found] == [
        "metric filter /pay-Errors of /pay", "alarm a", "alarm c",
    ]  # fmt: skip


def test_of_some_alarms_only_those_are_looked_at() -> None:
    """One bad rule is no reason to say nothing of other alarms."""
    of = system(
        alarm("good"), periods(60, 1441), composite("bad", "ALARM("), composite("fine", "ALARM(good)")
    )
    checking.check_alarms(of, ["good", "fine"])
    for name in ("a", "bad"):
        with pytest.raises(ConfigError, match=f"^alarm {name}: [^\n]+$"):
            checking.check_alarms(of, ["good", name])


def test_an_alarm_is_explained_although_the_rule_of_another_is_none() -> None:
    """And it is said that nobody knows whether that one names it; the bad one itself is refused."""
    of = system(alarm("good"), composite("parent", "ALARM(good)"), composite("bad", "ALARM(good"))
    facts = {fact.label: fact.text for fact in explanation.explain(of, "good", extra=2)}
    assert facts["Part of"] == "parent"
    assert facts["Not valid"] == "rule of bad, which may contain this alarm"
    with pytest.raises(ConfigError, match=r"^alarm bad: rule: character 11: "):
        explanation.explain(of, "bad", extra=2)
    whole = explanation.explain(replace(of, composites=of.composites[:1]), "good", extra=2)
    assert "Not valid" not in [fact.label for fact in whole]
