"""Printer of rules in a normal form: names in quotes, one blank between words."""

from __future__ import annotations

import re
from typing import Final

from cloudwatch.rules.steps import And, AtLeast, Group, In, Not, Rule, Truth

_OR, _AND, _NOT, _ATOM = range(4)
"""Precedence of operators, from weak to strong."""

_ESCAPED: Final = re.compile(r'["\\]')


def text_of(rule: Rule) -> str:
    """Return the text of a rule; parsing it again gives the same rule.

    A rule that was not parsed, and has no `Group` where the precedence requires one, gets parentheses there.
    """
    parts: list[tuple[int, str]] = []
    for step in rule.steps:
        if isinstance(step, In):
            parts.append((_ATOM, f"{step.state}({_quoted(step.alarm)})"))
        elif isinstance(step, Truth):
            parts.append((_ATOM, "TRUE" if step.value else "FALSE"))
        elif isinstance(step, AtLeast):
            parts.append((_ATOM, _at_least(step)))
        elif isinstance(step, Group):
            parts.append((_ATOM, f"({parts.pop()[1]})"))
        elif isinstance(step, Not):
            parts.append((_NOT, f"NOT {_within(parts.pop(), _NOT)}"))
        else:
            word, strength = ("AND", _AND) if isinstance(step, And) else ("OR", _OR)
            joined = [_within(part, strength) for part in parts[-step.operands :]]
            parts[-step.operands :] = [(strength, f" {word} ".join(joined))]
    return parts[0][1]


def _within(part: tuple[int, str], least: int) -> str:
    """Return an operand, in parentheses if its precedence is lower than that of its operator."""
    strength, text = part
    return text if strength >= least else f"({text})"


def _at_least(step: AtLeast) -> str:
    number = f"{step.number}{'%' if step.percent else ''}"
    condition = f"{'NOT ' if step.negated else ''}{step.state}"
    return f"AT_LEAST({number}, {condition}, ({', '.join(map(_quoted, step.alarms))}))"


def _quoted(name: str) -> str:
    """Return an alarm's name in quotes."""
    escaped = _ESCAPED.sub(r"\\\g<0>", name)
    return f'"{escaped}"'
