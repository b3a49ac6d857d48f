"""Which scenarios are rehearsed, and everything that is wrong with them, said at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from config.errors import ConfigError, Problem
from config.explain import did_you_mean
from config.loader import environments
from config.paths import PROJECT
from drill import simulation
from drill.model import System
from drill.scenarios import reading
from drill.scenarios.reading import Reading, Scenario
from drill.selection import Selection

FOLDER = Path(os.path.relpath(PROJECT / "drills"))
"""Directory of the scenarios, relative to the working directory."""


def read_all(paths: Iterable[Path]) -> tuple[Reading, ...]:
    """Return what could be read of files, each with its problems."""
    return tuple(reading.reading(path) for path in paths)


def scenarios(readings: Iterable[Reading]) -> tuple[Scenario, ...]:
    """Return those of which the head could be read."""
    return tuple(item.scenario for item in readings if item.scenario is not None)


def refuse(
    readings: Iterable[Reading], systems: Mapping[str | None, System], more: Iterable[Problem] = ()
) -> None:
    """Refuse scenarios with which anything is wrong: in their files, or of the names in the rest of them.

    Args:
        readings: the scenarios.
        systems: what they are played with, by environment; none where names cannot be looked at yet.
        more: what else is wrong with them.

    Raises:
        ConfigError: with every problem. Files of usual happenings are shared, and systems know the same
            names: what is wrong is said once.
    """
    readings = tuple(readings)
    problems = list(dict.fromkeys(problem for item in readings for problem in item.problems))
    problems += _unknown_environments(scenarios(readings))
    problems += _same_names(scenarios(readings))
    problems += more
    named: dict[tuple[str, str], Problem] = {}
    for environment, system in systems.items():
        for scenario in scenarios(readings):
            if is_for(scenario, environment):
                for problem in simulation.names(Selection(system), scenario):
                    named.setdefault((problem.place, problem.key), problem)
    if problems or named:
        raise ConfigError([*problems, *named.values()])


def _unknown_environments(some: Iterable[Scenario]) -> Iterator[Problem]:
    """Yield environments that there are not: a scenario that is for one of them would never be rehearsed."""
    known = environments()
    for scenario in some:
        for name in scenario.head.environments or ():
            if name not in known:
                hint = did_you_mean(name, known)
                text = f"no such environment; known: {', '.join(known)} (found: {name}){hint}"
                yield Problem(scenario.place("environments"), "environments", text)


def _same_names(some: Iterable[Scenario]) -> Iterator[Problem]:
    """Yield scenarios whose results would stand where another's do."""
    first: dict[str, Path] = {}
    for scenario in some:
        if first.setdefault(scenario.name, scenario.path) != scenario.path:
            yield Problem(
                str(scenario.path),
                "",
                f"has the name of {first[scenario.name]}: one result would replace the other",
            )


def is_for(scenario: Scenario, environment: str | None) -> bool:
    """Tell whether an environment has what a scenario is about."""
    only = scenario.head.environments
    return only is None or environment is None or environment in only


def not_for(scenario: Scenario, environment: str | None) -> Problem:
    """Return the problem that a scenario is about what an environment does not have."""
    only = ", ".join(scenario.head.environments or ())
    return Problem(str(scenario.path), "environments", f"it is for {only} only (found: {environment})")
