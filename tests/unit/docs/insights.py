"""A rough reading of Logs Insights queries: commands, functions, and the fields that they name.

Syntax: CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax", and "Boolean,
comparison, numeric, datetime, and other functions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

COMMANDS = {"fields", "filter", "stats", "sort", "limit", "parse", "display", "dedup", "pattern"}
FUNCTIONS = {
    *("count", "sum", "avg", "min", "max", "pct", "stddev", "count_distinct", "earliest", "latest"),
    *(
        "bin",
        "coalesce",
        "ispresent",
        "isempty",
        "isblank",
        "strlen",
        "tolower",
        "toupper",
        "substr",
        "floor",
    ),
}
_WORDS = {"as", "by", "in", "like", "and", "or", "not", "asc", "desc"}

_STRING = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'')
_REGEX = re.compile(r"(?<=like )/(?:[^/\\\n]|\\.)+/")
_QUOTED_FIELD = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"@?[A-Za-z_][\w.]*")
_DURATION = re.compile(r"\b\d+(?:s|m|h|d)\b")


def problems(query: str, known: set[str]) -> Iterator[str]:
    """Yield what is wrong with a query over log groups with these fields."""
    fields = set(known)
    made: set[str] = set()
    bare, quoted = _without_texts(query)
    if left := re.search(r"[\"'`/]\s*[\w.-]+\s*[\"'`]", bare):
        yield f"a quotation that does not end: {left[0]}"
    if bare.count("(") != bare.count(")") or bare.count("[") != bare.count("]"):
        yield "brackets do not match"
    for part in bare.split("|"):
        command, _, rest = part.strip().partition(" ")
        if command not in COMMANDS:
            yield f"no such command: {command or '(nothing)'}"
            continue
        if command == "limit" and not re.fullmatch(r"[1-9]\d*", rest.strip()):
            yield f"limit takes a number: {rest}"
        aliases = set(re.findall(r"\bas ([A-Za-z_]\w*)", rest))
        body = re.sub(r"\bas [A-Za-z_]\w*", "", rest)
        called = set(re.findall(r"([A-Za-z_]\w*)\(", body))
        yield from (f"no such function: {function}" for function in sorted(called - FUNCTIONS))
        names = set(_NAME.findall(_DURATION.sub("", body))) - called - _WORDS
        names = {quoted.get(entry, entry) for entry in names}
        yield from (f"no such field: {entry}" for entry in sorted(names - fields - made))
        if command == "stats":
            by = body.partition(" by ")[2]
            fields = {quoted.get(element, element) for element in _NAME.findall(_DURATION.sub("", by))} & (
                fields | made
            )
            made = set()
        made |= aliases


def _without_texts(query: str) -> tuple[str, dict[str, str]]:
    """Return the query without texts and expressions in it, and with names for fields in backticks."""
    bare = _REGEX.sub("0", _STRING.sub("0", query))
    quoted: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        key = f"_quoted_{len(quoted)}"
        quoted[key] = match[1]
        return key

    return " ".join(_QUOTED_FIELD.sub(name, bare).split()), quoted
