"""Selection of scenarios, and all of their problems in one error."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from config.errors import ConfigError, Problem
from config.loader import environments
from config.paths import PROJECT
from config.words import did_you_mean
from drill import simulation
from drill.model import System
from drill.scenarios import reading
from drill.scenarios.reading import Reading, Scenario
from drill.selection import Selection

FOLDER = Path(os.path.relpath(PROJECT / "drills"))
"""Directory of the scenarios, relative to the working directory."""


def read_all(paths: Iterable[Path]) -> tuple[Reading, ...]:
    """Return the scenarios of files, each with its problems."""
    return tuple(reading.reading(path) for path in paths)


def scenarios(readings: Iterable[Reading]) -> tuple[Scenario, ...]:
    """Return the scenarios whose head is valid."""
    return tuple(read.scenario for read in readings if read.scenario is not None)


def refuse(
    readings: Iterable[Reading], systems: Mapping[str | None, System], more: Iterable[Problem] = ()
) -> None:
    """Reject scenarios with problems, in their files or with names that do not exist.

    Args:
        readings: the scenarios.
        systems: their systems, by environment; empty if names cannot be resolved yet.
        more: further problems.

    Raises:
        ConfigError: with every problem. Problems of shared baselines and several systems occur once.
    """
    readings = tuple(readings)
    problems = list(dict.fromkeys(problem for read in readings for problem in read.problems))
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


def _unknown_environments(scenarios: Iterable[Scenario]) -> Iterator[Problem]:
    """Yield environments that do not exist: a scenario for only those would never be rehearsed."""
    known = environments()
    for scenario in scenarios:
        for name in scenario.head.environments or ():
            if name not in known:
                hint = did_you_mean(name, known)
                text = f"no such environment; known: {', '.join(known)} (found: {name}){hint}"
                yield Problem(scenario.place("environments"), "environments", text)


def _same_names(scenarios: Iterable[Scenario]) -> Iterator[Problem]:
    """Yield scenarios with the same name, whose results would have the same file."""
    first: dict[str, Path] = {}
    for scenario in scenarios:
        if first.setdefault(scenario.name, scenario.path) != scenario.path:
            yield Problem(
                str(scenario.path),
                "",
                f"has the same name as {first[scenario.name]}: their results would have the same file",
            )


def is_for(scenario: Scenario, environment: str | None) -> bool:
    """Return whether a scenario applies to an environment."""
    only = scenario.head.environments
    return only is None or environment is None or environment in only


def not_for(scenario: Scenario, environment: str | None) -> Problem:
    """Return the problem that a scenario does not apply to an environment."""
    only = ", ".join(scenario.head.environments or ())
    return Problem(str(scenario.path), "environments", f"is for {only} only (found: {environment})")
