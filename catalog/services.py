"""A service, or the platform: the templates of its kind applied to it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from catalog.kinds import KINDS, PLATFORM, logs
from catalog.kinds.kind import Kind, ServiceKind
from catalog.kinds.service import IMPACT
from catalog.naming import Names
from catalog.slos import ServiceSlo, events_of
from catalog.specs import Alarm, Composite, Graph, LeftOut, LogFilter, LogGroup, Metric, ServiceView
from catalog.subjects import Grouping, Subject
from catalog.suppression import sources
from catalog.templates import AlarmTemplate, CompositeTemplate, Fact, GraphTemplate
from catalog.texts import Writer
from config.models import Environment
from config.services import AnyService


@dataclass(frozen=True)
class Instance:
    """A monitored instance of a kind: the platform, or a service."""

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

    @functools.cached_property
    def _alarms(self) -> tuple[tuple[AlarmTemplate, Alarm], ...]:
        return tuple(pair for subject in self.subjects for pair in subject.alarms())

    def alarms(self) -> Iterator[Alarm]:
        """Yield its metric alarms."""
        yield from (alarm for _, alarm in self._alarms)

    def composites(self) -> Iterator[tuple[CompositeTemplate, Composite]]:
        """Yield its composites, each with its template."""
        grouping = Grouping(self.names, self.name, self.writer, self.kind.runbook, self._alarms)
        return grouping.composites(self.kind.composites)

    def left_out(self) -> Iterator[LeftOut]:
        """Yield the alarms that are switched off; alarms of another part are not left out."""
        all_left_out = (left_out for subject in self.subjects for left_out in subject.all_left_out())
        yield from dict.fromkeys(left_out for left_out in all_left_out if left_out.why != "not applicable")


@dataclass(frozen=True)
class Service(Instance):
    """A service."""

    kind: ServiceKind[Any]
    config: AnyService

    @classmethod
    def of(cls, env: Environment, names: Names, name: str, config: AnyService) -> Service:
        """Return the service `name` of `env`."""
        kind = KINDS[config.kind]
        (subject,) = _subjects(env, names, kind, name, config)
        return cls(env, names, name, kind, subject.writer, (subject,), config)

    @property
    def subject(self) -> Subject:
        """The subjects of its alarms."""
        return self.subjects[0]

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

    def slos(self) -> Iterator[ServiceSlo]:
        """Yield its SLOs."""
        for name, slo in self.config.slos.items():
            counted = events_of(self.kind, slo, self.subject)
            if counted is not None:
                yield ServiceSlo(self.subject, name, slo, counted)

    def log_groups(self) -> tuple[LogGroup, ...]:
        """Return its log groups."""
        return self.kind.log_groups(self.names, self.name)

    @functools.cached_property
    def deployments(self) -> Metric | None:
        """The metric with a sample for each of its deployments; None if deployments are not counted."""
        deployed = self.kind.deployed(self.names, self.name)
        return sources.deployments(self.names, deployed) if deployed else None

    def filters(self) -> Iterator[LogFilter]:
        """Yield the filters on its log."""
        log = self.subject.log
        for template in self.kind.filters(log) if log else ():
            yield LogFilter(
                key=f"{self.name}_{template.key}",
                name=self.names.resource(self.name, template.key),
                service=self.name,
                log_group_key=self.name,
                pattern=template.pattern,
                namespace=self.subject.log_metrics,
                metric=template.metric.name,
                value=template.value,
                default_value=template.default_value,
                unit=self.subject.unit(template.metric),
            )

    def view(self) -> ServiceView:
        """Return the view for dashboards and documents."""
        by_key = {template.key: alarm for template, alarm in self._alarms}
        return ServiceView(
            name=self.name,
            kind=self.kind.name,
            kind_title=self.kind.title,
            description=self.config.description,
            owner=self.config.owner,
            resource=self.subject.dimensions[self.kind.resource],
            log_group_key=next((group.key for group in self.log_groups()), None),
            runbook=self.kind.runbook,
            deployments=self.deployments,
            graphs=tuple(
                self._graph(
                    template, [by_key[threshold] for threshold in template.thresholds if threshold in by_key]
                )
                for template in self.subject.graphs(self.kind.graphs)
            ),
        )

    def _graph(self, template: GraphTemplate, alarms: Sequence[Alarm]) -> Graph:
        # A threshold is comparable only with datapoints of the period of its alarm.
        period_s = max((alarm.period_s for alarm in alarms), default=self.env.dashboard.period_s)
        return Graph(
            title=template.title,
            role=template.role,
            unit_label=template.unit_label,
            series=tuple(
                self.subject.series(series_template, period_s) for series_template in template.series
            ),
            thresholds=tuple(alarm.key for alarm in alarms),
        )


def _subjects(
    env: Environment,
    names: Names,
    kind: Kind[Any],
    name: str,
    config: AnyService | Environment,
) -> tuple[Subject, ...]:
    service = None if isinstance(config, Environment) else config
    log = env.log_format(service) if service else None
    of_log = {logs.DURATIONS: Fact()} if log and log.has_durations else {}
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
                log_group=part.dimensions.get("LogGroupName"),
            ),
            runbook=kind.runbook,
            dimensions=part.dimensions,
            facts={**part.facts, **of_log},
            facts_words=kind.facts_words,
            templates=kind.alarms,
            general=env.alarms.of(kind.name),
            own=service.alarms if service else {},
            log_metrics=names.log_metrics_namespace(name),
            log=log,
        )
        for part in kind.parts(env, names, name, config)
    )
