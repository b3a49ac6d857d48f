"""Expectations about what is not there, or about what cannot be told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from config.errors import ConfigError, Problem
from config.explain import did_you_mean
from drill.model import Severity, System
from drill.scenarios.model import (
    NeverExpected,
    PagesExpected,
    SilentExpected,
    SuppressedExpected,
    TicketsExpected,
)
from drill.scenarios.reading import Expected, Scenario
from drill.selection import Selection, UnknownNameError
from drill.sources.names import SEVERITIES

_ALARMS = ("alarm", "never", "notification", "silent", "suppressed", "message", "but")
"""Keys that name alarms."""


def check(system: System, scenario: Scenario) -> None:
    """Refuse expectations about what is not there.

    Raises:
        ConfigError: with each of them, with file and line.
    """
    found = list(problems(Selection(system), scenario.expect))
    if found:
        raise ConfigError(found)


def problems(selection: Selection, expect: Iterable[Expected]) -> Iterator[Problem]:
    """Yield what cannot be expected of a system."""
    for one in expect:
        yield from _unknown_alarms(selection, one)
        yield from _nothing_left(selection, one)
        yield from _unknown_receivers(selection.system, one)
        yield from _unsuppressed(selection, one)
        yield from _without_severity(selection.system, one)


def _unknown_alarms(selection: Selection, expected: Expected) -> Iterator[Problem]:
    for key in _ALARMS:
        if key not in expected.expects.model_fields_set:
            continue
        value: Any = getattr(expected.expects, key)
        try:
            if isinstance(value, str):
                selection.full_name(value)
            else:
                selection.full_names(value)
        except UnknownNameError as error:
            yield Problem(expected.place, key, str(error))


def _nothing_left(selection: Selection, expected: Expected) -> Iterator[Problem]:
    """Yield that exceptions leave nothing of which something could be expected."""
    expects = expected.expects
    if isinstance(expects, NeverExpected | SilentExpected) and expects.but:
        names = expects.never if isinstance(expects, NeverExpected) else expects.silent
        with contextlib.suppress(UnknownNameError):
            if set(selection.full_names(names)) <= set(selection.full_names(expects.but)):
                yield Problem(expected.place, "but", "leaves no alarm of which anything is expected")


def _unknown_receivers(system: System, expected: Expected) -> Iterator[Problem]:
    topics = {one.name for one in system.topics}
    queues = {one.name for one in system.queues}
    reached = {one.name for topic in system.topics for one in topic.subscriptions}
    for key, known in (("topic", topics), ("queue", queues), ("reaches", reached)):
        given: Any = getattr(expected.expects, key, None)
        for name in [given] if isinstance(given, str) else given or ():
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                text = f"no such name; known: {listed} (found: {name}){did_you_mean(name, known)}"
                yield Problem(expected.place, key, text)


def _unsuppressed(selection: Selection, expected: Expected) -> Iterator[Problem]:
    expects, system = expected.expects, selection.system
    if isinstance(expects, SuppressedExpected):
        held = {one.name for one in system.composites if one.suppressor is not None}
        name = system.short_names.get(expects.suppressed, expects.suppressed)
        if name in selection.alarms and name not in held:
            yield Problem(expected.place, "suppressed", f"nothing suppresses {expects.suppressed}")


def _without_severity(system: System, expected: Expected) -> Iterator[Problem]:
    """Yield that notifications of a kind are counted where no topic is of that kind: it would always be 0."""
    expects = expected.expects
    if not isinstance(expects, PagesExpected | TicketsExpected):
        return
    wanted: Severity = "page" if isinstance(expects, PagesExpected) else "ticket"
    if any(topic.severity == wanted for topic in system.topics):
        return
    key = "pages" if wanted == "page" else "tickets"
    tags = " or ".join(name for name, severity in SEVERITIES.items() if severity == wanted)
    named = ", ".join(sorted(topic.name for topic in system.topics)) or "none"
    yield Problem(
        expected.place,
        key,
        f"no topic of {system.title} is for {key}: there would be 0 whatever happens; a topic is if its tag "
        f"Severity, or its name, is {tags} (topics: {named})",
    )
