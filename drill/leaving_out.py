"""Alarms that cannot be rehearsed: which ones, why, and the system without them.

One alarm that is not supported does not prevent the rehearsal of the others. It is left out, and every output
lists it with its reason, so that an expectation about all alarms claims nothing about it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from cloudwatch import rules, validation
from cloudwatch.alarms import Alarm, CompositeAlarm
from cloudwatch.errors import InputError
from drill import checking
from drill.errors import DrillError
from drill.model import LeftOut, System
from drill.scenarios.model import Band
from drill.scenarios.reading import Scenario
from drill.selection import Selection, UnknownNameError
from drill.workload import of_kind

MetricName = tuple[str, str]
"""Namespace and name of a metric."""

_SHOWN = 5
"""Maximum number of alarms in an error."""


def without(
    system: System, left_out: Iterable[LeftOut], unpublished: Mapping[MetricName, str] | None = None
) -> System:
    """Return a system without some alarms, and without the composite alarms that depend on them.

    Args:
        system: the system.
        left_out: what to leave out.
        unpublished: metrics whose metric filter cannot be read, each with the reason.
    """
    entries = {entry.name: entry for entry in left_out}
    for alarm in system.alarms:
        for statistic in alarm.statistics:
            reason = (unpublished or {}).get((statistic.metric.namespace, statistic.metric.name))
            if reason is not None:
                entries.setdefault(alarm.name, LeftOut(alarm.name, reason))
    names = {entry.name for entry in (*system.left_out, *entries.values())}
    composites = [composite for composite in system.composites if composite.name not in names]
    is_complete = False
    while not is_complete:
        is_complete = True
        for composite in list(composites):
            missing = sorted(dependencies(composite) & names)
            if missing:
                reason = f"it depends on {', '.join(missing)}, which cannot be rehearsed"
                entries[composite.name] = LeftOut(composite.name, _located(composite.place, reason))
                names.add(composite.name)
                composites.remove(composite)
                is_complete = False
    return dataclasses.replace(
        system,
        alarms=tuple(alarm for alarm in system.alarms if alarm.name not in names),
        composites=tuple(composites),
        left_out=(*system.left_out, *entries.values()),
    )


def _located(place: str, reason: str) -> str:
    return f"{place}: {reason}" if place else reason


def dependencies(alarm: Alarm) -> set[str]:
    """Return the alarms in the rule of a composite alarm, and its suppressor.

    A rule that is not valid has none; the validation reports it.
    """
    if not isinstance(alarm, CompositeAlarm):
        return set()
    suppressor = {alarm.suppressor.alarm} if alarm.suppressor else set()
    try:
        return {*rules.children(rules.parse(alarm.rule)), *suppressor}
    except InputError:
        return suppressor


def rehearsable(system: System, *, is_deployed: bool) -> System:
    """Return a system without the alarms that this program cannot evaluate.

    Args:
        system: the system.
        is_deployed: whether AWS has accepted the alarms. Each problem is then one of this program; otherwise
            AWS would reject an alarm that is not valid, and the rehearsal does so.
    """
    problems = [
        problem
        for problem in validation.problems(
            system.alarms,
            system.composites,
            system.filters,
            others={entry.name for entry in system.left_out},
            hint=checking.hint(system),
            needs_data=False,
        )
        if is_deployed or problem.is_unsupported
    ]
    subjects: dict[str, str] = {}
    for problem in problems:
        subjects.setdefault(problem.subject, f"{problem.place}: {problem}")
    alarms = [
        LeftOut(alarm.name, subjects[f"alarm {alarm.name}"])
        for alarm in system.all_alarms
        if f"alarm {alarm.name}" in subjects
    ]
    unread = [spec for spec in system.filters if validation.subject_of_filter(spec) in subjects]
    unpublished = {
        (spec.namespace, spec.metric): subjects[validation.subject_of_filter(spec)] for spec in unread
    }
    filters = tuple(spec for spec in system.filters if spec not in unread)
    return without(dataclasses.replace(system, filters=filters), alarms, unpublished)


def for_scenario(system: System, scenario: Scenario) -> System:
    """Return the system of a scenario: without alarms on an anomaly band that nothing sets."""
    banded = {alarm.name for alarm in system.alarms if alarm.threshold is None} - system.baseline.bands.keys()
    if not banded:
        return system
    selection = Selection(system)
    for entry in of_kind(scenario, Band):
        try:
            banded -= set(selection.full_names(entry.happens.band))
        except UnknownNameError:  # noqa: PERF203  # it is reported with its place, or optional
            continue
    reason = "it has an anomaly detection band, and neither its kind nor the scenario (`band`) sets it"
    return without(system, [LeftOut(name, reason) for name in sorted(banded)]) if banded else system


def some(system: System) -> System:
    """Return a system of which an alarm is left.

    Raises:
        DrillError: all of its alarms are left out; the message lists them.
    """
    if system.left_out and not system.all_alarms:
        raise DrillError(f"no alarm can be rehearsed:\n  {listed(system.left_out)}")
    return system


def refuse(system: System) -> None:
    """Reject a system with alarms that cannot be rehearsed.

    Raises:
        DrillError: there are some; the message lists them.
    """
    if system.left_out:
        raise DrillError(f"not all alarms can be rehearsed:\n  {listed(system.left_out)}")


def listed(left_out: Iterable[LeftOut]) -> str:
    """Return the first entries as lines, and the number of the others."""
    entries = tuple(left_out)
    lines = [f"{entry.name}: {entry.reason}" for entry in entries[:_SHOWN]]
    more = [f"and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
    return "\n  ".join([*lines, *more])
