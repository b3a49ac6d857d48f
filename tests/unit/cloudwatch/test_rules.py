"""Rules of composites: AWS's examples, every way of writing them, what is refused and where."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch import rules
from cloudwatch.errors import InputError
from cloudwatch.rules import And, AtLeast, Group, In, Not, Or, Rule, RuleError, Truth
from cloudwatch.states import STATES, State
from tests.support.tables import each
from tests.unit.cloudwatch.rule_trees import (
    STATES_OF_ALL,
    TREES,
    States,
    Tree,
    is_true,
    names_of,
    rule_of,
    written,
)
from tests.unit.cloudwatch.slow_rules import NoRuleError, value
from tests.unit.cloudwatch.steady import steady

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "alarm_rules.json").read_text(encoding="utf-8")
)


def state_of(text: str, states: States) -> State:
    """Return the state of a composite that has this rule."""
    rule = rules.parse(text)
    rules.check(rule)
    return "ALARM" if rules.holds(rule, states) else "OK"


@each("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_every_example_of_the_documentation_holds(vector: dict[str, Any]) -> None:
    """Has its state, or is a rule, or is refused."""
    if "why" in vector and not vector.get("valid"):
        with pytest.raises(RuleError):
            state_of(vector["rule"], {})
    else:
        found = state_of(vector["rule"], vector.get("states", {}))
        assert found == vector.get("expected", found)


A, B, C = (In("ALARM", name) for name in "abc")


def at_least(
    number: int, state: State, *alarms: str, percent: bool = False, negated: bool = False
) -> AtLeast:
    """Return a step."""
    return AtLeast(number, percent, negated, state, alarms)


READ = {
    "ALARM(a)": (A,),
    'ALARM("a")': (A,),
    " ALARM ( a ) ": (A,),
    "ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a)": (A,),
    'ALARM("arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:x:y z")': (In("ALARM", "x:y z"),),
    "ALARM(arn:aws:sns:eu-west-1:123456789012:a)": (In("ALARM", "arn:aws:sns:eu-west-1:123456789012:a"),),
    r'OK("say \"hi\"")': (In("OK", 'say "hi"'),),
    r'OK("a\\")': (In("OK", "a\\"),),
    r'OK("a\b")': (In("OK", r"a\b"),),
    'OK(a"b)': (In("OK", 'a"b'),),
    "OK(AND)": (In("OK", "AND"),),
    'INSUFFICIENT_DATA("(")': (In("INSUFFICIENT_DATA", "("),),
    "TRUE": (Truth(value=True),),
    "FALSE": (Truth(value=False),),
    "NOT NOT ALARM(a)": (A, Not(), Not()),
    "NOT(ALARM(a))": (A, Group(), Not()),
    "((ALARM(a)))": (A, Group(), Group()),
    "ALARM(a) AND ALARM(b) AND ALARM(c)": (A, B, C, And(3)),
    "ALARM(a)AND ALARM(b)OR\nALARM(c)": (A, B, And(2), C, Or(2)),
    "ALARM(a) OR ALARM(b) AND ALARM(c)": (A, B, C, And(2), Or(2)),
    "(ALARM(a) OR ALARM(b)) AND ALARM(c)": (A, B, Or(2), Group(), C, And(2)),
    "ALARM(a) AND (ALARM(b) AND ALARM(c))": (A, B, C, And(2), Group(), And(2)),
    "NOT ALARM(a) AND ALARM(b)": (A, Not(), B, And(2)),
    "NOT (ALARM(a) AND ALARM(b)) OR ALARM(c)": (A, B, And(2), Group(), Not(), C, Or(2)),
    "ALARM(a) OR ALARM(b) AND NOT ALARM(c) OR TRUE": (A, B, C, Not(), And(2), Truth(value=True), Or(3)),
    "AT_LEAST(2, ALARM, (a, b, c))": (at_least(2, "ALARM", "a", "b", "c"),),
    "AT_LEAST ( 050% , NOT OK , ( a ) )": (at_least(50, "OK", "a", percent=True, negated=True),),
    'AT_LEAST(1,NOT INSUFFICIENT_DATA,("a,b"))': (at_least(1, "INSUFFICIENT_DATA", "a,b", negated=True),),
}  # fmt: skip
"""A rule -> its steps."""


@each("text", READ)
def test_a_rule_is_read_as_it_is_written(text: str) -> None:
    """Names without their quotes or ARNs; AND before OR, NOT before both; parentheses kept."""
    rule = rules.parse(text)
    assert rule.steps == READ[text]
    assert rule.characters == len(text)


REFUSED = {
    "": (0, "unexpected end of the rule: expected NOT, (, AT_LEAST, TRUE, FALSE, OK, ALARM, INSUFF"),
    "  ": (2, "unexpected end of the rule: expected NOT, (,"),
    "()": (1, "unexpected ): expected NOT, (,"),
    "AND": (0, "unexpected AND: expected NOT, (,"),
    "a": (0, "a is not a keyword: expected NOT, (,"),
    "NOT": (3, "unexpected end of the rule: expected NOT, (,"),
    '"ALARM"(a)': (0, 'unexpected "ALARM": expected NOT, (,'),
    '"AL\n\n ARM"(a)': (0, r'unexpected "AL\n\n ARM": expected NOT, (,'),
    "alarm(a)": (0, "alarm must be in capitals: ALARM"),
    "ALARM(a) and ALARM(b)": (9, "and must be in capitals: AND"),
    "true": (0, "true must be in capitals: TRUE"),
    "NOT not ALARM(a)": (4, "not must be in capitals: NOT"),
    "at_least(1, ALARM, (a))": (0, "at_least must be in capitals: AT_LEAST"),
    "AT_LEAST(1, ok, (a))": (12, "ok must be in capitals: OK"),
    "ALARM(a) XOR ALARM(b)": (9, "XOR is not a keyword: expected AND, OR, )"),
    "ALARM(a) ALARM(b)": (9, "unexpected ALARM: expected AND, OR, )"),
    "ALARM(a) AND OR ALARM(b)": (13, "unexpected OR: expected NOT, (,"),
    "ALARM(a) AND": (12, "unexpected end of the rule: expected NOT, (,"),
    "ALARM(a) NOT ALARM(b)": (9, "unexpected NOT: expected AND, OR, )"),
    "ALARM(a) && ALARM(b)": (9, "&& is not a keyword: expected AND, OR, )"),
    "ALARM a": (6, "a is not a keyword: expected ("),
    "ALARM(": (6, "unexpected end of the rule: expected an alarm's name or ARN"),
    "ALARM()": (6, "unexpected ): expected an alarm's name or ARN"),
    'ALARM("")': (6, "the name of an alarm must have at least one character"),
    "ALARM(a": (7, "unexpected end of the rule: expected )"),
    "ALARM(a))": (8, "the parenthesis has no opening parenthesis"),
    "((ALARM(a))": (0, "the parenthesis is not closed"),
    "TRUE AND (ALARM(a) OR TRUE": (9, "the parenthesis is not closed"),
    'ALARM("a': (6, "the quote is not closed"),
    r'ALARM("a\")': (6, "the quote is not closed"),
    "ALARM(my alarm)": (9, "unexpected alarm: names with blanks, parentheses or commas must be in quotes"),
    "ALARM(a,b)": (7, "unexpected ,: names with blanks, parentheses or commas must be in quotes"),
    "ALARM(a(b))": (7, "unexpected (: names with blanks, parentheses or commas must be in quotes"),
    'ALARM("a""b")': (9, 'unexpected "b": names'),
    "AT_LEAST(ALARM, (a))": (9, "unexpected ALARM: expected a number such as 2 or 50%"),
    "AT_LEAST(x, ALARM, (a))": (9, "x is not a keyword: expected a number such as 2 or 50%"),
    "AT_LEAST(1.5, ALARM, (a))": (9, "1.5 is not a keyword: expected a number such as 2 or 50%"),
    "AT_LEAST(\u0662, ALARM, (a))": (9, "\u0662 is not a keyword: expected a number"),
    'AT_LEAST("1", ALARM, (a))': (9, 'unexpected "1": expected a number'),
    "AT_LEAST(-1, ALARM, (a))": (9, "-1 is not a keyword: expected a number"),
    "AT_LEAST(0, ALARM, (a))": (9, "AT_LEAST must have 1 to 1 alarms (found: 0)"),
    "AT_LEAST(3, ALARM, (a, b))": (9, "AT_LEAST must have 1 to 2 alarms (found: 3)"),
    "AT_LEAST(0%, ALARM, (a, b))": (9, "AT_LEAST must have 1 to 100 percent (found: 0%)"),
    "AT_LEAST(101%, ALARM, (a, b))": (9, "AT_LEAST must have 1 to 100 percent (found: 101%)"),
    f"AT_LEAST({'9' * 5000}, ALARM, (a))": (9, f"{'9' * 40}… is not a keyword: expected a number"),
    "AT_LEAST(1 ALARM, (a))": (11, "unexpected ALARM: expected ,"),
    "AT_LEAST(1, x, (a))": (12, "x is not a keyword: expected OK, ALARM, INSUFFICIENT_DATA, NOT"),
    "AT_LEAST(1, NOT NOT OK, (a))": (16, "unexpected NOT: expected OK, ALARM, INSUFFICIENT_DATA"),
    "AT_LEAST(1, ALARM(a), (a))": (17, "unexpected (: expected ,"),
    "AT_LEAST(1, ALARM, a)": (19, "a is not a keyword: expected ("),
    "AT_LEAST(1, ALARM, ())": (20, "unexpected ): expected an alarm's name or ARN"),
    "AT_LEAST(1, ALARM, (a,))": (22, "unexpected ): expected an alarm's name or ARN"),
    "AT_LEAST(1, ALARM, (a b))": (22, "unexpected b: names"),
    "AT_LEAST(1, ALARM, (a)": (22, "unexpected end of the rule: expected )"),
    "ALARM(a)\u00a0AND ALARM(b)": (8, r"\xa0AND is not a keyword: expected AND, OR, )"),
}  # fmt: skip
"""A text -> where it is wrong, and how what is said begins."""


@each("text", REFUSED, ids=lambda text: text[:30] or "empty")
def test_what_is_no_rule_is_refused(text: str) -> None:
    """With what is wrong there, where that is, and what may stand there."""
    with pytest.raises(RuleError) as caught:
        rules.parse(text)
    position, says = REFUSED[text]
    assert (caught.value.position, caught.value.message[: len(says)]) == (position, says)
    assert str(caught.value) == caught.value.message
    assert isinstance(caught.value, InputError)


@pytest.mark.slow
@given(tree=TREES, seed=st.randoms(use_true_random=False), states=STATES_OF_ALL)
@steady()
def test_a_rule_holds_however_it_is_written(tree: Tree, seed: random.Random, states: States) -> None:
    """With blanks, quotes, ARNs and parentheses here and there; whom it names and its size follow."""
    text = written(tree, seed.randrange)
    rule = rules.parse(text)
    assert rules.holds(rule, states) == is_true(tree, states)
    assert rules.children(rule) == tuple(dict.fromkeys(names_of(tree)))
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "x", text, flags=re.DOTALL)
    constants = len(re.findall(r"(?<![^\s(])(?:TRUE|FALSE)(?![^\s)])", bare))
    assert rules.elements(rule) == len(names_of(tree)) + constants + bare.count("(") + bare.count(")")


@pytest.mark.slow
@given(tree=TREES, seed=st.randoms(use_true_random=False))
@steady()
def test_a_rule_printed_and_read_is_the_same(tree: Tree, seed: random.Random) -> None:
    """And is printed in one way only."""
    rule = rules.parse(written(tree, seed.randrange))
    text = rules.text_of(rule)
    assert rules.parse(text) == rule
    assert hash(rules.parse(text)) == hash(rule)
    assert rules.text_of(rules.parse(text)) == text


@given(tree=TREES, states=STATES_OF_ALL)
@steady()
def test_a_rule_that_was_made_is_printed_as_it_is_meant(tree: Tree, states: States) -> None:
    """With parentheses wherever the order of operators would make something else of it."""
    read = rules.parse(rules.text_of(rule_of(tree)))
    assert rules.holds(rule_of(tree), states) == rules.holds(read, states) == is_true(tree, states)


PIECES = [
    "ALARM", "OK", "INSUFFICIENT_DATA", "AT_LEAST", "NOT", "AND", "OR", "TRUE", "FALSE", "(", ")", ",", " ",
    '"', "\\", "a", "b", "2", "50%", "0", "ALARM(a)", "OK(b)", "(a, b)", "AT_LEAST(1, NOT OK, (a, b))", "\n",
]  # fmt: skip


@pytest.mark.slow
@given(
    text=st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
        st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
    ),
    states=STATES_OF_ALL,
)
@steady(1000)
def test_two_readers_take_the_same_for_a_rule(text: str, states: States) -> None:
    """Whatever the text is; and nothing else than a `RuleError` comes of one that is none."""
    try:
        rule = rules.parse(text)
    except RuleError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017  # nothing may be said when there is a rule
        with pytest.raises(NoRuleError):
            value(text, states)
    else:
        assert rules.holds(rule, states) == value(text, states)
        assert rules.parse(rules.text_of(rule)) == rule


def test_at_least_counts_without_rounding() -> None:
    """For every list of up to seven, every percentage and every number of alarms in ALARM."""
    for number, percentage in itertools.product(range(1, 8), range(1, 101)):
        names = [f"a{each}" for each in range(number)]
        rule = rules.parse(f"AT_LEAST({percentage}%, ALARM, ({', '.join(names)}))")
        for on in range(number + 1):
            states: dict[str, State] = dict.fromkeys(names[:on], "ALARM")
            assert rules.holds(rule, states) == (on >= percentage * number / 100 - 1e-9)


def test_an_alarm_that_was_never_evaluated_is_in_insufficient_data() -> None:
    """As every alarm begins."""
    assert [state for state in STATES if rules.holds(rules.parse(f"{state}(a)"), {})] == ["INSUFFICIENT_DATA"]


DEEP = {
    "parentheses": "(" * 5000 + "ALARM(a)" + ")" * 5000,
    "negations": "NOT " * 5000 + "ALARM(a)",
    "both": "NOT (" * 3000 + "ALARM(a)" + ")" * 3000,
    "alternating": "".join(f"ALARM(a) {'AND' if each % 2 else 'OR'} (" for each in range(2000))
    + "ALARM(a)" + ")" * 2000,
    "long": " OR ".join(["ALARM(a)"] * 5000),
}  # fmt: skip


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_depth_and_length_cost_no_stack(text: str) -> None:
    """Read, printed, evaluated, compared, measured; refused only because of its size."""
    rule = rules.parse(text)
    assert rules.parse(rules.text_of(rule)) == rule
    assert hash(rule) == hash(rules.parse(text))
    assert rules.holds(rule, {"a": "ALARM"})
    assert rules.children(rule) == ("a",)
    with pytest.raises(RuleError, match="the rule must have at most"):
        rules.check(rule)


LIMITS: dict[str, tuple[Callable[[int], str], int]] = {
    "characters": (lambda number: f"ALARM({'a' * (number - 7)})", 10_240),
    "alarms": (lambda number: " OR ".join(f"OK(a{each})" for each in range(number)), 100),
    "elements by constants": (lambda number: " OR ".join(["TRUE"] * number), 500),
    "elements by parentheses": (lambda number: "(" * (number // 2) + "TRUE" + ")" * (number // 2), 499),
    "elements by names": (lambda number: " OR ".join(["OK(a)"] * (number // 3)), 500),
    "elements by lists": (
        lambda number: f"AT_LEAST(1, OK, ({', '.join(['a'] * (number - 4))}))", 500
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LIMITS)
def test_a_rule_may_be_as_large_as_cloudwatch_takes_and_no_larger(what: str) -> None:
    """The number that is found is named with the one that is taken."""
    make, most = LIMITS[what]
    rules.check(rules.parse(make(most)))
    noun = what.split(maxsplit=1)[0]
    with pytest.raises(RuleError, match=rf"the rule must have at most \d+ {noun}.* \(found: \d+\)") as caught:
        rules.check(rules.parse(make(most + 3)))
    assert caught.value.position == 0


def test_children_are_counted_once() -> None:
    """A hundred alarms may be named twice, as the size of the rule allows."""
    rules.check(rules.parse(" OR ".join(f"AT_LEAST(1, OK, (a{each}, a{each}))" for each in range(70))))


def test_a_rule_made_without_a_text_has_no_length() -> None:
    """Which does not make it another rule."""
    assert Rule((A,)) == rules.parse("ALARM(a)")
