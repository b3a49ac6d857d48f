"""Fields of space-delimited events, and conditions on them.

Filter pattern syntax, "space-delimited log events": a text in brackets or double quotes is one field, without
the brackets or quotes; `...` stands for any number of fields. Without it, the last field is the rest of the
event: `[w1=ERROR, w2]` matches lines of seven words on that page. An event with fewer fields than the pattern
does not match. Not documented, and decided here: any white space is a separator (Lambda uses tabs, and
patterns for its lines are of this kind); a bracket or double quote counts only at the beginning of a field,
and only if the closing one follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cloudwatch.patterns.comparing import comparing
from cloudwatch.patterns.joining import every, some
from cloudwatch.patterns.model import And, Comparison, Delimited, Expression, Field, Gap, Or, names

_CLOSING = {'"': '"', "[": "]"}
_BLANK = " \t\r\n\f\v"
_SPACE = re.compile(f"[{_BLANK}]*")
_WORD = re.compile(f"[^{_BLANK}]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A field of an event: its start, including a bracket or quote, and its text without them."""

    start: int
    text: str


def split(event: str) -> list[Word]:
    """Return the fields of an event."""
    result = []
    last = {opening: event.rfind(closing) for opening, closing in _CLOSING.items()}
    at = _skip(event, 0)
    while at < len(event):
        opening = event[at]
        if opening in _CLOSING and last[opening] > at:
            end = event.index(_CLOSING[opening], at + 1)
            result.append(Word(at, event[at + 1 : end]))
            at = end + 1
        else:
            word = _WORD.match(event, at)
            text = word.group() if word else ""
            result.append(Word(at, text))
            at += len(text)
        at = _skip(event, at)
    return result


def _skip(event: str, at: int) -> int:
    return _SPACE.match(event, at).end()  # type: ignore[union-attr]  # `*` always matches


@dataclass(frozen=True, slots=True)
class Layout:
    """The assignment of a pattern's fields to words.

    Attributes:
        head: fields counted from the first word.
        tail: fields counted from the last word, behind `...`.
        open: whether `...`, or `[]`, lets any number of words stand between them.
    """

    head: tuple[Field, ...]
    tail: tuple[Field, ...]
    open: bool

    @classmethod
    def of(cls, pattern: Delimited) -> Layout:
        """Return the layout of a pattern."""
        fields = [field for field in pattern.fields if isinstance(field, Field)]
        gap = next((at for at, field in enumerate(pattern.fields) if isinstance(field, Gap)), len(fields))
        return cls(
            tuple(fields[:gap]), tuple(fields[gap:]), not pattern.fields or len(fields) < len(pattern.fields)
        )

    def texts(self, event: str) -> list[str] | None:
        """Return the texts of an event's fields; None if the event has too few fields."""
        words = split(event)
        if len(words) < len(self.head) + len(self.tail):
            return None
        texts = [word.text for word in words]
        if not self.open and len(words) > len(self.head):
            last = len(self.head) - 1
            texts[last:] = [event[words[last].start :].rstrip(_BLANK)]
        return texts

    def place(self, name: str) -> int:
        """Return the index of a named field's text, from the end if it is behind `...`."""
        for at, field in enumerate(self.head):
            if field.name == name:
                return at
        for at, field in enumerate(self.tail):
            if field.name == name:
                return at - len(self.tail)
        raise KeyError(name)


def holds(layout: Layout) -> Callable[[list[str]], bool]:
    """Return whether the texts of an event's fields meet the pattern's conditions."""
    tests = [
        (layout.place(str(field.name)), _test(field.condition))
        for field in (*layout.head, *layout.tail)
        if field.condition is not None
    ]
    return lambda texts: all(test(texts[place]) for place, test in tests)


def _test(condition: Expression) -> Callable[[str], bool]:
    if isinstance(condition, And):
        return every([_test(comparison) for comparison in condition.parts])
    if isinstance(condition, Or):
        return some([_test(comparison) for comparison in condition.parts])
    if not isinstance(condition, Comparison):
        message = f"{condition} is not a condition on a field"
        raise TypeError(message)
    return comparing(condition.operator, condition.operand)


def extracted(pattern: Delimited, layout: Layout, texts: list[str]) -> dict[str, str]:
    """Return the texts by `$name`, or `$position` where the pattern has no name (TestMetricFilter)."""
    named = {layout.place(name) % len(texts): name for name in names(pattern)}
    return {f"${named.get(at, at + 1)}": text for at, text in enumerate(texts)}
