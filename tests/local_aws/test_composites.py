"""Composite alarms in the local AWS are evaluated as in the drill."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from cloudwatch import rules
from cloudwatch.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloudwatch.states import State

_CHILDREN = ("errors", 'a "quoted" one', "latency", "plain")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'


def _rule(chance: random.Random, depth: int) -> str:
    """Return a random rule, with every kind of expression."""
    kind = chance.choice(
        ("term", "term", "constant", "not", "and", "or", "brackets", "least") if depth else ("term",)
    )
    if kind == "term":
        return f"{chance.choice(STATES)}({_quoted(chance.choice(_CHILDREN))})"
    if kind == "constant":
        return chance.choice(("TRUE", "FALSE"))
    if kind == "least":
        children = chance.sample(_CHILDREN, chance.randint(1, len(_CHILDREN)))
        least = chance.choice((str(chance.randint(1, len(children))), "50%", "100%"))
        condition = chance.choice(("", "NOT ")) + chance.choice(STATES)
        return f"AT_LEAST({least}, {condition}, ({', '.join(map(_quoted, children))}))"
    first, second = _rule(chance, depth - 1), _rule(chance, depth - 1)
    return {
        "not": f"NOT ({first})",
        "brackets": f"({first})",
        "and": f"({first}) AND ({second})",
        "or": f"({first}) OR ({second})",
    }[kind]


def test_a_composite_is_in_the_state_that_the_drill_finds(client: Callable[[str], Any]) -> None:
    """MiniStack's parser, which the local AWS uses, agrees with the parser of the drill."""
    cloudwatch, chance = client("cloudwatch"), random.Random(7)  # noqa: S311 - the same rules every time
    for name in _CHILDREN:
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    actual, expected = [], []
    for _ in range(8):
        states: dict[str, State] = {name: chance.choice(STATES) for name in _CHILDREN}
        for name, state in states.items():
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")
        for _ in range(8):
            rule = _rule(chance, 3)
            cloudwatch.put_composite_alarm(AlarmName="composite", AlarmRule=rule)
            (row,) = cloudwatch.describe_alarms(AlarmNames=["composite"], AlarmTypes=["CompositeAlarm"])[
                "CompositeAlarms"
            ]
            actual.append((rule, row["StateValue"]))
            expected.append((rule, "ALARM" if rules.holds(rules.parse(rule), states) else "OK"))
    cloudwatch.delete_alarms(AlarmNames=["composite"])
    cloudwatch.delete_alarms(AlarmNames=[*_CHILDREN])
    assert actual == expected
    assert {state for _, state in actual} == {"ALARM", "OK"}
