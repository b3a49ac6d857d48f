"""Printer of patterns; parsing the text gives the same pattern again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloudwatch.patterns.expressions import BARE
from cloudwatch.patterns.model import (
    And,
    Expression,
    Field,
    FieldName,
    Gap,
    Is,
    JsonPath,
    JsonPattern,
    NotExists,
    Number,
    Operand,
    Or,
    Pattern,
    Regex,
    Term,
    Terms,
)
from cloudwatch.patterns.scalars import NUMBER
from cloudwatch.patterns.selectors import text_of_path
from cloudwatch.quotas import PATTERN_CHARACTERS

_WORD = re.compile(r"[A-Za-z0-9_]+")
_NEEDS_ESCAPE = re.compile(r'\\(?=[\\"]|\Z)|"')


@dataclass(frozen=True, slots=True)
class Style:
    """The style of the text: readable, or compact."""

    compact: bool

    @property
    def gap(self) -> str:
        """Return the space around operators."""
        return "" if self.compact else " "


def text_of(pattern: Pattern) -> str:
    """Return the pattern as text, with spaces unless it would be too long for a pattern."""
    text = _text(pattern, Style(compact=False))
    return text if len(text) <= PATTERN_CHARACTERS else _text(pattern, Style(compact=True))


def _text(pattern: Pattern, style: Style) -> str:
    if isinstance(pattern, Terms):
        return " ".join(map(_term, pattern.terms))
    if isinstance(pattern, JsonPattern):
        return f"{{{style.gap}{expression_text(pattern.condition, style)}{style.gap}}}"
    return f"[{f',{style.gap}'.join(_field(field, style) for field in pattern.fields)}]"


def quoted(text: str) -> str:
    """Return a string in double quotes."""
    return '"' + _NEEDS_ESCAPE.sub(lambda found: "\\" + found.group(), text) + '"'


def _term(term: Term) -> str:
    if isinstance(term.what, Regex):
        return f"{term.sign}%{term.what.text}%"
    return term.sign + (term.what if _WORD.fullmatch(term.what) else quoted(term.what))


def _field(field: Field | Gap, style: Style) -> str:
    if isinstance(field, Gap):
        return "..."
    if field.condition is None:
        return field.name or ""
    return expression_text(field.condition, style)


def expression_text(expression: Expression, style: Style) -> str:
    """Return a condition as text, with the parentheses that it needs."""
    gap = style.gap
    if isinstance(expression, Or):
        return f"{gap}||{gap}".join(expression_text(comparison, style) for comparison in expression.parts)
    if isinstance(expression, And):
        parts = (
            f"({expression_text(comparison, style)})"
            if isinstance(comparison, Or)
            else expression_text(comparison, style)
            for comparison in expression.parts
        )
        return f"{gap}&&{gap}".join(parts)
    subject = _subject(expression.selector, style)
    if isinstance(expression, Is):
        return f"{subject} IS {expression.what}"
    if isinstance(expression, NotExists):
        return f"{subject} NOT EXISTS"
    return f"{subject}{gap}{expression.operator}{gap}{_operand(expression.operand, style)}"


def _subject(selector: JsonPath | FieldName, style: Style) -> str:
    return selector.name if isinstance(selector, FieldName) else text_of_path(selector, compact=style.compact)


def _operand(operand: Operand, style: Style) -> str:
    if isinstance(operand, Regex):
        return f"%{operand.text}%"
    if isinstance(operand, Number):
        return operand.text
    bare = style.compact and BARE.fullmatch(operand.text) and not NUMBER.fullmatch(operand.text)
    return operand.text if bare else quoted(operand.text)
