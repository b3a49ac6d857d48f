r"""Texts without which an event cannot match a JSON pattern, so that most lines need not be parsed as JSON.

This never changes a result: JSON writes a character of a string literally or with a backslash (RFC 8259,
section 7). In an event without a backslash, keys and string values are in double quotes and unchanged. So a
condition that requires the key `level` with the value `ERROR` cannot be met by an event with neither
`"ERROR"` nor a backslash. A number may be written in several ways (`1e3`), so a value that could be the text
of a number requires its key only; true and false have no quotes. `NOT EXISTS` requires nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from cloudwatch.patterns.comparing import wildcards
from cloudwatch.patterns.joining import every, some
from cloudwatch.patterns.model import And, Comparison, Condition, Expression, JsonPath, NotExists, Or, Text

Possible = Callable[[str], bool]

_IN_NUMBERS = frozenset("0123456789+-.einf")
"""Characters of a number as Python prints it, `1e-05` and `inf` among them."""

_TRUTH = ("true", "false")


def possible(expression: Expression) -> Possible | None:
    """Return whether an event may match, as a function of its text; None if every event may."""
    has = _has(expression)
    if has is None:
        return None
    return lambda event: has(event) or "\\" in event


def _has(expression: Expression) -> Possible | None:
    if isinstance(expression, And):
        predicates = [function for function in map(_has, expression.parts) if function is not None]
        return every(predicates) if predicates else None
    if isinstance(expression, Or):
        predicates = [function for function in map(_has, expression.parts) if function is not None]
        return some(predicates) if len(predicates) == len(expression.parts) else None
    needle = _needle(expression)
    return None if needle is None else lambda event: needle in event


def _needle(condition: Condition) -> str | None:
    if isinstance(condition, NotExists) or not isinstance(condition.selector, JsonPath):
        return None
    if (
        isinstance(condition, Comparison)
        and condition.operator == "="
        and isinstance(condition.operand, Text)
    ):
        before, core, behind = wildcards(condition.operand.text)
        if not _IN_NUMBERS.issuperset(core):
            whole = not (before or behind) and core not in _TRUTH
            return f'"{core}"' if whole else core
    keys = [step for step in condition.selector.steps if isinstance(step, str)]
    return f'"{keys[-1]}"' if keys else None
