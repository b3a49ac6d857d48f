"""Rehearse one scenario: samples, metric alarms, composites, suppression, notifications, and what they cause.

A notification that nobody takes becomes a dead letter, dead letters are a metric, and an alarm watches it:
so the whole is computed again with what it caused, until nothing more is caused. Causes lie before their
effects, so this ends; it is bounded all the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cloudwatch import composites, rules, suppression
from cloudwatch.alarms import Metric
from cloudwatch.composites import Change
from cloudwatch.series import Series
from cloudwatch.suppression import Suppressed
from config.errors import ConfigError, Problem
from drill import assertions, checking, delivery, durations, workload
from drill.errors import DrillError
from drill.grid import Grid
from drill.metric_alarms import Happening, MetricAlarms
from drill.model import System
from drill.rehearsal import Message, Notification, Rehearsal
from drill.scenarios.model import Consumer
from drill.scenarios.reading import Scenario
from drill.selection import Selection
from drill.workload import Recording, Workload, of_kind

_ROUNDS = 20
"""More rounds of causes and effects than any arrangement of queues and alarms has."""


@dataclass(frozen=True)
class _Outcome:
    changes: Mapping[str, tuple[Change, ...]]
    suppressed: Mapping[str, tuple[Suppressed, ...]]
    notifications: tuple[Notification, ...]


def run(system: System, scenario: Scenario, recording: Recording) -> Rehearsal:
    """Return what happens in a scenario, and whether that was expected.

    Args:
        system: the alarms and all that belongs to them.
        scenario: what happens, and what is expected.
        recording: how recordings beside the scenario are read.

    Raises:
        ConfigError: AWS would refuse an alarm or a filter, or the scenario names what is not there, or cannot
            be computed; with file and line.
        DrillError: what it causes does not end.
    """
    began_s = time.perf_counter()
    checking.check(system)
    grid = Grid.of(scenario.head)
    _check(system, scenario)
    rehearsal = rehearse(
        system,
        grid,
        Workload(system, scenario, grid, recording),
        named=(scenario.name, scenario.head.says),
        extra=scenario.head.assume.extra_datapoints,
        consumers=[entry.happens for entry in of_kind(scenario, Consumer)],
    )
    verdicts = tuple(
        verdict for verdict in assertions.judge(rehearsal, scenario.expect) if verdict is not None
    )
    return replace(rehearsal, verdicts=verdicts, took_s=time.perf_counter() - began_s)


def rehearse(  # noqa: PLR0913  # each by its name
    system: System,
    grid: Grid,
    happening: Happening,
    *,
    named: tuple[str, str],
    extra: int,
    consumers: Sequence[Consumer] = (),
) -> Rehearsal:
    """Return what follows from what happens, without verdicts.

    Args:
        system: the alarms and all that belongs to them.
        grid: the clock.
        happening: what happens.
        named: the rehearsal's name, and what it shows, in a sentence.
        extra: datapoints that alarms look at beyond their evaluation periods.
        consumers: the readers of queues that fail.
    """
    alarms = MetricAlarms(grid, happening, extra)
    made: Mapping[Metric, Series] = {}
    caused: tuple[Message, ...] = ()
    for _ in range(_ROUNDS):
        found = _outcome(system, alarms, grid, made)
        arrived = delivery.messages(system, found.notifications, consumers, grid)
        dead = tuple(message for message in arrived if message.dead_letter_of is not None)
        if dead == caused:
            break
        caused, made = dead, delivery.queue_metrics(system, dead, grid)
    else:
        raise DrillError(f"dead letters cause one another without end: after {_ROUNDS} rounds more come")
    by_name = {alarm.name: alarm for alarm in system.alarms}
    return Rehearsal(
        name=named[0],
        says=named[1],
        system=system,
        begins_s=grid.begins_s,
        ends_s=grid.over_s,
        step_s=grid.step_s,
        first_s=grid.first_s,
        changes=found.changes,
        suppressed=found.suppressed,
        notifications=tuple(
            notification for notification in found.notifications if notification.at_s > grid.begins_s
        ),
        messages=tuple(message for message in arrived if message.arrived_s > grid.begins_s),
        verdicts=(),
        line=lambda name: alarms.line(by_name[name], made),
        took_s=0.0,
    )


def _outcome(system: System, alarms: MetricAlarms, grid: Grid, made: Mapping[Metric, Series]) -> _Outcome:
    metric_changes = {alarm.name: alarms.changes(alarm, made) for alarm in system.alarms}
    ordered = sorted(
        (change for some in metric_changes.values() for change in some),
        key=lambda change: (change.at_s, change.alarm),
    )
    parsed = {composite.name: rules.parse(composite.rule) for composite in system.composites}
    first_s = float(grid.ends_s[0])
    followed = composites.follow(parsed, ordered, start_s=first_s)
    changes = {name: some for name, some in metric_changes.items() if some}
    of_composites: dict[str, list[Change]] = {}
    for change in followed:
        of_composites.setdefault(change.alarm, []).append(change)
    changes |= {name: tuple(some) for name, some in of_composites.items()}
    performed: list[tuple[float, Change]] = [
        (change.at_s, change) for alarm in system.alarms for change in metric_changes[alarm.name]
    ]
    suppressed: dict[str, tuple[Suppressed, ...]] = {}
    for composite in system.composites:
        own = changes.get(composite.name, ())
        if composite.suppressor is None:
            performed += [(change.at_s, change) for change in own]
            continue
        by = suppression.Suppressor(
            composite.suppressor.alarm, composite.suppressor.wait_s, composite.suppressor.extension_s
        )
        timeline = suppression.performed(own, changes.get(by.alarm, ()), by)
        performed += [
            (action.at_s, action.change) for action in timeline.actions if action.at_s <= grid.over_s
        ]
        if timeline.suppressed:
            suppressed[composite.name] = timeline.suppressed
    return _Outcome(changes, suppressed, delivery.notifications(system, performed))


def _check(system: System, scenario: Scenario) -> None:
    """Refuse what means nothing here, before anything is computed.

    Raises:
        ConfigError: with every problem, each with its file and line.
    """
    wrong = [*_of_resolution(system, scenario), *names(Selection(system), scenario)]
    if wrong:
        raise ConfigError(wrong)


def names(selection: Selection, scenario: Scenario) -> Iterator[Problem]:
    """Yield what a scenario names and a system does not have."""
    yield from workload.problems(selection, scenario)
    yield from assertions.problems(selection, scenario.expect)


def _of_resolution(system: System, scenario: Scenario) -> Iterator[Problem]:
    """Yield that steps are no part of a period, for the first alarm of which that is so."""
    step_s = scenario.head.resolution
    wrong = next((alarm for alarm in system.alarms if alarm.period_s % step_s), None)
    if wrong is not None:
        period, step = durations.text_of(wrong.period_s), durations.text_of(step_s)
        text = f"must divide the period of every alarm: {wrong.name} has {period} (found: {step})"
        yield Problem(scenario.place("resolution"), "resolution", text)
