"""Validation of a system before a rehearsal.

A rehearsal of alarms that AWS rejects could pass without a meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cloudwatch import patterns, validation
from cloudwatch.publishing import MetricFilter
from config.errors import ConfigError, Problem
from config.words import did_you_mean
from drill.model import System


def check(system: System) -> None:
    """Reject a system that is not valid.

    Raises:
        ConfigError: with every problem, each with the place of the alarm or filter.
    """
    all_problems = tuple(problems(system))
    if all_problems:
        raise ConfigError(all_problems)


def check_alarms(system: System, names: Iterable[str]) -> None:
    """Reject a system if one of these alarms is not valid. Others are not validated.

    Raises:
        ConfigError: as for `check`.
    """
    subjects = {f"alarm {name}" for name in names}
    of_alarms = tuple(_located(problem) for problem in _validated(system) if problem.subject in subjects)
    if of_alarms:
        raise ConfigError(of_alarms)


def problems(system: System) -> Iterator[Problem]:
    """Yield every problem of a system."""
    return map(_located, _validated(system))


def _validated(system: System) -> Iterator[validation.Problem]:
    return validation.problems(
        system.alarms, system.composites, system.filters, hint=hint(system), needs_data=False
    )


def notes(system: System) -> tuple[str, ...]:
    """Return the terms of filter patterns against the wording of the guide, each as a sentence."""
    return tuple(filter(None, map(note, system.filters)))


def note(metric_filter: MetricFilter) -> str:
    """Return the terms of a valid metric filter for which the guide requires double quotes; empty without."""
    terms = patterns.unquoted(patterns.parse(metric_filter.pattern))
    if not terms:
        return ""
    listed = ", ".join(f'"{term}"' for term in terms)
    where = metric_filter.place or f"metric filter {metric_filter.name} of {metric_filter.log_group}"
    return f"{where}: the CloudWatch Logs User Guide requires double quotes: {listed}; AWS accepts it without"


def _located(problem: validation.Problem) -> Problem:
    return Problem(problem.place, problem.key, problem.text)


def hint(system: System) -> Callable[[str], str]:
    """Return the function that makes the hint for an alarm that does not exist from its name."""
    if system.prefix:
        text = (
            f" among those whose names begin with {system.prefix}: use a prefix of all alarms, or none "
            "(--prefix)"
        )
        return lambda _: text
    return lambda name: did_you_mean(name, [alarm.name for alarm in system.all_alarms])
