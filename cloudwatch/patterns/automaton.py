"""Searches text for regular expressions of filter patterns, in time that grows with the text's length only.

Python's `re` tries again from every place and in every combination: `a*a*a*a*b` takes a minute for a line of
a few hundred characters. It is still the faster one for ordinary expressions and lines. So the number of
steps it may need is bounded from the expression's form, and what could exceed the bound is done by an
automaton instead: all places of the expression at once, as bits of a number (Baeza-Yates and Gonnet's
shift-and, with Navarro and Raffinot's carry for what may be left out), every set of places that came up
remembered with what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cloudwatch.patterns.regex import ALL, OTHER, Alternative, Element, parse

Search = Callable[[str], bool]

MAX_STEPS = 2_000_000
"""Steps of `re` for one text; about 20 ms at worst."""

MAX_SETS = 2_000
"""Sets of places remembered, of about 1 KB each; beyond, remembering begins anew."""


def searcher(text: str) -> Search:
    """Return whether the expression matches somewhere in a text, as a function of the text.

    Raises:
        PatternError: it is none of CloudWatch Logs'.
    """
    alternatives = parse(text)
    longest = longest_for_re(alternatives)
    fast, sure = python_search(alternatives), Automaton(alternatives).search

    def search(event: str) -> bool:
        return fast(event) if len(event) <= longest else sure(event)

    return search


def python_search(alternatives: Sequence[Alternative]) -> Search:
    """Return the search by Python's `re`."""
    if not alternatives:
        return lambda _: False
    found = re.compile("|".join(map(_python, alternatives)), re.DOTALL).search
    return lambda event: found(event) is not None


def _python(one: Alternative) -> str:
    parts = [_python_set(element.characters) + _python_times(element) for element in one.elements]
    return "".join(("\\A" if one.begins else "", *parts, "\\Z" if one.ends else ""))


def _python_set(characters: int) -> str:
    if characters == ALL:
        return "."
    if not characters:
        return "[^\\x00-\\U0010ffff]"
    codes = [code for code in range(OTHER) if characters >> code & 1]
    ranges = "".join(f"\\x{code:02x}" for code in codes)
    return f"[{ranges}" + ("\\x80-\\U0010ffff]" if characters >> OTHER & 1 else "]")


def _python_times(element: Element) -> str:
    if (element.least, element.most) == (1, 1):
        return ""
    return f"{{{element.least},{'' if element.most is None else element.most}}}"


def longest_for_re(alternatives: Sequence[Alternative]) -> int:
    """Return the length of text up to which `re` needs at most `MAX_STEPS`.

    An alternative is tried from every place, unless it begins with the text; every element with a choice of
    how often may be tried as often as the text is long; and each such trial walks through all elements.
    """
    low, high = 0, MAX_STEPS
    while low < high:
        middle = (low + high + 1) // 2
        if sum(_steps(one, middle) for one in alternatives) <= MAX_STEPS:
            low = middle
        else:
            high = middle - 1
    return low


def _steps(one: Alternative, length: int) -> int:
    width = 1 + sum(element.least + 1 if element.most is None else element.most for element in one.elements)
    choices = [element for element in one.elements if element.most != element.least]
    steps = (1 if one.begins else length) * width
    for element in choices:
        steps *= length if element.most is None else min(length, element.most - element.least + 1)
        if steps > MAX_STEPS:
            break
    return steps + length


@dataclass(slots=True)
class _Places:
    """The elements of all alternatives, one bit each, and a last bit for the end of each alternative."""

    accepts: list[int]
    optional: int = 0
    repeats: int = 0
    starts: int = 0
    anchored: int = 0
    done: int = 0
    done_at_end: int = 0
    count: int = 0


def _places(alternatives: Iterable[Alternative]) -> _Places:
    places = _Places([0] * (OTHER + 1))
    for one in alternatives:
        first = 1 << places.count
        for element in one.elements:
            _add_element(places, element)
        last = 1 << places.count
        places.count += 1
        places.anchored |= first if one.begins else 0
        places.starts |= 0 if one.begins else first
        places.done_at_end |= last
        places.done |= 0 if one.ends else last
    return places


def _add_element(places: _Places, element: Element) -> None:
    times = element.least + 1 if element.most is None else element.most
    bits = ((1 << times) - 1) << places.count
    for code in range(OTHER + 1):
        if element.characters >> code & 1:
            places.accepts[code] |= bits
    places.optional |= bits & ~((1 << (places.count + element.least)) - 1)
    places.count += times
    if element.most is None:
        places.repeats |= 1 << (places.count - 1)


class Automaton:
    """A search that takes one step for each character, however the expression is made."""

    def __init__(self, alternatives: Sequence[Alternative]) -> None:
        places = _places(alternatives)
        self._places = places
        self._again = self._closed(places.starts)
        self._first = self._closed(places.starts | places.anchored)
        self._rows: dict[int, list[int | None]] = {}

    def _closed(self, places: int) -> int:
        """Return the places with those behind what may be left out."""
        optional = self._places.optional
        carried = optional + (places & optional)
        return places | (optional & ~carried) | (carried & ~optional)

    def _after(self, places: int, code: int) -> int:
        taken = places & self._places.accepts[code]
        repeats = self._places.repeats
        return self._closed(((taken & ~repeats) << 1) | (taken & repeats)) | self._again

    def search(self, event: str) -> bool:
        """Return whether the expression matches somewhere in the text."""
        at = self._first
        done = self._places.done
        if at & done:
            return True
        rows = self._rows
        codes = event.encode() if event.isascii() else [min(ord(one), OTHER) for one in event]
        row = rows.get(at) or self._row(at)
        for code in codes:
            following = row[code]
            if following is None:
                following = self._after(at, code)
                row[code] = following
            if following != at:
                if following & done:
                    return True
                at = following
                row = rows.get(at) or self._row(at)
        return bool(at & self._places.done_at_end)

    def _row(self, places: int) -> list[int | None]:
        if len(self._rows) >= MAX_SETS:
            self._rows.clear()
        row: list[int | None] = [None] * (OTHER + 1)
        self._rows[places] = row
        return row
