"""Parser and printer of selectors: `$.user.roles[0]`, `$.['cluster.name']`, `$size`, `$7`.

Filter pattern syntax, JSON log events, "Property selector": `$.`, then names of letters, digits, `-` and `_`;
list elements in brackets, counted from 0, after a name; names with other characters in `['…']`; `*` for any
element or any field, once in a selector. Names and numbers of fields: "Configuring metric values for a metric
filter", "named identifiers" and "numeric identifiers".
"""

from __future__ import annotations

import re

from cloudwatch.patterns.model import FieldName, FieldNumber, JsonPath, Selector, Wild
from cloudwatch.patterns.scanner import Scanner

NAME = re.compile(r"[A-Za-z0-9_-]+")
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_INDEX = re.compile(r"[0-9]{1,9}(?=\])")
_POSITION = re.compile(r"[1-9][0-9]{0,8}")


def selector(text: str) -> Selector:
    """Return a selector for a metric value or a dimension.

    Raises:
        PatternError: the syntax is not valid, or the selector has a wildcard, which is not one value.
    """
    scanner = Scanner(text.strip(" \t\r\n"))
    if scanner.sees("$."):
        path = json_path(scanner)
        if path.wild:
            message = "no wildcard is allowed in the selector of a value or dimension"
            raise scanner.error(message, 0)
        if not scanner.ended:
            raise scanner.expected("the end of the selector")
        return path
    if not scanner.take("$"):
        raise scanner.expected("a selector such as $.latency, $size or $3")
    if position := scanner.match(_POSITION):
        field: Selector = FieldNumber(int(position))
    else:
        field = FieldName(scanner.match(FIELD))
    if field == FieldName("") or not scanner.ended:
        raise scanner.expected("the name of a field (letters, digits, - and _) or its position from 1")
    return field


def json_path(scanner: Scanner) -> JsonPath:
    """Consume and return a selector.

    Raises:
        PatternError: it is missing or incomplete, or has a second wildcard.
    """
    start = scanner.at
    if not scanner.take("$"):
        raise scanner.expected("a selector such as $.level")
    if not scanner.sees("."):
        raise scanner.expected("a dot and a name after $, as in $.level")
    steps: list[str | int | Wild] = []
    while True:
        if scanner.take("."):
            steps.append(_after_dot(scanner))
        elif scanner.sees("['"):
            steps.append(_bracketed_name(scanner))
        elif scanner.take("["):
            steps.append(_element(scanner))
        else:
            break
    wildcards = sum(isinstance(step, Wild) for step in steps)
    if wildcards > 1:
        message = "a selector must have at most one wildcard"
        raise scanner.error(message, start)
    if wildcards:
        scanner.count_wildcard(start)
    return JsonPath(tuple(steps))


def _after_dot(scanner: Scanner) -> str | Wild:
    if scanner.take("*"):
        return Wild.FIELD
    if scanner.sees("['"):
        return _bracketed_name(scanner)
    if name := scanner.match(NAME):
        return name
    raise scanner.expected("a name of letters, digits, - and _ (others as in $.['cluster.name']) or *")


def _bracketed_name(scanner: Scanner) -> str:
    start = scanner.at
    end = scanner.text.find("']", start + 2)
    if end < 0:
        raise scanner.error("the bracket is never closed: expected a name in ['…']")
    if end == start + 2:
        raise scanner.error("expected a name between the single quotes")
    scanner.at = end + 2
    return scanner.text[start + 2 : end]


def _element(scanner: Scanner) -> int | Wild:
    if scanner.take("*]"):
        return Wild.ELEMENT
    if digits := scanner.match(_INDEX):
        scanner.at += 1
        return int(digits)
    raise scanner.expected("the position of an element from 0 and ], as in [0], or [*] or ['name']")


def text_of_path(path: JsonPath, *, compact: bool = False) -> str:
    """Return the text of a JSON selector; `compact` omits optional dots."""
    parts = ["$"]
    for number, step in enumerate(path.steps):
        if isinstance(step, Wild):
            parts.append(step.value)
        elif isinstance(step, int):
            parts.append(f"[{step}]")
        elif NAME.fullmatch(step):
            parts.append(f".{step}")
        else:
            parts.append(("" if compact and number else ".") + f"['{step}']")
    return "".join(parts)
