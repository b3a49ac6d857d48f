"""The rule of a composite alarm, read: which alarms it names, in which state, and how large it is.

Source: CloudWatch API Reference, PutCompositeAlarm (AlarmRule); CloudWatch User Guide, "Combining alarms".
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([(),])|([^\s(),"]+))')
_STATES: Final = frozenset({"ALARM", "OK", "INSUFFICIENT_DATA"})


class RuleError(Exception):
    """A rule is not what CloudWatch takes."""


class Mention(NamedTuple):
    """One alarm in a rule."""

    alarm: str
    """Its name."""
    fires: bool
    """Whether its going into ALARM speaks for the composite's doing so."""


class Rule(NamedTuple):
    """A rule, read."""

    mentions: tuple[Mention, ...]
    elements: int
    """Alarms, TRUE and FALSE, and every parenthesis: the largest of the readings that the API allows."""

    @property
    def children(self) -> frozenset[str]:
        """The names of the alarms."""
        return frozenset(one.alarm for one in self.mentions)


def read(text: str) -> Rule:
    """Read a rule.

    Raises:
        RuleError: it is not one.
    """
    reader = _Reader(text)
    reader.expression(negated=False)
    if reader.at < len(reader.tokens):
        message = f"it does not end at {reader.tokens[reader.at][0]}"
        raise RuleError(message)
    signs = sum(not quoted and token in {"(", ")"} for token, quoted in reader.tokens)
    return Rule(tuple(reader.mentions), len(reader.mentions) + reader.constants + signs)


class _Reader:
    """Reads a rule from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, bool]] = []
        self.at = 0
        self.mentions: list[Mention] = []
        self.constants = 0
        position, text = 0, text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found:
                message = f"a quote is not closed in {text[position : position + 20]}"
                raise RuleError(message)
            quoted = found[1] is not None
            token = re.sub(r"\\(.)", r"\1", found[1]) if quoted else found[2] or found[3]
            self.tokens.append((token, quoted))
            position = found.end()

    def expression(self, *, negated: bool) -> None:
        """Read terms joined by AND and OR."""
        self._term(negated=negated)
        while self._peek() in {"AND", "OR"}:
            self.at += 1
            self._term(negated=negated)

    def _term(self, *, negated: bool) -> None:
        word = self._take()
        if word == "NOT":
            self._term(negated=not negated)
        elif word == "(":
            self.expression(negated=negated)
            self._expect(")")
        elif word in {"TRUE", "FALSE"}:
            self.constants += 1
        elif word in _STATES:
            self._expect("(")
            self._mention(word, negated=negated)
            self._expect(")")
        elif word == "AT_LEAST":
            self._at_least(negated=negated)
        else:
            message = f"{word} is no state, operator or parenthesis"
            raise RuleError(message)

    def _at_least(self, *, negated: bool) -> None:
        self._expect("(")
        if not re.fullmatch(r"\d+%?", self._take()):
            message = "AT_LEAST begins with a number"
            raise RuleError(message)
        self._expect(",")
        state = self._take()
        if state == "NOT":
            negated, state = not negated, self._take()
        if state not in _STATES:
            message = f"{state} is no state"
            raise RuleError(message)
        self._expect(",")
        self._expect("(")
        self._mention(state, negated=negated)
        while self._peek() == ",":
            self.at += 1
            self._mention(state, negated=negated)
        self._expect(")")
        self._expect(")")

    def _mention(self, state: str, *, negated: bool) -> None:
        name = self._take(sign=False)
        if name.startswith("arn:"):
            name = name.partition(":alarm:")[2]
        self.mentions.append(Mention(name, fires=(state == "ALARM") != negated))

    def _peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) and not self.tokens[self.at][1] else ""

    def _take(self, *, sign: bool = True) -> str:
        if self.at == len(self.tokens):
            message = "it ends too early"
            raise RuleError(message)
        token, quoted = self.tokens[self.at]
        if (quoted and sign) or (not sign and not quoted and token in {"(", ")", ","}):
            message = f"{token} is not expected there"
            raise RuleError(message)
        self.at += 1
        return token

    def _expect(self, sign: str) -> None:
        if (found := self._take()) != sign:
            message = f"{found} stands where {sign} has to"
            raise RuleError(message)
