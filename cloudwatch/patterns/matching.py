"""Compilation of a pattern into functions of an event.

Filter pattern syntax, "unstructured log events": terms are case sensitive and found anywhere in an event,
also inside a word; all of them must occur, those with `-` must not; those with `?` count only where there are
no others, and then one has to occur. `" "` matches everything (and so, here, does every phrase of nothing but
spaces), as the empty pattern does (API Reference, PutMetricFilter).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloudwatch.patterns import json_events, needles, regex, words
from cloudwatch.patterns.joining import some
from cloudwatch.patterns.model import (
    Delimited,
    FieldName,
    FieldNumber,
    JsonPath,
    JsonPattern,
    Pattern,
    Regex,
    Selector,
    Term,
    Terms,
)
from cloudwatch.patterns.parsing import parse
from cloudwatch.patterns.scalars import Scalar, published, text_of_scalar

Found = Callable[[str], bool]

COMPILED = 4096
"""Compiled patterns kept; all the filters of a large account."""


@dataclass(frozen=True, slots=True)
class Match:
    """The values of an event that matched.

    Attributes:
        read: returns the value of a selector; None for no value, null, an object or a list.
        fields: the values that TestMetricFilter extracts: `$name` or `$1`, … of a space-delimited pattern.
    """

    read: Callable[[Selector], Scalar]
    fields: dict[str, str]

    def value(self, selector: Selector) -> float | None:
        """Return the number at `selector`; None if there is no number that CloudWatch would accept."""
        return published(self.read(selector))

    def text(self, selector: Selector) -> str | None:
        """Return the value at `selector` as the text of a dimension, None if there is none."""
        return text_of_scalar(self.read(selector))


@dataclass(frozen=True, slots=True)
class Matcher:
    """A pattern, compiled.

    Attributes:
        matches: returns whether an event matches.
        match: returns the values of an event; None if it does not match.
    """

    matches: Callable[[str], bool]
    match: Callable[[str], Match | None]


def compile_pattern(pattern: Pattern | str) -> Matcher:
    """Return the pattern's functions; the time of each grows with the event's length only.

    Raises:
        PatternError: `pattern` is a text that CloudWatch Logs would reject.
    """
    return _from_text(pattern) if isinstance(pattern, str) else _compiled(pattern)


@functools.lru_cache(maxsize=COMPILED)
def _from_text(text: str) -> Matcher:
    return _compiled(parse(text))


@functools.lru_cache(maxsize=COMPILED)
def _compiled(pattern: Pattern) -> Matcher:
    if isinstance(pattern, Terms):
        return _terms(pattern)
    return _json(pattern) if isinstance(pattern, JsonPattern) else _delimited(pattern)


def _nothing(_: Selector) -> Scalar:
    return None


def _terms(pattern: Terms) -> Matcher:
    required, excluded, optional = (
        [_found(term) for term in pattern.terms if term.sign == sign] for sign in ("", "-", "?")
    )
    if optional and not required and not excluded:
        matches = some(optional)
    elif len(required) == 1 and not excluded:
        matches = required[0]
    else:
        matches = _all_but(required, excluded)
    return Matcher(matches, lambda event: Match(_nothing, {}) if matches(event) else None)


def _all_but(required: Sequence[Found], excluded: Sequence[Found]) -> Found:
    return lambda event: (
        all(found(event) for found in required) and not any(found(event) for found in excluded)
    )


def _found(term: Term) -> Found:
    what = term.what
    if isinstance(what, Regex):
        return regex.searcher(what.text)
    if not what.strip():
        return lambda _: True
    return lambda event: what in event


def _json(pattern: JsonPattern) -> Matcher:
    holds = json_events.holds(pattern.condition)
    possible = needles.possible(pattern.condition) or (lambda _: True)
    read = json_events.read

    def matches(event: str) -> bool:
        if not possible(event):
            return False
        document = read(event)
        return document is not None and holds(document)

    def match(event: str) -> Match | None:
        document = read(event) if possible(event) else None
        if document is None or not holds(document):
            return None
        return Match(functools.partial(_json_value, document), {})

    return Matcher(matches, match)


def _json_value(document: dict[str, Any], selector: Selector) -> Scalar:
    if not isinstance(selector, JsonPath):
        return None
    value = next(iter(json_events.values_at(document, selector)), None)
    return None if isinstance(value, dict | list) else value


def _delimited(pattern: Delimited) -> Matcher:
    layout = words.Layout.of(pattern)
    holds = words.holds(layout)

    def match(event: str) -> Match | None:
        texts = layout.texts(event)
        if texts is None or not holds(texts):
            return None
        fields = words.extracted(pattern, layout, texts)
        return Match(functools.partial(_word, fields, texts), fields)

    def matches(event: str) -> bool:
        texts = layout.texts(event)
        return texts is not None and holds(texts)

    return Matcher(matches, match)


def _word(fields: dict[str, str], texts: list[str], selector: Selector) -> Scalar:
    if isinstance(selector, FieldName):
        return fields.get(f"${selector.name}")
    if isinstance(selector, FieldNumber) and selector.number <= len(texts):
        return texts[selector.number - 1]
    return None
