"""What an environment publishes while it is healthy: the baseline of drills.

Each metric of a kind has a baseline (`MetricTemplate.baseline`), and so have the lines of a log
(`logs.line`) and anomaly bands (`AlarmTemplate.anomaly_upper`). The values are moved within the thresholds
and the SLOs of the configuration: a service with a lower threshold for its latency is healthy below it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from catalog.aws_alarms import metric as aws_metric
from catalog.kinds import logs
from catalog.known_metrics import documented
from catalog.naming import Names
from catalog.services import Instance, Service
from catalog.slos import offers
from catalog.specs import Alarm, Catalog, Unit
from catalog.specs import Metric as MetricSpec
from catalog.subjects import Subject
from catalog.templates import BETWEEN_SAMPLES, MetricTemplate, metrics_of
from cloudwatch.alarms import Metric
from config.formats import Format
from config.models import Environment

Values = tuple[tuple[float, float], ...]
"""Each value, and its samples a minute."""

_MARGIN = 2
"""A value that would reach a threshold becomes the threshold divided by this."""


@dataclass(frozen=True, slots=True)
class Healthy:
    """The samples of a metric while its resource is healthy."""

    values: Values
    unit: Unit


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a healthy environment publishes."""

    metrics: Mapping[Metric, Healthy] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)
    """Name of a log group -> the line that is written to it `logs.HANDLED_PER_MIN` times a minute."""
    formats: Mapping[str, Format] = field(default_factory=dict)
    """Service -> the format of its log."""
    bands: Mapping[str, float] = field(default_factory=dict)
    """Name of an alarm -> the upper edge of its anomaly band. The lower edge is 0."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """The thresholds for the values of one metric."""

    below: float = math.inf
    least: float = -math.inf

    def fitted(self, values: Values) -> Values:
        """Return values that no threshold regards as a failure, where that is possible."""
        highest = max((value for value, _ in values), default=0)
        if highest > 0 and highest >= self.below:
            factor = max(self.below, 0) / _MARGIN / highest
            values = tuple((value * factor, per_min) for value, per_min in values)
        return tuple((max(value, self.least), per_min) for value, per_min in values)


def baseline(env: Environment, catalog: Catalog) -> Baseline:
    """Return the baseline of `env`, whose catalog is `catalog`."""
    names = Names.of(env)
    services = [Service.of(env, names, name, service) for name, service in env.services.items()]
    limits = _limits(catalog, services)
    subjects = [(service.subject, _counted(service)) for service in services]
    further = (subject for service in services for subject in service.subjects[1:])
    others = (Instance.environment(env, names), Instance.platform(env, names))
    of_others = (subject for instance in others for subject in instance.subjects)
    subjects += [(subject, ()) for subject in (*further, *of_others)]
    metrics: dict[Metric, Healthy] = {}
    bands: dict[str, float] = {}
    alarms = {alarm.key: alarm for alarm in catalog.alarms}
    for subject, counted in subjects:
        for template in (*_watched(subject), *counted):
            metric = aws_metric(subject.metric(template.stat("Sum", template.name), 60))
            if metric not in metrics:
                values = limits.get(metric, _Limits()).fitted(template.baseline.of(subject.facts))
                metrics[metric] = Healthy(values, template.unit)
        bands.update(_bands(subject, alarms))
    return Baseline(
        metrics={metric: healthy for metric, healthy in metrics.items() if healthy.values},
        lines=dict(_lines(services, limits)),
        formats={service.name: service.subject.log for service in services if service.subject.log},
        bands=bands,
    )


def _watched(subject: Subject) -> Iterator[MetricTemplate]:
    """Yield the metrics of the alarms of a subject."""
    for template in subject.templates:
        if subject.left_out(template) is None:
            yield from metrics_of(template.watches)


def _counted(service: Service) -> tuple[MetricTemplate, ...]:
    """Return the metrics that SLOs of a service may count, or count."""
    counted = [*offers(service.kind, service.subject), *(slo.events for slo in service.slos())]
    return tuple(
        metric
        for events in counted
        for metric in (events.valid.metric, events.bad.metric, events.latency)
        if metric is not None
    )


def _limits(catalog: Catalog, services: list[Service]) -> Mapping[Metric, _Limits]:
    """Return the limits of each metric: of alarms on one metric, and of SLOs on latency."""
    limits: dict[Metric, _Limits] = {}
    for metric, below, least in (*map(_of_alarm, catalog.alarms), *_of_slos(services)):
        if metric is not None:
            known = limits.get(metric, _Limits())
            limits[metric] = _Limits(min(known.below, below), max(known.least, least))
    return limits


def _of_alarm(alarm: Alarm) -> tuple[Metric | None, float, float]:
    watches, threshold = alarm.watches, alarm.threshold
    if not isinstance(watches, MetricSpec) or threshold is None:
        return None, math.inf, -math.inf
    is_counted = documented(watches.namespace, watches.name).get("sample") == "1"
    if watches.stat == "Sum" or (watches.stat == "SampleCount" and is_counted):
        threshold *= 60 / alarm.period_s  # healthy samples are one a minute, which is its sum
    elif not watches.stat.startswith(BETWEEN_SAMPLES):
        return None, math.inf, -math.inf
    if alarm.comparison.startswith("Less"):
        return aws_metric(watches), math.inf, threshold
    return aws_metric(watches), threshold, -math.inf


def _of_slos(services: list[Service]) -> Iterator[tuple[Metric | None, float, float]]:
    for service in services:
        for slo in service.slos():
            if (limit := slo.latency_limit()) is not None:
                metric, most = limit
                yield aws_metric(metric), most, -math.inf


def _bands(subject: Subject, alarms: Mapping[str, Alarm]) -> Iterator[tuple[str, float]]:
    """Yield the upper edges of the bands of a subject. A sum grows with its period."""
    for template in subject.templates:
        alarm = alarms.get(f"{subject.key}_{template.key}")
        if alarm is None or alarm.anomaly_band is None or template.anomaly_upper is None:
            continue
        is_count = isinstance(alarm.watches, MetricSpec) and not alarm.watches.stat.startswith(
            BETWEEN_SAMPLES
        )
        periods = alarm.period_s / template.period_s if is_count else 1
        yield alarm.name, template.anomaly_upper * periods


def _lines(services: list[Service], limits: Mapping[Metric, _Limits]) -> Iterator[tuple[str, str]]:
    """Yield the log group and the line of each service that writes a log."""
    for service in services:
        subject, groups = service.subject, service.log_groups()
        if subject.log and groups:
            latency = aws_metric(subject.metric(logs.LATENCY.stat("p99", "latency"), 60))
            ms = subject.ms_per_unit(logs.LATENCY)
            ((duration, _),) = limits.get(latency, _Limits()).fitted(((logs.HANDLED_MS / ms, 1),))
            line = logs.line(subject.log, duration * ms, is_error=False)
            yield from ((group.name, line) for group in groups if group.writer == "service")
