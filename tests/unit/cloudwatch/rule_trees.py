"""Rules made at random, written in many ways, and evaluated without the drill."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from cloudwatch.rules import And, AtLeast, In, Not, Or, Rule, Step, Truth
from cloudwatch.states import STATES, State

NAMES = ("a", "b-1", "c.d/e", "f g", "h(i), j", 'k "l"', "m\\", "n\\\\o", "é ü", "ALARM", "NOT", "1", "50%")

ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"

States = Mapping[str, State]


class Tree(NamedTuple):
    """A rule: what it is, and its parts.

    Args:
        kind: IN, TRUE, FALSE, AT_LEAST, NOT, AND or OR.
        parts: subtrees; of IN the state and the name; of AT_LEAST the number, whether it is per cent, whether
            it is negated, the state and the names.
    """

    kind: str
    parts: tuple[Any, ...]


def is_true(tree: Tree, states: States) -> bool:
    """Evaluate a tree."""
    if tree.kind == "IN":
        state, name = tree.parts
        return bool(states.get(name, "INSUFFICIENT_DATA") == state)
    if tree.kind == "AT_LEAST":
        number, percent, negated, state, names = tree.parts
        true = [(states.get(name, "INSUFFICIENT_DATA") == state) is not negated for name in names]
        return bool(true.count(True) >= (number / 100 * len(names) - 1e-9 if percent else number))
    results: list[bool] = [is_true(part, states) for part in tree.parts]
    joined: dict[str, Callable[[list[bool]], bool]] = {
        "NOT": lambda parts: not parts[0],
        "AND": all,
        "OR": any,
        "TRUE": lambda _: True,
        "FALSE": lambda _: False,
    }
    return joined[tree.kind](results)


def names_of(tree: Tree) -> list[str]:
    """Return every name in it, in the order of the text."""
    if tree.kind == "IN":
        return [tree.parts[1]]
    if tree.kind == "AT_LEAST":
        return list(tree.parts[4])
    return [name for part in tree.parts for name in names_of(part)]


def steps_of(tree: Tree) -> tuple[Step, ...]:
    """Return it as a rule's steps, without a single parenthesis."""
    if tree.kind == "IN":
        return (In(*tree.parts),)
    if tree.kind == "AT_LEAST":
        return (AtLeast(*tree.parts),)
    below = tuple(step for part in tree.parts for step in steps_of(part))
    number = len(tree.parts)
    last: dict[str, Step] = {
        "NOT": Not(), "AND": And(number), "OR": Or(number), "TRUE": Truth(value=True),
        "FALSE": Truth(value=False),
    }  # fmt: skip
    return (*below, last[tree.kind])


def rule_of(tree: Tree) -> Rule:
    """Return it as a rule that nobody has written."""
    return Rule(steps_of(tree))


def _leaves() -> st.SearchStrategy[Tree]:
    state, name = st.sampled_from(STATES), st.sampled_from(NAMES)
    lists = st.lists(name, min_size=1, max_size=6).map(tuple)
    at_least = lists.flatmap(
        lambda names: st.one_of(
            st.tuples(st.integers(1, len(names)), st.just(value=False), st.booleans(), state, st.just(names)),
            st.tuples(st.integers(1, 100), st.just(value=True), st.booleans(), state, st.just(names)),
        )
    )
    return st.one_of(
        st.tuples(state, name).map(lambda parts: Tree("IN", parts)),
        at_least.map(lambda parts: Tree("AT_LEAST", parts)),
        st.sampled_from([Tree("TRUE", ()), Tree("FALSE", ())]),
    )


TREES = st.recursive(
    _leaves(),
    lambda below: st.one_of(
        below.map(lambda entry: Tree("NOT", (entry,))),
        st.builds(Tree, st.sampled_from(["AND", "OR"]), st.lists(below, min_size=2, max_size=4).map(tuple)),
    ),
    max_leaves=12,
)

STATES_OF_ALL = st.fixed_dictionaries({}, optional={name: st.sampled_from(STATES) for name in NAMES})


def written(tree: Tree, choose: Callable[[int], int]) -> str:
    """Write a tree as somebody might, who likes blanks, quotes, ARNs and parentheses more or less.

    Args:
        tree: what to write.
        choose: returns a number below its argument, such as a random one.
    """
    return _Writer(choose).condition(tree, 0)


class _Writer:
    def __init__(self, choose: Callable[[int], int]) -> None:
        self._choose = choose

    def blank(self, least: int = 0) -> str:
        return ("", " ", "  ", "\n\t")[max(least, self._choose(4))]

    def name(self, name: str) -> str:
        reference = (ARN if self._choose(3) == 2 else "") + name
        if not re.search(r'[\s(),]|^"', reference) and self._choose(2):
            return reference
        return '"' + reference.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def pair(self, inside: str) -> str:
        return f"({self.blank()}{inside}{self.blank()})"

    def condition(self, tree: Tree, least: int) -> str:
        """Write what binds at least so tightly: OR 0, AND 1, NOT 2."""
        strength = {"OR": 0, "AND": 1, "NOT": 2}.get(tree.kind, 3)
        text = self._plain(tree)
        while strength < least or self._choose(6) == 5:
            text, strength = self.pair(text), 3
        return text

    def _plain(self, tree: Tree) -> str:
        if tree.kind == "IN":
            return f"{tree.parts[0]}{self.blank()}{self.pair(self.name(tree.parts[1]))}"
        if tree.kind == "AT_LEAST":
            number, percent, negated, state, names = tree.parts
            condition = f"NOT{self.blank(1)}{state}" if negated else state
            comma = f"{self.blank()},{self.blank()}"
            listed = self.pair(comma.join(map(self.name, names)))
            arguments = comma.join([f"{number}{'%' if percent else ''}", condition, listed])
            return f"AT_LEAST{self.blank()}{self.pair(arguments)}"
        if tree.kind in {"TRUE", "FALSE"}:
            return tree.kind
        if tree.kind == "NOT":
            return f"NOT{self.blank(1)}{self.condition(tree.parts[0], 2)}"
        least = 2 if tree.kind == "AND" else 1
        operands = [self.condition(part, least) for part in tree.parts]
        return f"{self.blank(1)}{tree.kind}{self.blank(1)}".join(operands)
