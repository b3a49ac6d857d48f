"""A service, the environment as a whole, or the platform: the templates of its kind applied to it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from catalog.kinds import ENVIRONMENT, KINDS, PLATFORM, logs
from catalog.kinds.kind import Deployed, Kind, ServiceKind
from catalog.kinds.service import IMPACT
from catalog.naming import Names
from catalog.own import ROLE, Own
from catalog.slos import ServiceSlo, events_of
from catalog.specs import (
    Alarm,
    Composite,
    CountedBy,
    ExistingResource,
    Graph,
    LeftOut,
    LogFilter,
    LogGroup,
    Metric,
    ServiceView,
    WholeView,
    Widget,
)
from catalog.subjects import Grouping, Subject
from catalog.suppression import sources
from catalog.templates import (
    LOG,
    AlarmTemplate,
    CompositeTemplate,
    Fact,
    GraphTemplate,
    SeriesTemplate,
    Watched,
)
from catalog.texts import Writer
from catalog.tuning import in_unit
from config.dashboards import Widget as WidgetConfig
from config.models import Environment
from config.services import AnyService, ExistingService


@dataclass(frozen=True)
class Instance:
    """A monitored instance of a kind: the platform, the environment as a whole, or a service."""

    env: Environment
    names: Names
    name: str
    kind: Kind[Any]
    writer: Writer
    """Writes the descriptions of its composites."""
    subjects: tuple[Subject, ...]
    """The subjects of its alarms."""

    @classmethod
    def platform(cls, env: Environment, names: Names) -> Instance:
        """Return the platform of `env`."""
        writer = Writer(env, label="The platform", owner=env.owner)
        name = PLATFORM.name
        subjects = _subjects(env, names, PLATFORM, name, env)
        return cls(env, names, name, PLATFORM, writer, subjects)

    @classmethod
    def environment(cls, env: Environment, names: Names) -> Instance:
        """Return the environment as a whole, which has what the configuration defines for it."""
        writer = Writer(env, label="The environment", owner=env.owner)
        name = ENVIRONMENT.name
        subjects = _subjects(env, names, ENVIRONMENT, name, env, Own.of_environment(env))
        return cls(env, names, name, ENVIRONMENT, writer, subjects)

    @functools.cached_property
    def _alarms(self) -> tuple[tuple[AlarmTemplate, Alarm], ...]:
        return tuple(pair for subject in self.subjects for pair in subject.alarms())

    def alarms(self) -> Iterator[Alarm]:
        """Yield its metric alarms."""
        yield from (alarm for _, alarm in self._alarms)

    def composites(self) -> Iterator[tuple[CompositeTemplate, Composite]]:
        """Yield its composites, each with its template."""
        grouping = Grouping(self.names, self.name, self.writer, self.kind.runbook, self._alarms)
        return grouping.composites(self.composite_templates)

    @property
    def composite_templates(self) -> tuple[CompositeTemplate, ...]:
        """The composites of its kind that it can have."""
        composites = self.kind.composites
        return tuple(template for template in composites if self.subject.lacks([template.needs]) is None)

    def left_out(self) -> Iterator[LeftOut]:
        """Yield the alarms that are switched off; alarms of another part are not left out."""
        all_left_out = (left_out for subject in self.subjects for left_out in subject.all_left_out())
        yield from dict.fromkeys(left_out for left_out in all_left_out if left_out.why != "not applicable")

    @property
    def subject(self) -> Subject:
        """The first subject of its alarms: the service or the environment as a whole."""
        return self.subjects[0]

    @property
    def deployments(self) -> Metric | None:
        """The metric with a sample for each of its deployments; None if deployments are not counted."""
        return None

    def slos(self) -> Iterator[ServiceSlo]:
        """Yield its SLOs."""
        yield from ()

    def whole_view(self, services: Mapping[str, Service]) -> WholeView | None:
        """Return the view of the environment as a whole for dashboards; None if it defines nothing."""
        subject, widgets = self.subject, self.env.dashboard.widgets
        if not (subject.defined.metrics or subject.defined.settings or widgets):
            return None
        return WholeView(
            graphs=tuple(self._graphs(subject, subject.defined.graphs())),
            widgets=tuple(_widgets(widgets, self, services)),
        )

    def _graphs(self, subject: Subject, templates: Iterable[GraphTemplate]) -> Iterator[Graph]:
        """Yield the graphs of the templates that a subject has."""
        by_key = {alarm.key: (template, alarm) for template, alarm in self._alarms}
        for template in subject.graphs(templates):
            keys = (f"{subject.key}_{key}" for key in template.thresholds)
            yield self._graph(subject, template, [by_key[key] for key in keys if key in by_key])

    def _graph(
        self, subject: Subject, template: GraphTemplate, alarms: Sequence[tuple[AlarmTemplate, Alarm]]
    ) -> Graph:
        # A threshold is comparable only with datapoints of the period of its alarm, and of its statistic.
        period_s = max((alarm.period_s for _, alarm in alarms), default=self.env.dashboard.period_s)
        tuned = (alarm.watches for alarm, _ in alarms if isinstance(alarm.watches, SeriesTemplate))
        drawn = {_line(series): series for series in template.series}
        metrics = [line.metric for line in drawn.values() if isinstance(line, SeriesTemplate)]
        drawn |= {
            _line(series): series
            for series in tuned
            if series.metric in metrics and _line(series) not in drawn
        }
        part = "" if subject is self.subject else subject.writer.label.removeprefix(f"{self.name}, ")
        return Graph(
            title=f"{template.title}: {part}" if part else template.title,
            role=template.role,
            unit_label=template.unit_label,
            series=tuple(subject.series(series, period_s) for series in drawn.values()),
            thresholds=tuple(alarm.key for _, alarm in alarms),
        )


@dataclass(frozen=True)
class Service(Instance):
    """A service."""

    kind: ServiceKind[Any]
    config: AnyService

    @classmethod
    def of(cls, env: Environment, names: Names, name: str, config: AnyService) -> Service:
        """Return the service `name` of `env`."""
        kind = KINDS[config.kind]
        subjects = _subjects(env, names, kind, name, config)
        return cls(env, names, name, kind, subjects[0].writer, subjects, config)

    @override
    def alarms(self) -> Iterator[Alarm]:
        """Yield its metric alarms, those of its SLOs last."""
        yield from super().alarms()
        for slo in self.slos():
            yield from slo.alarms()

    @override
    def left_out(self) -> Iterator[LeftOut]:
        """Yield the alarms of its kind that it does not have."""
        return self.subject.all_left_out()

    def errors(self) -> Iterator[Alarm]:
        """Yield the alarm on its errors, unless it is switched off."""
        yield from (alarm for template, alarm in self._alarms if template.key == self.kind.failing)

    def impact_parts(self) -> Iterator[Alarm | Composite]:
        """Yield the parts of its impact: each alone means that users are affected."""
        composites = {composite.key: composite for _, composite in self.composites()}
        parts: dict[str, Alarm | Composite] = {alarm.key: alarm for _, alarm in self._alarms}
        parts |= composites
        impact = composites.get(f"{self.name}_{IMPACT.key}")
        yield from (parts[key] for key in impact.children()) if impact else ()

    @override
    def slos(self) -> Iterator[ServiceSlo]:
        """Yield its SLOs."""
        for name, slo in self.config.slos.items():
            counted = events_of(self.kind, slo, self.subject)
            if counted is not None:
                yield ServiceSlo(self.subject, name, slo, counted)

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What it is in AWS: two services with the same identity have the same metrics."""
        dimensions = (self.subject.dimensions.get(key) for key in (self.kind.resource, *self.kind.within))
        return (self.kind.name, *dimensions)

    def log_groups(self) -> tuple[LogGroup, ...]:
        """Return its log groups."""
        return self.kind.log_groups(self.names, self.name, self.config)

    @functools.cached_property
    def _deployed(self) -> Deployed | None:
        return self.kind.deployed(self.names, self.name, self.config)

    @functools.cached_property
    def deployments(self) -> Metric | None:
        """The metric with a sample for each of its deployments; None if deployments are not counted."""
        return sources.deployments(self.names, self._deployed.resource) if self._deployed else None

    @property
    def counted_by(self) -> CountedBy | None:
        """What counts its deployments; None if they are not counted."""
        return self._deployed.by if self._deployed else None

    def existing(self) -> Iterator[ExistingResource]:
        """Yield the resources that it names, if it exists already."""
        return self.kind.existing(self.config)

    def filters(self) -> Iterator[LogFilter]:
        """Yield the filters on its log: the same on each of its log groups, for the same metrics."""
        log = self.subject.log
        if log is None:
            return
        for group in self.log_groups():
            if group.writer != "service":
                continue
            for template in self.kind.filters(log):
                yield LogFilter(
                    key=f"{group.key}_{template.key}",
                    name=self.names.resource(group.key.replace("_", "-"), template.key),
                    service=self.name,
                    log_group_key=group.key,
                    pattern=template.pattern,
                    namespace=self.subject.log_metrics,
                    metric=template.metric.name,
                    value=template.value,
                    default_value=template.default_value,
                    unit=self.subject.unit(template.metric),
                )
            yield from self.subject.defined.filters(self.names, group, self.subject.log_metrics)

    def view(self) -> ServiceView:
        """Return the view for dashboards and documents."""
        return ServiceView(
            name=self.name,
            kind=self.kind.name,
            kind_title=self.kind.title,
            description=self.config.description,
            owner=self.config.owner,
            resource=self.subject.dimensions[self.kind.resource],
            existing=isinstance(self.config, ExistingService),
            log_group_key=next((group.key for group in self.log_groups()), None),
            runbook=self.kind.runbook,
            deployments=self.deployments,
            counted_by=self.counted_by,
            graphs=(
                *(graph for subject in self.subjects for graph in self._graphs(subject, self.kind.graphs)),
                *self._graphs(self.subject, self.subject.defined.graphs()),
            ),
            widgets=tuple(_widgets(self.config.dashboard.widgets, self, {})),
        )


def _line(series: Watched) -> tuple[object, ...]:
    """Return what distinguishes a line of a graph from others."""
    if isinstance(series, SeriesTemplate):
        metric = series.metric
        dimensions = (*metric.dimensions, *metric.fixed)
        return (metric.namespace, metric.name, dimensions, series.stat)
    return (series.expression, series.label)


def _widgets(
    widgets: Iterable[WidgetConfig], instance: Instance, services: Mapping[str, Service]
) -> Iterator[Widget]:
    """Yield own widgets; metrics that do not exist are left out, `check` reports them.

    Args:
        widgets: their configuration.
        instance: the service or the environment that has them.
        services: the services of which a widget can name metrics, by name.
    """
    for widget in widgets:
        width, height = widget.size
        if widget.text is not None:
            yield Widget(text=widget.text, width=width, height=height)
            continue
        named = [
            (prefix, series, of)
            for name in widget.metrics
            for prefix, of, key in [_named(name, instance, services)]
            if of is not None and (series := of.subject.defined.series.get(key)) is not None
        ]
        units = {series.unit for _, series, _ in named}
        lines = (
            of.subject.series(
                series if widget.stat is None else series.metric.stat(widget.stat, series.label),
                of.env.dashboard.period_s,
            ).model_copy(update={"label": f"{prefix}{series.label}"})
            for prefix, series, of in named
        )
        if named:
            label = in_unit(units.pop(), "") if len(units) == 1 else ""
            yield Widget(
                graph=Graph(
                    title=str(widget.title), role=ROLE, unit_label=label or "value", series=tuple(lines)
                ),
                width=width,
                height=height,
            )


def _named(
    name: str, instance: Instance, services: Mapping[str, Service]
) -> tuple[str, Instance | None, str]:
    """Return the prefix of the label, the owner and the key of the series that a widget names."""
    service, dot, key = name.rpartition(".")
    return (f"{service}: ", services.get(service), key) if dot else ("", instance, key)


def _subjects(  # noqa: PLR0913, PLR0917 - what a subject is made of
    env: Environment,
    names: Names,
    kind: Kind[Any],
    name: str,
    config: AnyService | Environment,
    own: Own | None = None,
) -> tuple[Subject, ...]:
    service = None if isinstance(config, Environment) else config
    parts = tuple(kind.parts(env, names, name, config))
    log_group = parts[0].dimensions.get("LogGroupName") if service else None
    log = env.log_format(service) if service else None
    of_log = {logs.DURATIONS: Fact()} if log and log.has_durations else {}
    # Other parts than the first have none of the metrics from the log.
    has_log = {LOG: Fact()} if log_group else {}
    facts = [{**part.facts, **of_log, **(has_log if part is parts[0] else {})} for part in parts]
    if service:
        own = Own.of_service(name, service, kind, parts[0].dimensions, facts[0])
    return tuple(
        Subject(
            env=env,
            names=names,
            parts=(name, part.key) if part.key else (name,),
            writer=Writer(
                env,
                label=part.label,
                owner=config.owner,
                service=name if service else None,
                log_group=part.dimensions.get("LogGroupName", log_group),
            ),
            runbook=kind.runbook,
            dimensions=part.dimensions,
            facts=of_part,
            facts_words={**kind.facts_words, **part.words},
            built_in=kind.alarms,
            general=env.alarms.of(kind.name),
            own=service.alarms if service else {},
            defined=own if own and part is parts[0] else Own(),
            log_metrics=names.log_metrics_namespace(name),
            log=log,
        )
        for part, of_part in zip(parts, facts, strict=True)
    )
