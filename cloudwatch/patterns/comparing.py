r"""Compilation of comparisons into predicates of one value.

Filter pattern syntax, JSON and space-delimited log events. `=` and `!=` compare with text, a number or a
regular expression, the others with numbers only. Text in double quotes compares as text, so that `"123.0"` is
not 123; a bare number compares by value, so that `123.0` is (both recorded on AWS). `*` at the beginning or
end of text is a wildcard, in its middle a literal: `Ev*ent` matches `Ev*ent` only (an older edition).

A value that is an object or a list matches neither `=` nor `!=`; nor does one that is missing, nor null,
which has no value. True and false compare by their text, as value nodes of JSON; for null and these the guide
has `IS`, and nothing else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from cloudwatch.patterns import regex
from cloudwatch.patterns.model import Number, Operand, Regex
from cloudwatch.patterns.scalars import number, number_of, text_of_scalar

Test = Callable[[Any], bool]
"""A predicate of a JSON value: string, number, Boolean, null, object or list."""

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def comparing(sign: str, operand: Operand) -> Test:
    """Return whether a value compares with `operand` as `sign` says."""
    if isinstance(operand, Number):
        return _numeric(sign, number(operand.text))
    matches = regex.searcher(operand.text) if isinstance(operand, Regex) else _textual(operand.text)
    expected = sign == "="

    def test(value: Any) -> bool:  # noqa: ANN401  # JSON is anything
        if value.__class__ is str:
            return matches(value) is expected
        if value is None or isinstance(value, dict | list):
            return False
        return matches(text_of_scalar(value) or "") is expected

    return test


def wildcards(text: str) -> tuple[bool, str, bool]:
    """Return whether any text may precede, the literal text, and whether any text may follow it."""
    before, behind = text.startswith("*"), text.endswith("*")
    return before, text[before : len(text) - behind], behind


def _textual(text: str) -> Callable[[str], bool]:
    before, core, behind = wildcards(text)
    if before and behind:
        return lambda value: core in value
    if before:
        return lambda value: value.endswith(core)
    if behind:
        return lambda value: value.startswith(core)
    return lambda value: value == core


def _numeric(sign: str, expected: float) -> Test:
    compare = _OPERATORS[sign]
    unequal = sign == "!="

    def test(value: Any) -> bool:  # noqa: ANN401  # JSON is anything
        if value is None or isinstance(value, dict | list):
            return False
        converted = number_of(value)
        return unequal if converted is None else compare(converted, expected)

    return test
