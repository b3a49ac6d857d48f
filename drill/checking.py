"""What AWS would refuse of a system, and what cannot be rehearsed: found before anything is computed.

A rehearsal of alarms that nobody can deploy would pass and mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cloudwatch import validation
from config.errors import ConfigError, Problem
from config.explain import did_you_mean
from drill.model import System


def check(system: System) -> None:
    """Refuse a system of which something would be refused.

    Raises:
        ConfigError: with every problem, each with where the alarm or filter was read.
    """
    found = tuple(problems(system))
    if found:
        raise ConfigError(found)


def check_alarms(system: System, names: Iterable[str]) -> None:
    """Refuse a system of which something would be refused of these alarms; others are not looked at.

    Raises:
        ConfigError: as for `check`.
    """
    subjects = {f"alarm {name}" for name in names}
    found = tuple(_located(problem) for problem in _validated(system) if problem.subject in subjects)
    if found:
        raise ConfigError(found)


def problems(system: System) -> Iterator[Problem]:
    """Yield everything that is wrong with a system."""
    return map(_located, _validated(system))


def _validated(system: System) -> Iterator[validation.Problem]:
    return validation.problems(system.alarms, system.composites, system.filters, hint=_hint(system))


def _located(problem: validation.Problem) -> Problem:
    return Problem(problem.place, problem.key, problem.text)


def _hint(system: System) -> Callable[[str], str]:
    """Return what makes the end of "there is no alarm x" from x."""
    if system.prefix:
        text = (
            f" among those that were read, whose names begin with {system.prefix}: choose a prefix that all "
            "have, or none (--prefix)"
        )
        return lambda _: text
    return lambda name: did_you_mean(name, [alarm.name for alarm in system.all_alarms])
