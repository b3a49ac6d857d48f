"""Environment -> Catalog: every template made concrete for every service."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.kinds import KINDS
from catalog.naming import Names
from catalog.queries import QUERIES
from catalog.specs import (
    SYMBOLS,
    Alarm,
    AllOf,
    AnyOf,
    Catalog,
    Composite,
    Graph,
    InAlarm,
    LogFilter,
    LogGroup,
    Math,
    Metric,
    Query,
    Rule,
    Series,
    ServiceView,
)
from catalog.templates import LOGS, AlarmTemplate, GraphTemplate, MathTemplate, SeriesTemplate
from catalog.tuning import m_of_n, tuned
from config.models import AnyService, Environment, Tuning


def build(env: Environment) -> Catalog:
    """Return everything that is watched in `env`, which `check` has found nothing wrong with."""
    names = Names.of(env)
    services = [_Service(env, names, name, service) for name, service in env.services.items()]
    alarms = tuple(alarm for service in services for alarm in service.alarms())
    composites = tuple(one for service in services for one in service.composites(alarms))
    return Catalog(
        services=tuple(service.view(alarms) for service in services),
        log_groups=tuple(_log_groups(env, names)),
        filters=tuple(one for service in services for one in service.filters()),
        alarms=alarms,
        composites=(*composites, *_system_wide(env, names, alarms)),
        queries=tuple(
            Query(key=query.key, name=f"{names.whole}/{query.name}", text=query.text) for query in QUERIES
        ),
    )


class _Service:
    """Makes the templates of one service's kind concrete."""

    def __init__(self, env: Environment, names: Names, name: str, service: AnyService) -> None:
        self.env = env
        self.names = names
        self.name = name
        self.service = service
        self.kind = KINDS[service.kind]
        self.dimensions = self.kind.resources(names, name)

    def metric(self, template: SeriesTemplate, period_s: int) -> Metric:
        of = template.metric
        ours = of.namespace == LOGS
        return Metric(
            namespace=self.names.log_metrics_namespace(self.name) if ours else of.namespace,
            name=of.name,
            dimensions={key: self.dimensions[key] for key in of.dimensions},
            stat=template.stat,
            period_s=period_s,
            label=template.label,
        )

    def series(self, template: SeriesTemplate | MathTemplate, period_s: int) -> Series:
        if isinstance(template, SeriesTemplate):
            return self.metric(template, period_s)
        return Math(
            expression=template.expression.replace("{period_s}", str(period_s)),
            metrics={key: self.metric(one, period_s) for key, one in template.series.items()},
            label=template.label,
        )

    def filters(self) -> Iterator[LogFilter]:
        for template in self.kind.filters:
            if self.service.log_format in template.formats:
                yield LogFilter(
                    key=f"{self.name}_{template.key}",
                    name=self.names.of_thing(self.name, template.key),
                    service=self.name,
                    log_group_key=self.name,
                    pattern=template.pattern,
                    namespace=self.names.log_metrics_namespace(self.name),
                    metric=template.metric.name,
                    value=template.value,
                    default_value=template.default_value,
                    unit=template.metric.unit,
                )

    def alarms(self) -> Iterator[Alarm]:
        for template in self.kind.alarms:
            tuning = tuned(self.env, self.service, template)
            if tuning.enabled is not False:
                yield self.alarm(template, tuning)

    def alarm(self, template: AlarmTemplate, tuning: Tuning) -> Alarm:
        threshold = template.threshold if tuning.threshold is None else tuning.threshold
        if threshold is None:
            message = f"{self.name}: alarm {template.key} has no threshold; check() would have said so"
            raise ValueError(message)
        m, n = m_of_n(template, tuning)
        metric = self.metric(template.watches, tuning.period_s or template.period_s)
        condition = (
            f"{SYMBOLS[template.comparison]} {threshold:g} {template.unit_words} "
            f"{_window(metric.period_s, m, n)}"
        )
        return Alarm(
            key=f"{self.name}_{template.key}",
            name=self.names.of_thing(self.name, template.key),
            service=self.name,
            kind_key=template.key,
            metric=metric,
            comparison=template.comparison,
            threshold=threshold,
            unit=template.watches.metric.unit,
            evaluation_periods=n,
            datapoints_to_alarm=m,
            treat_missing_data=template.missing,
            severity=template.severity,
            description=self.describe(template.says, condition, template.look),
        )

    def composites(self, alarms: tuple[Alarm, ...]) -> Iterator[Composite]:
        existing = {alarm.key for alarm in alarms}
        for template in self.kind.composites:
            rule = _concrete(template.rule, self.name, existing)
            if rule is None:
                continue
            yield Composite(
                key=f"{self.name}_{template.key}",
                name=self.names.of_thing(self.name, template.key),
                service=self.name,
                rule=rule,
                severity=template.severity,
                description=self.describe(template.says, "", template.look),
            )

    def describe(self, says: str, condition: str, look: str) -> str:
        """Return the text of an alarm: what happened, to whom, how much, where to look."""
        facts = f" ({condition})" if condition else ""
        return (
            f"{self.name} in {self.env.environment}: {says}{facts}. Look at {look}. "
            f"Dashboard {self.names.whole}. Owner: {self.service.owner}."
        )

    def view(self, alarms: tuple[Alarm, ...]) -> ServiceView:
        by_key = {alarm.key: alarm for alarm in alarms}
        available = {
            "container_insights": self.env.insights.containers != "disabled",
            "function_insights": self.env.insights.functions,
        }
        graphs = tuple(
            self.graph(template, by_key)
            for template in self.kind.graphs
            if template.needs is None or available[template.needs]
        )
        return ServiceView(
            name=self.name,
            kind=self.kind.name,
            description=self.service.description,
            owner=self.service.owner,
            resource=self.dimensions[self.kind.resource],
            log_group_key=self.name,
            graphs=graphs,
        )

    def graph(self, template: GraphTemplate, alarms: dict[str, Alarm]) -> Graph:
        watched = [alarms[key] for one in template.thresholds if (key := f"{self.name}_{one}") in alarms]
        # A threshold means something only beside the datapoints that are compared with it.
        period_s = max((alarm.metric.period_s for alarm in watched), default=self.env.dashboard.period_s)
        return Graph(
            title=template.title,
            role=template.role,
            unit_label=template.unit_label,
            series=tuple(self.series(one, period_s) for one in template.series),
            thresholds=tuple(alarm.key for alarm in watched),
        )


def _concrete(rule: Rule, service: str, existing: set[str]) -> Rule | None:
    """Return a kind's rule for one service, or nothing when it needs an alarm that is switched off.

    Without one part, "any of" goes on with the others; "all of" could never be true and is dropped.
    """
    if isinstance(rule, InAlarm):
        key = f"{service}_{rule.alarm}"
        return InAlarm(alarm=key) if key in existing else None
    if isinstance(rule, AnyOf):
        parts = tuple(part for part in (_concrete(one, service, existing) for one in rule.any_of) if part)
        return AnyOf(any_of=parts) if parts else None
    all_parts = tuple(_concrete(one, service, existing) for one in rule.all_of)
    present = tuple(part for part in all_parts if part)
    return AllOf(all_of=present) if len(present) == len(all_parts) else None


def _system_wide(env: Environment, names: Names, alarms: tuple[Alarm, ...]) -> Iterator[Composite]:
    """Yield the composite that says the whole system fails: errors in functions and in containers."""
    by_kind: dict[str, list[InAlarm]] = {kind: [] for kind in KINDS}
    for alarm in alarms:
        if alarm.kind_key == "errors":
            by_kind[env.services[alarm.service].kind].append(InAlarm(alarm=alarm.key))
    failing = [AnyOf(any_of=tuple(group)) for group in by_kind.values() if group]
    if len(failing) > 1:
        yield Composite(
            key="system-critical",
            name=names.of_thing("system-critical"),
            rule=AllOf(all_of=tuple(failing)),
            severity="critical",
            description=(
                f"{names.environment}: Lambda functions and ECS services fail at the same time; "
                "suspect what they share (network, database, identity, a deployment). "
                f"Look at the overview of dashboard {names.whole}."
            ),
        )


def _log_groups(env: Environment, names: Names) -> Iterator[LogGroup]:
    for name in env.functions:
        yield LogGroup(key=name, name=names.function_log_group(name), service=name, writer="service")
    for name in env.containers:
        yield LogGroup(key=name, name=names.container_log_group(name), service=name, writer="service")
        yield LogGroup(
            key=f"{name}_collector", name=names.collector_log_group(name), service=name, writer="collector"
        )
    if env.containers and env.insights.containers != "disabled":
        yield LogGroup(key="container-insights", name=names.container_insights_log_group, writer="insights")
    if env.functions and env.insights.functions and env.insights.manage_log_group:
        yield LogGroup(key="lambda-insights", name=names.lambda_insights_log_group, writer="insights")
    yield LogGroup(key="log-archive", name=names.delivery_log_group, writer="delivery")


def _window(period_s: int, m: int, n: int) -> str:
    """Return "in 10 minutes" or "in 3 of 5 datapoints of 1 minute"."""
    if m == n == 1:
        return f"in {_duration(period_s)}"
    return f"in {m} of {n} datapoints of {_duration(period_s)}"


def _duration(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {word}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"
