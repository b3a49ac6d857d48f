"""A second reader of rules, by regular expressions and substitution: slow, short, and of nobody's making.

It shares nothing with `cloudwatch.rules` except the grammar. It says whether a text is a rule, and whether it
holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_BLANK = r"[ \t\n\r\f\v]*"
_NAME = rf'{_BLANK}(?:"(?:[^"\\]|\\.)+"|[^ \t\n\r\f\v(),"][^ \t\n\r\f\v(),]*){_BLANK}'
_STATE = rf"{_BLANK}(?:ALARM|OK|INSUFFICIENT_DATA){_BLANK}"
_TERM = re.compile(
    rf"(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA){_BLANK}\((?P<name>{_NAME})\)"
    rf"|AT_LEAST{_BLANK}\({_BLANK}(?P<number>[0-9]+)(?P<percent>%?){_BLANK},"
    rf"(?P<negated>{_BLANK}NOT(?=[ \t\n\r\f\v]))?(?P<among>{_STATE}),{_BLANK}"
    rf"\((?P<names>{_NAME}(?:,{_NAME})*)\){_BLANK}\)"
    r"|(?P<truth>TRUE|FALSE)(?![^ \t\n\r\f\v(),]))",
    re.DOTALL,
)


class NoRuleError(Exception):
    """A text is no rule."""


def value(text: str, states: Mapping[str, str]) -> bool:
    """Return whether a rule holds.

    Raises:
        NoRuleError: it is none.
    """
    short = _shortened(text, states)
    before = ""
    while before != short:
        before = short
        short = re.sub(r"\(([01])\)", r"\1", short)
        short = re.sub(r"!([01])", lambda match: str(1 - int(match[1])), short)
        if before == short:
            # AND only where no operand of it has still to be worked out, then OR.
            short = re.sub(r"([01])&([01])", lambda match: str(int(match[1]) & int(match[2])), short, count=1)
        if before == short:
            short = re.sub(
                r"(?<![!&])([01])\|([01])(?!&)",
                lambda match: str(int(match[1]) | int(match[2])),
                short,
                count=1,
            )
    if short not in {"0", "1"}:
        raise NoRuleError(short)
    return short == "1"


def _shortened(text: str, states: Mapping[str, str]) -> str:
    """Return a rule with each of its terms as 0 or 1, and its operators as one sign each."""
    found, position = [], 0
    while position < len(text):
        one = text[position]
        if one in " \t\n\r\f\v":
            position += 1
        elif one in "()":
            found.append(one)
            position += 1
        elif match := _TERM.match(text, position):
            found.append(str(int(_true(match, states))))
            position = match.end()
        elif match := re.compile(r"(NOT|AND|OR)(?![^ \t\n\r\f\v(),])").match(text, position):
            found.append({"NOT": "!", "AND": "&", "OR": "|"}[match[1]])
            position = match.end()
        else:
            raise NoRuleError(text[position:])
    return "".join(found)


def _true(match: re.Match[str], states: Mapping[str, str]) -> bool:
    if match["truth"]:
        return match["truth"] == "TRUE"
    if match["state"]:
        return _state(match["name"], states) == match["state"]
    names = [item.group() for item in re.finditer(_NAME, match["names"], re.DOTALL)]
    hits = sum((_state(name, states) == match["among"].strip()) != bool(match["negated"]) for name in names)
    digits, most = match["number"].lstrip("0"), 100 if match["percent"] else len(names)
    number = int(digits[:9] or 0) if len(digits) < 10 else 0
    if not 1 <= number <= most:
        raise NoRuleError(match["number"])
    return hits * most >= number * len(names) if match["percent"] else hits >= number


def _state(reference: str, states: Mapping[str, str]) -> str:
    name = reference.strip(" \t\n\r\f\v")
    if name.startswith('"'):
        name = re.sub(r'\\([\\"])', r"\1", name[1:-1])
    if arn := re.fullmatch(r"arn:[^:]+:cloudwatch:[^:]*:[^:]*:alarm:(.+)", name, re.DOTALL):
        name = arn[1]
    return states.get(name, "INSUFFICIENT_DATA")
