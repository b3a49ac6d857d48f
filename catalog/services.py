"""A service, or the platform: the templates of its kind applied to it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from catalog.kinds import KINDS, PLATFORM, logs
from catalog.kinds.kind import Deployed, Kind, ServiceKind
from catalog.kinds.service import IMPACT
from catalog.naming import Names
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
)
from catalog.subjects import Grouping, Subject
from catalog.suppression import sources
from catalog.templates import AlarmTemplate, CompositeTemplate, Fact, GraphTemplate, Watched
from catalog.texts import Writer
from config.models import Environment
from config.services import AnyService, ExistingService


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
        subjects = _subjects(env, names, kind, name, config)
        return cls(env, names, name, kind, subjects[0].writer, subjects, config)

    @property
    def subject(self) -> Subject:
        """The first subject of its alarms: the service as a whole."""
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

    def view(self) -> ServiceView:
        """Return the view for dashboards and documents."""
        by_key = {alarm.key: alarm for _, alarm in self._alarms}
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
            graphs=tuple(graph for subject in self.subjects for graph in self._graphs(subject, by_key)),
        )

    def _graphs(self, subject: Subject, alarms: Mapping[str, Alarm]) -> Iterator[Graph]:
        """Yield the graphs of one subject."""
        for template in subject.graphs(self.kind.graphs):
            keys = (f"{subject.key}_{threshold}" for threshold in template.thresholds)
            yield self._graph(
                subject, template, template.series, [alarms[key] for key in keys if key in alarms]
            )

    def _graph(
        self, subject: Subject, template: GraphTemplate, series: Sequence[Watched], alarms: Sequence[Alarm]
    ) -> Graph:
        # A threshold is comparable only with datapoints of the period of its alarm.
        period_s = max((alarm.period_s for alarm in alarms), default=self.env.dashboard.period_s)
        part = "" if subject is self.subject else subject.writer.label.removeprefix(f"{self.name}, ")
        return Graph(
            title=f"{template.title}: {part}" if part else template.title,
            role=template.role,
            unit_label=template.unit_label,
            series=tuple(subject.series(watched, period_s) for watched in series),
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
    parts = tuple(kind.parts(env, names, name, config))
    log_group = parts[0].dimensions.get("LogGroupName") if service else None
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
                log_group=part.dimensions.get("LogGroupName", log_group),
            ),
            runbook=kind.runbook,
            dimensions=part.dimensions,
            facts={**part.facts, **of_log},
            facts_words={**kind.facts_words, **part.words},
            templates=kind.alarms,
            general=env.alarms.of(kind.name),
            own=service.alarms if service else {},
            log_metrics=names.log_metrics_namespace(name),
            log=log,
        )
        for part in parts
    )
