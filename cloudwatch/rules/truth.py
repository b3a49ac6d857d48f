"""Evaluation of a rule: the alarms in it, and whether it is true.

Source: Amazon CloudWatch User Guide, "Composite alarms" (rule expressions).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloudwatch.rules.steps import And, AtLeast, In, Not, Or, Rule, Truth
from cloudwatch.states import FIRST, State


def holds(rule: Rule, states: Mapping[str, State]) -> bool:
    """Return whether a rule is true: the composite alarm is in ALARM then, and in OK otherwise.

    An alarm that is not in `states` has not been evaluated and is in INSUFFICIENT_DATA. A percentage refers
    to the alarms in AT_LEAST and is not rounded: 50 % of three requires two. CloudWatch does not document it.
    """
    values: list[bool] = []
    for step in rule.steps:
        if isinstance(step, In):
            values.append(states.get(step.alarm, FIRST) == step.state)
        elif isinstance(step, Truth):
            values.append(step.value)
        elif isinstance(step, AtLeast):
            values.append(_are_at_least(step, states))
        elif isinstance(step, Not):
            values.append(not values.pop())
        elif isinstance(step, And | Or):
            operands = values[-step.operands :]
            values[-step.operands :] = [all(operands) if isinstance(step, And) else any(operands)]
    return values[0]


def children(rule: Rule) -> tuple[str, ...]:
    """Return the names of the alarms in a rule, each once, in their order."""
    return tuple(dict.fromkeys(_references(rule)))


def _references(rule: Rule) -> Iterator[str]:
    for step in rule.steps:
        if isinstance(step, In):
            yield step.alarm
        elif isinstance(step, AtLeast):
            yield from step.alarms


def _are_at_least(step: AtLeast, states: Mapping[str, State]) -> bool:
    number = sum((states.get(alarm, FIRST) == step.state) != step.negated for alarm in step.alarms)
    if step.percent:
        return number * 100 >= step.number * len(step.alarms)
    return number >= step.number
