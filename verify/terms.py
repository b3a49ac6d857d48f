"""The logic of a composite's rule: when it is true, and with which alarms one of them makes it true.

A term has no negations but at its leaves, so two forms suffice: one alarm, and so many of several terms.
INSUFFICIENT_DATA is not a state that anybody waits for: alarms here are in ALARM or in OK.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

Names = frozenset[str]

_NOBODY: Names = frozenset()


@dataclass(frozen=True)
class Leaf:
    """One alarm, which has to be in ALARM, or has not to."""

    alarm: str
    in_alarm: bool


@dataclass(frozen=True)
class AtLeast:
    """So many of the terms: all of them for AND, 1 for OR; 0 is TRUE, more than there are is FALSE."""

    number: int
    terms: tuple[Term, ...]


Term = Leaf | AtLeast

TRUE = AtLeast(0, ())
FALSE = AtLeast(1, ())


def holds(term: Term, on: Container[str]) -> bool:
    """Tell whether a term is true while the alarms `on` are in ALARM, and no others."""
    if isinstance(term, Leaf):
        return (term.alarm in on) == term.in_alarm
    return sum(holds(leaf, on) for leaf in term.terms) >= term.number


def fewest(term: Term) -> Names | None:
    """Return as few alarms as make a term true by being in ALARM; None if it cannot be."""
    if isinstance(term, Leaf):
        return frozenset({term.alarm}) if term.in_alarm else _NOBODY
    return _cheapest(term.number, term.terms)


def with_whom(term: Term, alarm: str) -> Names | None:
    """Return as few alarms as make a term true together with one that has a part in it.

    None if its being in ALARM does not speak for the term. Whether the term is false without it is not
    looked at: compare `holds`.
    """
    if isinstance(term, Leaf):
        return _NOBODY if term.alarm == alarm and term.in_alarm else None
    found: list[Names] = []
    for leaf in term.terms:
        partners = with_whom(leaf, alarm)
        if partners is not None:
            others = _cheapest(term.number - 1, (other for other in term.terms if other is not leaf))
            found += [partners | others] if others is not None else []
    return min(found, key=len, default=None)


def _cheapest(number: int, terms: Iterable[Term]) -> Names | None:
    """Return the alarms of so many of the terms that need the fewest."""
    if number <= 0:
        return _NOBODY
    sets = sorted((group for group in map(fewest, terms) if group is not None), key=len)
    return frozenset().union(*sets[:number]) if len(sets) >= number else None
