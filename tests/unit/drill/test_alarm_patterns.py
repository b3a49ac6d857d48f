"""Names of alarms in lists: `*` and `?` are patterns, every other sign is itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.selection import Selection, UnknownNameError, matches
from tests.unit.cloudwatch.steady import steady
from tests.unit.drill.rehearsing import alarm, metric, refused, system

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


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"metric": "Zzz", "value": 1}, "metric: no alarm uses such a metric"),
        ({"log": "x", "service": "zzz", "per_min": 1}, "log: no such service"),
        ({"no_logs": "zzz"}, "no_logs: no such service or log group"),
        ({"band": "zzz", "upper": 1}, "band: no such alarm in shop"),
        ({"consumer": "zzz", "fails": True}, "consumer: no such queue"),
    ],
)
def test_whatever_happens_to_what_is_not_there_is_refused(entry: dict[str, Any], said: str) -> None:
    """Each kind of entry, under the key that says what happens."""
    (found,) = refused(NAMED, entry)
    assert found.startswith(f"s.yaml:1: {said}")


def test_people_are_told_the_shortest_name() -> None:
    """Of those that are a part of what AWS shows, whatever keys there are; without one, the full name."""
    full = "shop-zz-errors-prod"
    names = dict.fromkeys(("a-longer-one-than-that-in-aws", "zz-errors-prod", "zz-errors", "aa"), full)
    for order in (names, dict(reversed(names.items()))):
        found = Selection(system(alarm(full), alarm("other", metric("O")), short_names=order))
        assert (found.short(full), found.short("other")) == ("zz-errors", "other")
    longer = Selection(system(alarm("e"), short_names={"errors": "e"}))
    assert longer.short("e") == "e"
