"""Names of alarms in lists: `*` and `?` are patterns, every other sign is itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.selection import Selection, UnknownNameError, matches
from tests.unit.drill.rehearsing import alarm, metric, system
from tests.unit.drill.steady import steady

NAMED = system(
    alarm("api [blue]"), alarm("api b", metric("B")), alarm("api [green]", metric("G")), alarm("a!b]^-[")
)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("api [blue]", ["api [blue]"]),
        ("api [*", ["api [blue]", "api [green]"]),
        ("* [gr??n]", ["api [green]"]),
        ("*[", ["a!b]^-["]),
        ("*[[]*", []),
        ("api ?", ["api b"]),
    ],
)
def test_brackets_are_signs_of_a_name(pattern: str, names: list[str]) -> None:
    """A name with brackets means itself, and a pattern with them has them in what it matches."""
    selection = Selection(NAMED)
    if names:
        assert list(selection.full_names([pattern])) == names
    else:
        with pytest.raises(UnknownNameError):
            selection.full_names([pattern])


@steady(200)
@given(st.text("ab[]!-\\^.*?", max_size=8), st.text("ab[]!-\\^.*?", max_size=8))
def test_a_pattern_matches_what_its_signs_say(name: str, pattern: str) -> None:
    """Compared with a regular expression that is written sign by sign."""
    signs = {"*": ".*", "?": "."}
    said = "".join(signs.get(sign, re.escape(sign)) for sign in pattern)
    assert matches(name, [pattern]) == (name == pattern or re.fullmatch(said, name, re.DOTALL) is not None)
