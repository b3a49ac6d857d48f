"""Regular expressions of filter patterns: what they mean, and that none of them can hang."""

from __future__ import annotations

import random
import time

import pytest

from cloudwatch import patterns
from cloudwatch.errors import PatternError
from cloudwatch.patterns.regex import MAX_ELEMENTS, searcher
from tests.support.tables import each

LENGTH = 64 * 1024
"""Characters of a large event. Time grows with the length: 1 MiB, the largest, takes 16 times as long."""

SLOW_S = 10.0
"""Of the processor. Four times what the slowest of these takes. Without a bound they take hours."""

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


@each(("regex", "text"), FOUND)
def test_an_expression_is_found(regex: str, text: str) -> None:
    """Alone and in a pattern."""
    assert searcher(regex)(text)
    assert patterns.compile(f"%{regex}%").matches(text)


@each(("regex", "text"), NOT_FOUND)
def test_an_expression_is_not_found(regex: str, text: str) -> None:
    """Alone and in a pattern."""
    assert not searcher(regex)(text)
    assert not patterns.compile(f"%{regex}%").matches(text)


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


@pytest.mark.slow
@each("regex", SLOW)
def test_no_expression_takes_long(regex: str) -> None:
    """Whatever its repetitions."""
    matcher = patterns.compile(f"%{regex}%")
    started = time.process_time()
    assert not matcher.matches(SLOW[regex])
    assert time.process_time() - started < SLOW_S


def test_a_bounded_number_of_characters_is_asked_for() -> None:
    """Also where each repetition is within its own limit."""
    most = "|".join(["a{1000}"] * (MAX_ELEMENTS // 1000))
    assert searcher(most)("a" * 1000)
    assert not searcher(most)("a" * 999)
    with pytest.raises(PatternError, match="written out"):
        searcher(f"{most}|b")


@each(
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
