"""What a pattern means, said as plainly as possible and as slowly as need be.

Shares the pattern's values with the engine, and nothing else: it reads JSON, splits lines, compares and
searches in its own way. The engine's compiled functions are held against it.
"""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

from cloudwatch.patterns.model import (
    And,
    Comparison,
    Delimited,
    Expression,
    Field,
    Gap,
    Is,
    JsonPath,
    JsonPattern,
    NotExists,
    Number,
    Or,
    Pattern,
    Regex,
    Text,
    Wild,
)

_ABSENT = object()


def meets(pattern: Pattern, event: str) -> bool:
    """Return whether an event matches."""
    if isinstance(pattern, JsonPattern):
        document = _object(event)
        return document is not None and _json(pattern.condition, document)
    if isinstance(pattern, Delimited):
        return _delimited(pattern, event) is not None
    there = {
        sign: [_occurs(term.what, event) for term in pattern.terms if term.sign == sign]
        for sign in ("", "-", "?")
    }
    if there["?"] and not there[""] and not there["-"]:
        return any(there["?"])
    return all(there[""]) and not any(there["-"])


def fields(pattern: Delimited, event: str) -> dict[str, str]:
    """Return what an event's fields are called and hold; nothing for an event that does not match."""
    found = _delimited(pattern, event) or []
    return {f"${name or position}": text for position, (name, text) in enumerate(found, 1)}


def _occurs(what: str | Regex, event: str) -> bool:
    return search(what.text, event) if isinstance(what, Regex) else what.strip() == "" or what in event


def search(regex: str, text: str) -> bool:
    """Return whether an expression of CloudWatch Logs' syntax matches, by Python's own reading of it."""
    in_brackets = False
    translated = []
    at = 0
    while at < len(regex):
        part = regex[at : at + 2] if regex[at] == "\\" else regex[at]
        at += len(part)
        if part == "[":
            in_brackets = True
            if regex[at : at + 1] == "^":
                part, at = "[^", at + 1
        elif part == "]":
            in_brackets = False
        elif part == "$" and not in_brackets:
            part = r"\Z"
        elif in_brackets and part in "|&~[":
            part = "\\" + part
        translated.append(part)
    source = "".join(translated).replace("{,", "{0,")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `--` in brackets means what it always did
        return re.search(source, text, re.ASCII | re.DOTALL) is not None


def _object(event: str) -> dict[str, Any] | None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        document = json.loads(event, parse_constant=refuse)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _json(expression: Expression, document: dict[str, Any]) -> bool:
    if isinstance(expression, And):
        return all(_json(comparison, document) for comparison in expression.parts)
    if isinstance(expression, Or):
        return any(_json(comparison, document) for comparison in expression.parts)
    assert isinstance(expression.selector, JsonPath)
    found = [document]
    for step in expression.selector.steps:
        found = [child for entry in found for child in _children(entry, step)]
    if isinstance(expression, NotExists):
        return found == []
    if isinstance(expression, Is):
        return any(json.dumps(entry) == expression.what.lower() for entry in found)
    return any(_compares(entry, expression) for entry in found)


def _children(value: Any, step: str | int | Wild) -> list[Any]:
    if isinstance(value, dict):
        if step is Wild.FIELD:
            return list(value.values())
        return [child for key, child in value.items() if key == step]
    if isinstance(value, list):
        if step is Wild.ELEMENT:
            return value
        return [child for at, child in enumerate(value) if isinstance(step, int) and at == step]
    return []


def _compares(value: Any, comparison: Comparison) -> bool:
    if value is None or isinstance(value, dict | list):
        return False
    text = value if isinstance(value, str) else json.dumps(value).replace("Infinity", "inf")
    operand = comparison.operand
    if isinstance(operand, Text):
        star = ".*"
        begins, ends = operand.text[:1] == "*", operand.text[-1:] == "*" and len(operand.text) > 1
        core = operand.text[begins : len(operand.text) - ends]
        expected = (star if begins else "") + re.escape(core) + (star if ends else "")
        if operand.text == "*":
            expected = star
        same = re.fullmatch(expected, text, re.DOTALL) is not None
    elif isinstance(operand, Regex):
        same = search(operand.text, text)
    else:
        return _numbers(text if isinstance(value, str | bool) else value, comparison.operator, operand)
    return same if comparison.operator == "=" else not same


def _numbers(value: Any, operator: str, operand: Number) -> bool:
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?(\d+|\d*\.\d+)([eE][+-]?\d+)?", value, re.ASCII):
            return operator == "!="
        value = _exact(value)
    wanted = _exact(operand.text)
    answers: dict[str, bool] = {
        "=": value == wanted,
        "!=": value != wanted,
        "<": value < wanted,
        "<=": value <= wanted,
        ">": value > wanted,
        ">=": value >= wanted,
    }
    return answers[operator]


def _exact(text: str) -> float:
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _delimited(pattern: Delimited, event: str) -> list[tuple[str | None, str]] | None:
    """Return each field's name and text, None for an event that does not match."""
    words = _words(event)
    wanted = [field for field in pattern.fields if isinstance(field, Field)]
    if len(words) < len(wanted):
        return None
    spare = len(words) - len(wanted)
    if not pattern.fields:
        found: list[tuple[Field, str]] = [(Field(), text) for _, text in words]
    elif Gap() in pattern.fields:
        at = pattern.fields.index(Gap())
        filled = [*wanted[:at], *[Field()] * spare, *wanted[at:]]
        found = list(zip(filled, [text for _, text in words], strict=True))
    else:
        texts = [text for _, text in words[: len(wanted)]]
        if spare:
            texts[-1] = event[words[len(wanted) - 1][0] :].rstrip(" \t\r\n\f\v")
        found = list(zip(wanted, texts, strict=True))
    if all(field.condition is None or _on_text(field.condition, text) for field, text in found):
        return [(field.name, text) for field, text in found]
    return None


def _on_text(expression: Expression, text: str) -> bool:
    if isinstance(expression, And):
        return all(_on_text(comparison, text) for comparison in expression.parts)
    if isinstance(expression, Or):
        return any(_on_text(comparison, text) for comparison in expression.parts)
    assert isinstance(expression, Comparison)
    return _compares(text, expression)


def _words(event: str) -> list[tuple[int, str]]:
    """Return where each field of an event begins, and its text."""
    found = []
    at = 0
    while at < len(event):
        if event[at] in " \t\r\n\f\v":
            at += 1
            continue
        whole = re.match(r'"([^"]*)"|\[([^\]]*)\]|[^ \t\r\n\f\v]+', event[at:])
        assert whole
        text = next((group for group in whole.groups() if group is not None), whole.group())
        found.append((at, text))
        at += whole.end()
    return found
