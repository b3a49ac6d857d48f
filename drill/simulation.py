"""Rehearsal of a scenario: samples, metric alarms, composites, suppression, notifications and their effects.

A message that is not consumed becomes a dead letter, dead letters are a metric, and an alarm uses that
metric. The simulation is therefore repeated with its effects until there are no new ones. Causes precede
effects, so this ends; the number of rounds is limited nevertheless.
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
from drill import assertions, checking, delivery, durations, leaving_out, notes
from drill import workload as workloads
from drill.errors import DrillError
from drill.grid import Grid
from drill.metric_alarms import MetricAlarms, MetricSource
from drill.model import System
from drill.rehearsal import Message, Notification, Performed, Rehearsal
from drill.scenarios.model import Consumer
from drill.scenarios.reading import Scenario
from drill.selection import Selection
from drill.workload import Recording, Workload, of_kind

_ROUNDS = 20
"""Maximum number of rounds, more than any arrangement of queues and alarms needs."""


@dataclass(frozen=True)
class _Outcome:
    changes: Mapping[str, tuple[Change, ...]]
    suppressed: Mapping[str, tuple[Suppressed, ...]]
    notifications: tuple[Notification, ...]
    actions: tuple[Performed, ...]


def run(system: System, scenario: Scenario, recording: Recording) -> Rehearsal:
    """Return the outcome of a scenario, with verdicts.

    Args:
        system: the alarms, filters, topics and queues.
        scenario: the scenario.
        recording: the reader of recordings.

    Raises:
        ConfigError: an alarm or a filter is not valid, the scenario names something that does not exist, or
            it cannot be computed; with file and line.
        DrillError: its effects do not end.
    """
    began_s = time.perf_counter()
    checking.check(system)
    grid = Grid.of(scenario.head)
    _check(system, scenario)
    system = leaving_out.for_scenario(system, scenario)
    workload = Workload(system, scenario, grid, recording)
    system = replace(system, notes=(*system.notes, *checking.notes(system), *workload.notes()))
    rehearsal = rehearse(
        system,
        grid,
        workload,
        named=(scenario.name, scenario.head.description),
        extra=scenario.head.assume.extra_datapoints,
        consumers=[entry.happens for entry in of_kind(scenario, Consumer)],
    )
    verdicts = tuple(
        verdict for verdict in assertions.judge(rehearsal, scenario.expect) if verdict is not None
    )
    found = tuple(notes.notes(rehearsal, workload))
    return replace(rehearsal, verdicts=verdicts, notes=found, took_s=time.perf_counter() - began_s)


def rehearse(  # noqa: PLR0913  # each by its name
    system: System,
    grid: Grid,
    workload: MetricSource,
    *,
    named: tuple[str, str],
    extra: int,
    consumers: Sequence[Consumer] = (),
    is_known_before: bool = True,
) -> Rehearsal:
    """Return the outcome of a workload, without verdicts.

    Args:
        system: the alarms, filters, topics and queues.
        grid: the clock.
        workload: the samples of metrics, and the bands.
        named: the name and the description of the rehearsal.
        extra: datapoints that alarms retrieve beyond their evaluation periods.
        consumers: the consumers of queues that fail.
        is_known_before: whether it is known that metrics have no samples before the first step.
    """
    alarms = MetricAlarms(grid, workload, extra, is_known_before=is_known_before)
    effects: Mapping[Metric, Series] = {}
    caused: tuple[Message, ...] = ()
    for _ in range(_ROUNDS):
        outcome = _outcome(system, alarms, grid, effects)
        arrived = delivery.messages(system, outcome.notifications, consumers, grid)
        dead = tuple(message for message in arrived if message.dead_letter_of is not None)
        if dead == caused:
            break
        caused, effects = dead, delivery.queue_metrics(system, dead, grid)
    else:
        raise DrillError(f"dead letters cause further dead letters after {_ROUNDS} rounds")
    by_name = {alarm.name: alarm for alarm in system.alarms}
    return Rehearsal(
        name=named[0],
        description=named[1],
        system=system,
        begins_s=grid.begins_s,
        ends_s=grid.over_s,
        step_s=grid.step_s,
        first_s=grid.first_s,
        changes=outcome.changes,
        suppressed=outcome.suppressed,
        notifications=tuple(
            notification for notification in outcome.notifications if notification.at_s > grid.begins_s
        ),
        actions=tuple(action for action in outcome.actions if action.at_s > grid.begins_s),
        messages=tuple(message for message in arrived if message.arrived_s > grid.begins_s),
        verdicts=(),
        line=lambda name: alarms.line(by_name[name], effects),
        took_s=0.0,
    )


def _outcome(system: System, alarms: MetricAlarms, grid: Grid, effects: Mapping[Metric, Series]) -> _Outcome:
    metric_changes = {alarm.name: alarms.changes(alarm, effects) for alarm in system.alarms}
    ordered = sorted(
        (change for of_alarm in metric_changes.values() for change in of_alarm),
        key=lambda change: (change.at_s, change.alarm),
    )
    parsed = {composite.name: rules.parse(composite.rule) for composite in system.composites}
    first_s = float(grid.ends_s[0])
    followed = composites.follow(parsed, ordered, start_s=first_s)
    changes = {name: of_alarm for name, of_alarm in metric_changes.items() if of_alarm}
    of_composites: dict[str, list[Change]] = {}
    for change in followed:
        of_composites.setdefault(change.alarm, []).append(change)
    changes |= {name: tuple(of_alarm) for name, of_alarm in of_composites.items()}
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
    return _Outcome(
        changes,
        suppressed,
        delivery.notifications(system, performed),
        delivery.other_actions(system, performed),
    )


def _check(system: System, scenario: Scenario) -> None:
    """Reject a scenario with unknown names or a wrong resolution, before the simulation.

    Raises:
        ConfigError: with every problem, each with its file and line.
    """
    problems = [*_of_resolution(system, scenario), *names(Selection(system), scenario)]
    if problems:
        raise ConfigError(problems)


def names(selection: Selection, scenario: Scenario) -> Iterator[Problem]:
    """Yield the names in a scenario that do not exist in a system."""
    yield from workloads.problems(selection, scenario)
    rehearsed = Selection(leaving_out.for_scenario(selection.system, scenario))
    yield from assertions.problems(rehearsed, scenario.expect)


def _of_resolution(system: System, scenario: Scenario) -> Iterator[Problem]:
    """Yield the first alarm whose period is not divisible by the resolution."""
    step_s = scenario.head.resolution
    alarm = next((alarm for alarm in system.alarms if alarm.period_s % step_s), None)
    if alarm is not None:
        period, step = durations.text_of(alarm.period_s), durations.text_of(step_s)
        text = f"must divide the period of every alarm: {alarm.name} has {period} (found: {step})"
        yield Problem(scenario.place("resolution"), "resolution", text)
