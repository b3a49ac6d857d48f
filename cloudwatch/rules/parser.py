"""Parser of a composite alarm's rule.

    rule      = condition { ("AND" | "OR") condition }
    condition = "NOT" condition | "(" rule ")" | "TRUE" | "FALSE" | state "(" alarm ")"
              | "AT_LEAST" "(" (M | M "%") "," ["NOT"] state "," "(" alarm { "," alarm } ")" ")"
    state     = "ALARM" | "OK" | "INSUFFICIENT_DATA"
    alarm     = a name or an ARN, in quotes if it has blanks, round brackets or commas

Sources: Amazon CloudWatch User Guide, "Composite alarms" (rule expressions, alarm references, syntax); Amazon
CloudWatch API Reference, PutCompositeAlarm (AlarmRule). CloudWatch does not document the precedence of AND
and OR: here AND binds more tightly, as in most languages. Its documents show keywords in capitals only;
others are rejected. AT_LEAST's M is from 1 to the number of its alarms, or to 100 %: these are the bounds of
AWS's own library (AWS CDK API Reference, AtLeastThreshold); CloudWatch's documents state no bounds.
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


# Holds every composite alarm of a large account: each evaluation of a rehearsal parses all of them again.
@functools.lru_cache(maxsize=16_384)
def parse(text: str) -> Rule:
    """Parse a rule. Its size is not checked: see `check`.

    Raises:
        RuleError: the syntax is not valid; with the position.
    """
    return _Parser(text).rule()


def name_of(reference: str) -> str:
    """Return the name of an alarm from its name or its ARN (PutCompositeAlarm, AlarmRule)."""
    match = _ARN.fullmatch(reference)
    return match[1] if match else reference


class _Parser:
    """Parses a rule from left to right without recursion: operators that wait for operands are on a stack."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._characters = len(text)
        self._steps: list[Step] = []
        self._waiting: list[tuple[Token, int]] = []
        """NOT, an opening parenthesis, or AND and OR with the number of their operands."""

    def rule(self) -> Rule:
        """Parse the whole rule."""
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
            message = "the parenthesis is not closed"
            raise RuleError(message, self._waiting[-1][0].position)
        return Rule(tuple(self._steps), self._characters)

    def _condition(self) -> None:
        """Parse up to the end of the next condition without parentheses."""
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
        maximum = 100 if percent else len(alarms)
        if not 1 <= least <= maximum:
            unit = "percent" if percent else "alarms"
            message = f"AT_LEAST must have 1 to {maximum} {unit} (found: {number})"
            raise RuleError(message, number.position)
        return AtLeast(least, percent, negated, state, tuple(alarms))

    def _alarm(self) -> str:
        token = self._take()
        if token.kind not in {"word", "quoted"}:
            self._refuse(token, "an alarm's name or ARN")
        if not token.text:
            message = "the name of an alarm must have at least one character"
            raise RuleError(message, token.position)
        return name_of(token.text)

    def _end_of_name(self, *signs: str) -> str:
        """Consume the sign that ends an alarm's name."""
        token = self._take()
        if token.is_(*signs):
            return token.text
        if token.kind == "end":
            self._refuse(token, *signs)
        message = f"unexpected {token}: names with blanks, parentheses or commas must be in quotes"
        raise RuleError(message, token.position)

    def _join(self, token: Token) -> None:
        """Consume AND or OR: it extends the waiting operator of the same kind, or begins a new one."""
        if token.text == "OR":
            self._finish("AND")
        operands = 1
        if self._waiting and self._waiting[-1][0].is_(token.text):
            token, operands = self._waiting.pop()
        self._waiting.append((token, operands + 1))

    def _close(self, token: Token) -> None:
        self._finish("AND", "OR")
        if not self._waiting:
            message = "the parenthesis has no opening parenthesis"
            raise RuleError(message, token.position)
        self._waiting.pop()
        self._steps.append(Group())
        self._finish("NOT")

    def _finish(self, *words: str) -> None:
        """Take the operators that have all their operands from the stack."""
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

    def _refuse(self, token: Token, *expected: str) -> NoReturn:
        """Raise the error for an unexpected token, with the expected ones."""
        allowed = f"expected {', '.join(expected)}"
        if token.kind == "end":
            message = f"unexpected end of the rule: {allowed}"
        elif token.kind == "word" and token.text.upper() in expected:
            message = f"{token} must be in capitals: {token.text.upper()}"
        elif token.kind == "word" and token.text not in _KEYWORDS:
            message = f"{token} is not a keyword: {allowed}"
        else:
            message = f"unexpected {token}: {allowed}"
        raise RuleError(message, token.position)


def _state(token: Token) -> State | None:
    """Return the state that a token is, or None."""
    return next((state for state in STATES if token.is_(state)), None)
