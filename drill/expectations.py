"""Whether what a scenario expects happened, each in a sentence that says what happened instead."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from config.errors import ConfigError, Problem
from config.explain import did_you_mean
from drill.model import System
from drill.rehearsal import Rehearsal
from drill.scenarios.model import (
    NeverExpected,
    SilentExpected,
    SuppressedExpected,
)
from drill.scenarios.reading import Expected, Scenario
from drill.selection import Selection, UnknownNameError
from drill.verdicts import Judge

_SHOWN = 3
"""How many of several are named."""


def check(system: System, scenario: Scenario) -> None:
    """Refuse expectations about what is not there.

    Raises:
        ConfigError: with each of them, with file and line.
    """
    selection = Selection(system)
    problems = [problem for one in scenario.expect for problem in _problems(selection, one)]
    if problems:
        raise ConfigError(problems)


def _problems(selection: Selection, expected: Expected) -> Iterable[Problem]:
    system, expects = selection.system, expected.expects
    fields = expects.model_fields_set
    for key in ("alarm", "never", "notification", "silent", "suppressed", "message", "but"):
        if key not in fields:
            continue
        value: Any = getattr(expects, key)
        try:
            if isinstance(value, str):
                selection.full_name(value)
            else:
                selection.full_names(value)
        except UnknownNameError as error:
            yield Problem(expected.place, key, str(error))
    yield from _nothing_left(selection, expected)
    topics = {one.name for one in system.topics}
    queues = {one.name for one in system.queues}
    reached = {one.name for topic in system.topics for one in topic.subscriptions}
    for key, known in (("topic", topics), ("queue", queues), ("reaches", reached)):
        given: Any = getattr(expects, key, None)
        for name in [given] if isinstance(given, str) else given or ():
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                text = f"no such name; known: {listed} (found: {name}){did_you_mean(name, known)}"
                yield Problem(expected.place, key, text)
    if isinstance(expects, SuppressedExpected):
        held = {one.name for one in system.composites if one.suppressor is not None}
        name = system.short_names.get(expects.suppressed, expects.suppressed)
        if name in selection.alarms and name not in held:
            yield Problem(expected.place, "suppressed", f"nothing suppresses {expects.suppressed}")


def _nothing_left(selection: Selection, expected: Expected) -> Iterable[Problem]:
    """Yield that exceptions leave nothing of which something could be expected."""
    expects = expected.expects
    if isinstance(expects, NeverExpected | SilentExpected) and expects.but:
        names = expects.never if isinstance(expects, NeverExpected) else expects.silent
        with contextlib.suppress(UnknownNameError):
            if set(selection.full_names(names)) <= set(selection.full_names(expects.but)):
                yield Problem(expected.place, "but", "leaves no alarm of which anything is expected")


def judged(rehearsal: Rehearsal, scenario: Scenario, *, took_s: float) -> Rehearsal:
    """Return a rehearsal with its verdicts, one for each expectation, in the order of the file."""
    judge = Judge(rehearsal)
    verdicts = tuple(judge.verdict(one) for one in scenario.expect)
    return replace(rehearsal, verdicts=verdicts, took_s=took_s)
