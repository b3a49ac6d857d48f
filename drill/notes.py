"""Notes about a rehearsal: what its scenario does not say although it matters."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import yaml

from cloudwatch import embedded
from cloudwatch.alarms import Metric, MetricAlarm
from drill import durations
from drill.model import System
from drill.rehearsal import Rehearsal
from drill.scenarios.model import Lines
from drill.selection import Selection
from drill.workload import Entry, Workload, of_kind


def notes(rehearsal: Rehearsal, workload: Workload) -> Iterator[str]:
    """Yield the notes about a rehearsal of a workload, in sentences."""
    entries = of_kind(workload.scenario, Lines)
    yield from filter(None, map(_invalid, entries))
    yield from _unknown(rehearsal, workload)


def _invalid(entry: Entry[Lines]) -> str | None:
    """Return that a line publishes no metrics, if its embedded metric format is not valid."""
    try:
        embedded.samples(entry.happens.text)
    except embedded.EmbeddedMetricError as error:
        return (
            f"{entry.placed.place}: log: not valid in the embedded metric format, so the line publishes no "
            f"metrics, and CloudWatch counts it in AWS/Logs {error.metric}: {error}"
        )
    return None


def _unknown(rehearsal: Rehearsal, workload: Workload) -> Iterator[str]:
    """Yield the alarms that are in ALARM from the start because their metrics have no samples.

    Each note names the metrics, with the time if the scenario begins to describe them later, and the entry of
    `happens` to add.
    """
    selection = Selection(rehearsal.system)
    for alarm in rehearsal.system.alarms:
        first = next(iter(rehearsal.changes.get(alarm.name, ())), None)
        if first is None or rehearsal.state(alarm.name, max(first.at_s, rehearsal.begins_s)) != "ALARM":
            continue
        metrics = dict.fromkeys(statistic.metric for statistic in alarm.statistics)
        unknown = [metric for metric in metrics if workload.is_unknown(metric, first.at_s)]
        if first.new == "ALARM" and (
            unknown == list(metrics) or (unknown and not _has_datapoint(rehearsal, alarm, first.at_s))
        ):
            until = {metric: _until(workload.described_from_s(metric, first.at_s)) for metric in unknown}
            listed = ", ".join(f"{metric}{f' before +{to}' if to else ''}" for metric, to in until.items())
            missing = dict.fromkeys(_entry(metric, rehearsal.system, to) for metric, to in until.items())
            entries = ", ".join(missing)
            yield (
                f"{selection.short(alarm.name)} is in ALARM from the start: neither the scenario nor a "
                f"baseline has samples of {listed}, and missing data is {alarm.treat_missing_data}. "
                f"Add to happens: {entries}"
            )


def _has_datapoint(rehearsal: Rehearsal, alarm: MetricAlarm, at_s: float) -> bool:
    """Return whether an alarm had a datapoint when it was evaluated at a time."""
    line = rehearsal.line(alarm.name)
    return not np.isnan(line.values[int(np.searchsorted(line.times_s, at_s))])


def _until(described_from_s: float | None) -> str | None:
    """Return until when an entry is missing, as a duration; None for the whole scenario."""
    return None if described_from_s is None else durations.text_of(described_from_s)


def _entry(metric: Metric, system: System, until: str | None) -> str:
    """Return the entry of `happens` that publishes a metric until a time; the values are the user's."""
    to = f", to: {until}" if until else ""
    dimensions = dict(metric.dimensions)
    group = dimensions.get("LogGroupName") if metric.namespace == "AWS/Logs" else None
    for metric_filter in system.filters:
        if (metric_filter.namespace, metric_filter.metric) == (metric.namespace, metric.name):
            group = group or metric_filter.log_group
    if group:
        return f"- {{log_group: {_scalar(group)}, log: …, per_min: …{to}}}"
    listed = ", ".join(f"{_scalar(name)}: {_scalar(value)}" for name, value in dimensions.items())
    named = f"metric: {_scalar(f'{metric.namespace} {metric.name}')}"
    return f"- {{{', '.join([named, *([f'dimensions: {{{listed}}}'] if listed else [])])}, value: …{to}}}"


def _scalar(text: str) -> str:
    """Return a text as an element of YAML, quoted if necessary."""
    try:
        is_plain = yaml.safe_load(f"[{text}]") == [text]
    except yaml.YAMLError:
        is_plain = False
    return text if is_plain else json.dumps(text)
