"""Reads a composite alarm's rule.

    rule      = condition { ("AND" | "OR") condition }
    condition = "NOT" condition | "(" rule ")" | "TRUE" | "FALSE" | state "(" alarm ")"
              | "AT_LEAST" "(" (M | M "%") "," ["NOT"] state "," "(" alarm { "," alarm } ")" ")"
    state     = "ALARM" | "OK" | "INSUFFICIENT_DATA"
    alarm     = a name or an ARN, in quotes if it has blanks, round brackets or commas

Sources: Amazon CloudWatch User Guide, "Composite alarms" (rule expressions, alarm references, syntax); Amazon
CloudWatch API Reference, PutCompositeAlarm (AlarmRule). CloudWatch does not say which of AND and OR binds
more tightly: AND does here, as elsewhere. Its documents show keywords in capitals only, and others are
refused here. AT_LEAST's M is at least 1 and at most the number of its alarms, or 100 %: so does AWS's own
library bound it (AWS CDK API Reference, AtLeastThreshold); CloudWatch's documents name no bounds.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NoReturn

from cloudwatch.errors import RuleError
from cloudwatch.rules.steps import And, AtLeast, Group, In, Not, Or, Rule, Step, Truth
from cloudwatch.rules.tokens import Token, tokens
from cloudwatch.states import STATES, State

_BEGINNINGS: Final = ("NOT", "(", "AT_LEAST", "TRUE", "FALSE", *STATES)
_KEYWORDS: Final = (*_BEGINNINGS, "AND", "OR")
_NUMBER: Final = re.compile(r"0*([0-9]{1,9})(%?)")
_ARN: Final = re.compile(r"arn:[^:]+:cloudwatch:[^:]*:[^:]*:alarm:(.+)", re.DOTALL)


# Of every composite of a large account: each round of a rehearsal asks for all of them again.
@functools.lru_cache(maxsize=16_384)
def parse(text: str) -> Rule:
    """Read a rule.

    Its size is not looked at: see `check`.

    Raises:
        RuleError: it is not one; with the position of what is wrong.
    """
    return _Parser(text).rule()


def name_of(reference: str) -> str:
    """Return the name of an alarm that is given by its name or its ARN (PutCompositeAlarm, AlarmRule)."""
    found = _ARN.fullmatch(reference)
    return found[1] if found else reference


class _Parser:
    """Reads a rule from left to right, without recursion: what waits for an operand is on a stack."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._characters = len(text)
        self._steps: list[Step] = []
        self._waiting: list[tuple[Token, int]] = []
        """NOT, an opening parenthesis, or AND and OR with the number of their operands."""

    def rule(self) -> Rule:
        """Read all of it."""
        self._condition()
        while (token := self._take()).kind != "end":
            if token.is_(")"):
                self._close(token)
            elif token.is_("AND", "OR"):
                self._join(token)
                self._condition()
            else:
                self._refuse(token, "AND", "OR", ")")
        self._finish("AND", "OR")
        if self._waiting:
            message = "this parenthesis is not closed"
            raise RuleError(message, self._waiting[-1][0].position)
        return Rule(tuple(self._steps), self._characters)

    def _condition(self) -> None:
        """Read up to the end of the next condition that has no parentheses of its own."""
        while (token := self._take()).is_("NOT", "("):
            self._waiting.append((token, 1))
        if token.is_("TRUE", "FALSE"):
            self._steps.append(Truth(token.text == "TRUE"))
        elif token.is_("AT_LEAST"):
            self._steps.append(self._at_least())
        elif state := _state(token):
            self._expect("(")
            self._steps.append(In(state, self._alarm()))
            self._end_of_name(")")
        else:
            self._refuse(token, *_BEGINNINGS)
        self._finish("NOT")

    def _at_least(self) -> AtLeast:
        self._expect("(")
        number = self._take()
        match = _NUMBER.fullmatch(number.text) if number.kind == "word" else None
        if not match:
            self._refuse(number, "a number such as 2 or 50%")
        self._expect(",")
        token = self._take()
        negated = token.is_("NOT")
        token = self._take() if negated else token
        state = _state(token)
        if not state:
            self._refuse(token, *STATES, *([] if negated else ["NOT"]))
        self._expect(",")
        self._expect("(")
        alarms = [self._alarm()]
        while self._end_of_name(",", ")") == ",":
            alarms.append(self._alarm())
        self._expect(")")
        least, percent = int(match[1]), bool(match[2])
        most = 100 if percent else len(alarms)
        if not 1 <= least <= most:
            of = "per cent" if percent else "alarms"
            message = f"AT_LEAST takes 1 to {most} {of} here, not {number}"
            raise RuleError(message, number.position)
        return AtLeast(least, percent, negated, state, tuple(alarms))

    def _alarm(self) -> str:
        token = self._take()
        if token.kind not in {"word", "quoted"}:
            self._refuse(token, "an alarm's name or ARN")
        if not token.text:
            message = "an alarm's name has at least one character"
            raise RuleError(message, token.position)
        return name_of(token.text)

    def _end_of_name(self, *signs: str) -> str:
        """Take the sign that ends an alarm's name."""
        token = self._take()
        if token.is_(*signs):
            return token.text
        if token.kind == "end":
            self._refuse(token, *signs)
        message = f"{token} follows a name: a name with blanks, round brackets or commas needs quotes"
        raise RuleError(message, token.position)

    def _join(self, token: Token) -> None:
        """Take AND or OR after a condition: one more operand of what waits, or the second of a new one."""
        if token.text == "OR":
            self._finish("AND")
        operands = 1
        if self._waiting and self._waiting[-1][0].is_(token.text):
            token, operands = self._waiting.pop()
        self._waiting.append((token, operands + 1))

    def _close(self, token: Token) -> None:
        self._finish("AND", "OR")
        if not self._waiting:
            message = "this parenthesis was not opened"
            raise RuleError(message, token.position)
        self._waiting.pop()
        self._steps.append(Group())
        self._finish("NOT")

    def _finish(self, *words: str) -> None:
        """Take from the stack what has all its operands now."""
        while self._waiting and self._waiting[-1][0].is_(*words):
            token, operands = self._waiting.pop()
            joins: dict[str, Step] = {"NOT": Not(), "AND": And(operands), "OR": Or(operands)}
            self._steps.append(joins[token.text])

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _expect(self, sign: str) -> None:
        token = self._take()
        if not token.is_(sign):
            self._refuse(token, sign)

    def _refuse(self, token: Token, *wanted: str) -> NoReturn:
        """Refuse what was found, and say what may stand there."""
        may = f"{', '.join(wanted)} may stand there"
        if token.kind == "end":
            message = f"it ends too early: {may}"
        elif token.kind == "word" and token.text.upper() in wanted:
            message = f"{token} has to be in capitals: {token.text.upper()}"
        elif token.kind == "word" and token.text not in _KEYWORDS:
            message = f"{token} is no keyword: {may}"
        else:
            message = f"{token} is not expected: {may}"
        raise RuleError(message, token.position)


def _state(token: Token) -> State | None:
    """Return the state that a token says, if it says one."""
    return next((state for state in STATES if token.is_(state)), None)
