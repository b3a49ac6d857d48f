"""Regular expressions of filter patterns: what they mean, and that none of them can hang."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from cloudwatch import patterns
from cloudwatch.patterns import automaton
from cloudwatch.patterns.automaton import Automaton, longest_for_re, python_search, searcher
from cloudwatch.patterns.regex import MAX_ELEMENTS, parse

LENGTH = 256 * 1024
"""Characters of a very large event."""

SLOW_S = 10.0
"""Of the processor. Ten times what the slowest of these takes; without a bound, they take hours."""

FOUND = [
    ("^[hc]at", "hat trick"), ("[hc]at$", "the cat"), ("colou?r", "color"), ("gra|ey", "grey"),
    ("\\[.\\]", "[]]"), ("\\[.\\]", "[ ]"), ("\\d", "a5"), ("\\D", "5a"), ("\\s", "a\tb"),
    ("\\S", " a"),
    ("\\w", "_"), ("\\W", "é"), ("\\x3A", ":"), ("\\x28a\\x29", "(a)"), ("a{,2}b", "b"), ("a{2,}", "aaa"),
    ("^a{3,5}$", "aaaa"), ("a.b", "a\nb"), ("a.b", "aéb"), ("[^a]", "é"), ("^$", ""), ("^a*$", ""),
    ("a|", "x"), ("b*^a", "ab"), ("a$b*", "ba"), ("^^a$$", "a"), ("[a^]", "^"), ("[a-]", "-"), ("[-a]", "-"),
    ("[.$|]", "|"), ("a}", "a}"), ("a]", "a]"), ("x*?y", "y"), ("\\t", "\t"), ("\\n", "\n"), ("[\\]]", "]"),
    ("\\\\", "\\"), ("\\-\\:", "-:"), ("[\\x41-\\x43]", "B"), ("a{0}b", "b"), ("[\\s\\S]", "é"),
]  # fmt: skip

NOT_FOUND = [
    ("^[hc]at", "a hat"), ("[hc]at$", "cats"), ("^a{3,5}$", "aa"), ("^a{3,5}$", "aaaaaa"), ("\\d", "٣"),
    ("\\w", "é"), ("\\s", "\u00a0"), ("[a]", "é"), ("a^b", "ab"), ("a$b", "ab"), ("b+^a", "a"),
    ("ERROR", "error"),
    ("^$", "\n"), ("a$", "a\n"), ("[^\\s\\S]", "a"), ("a{0}^b{2}", "b"),
]  # fmt: skip


def searches(regex: str) -> list[Callable[[str], bool]]:
    """Return all ways in which the engine searches."""
    return [searcher(regex), Automaton(parse(regex)).search, python_search(parse(regex))]


@pytest.mark.parametrize(("regex", "text"), FOUND)
def test_an_expression_is_found(regex: str, text: str) -> None:
    """In every way of searching."""
    assert [search(text) for search in searches(regex)] == [True] * 3
    assert patterns.compile(f"%{regex}%").matches(text)


@pytest.mark.parametrize(("regex", "text"), NOT_FOUND)
def test_an_expression_is_not_found(regex: str, text: str) -> None:
    """In every way of searching."""
    assert [search(text) for search in searches(regex)] == [False] * 3


_RANDOM = random.Random(1)  # noqa: S311  # the same text in every run
MIXED = "".join(_RANDOM.choice("ab") for _ in range(LENGTH))

SLOW = {
    "a*a*a*a*a*a*c": "a" * LENGTH,
    ".*a.*a.*a.*a.*c": MIXED,
    "^.*a.*b.*a.*b.*c": MIXED,
    "a?" * 300 + "a" * 300 + "b": "a" * LENGTH,
    "[ab]*a[ab]{500}c": MIXED,
    "a.{900}c": MIXED,
    "a.{900}bc|b.{900}ac|[ab]{0,1000}c": MIXED,
    "|".join(["a{0,1000}b{1,100}c"] * 8): MIXED,
    "[ab]+[ab]+[ab]+c|" * 20 + "x": MIXED,
}


@pytest.mark.parametrize("regex", SLOW)
def test_no_expression_takes_long(regex: str) -> None:
    """Neither in a pattern of terms nor at the length up to which Python's `re` searches."""
    matcher = patterns.compile(f"%{regex}%")
    started = time.process_time()
    assert not matcher.matches(SLOW[regex])
    assert not matcher.matches(SLOW[regex][: longest_for_re(parse(regex))])
    assert time.process_time() - started < SLOW_S


@pytest.mark.parametrize("regex", [*SLOW, "ERROR", "^[A-Za-z0-9].*ERROR"])
def test_pythons_re_searches_only_what_it_can_search_in_time(regex: str) -> None:
    """The worst text of that length, and one for which more would be tried, take a fraction of a second."""
    longest = longest_for_re(parse(regex))
    search = python_search(parse(regex))
    started = time.process_time()
    for text in ("a" * longest, MIXED[:longest], "b" * longest):
        search(text[:longest])
    assert time.process_time() - started < 1


def test_ordinary_expressions_of_ordinary_lines_are_searched_by_python() -> None:
    """The bound is not so low that everything is slow."""
    for regex in ("ERROR", "^[A-Za-z0-9].*ERROR", "[0-9]+ms", "10\\.0\\.0\\.[0-9]{1,3}"):
        assert longest_for_re(parse(regex)) >= 500


def test_the_automaton_forgets_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded, and the answer is the same."""
    monkeypatch.setattr(automaton, "MAX_SETS", 4)
    search = Automaton(parse("a.{6}b"))
    text = MIXED[:2000]
    assert search.search(text) == python_search(parse("a.{6}b"))(text)
    assert not search.search("ab" * 3 + "a" * 400)
    assert len(search._rows) <= 4  # noqa: SLF001  # what is remembered is what this is about


def test_a_bounded_number_of_characters_is_asked_for() -> None:
    """Also where each repetition is within its own limit."""
    assert len(parse("a{1000}" * (MAX_ELEMENTS // 1000))) == 1


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("[a, b, c]", "[ " * (LENGTH // 2)),
        ("[a, b, c]", '" ' * (LENGTH // 2)),
        ("[a, b, c]", '[" ' * (LENGTH // 3)),
        ("[..., a = *b*]", "a " * (LENGTH // 2)),
        ("[" + ",".join(f"f{at} != x" for at in range(80)) + "]", "a " * (LENGTH // 2)),
        ("{ $.* = *x* }", '{"a": "' + "y" * LENGTH + '"}'),
        ("{ $.a[*] = x }", '{"a": [' + "1," * (LENGTH // 2) + "1]}"),
        ("{ $.a = 1 }", "[" * LENGTH),
        ("{ $.a = 1 }", '{"a":' * (LENGTH // 5)),
        ("{ $.a < 1 }", '{"a": ' + "9" * LENGTH + "}"),
        ("?" + " ?".join("abcdefgh" * 20), "z" * LENGTH),
    ],
)
def test_no_event_takes_long(text: str, event: str) -> None:
    """Time grows with the event's length only, whatever is unclosed in it."""
    started = time.process_time()
    patterns.compile(text).match(event)
    assert time.process_time() - started < SLOW_S
