"""The rule of a composite alarm, read: which alarms it names, in which state, and how large it is.

Source: CloudWatch API Reference, PutCompositeAlarm (AlarmRule); CloudWatch User Guide, "Combining alarms".
"""

from __future__ import annotations

import functools
import math
import re
from typing import Final, NamedTuple

from ops.proof.terms import FALSE, TRUE, AtLeast, Leaf, Term

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
    term: Term
    """When it is true."""
    elements: int
    """Alarms, TRUE and FALSE, and every parenthesis: the largest of the readings that the API allows."""

    @property
    def children(self) -> frozenset[str]:
        """The names of the alarms."""
        return frozenset(one.alarm for one in self.mentions)


@functools.lru_cache(maxsize=4096)
def read(text: str) -> Rule:
    """Read a rule.

    Raises:
        RuleError: it is not one.
    """
    reader = _Reader(text)
    term = reader.expression(negated=False)
    if reader.at < len(reader.tokens):
        message = f"it does not end at {reader.tokens[reader.at][0]}"
        raise RuleError(message)
    signs = sum(not quoted and token in {"(", ")"} for token, quoted in reader.tokens)
    return Rule(tuple(reader.mentions), term, len(reader.mentions) + reader.constants + signs)


def _of(number: int, terms: list[Term], *, negated: bool) -> Term:
    """Return "at least so many of these", whose terms are negated already if it is to be negated itself."""
    if len(terms) == 1 and number == 1:
        return terms[0]
    return AtLeast(len(terms) - number + 1 if negated else number, tuple(terms))


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

    def expression(self, *, negated: bool) -> Term:
        """Read terms joined by AND or by OR.

        Raises:
            RuleError: they are joined by both, and CloudWatch does not say which of them it reads first.
        """
        terms, words = [self._term(negated=negated)], set[str]()
        while (word := self._peek()) in {"AND", "OR"}:
            self.at += 1
            words.add(word)
            terms.append(self._term(negated=negated))
        if len(words) > 1:
            message = "it joins by AND and by OR at once: put parentheses around one of them"
            raise RuleError(message)
        return _of(len(terms) if words == {"AND"} else 1, terms, negated=negated)

    def _term(self, *, negated: bool) -> Term:
        word = self._take()
        if word == "NOT":
            return self._term(negated=not negated)
        if word == "AT_LEAST":
            return self._at_least(negated=negated)
        if word in {"TRUE", "FALSE"}:
            self.constants += 1
            return TRUE if (word == "TRUE") != negated else FALSE
        if word == "(":
            term = self.expression(negated=negated)
        elif word in _STATES:
            self._expect("(")
            term = self._mention(word, negated=negated)
        else:
            message = f"{word} is no state, operator or parenthesis"
            raise RuleError(message)
        self._expect(")")
        return term

    def _at_least(self, *, negated: bool) -> Term:
        self._expect("(")
        number = self._take()
        if not re.fullmatch(r"\d+%?", number):
            message = "AT_LEAST begins with a number"
            raise RuleError(message)
        self._expect(",")
        state, inner = self._take(), negated
        if state == "NOT":
            inner, state = not negated, self._take()
        if state not in _STATES:
            message = f"{state} is no state"
            raise RuleError(message)
        self._expect(",")
        self._expect("(")
        terms = [self._mention(state, negated=inner)]
        while self._peek() == ",":
            self.at += 1
            terms.append(self._mention(state, negated=inner))
        self._expect(")")
        self._expect(")")
        least = math.ceil(int(number[:-1]) * len(terms) / 100) if number.endswith("%") else int(number)
        return _of(least, terms, negated=negated)

    def _mention(self, state: str, *, negated: bool) -> Term:
        name = self._take(sign=False)
        if name.startswith("arn:"):
            name = name.partition(":alarm:")[2]
        fires = (state == "ALARM") != negated
        if state == "INSUFFICIENT_DATA":
            self.mentions.append(Mention(name, fires=False))
            return TRUE if negated else FALSE
        self.mentions.append(Mention(name, fires=fires))
        return Leaf(name, in_alarm=fires)

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
