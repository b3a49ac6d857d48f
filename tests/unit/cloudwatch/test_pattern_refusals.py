"""Malformed filter patterns are refused where they are wrong, with what would be allowed there."""

from __future__ import annotations

import pytest

from cloudwatch import patterns
from cloudwatch.errors import InputError, PatternError
from tests.support.tables import each
from tests.unit.cloudwatch.refusals import refusal

REFUSED = {
    # terms
    "ERROR: x": (5, "letters, digits and _ only"),
    "(ERROR)": (0, "a term of letters, digits and _"),
    "a:b": (1, '"a:b"'),
    "a,b": (1, '"a:b"'),
    "a*": (1, '"a:b"'),
    "a[0]": (1, '"a:b"'),
    "a\\b": (1, '"a:b"'),
    "`a`": (0, "a term of letters, digits and _"),
    "--a": (1, "a term of letters, digits and _"),
    "größe": (2, "letters, digits and _ only"),
    "ERROR -": (7, "the pattern ends here"),
    "?": (1, "the pattern ends here"),
    "ERROR ? WARN": (7, "a term"),
    '"never closed': (0, "never closed"),
    '"a\\"': (0, "never closed"),
    '"a""b"': (3, "a space"),
    "ERROR]": (5, "letters, digits and _ only"),
    # regular expressions
    "%never closed": (0, "never closed"),
    "%%": (1, "nothing between"),
    "%a% %b% %c%": (8, "at most 2 regular expressions"),
    "%something!%": (10, "\\x21"),
    "%(ab)+%": (1, "\\x28"),
    "%\\(ab%": (1, "is not supported"),
    "%caf\u00e9%": (4, "ASCII"),
    "%\\p%": (1, "\\d \\D"),
    "%\\x8F%": (1, "\\x00 to \\x7F"),
    "%a\\%": (2, "a character after"),
    "%*a%": (1, "nothing before *"),
    "%a|+%": (3, "nothing before +"),
    "%^*a%": (2, "cannot be repeated"),
    "%a**%": (3, "follows a quantifier"),
    "%a*??%": (4, "follows a quantifier"),
    "%a{,}%": (2, "{3,5}"),
    "%a{b}%": (2, "{3,5}"),
    "%a{5,3}%": (2, "more than the maximum"),
    "%a{1001}%": (2, "at most 1,000"),
    "%[]%": (1, "brackets must contain"),
    "%[a%": (1, "never closed"),
    "%[z-a]%": (2, "not a valid range"),
    "%[\\d-z]%": (2, "not a valid range"),
    "%[a[b]]%": (3, "\\["),
    f"%{'a{1000}' * 11}%": (72, "at most 10,000"),
    # JSON
    "{": (1, "a selector such as $.level"),
    "{ }": (2, "a selector such as $.level"),
    "{ level = 1 }": (2, "a selector such as $.level"),
    "{ $level = 1 }": (3, "a dot and a name"),
    '{ $["a"] = 1 }': (3, "a dot and a name"),
    "{ $.a": (5, "=, !="),
    "{ $.a }": (6, "=, !="),
    "{ $.a = }": (8, "a number, a word"),
    "{ $.a == 1 }": (7, "a number, a word"),
    "{ $.a =! 1 }": (7, "a number, a word"),
    "{ $.a = 1": (9, "&&, || or }"),
    "{ $.a = 1 } x": (12, "nothing after }"),
    "{ $.a = 1 & $.b = 2 }": (10, "&&, || or }"),
    "{ $.a = 1, $.b = 2 }": (9, "&&, || or }"),
    "{ $.a = 1 && }": (13, "a selector"),
    "{ ($.a = 1 }": (2, "never closed"),
    "{ $.a = 1) }": (9, "no opening parenthesis"),
    "{ ($.a = 1 x) }": (11, "&&, || or )"),
    "{ $.a = a:b }": (9, "&&, || or }"),
    '{ $.a = "b }': (8, "never closed"),
    "{ $.a > b }": (8, "compares numbers"),
    '{ $.a >= "123" }': (9, "compares numbers"),
    "{ $.a < 4* }": (8, "compares numbers"),
    "{ $.a <= %4% }": (9, "compares numbers"),
    "{ $.a IS MAYBE }": (6, "IS NULL"),
    "{ $.a is null }": (6, "IS NULL"),
    "{ $.a IS NOT NULL }": (6, "IS NOT is not supported"),
    "{ $.a EXISTS }": (6, "EXISTS is not supported"),
    "{ $.a NOT NULL }": (6, "NOT EXISTS"),
    "{ $.a[x] = 1 }": (6, "from 0"),
    "{ $.a[-1] = 1 }": (6, "from 0"),
    "{ $.a[1 = 1 }": (6, "from 0"),
    "{ $.[0] = 1 }": (4, "a name of letters"),
    "{ $.a. = 1 }": (6, "a name of letters"),
    "{ $.['a.b = 1 }": (4, "never closed"),
    "{ $.[''] = 1 }": (4, "a name between"),
    "{ $.*[*] = 1 }": (2, "at most one wildcard"),
    "{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }": (44, "at most 3 selectors"),
    "{ $.a = %x% && $.b = %y% && $.c = %z% }": (34, "at most 2 regular expressions"),
    # space-delimited
    "[": (1, "a comma or ]"),
    "[a": (2, "=, !="),
    "[a, b": (5, "=, !="),
    "[a, b] c": (7, "nothing after ]"),
    "[a b]": (3, "=, !="),
    "[a = ]": (5, "a number, a word"),
    "[a = 1 ||]": (9, "the name of a field"),
    "[= 1]": (1, "the name of a field"),
    "[1a]": (1, "the name of a field"),
    "[a = 1 b]": (7, "a comma or ]"),
    "[..., a, ...]": (9, "once in a pattern"),
    "[a, b, a = 1]": (7, "two fields have the name a"),
    "[a = 1 || b = 2]": (1, "about one field"),
    "[a = 1 && b = 2 && a = 3]": (1, "about one field, not about a and b"),
    "[a=1 && b=2]": (1, "about one field, not about a and b"),
    "[ip, ..., status_code = 4* && bytes > 1000]": (10, "not about bytes and status_code"),
    "[x, (a = 1 && b = 2) || a = 3]": (4, "about one field"),
    "[a > x]": (5, "compares numbers"),
    "[a=%x%, b=%y%, c=%z%]": (17, "at most 2 regular expressions"),
    "X" * 1025: (1024, "at most 1,024 characters"),
}  # fmt: skip

SELECTORS = {
    "": (0, "$.latency, $size or $3"),
    "latency": (0, "$.latency, $size or $3"),
    "$": (1, "the name of a field"),
    "$.": (2, "a name of letters"),
    "$0": (1, "the name of a field"),
    "$1a": (2, "the name of a field"),
    "$a b": (2, "the name of a field"),
    "$.a b": (3, "the end of the selector"),
    "$.a[*]": (0, "no wildcard"),
}


@each("text", REFUSED)
def test_a_malformed_pattern_is_refused_with_position_and_reason(text: str) -> None:
    """The position is that of the character it is about."""
    position, words = REFUSED[text]
    with pytest.raises(PatternError) as caught:
        patterns.parse(text)
    assert (caught.value.position, words in caught.value.message) == (position, True), caught.value.message
    assert str(caught.value) == caught.value.message


@each("text", SELECTORS)
def test_a_malformed_selector_is_refused_with_position_and_reason(text: str) -> None:
    """As a pattern is."""
    position, words = SELECTORS[text]
    with pytest.raises(PatternError) as caught:
        patterns.selector(text)
    assert (caught.value.position, words in caught.value.message) == (position, True), caught.value.message


@each("text", REFUSED)
def test_compiling_refuses_what_reading_refuses(text: str) -> None:
    """And the error is one of the drill's, a ValueError."""
    with pytest.raises(InputError):
        patterns.compile(text)


@pytest.mark.parametrize(
    "text",
    ["X" * 1024, "{ $.a[*] = 1 || $.b[*] = 1 || $.c.* = 1 }", "%a% %b%", "[a=%x%, b=%y%]", "%a{1000}%", ""],
)
def test_what_is_exactly_at_a_limit_is_taken(text: str) -> None:
    """Each limit of the table above, from below."""
    assert patterns.parse(patterns.text_of(patterns.parse(text))) == patterns.parse(text)


@each(
    "text",
    [
        *("(" * 1024, "{" + "(" * 1023, "{" + "(" * 500 + "$.a=1" + ")" * 500 + "}", "[" + "," * 1022 + "]"),
        *("%" * 1024, "?" * 1024, '"' * 1024, "{$" + ".a" * 500 + "=1}", "%" + "[" * 1022 + "%", "{" * 1024),
    ],
)
def test_the_longest_nests_and_repetitions_are_read_or_refused(text: str) -> None:
    """Never anything but a pattern or a refusal."""
    refused = refusal(text)
    if refused is not None:
        assert 0 <= refused.position <= len(text)
    else:
        pattern = patterns.parse(text)
        assert patterns.parse(patterns.text_of(pattern)) == pattern
        patterns.compile(pattern).matches(text)
