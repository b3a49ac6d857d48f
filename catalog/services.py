"""One service: the templates of its kind made concrete."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.kinds import KINDS
from catalog.kinds.kind import Kind
from catalog.kinds.service import IMPACT
from catalog.naming import Names
from catalog.slos import Objective, events_of
from catalog.specs import Alarm, Composite, Graph, LogFilter, LogGroup, ServiceView
from catalog.subjects import Grouping, Subject
from catalog.suppression import sources
from catalog.templates import AlarmTemplate, CompositeTemplate, GraphTemplate
from catalog.texts import Writer
from config.models import AnyService, Environment


@dataclass(frozen=True)
class Service:
    """A service, its kind, and what they become."""

    env: Environment
    names: Names
    name: str
    config: AnyService
    kind: Kind[Any]
    subject: Subject

    @classmethod
    def of(cls, env: Environment, names: Names, name: str, config: AnyService) -> Service:
        """Return the service `name` of `env`."""
        kind = KINDS[config.kind]
        log_group = kind.log_groups(names, name)[0]
        subject = Subject(
            env=env,
            names=names,
            key=name,
            parts=(name,),
            writer=Writer(env, label=name, owner=config.owner, service=name, log_group=log_group.name),
            runbook=kind.runbook,
            dimensions=kind.dimensions(names, name, config),
            facts=kind.facts(env, config),
            facts_words=kind.facts_words,
            templates=kind.alarms,
            general=env.alarms.of(kind.name),
            own=config.alarms,
            log_metrics=names.log_metrics_namespace(name),
        )
        return cls(env, names, name, config, kind, subject)

    @functools.cached_property
    def _alarms(self) -> tuple[tuple[AlarmTemplate, Alarm], ...]:
        return tuple(self.subject.alarms())

    def alarms(self) -> Iterator[Alarm]:
        """Yield its metric alarms, those of its objectives last."""
        yield from (alarm for _, alarm in self._alarms)
        for objective in self.objectives():
            yield from objective.alarms()

    def errors(self) -> Iterator[Alarm]:
        """Yield the alarm on its errors, unless it is switched off."""
        yield from (alarm for template, alarm in self._alarms if template.key == self.kind.failing)

    def impact_parts(self) -> Iterator[Alarm | Composite]:
        """Yield what its impact is made of: each alone means that users are affected."""
        composites = {composite.key: composite for _, composite in self.composites()}
        parts: dict[str, Alarm | Composite] = {alarm.key: alarm for _, alarm in self._alarms}
        parts |= composites
        impact = composites.get(f"{self.name}_{IMPACT.key}")
        yield from (parts[key] for key in impact.children()) if impact else ()

    def composites(self) -> Iterator[tuple[CompositeTemplate, Composite]]:
        """Yield its composites, each with its template."""
        grouping = Grouping(
            self.names, self.name, (self.name,), self.subject.writer, self.kind.runbook, self._alarms
        )
        return grouping.composites(self.kind.composites)

    def objectives(self) -> Iterator[Objective]:
        """Yield its objectives."""
        for name, slo in self.config.slos.items():
            counted = events_of(self.kind, slo, self.subject)
            if counted is not None:
                yield Objective(self.subject, name, slo, counted)

    def log_groups(self) -> tuple[LogGroup, ...]:
        """Return its log groups."""
        return self.kind.log_groups(self.names, self.name)

    def filters(self) -> Iterator[LogFilter]:
        """Yield the filters on its log."""
        for template in self.kind.filters:
            if self.config.log_format in template.formats:
                yield LogFilter(
                    key=f"{self.name}_{template.key}",
                    name=self.names.of_thing(self.name, template.key),
                    service=self.name,
                    log_group_key=self.name,
                    pattern=template.pattern,
                    namespace=self.subject.log_metrics,
                    metric=template.metric.name,
                    value=template.value,
                    default_value=template.default_value,
                    unit=template.metric.unit,
                )

    def view(self) -> ServiceView:
        """Return what dashboards and documents show of it."""
        by_key = {template.key: alarm for template, alarm in self._alarms}
        return ServiceView(
            name=self.name,
            kind=self.kind.name,
            kind_title=self.kind.title,
            description=self.config.description,
            owner=self.config.owner,
            resource=self.subject.dimensions[self.kind.resource],
            log_group_key=self.name,
            runbook=self.kind.runbook,
            deployments=sources.deployments(self.names, self.kind.deployed(self.names, self.name)),
            graphs=tuple(
                self._graph(template, [by_key[one] for one in template.thresholds if one in by_key])
                for template in self.kind.graphs
                if template.needs is None or template.needs in self.subject.facts
            ),
        )

    def _graph(self, template: GraphTemplate, watched: Sequence[Alarm]) -> Graph:
        # A threshold means something only beside the datapoints that are compared with it.
        period_s = max((alarm.period_s for alarm in watched), default=self.env.dashboard.period_s)
        return Graph(
            title=template.title,
            role=template.role,
            unit_label=template.unit_label,
            series=tuple(self.subject.series(one, period_s) for one in template.series),
            thresholds=tuple(alarm.key for alarm in watched),
        )
