"""Environment -> Catalog: every template made concrete for every service."""

from __future__ import annotations

import difflib
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
from catalog.templates import LOGS, AlarmTemplate, GraphTemplate, Kind, MathTemplate, SeriesTemplate
from config.models import AnyService, Environment, Tuning

MAX_CHILDREN = 100
"""Alarms that one composite may name (CloudWatch API Reference, PutCompositeAlarm)."""

Location = tuple[str | int, ...]


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


def check(env: Environment) -> Iterator[tuple[Location, str]]:
    """Yield where and what is wrong with the alarms of `env`, as the catalog knows them."""
    for kind_name, kind in KINDS.items():
        tunings = _tunings_by_kind(env)[kind_name]
        yield from _check_keys(("alarms", kind_name), tunings, kind)
        for alarm in kind.alarms:
            tuned = tunings.get(alarm.key)
            if alarm.threshold is None and (tuned is None or tuned.threshold is None):
                yield ("alarms", kind_name, alarm.key), "threshold is missing: it has no default"
    for name, service in env.services.items():
        kind = KINDS[service.kind]
        location = ("services", name, "alarms")
        yield from _check_keys(location, service.alarms, kind)
        for alarm in kind.alarms:
            yield from _check_datapoints(location, alarm, _tuned(env, service, alarm))
    by_kind = [sum(service.kind == kind for service in env.services.values()) for kind in KINDS]
    if all(by_kind) and sum(by_kind) > MAX_CHILDREN:
        yield (
            ("services",),
            f"{sum(by_kind)} services: the system-wide composite can watch {MAX_CHILDREN} at most",
        )


def _check_keys(at: Location, tunings: dict[str, Tuning], kind: Kind) -> Iterator[tuple[Location, str]]:
    known = sorted(alarm.key for alarm in kind.alarms)
    for key in tunings:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"   did you mean {near[0]}?" if near else ""
            yield (*at, key), f'no such alarm for kind "{kind.name}"; known: {", ".join(known)}{hint}'


def _check_datapoints(at: Location, alarm: AlarmTemplate, tuned: Tuning) -> Iterator[tuple[Location, str]]:
    where = (*at, alarm.key)
    m, n = _m_of_n(alarm, tuned)
    if m > n:
        yield where, f"datapoints_to_alarm is {m}, but only {n} evaluation_periods are looked at"
    window_s = (tuned.period_s or alarm.period_s) * n
    # CloudWatch API Reference, PutMetricAlarm, EvaluationPeriods: one day, seven days from hourly periods on.
    hourly = (tuned.period_s or alarm.period_s) >= 3600  # noqa: PLR2004
    most_s = 604_800 if hourly else 86_400
    if window_s > most_s:
        yield (
            where,
            f"period_s x evaluation_periods is {window_s} s; CloudWatch looks back {most_s} s at most",
        )


def _tunings_by_kind(env: Environment) -> dict[str, dict[str, Tuning]]:
    return {"lambda": env.alarms.lambda_, "ecs": env.alarms.ecs}


def _tuned(env: Environment, service: AnyService, alarm: AlarmTemplate) -> Tuning:
    """Return the tuning of one alarm of one service: its own values, then those for all of its kind."""
    general = _tunings_by_kind(env)[service.kind].get(alarm.key, Tuning())
    own = service.alarms.get(alarm.key, Tuning())
    return Tuning.model_validate(
        {**general.model_dump(exclude_none=True), **own.model_dump(exclude_none=True)}
    )


def _m_of_n(alarm: AlarmTemplate, tuned: Tuning) -> tuple[int, int]:
    n = tuned.evaluation_periods or alarm.evaluation_periods
    # Fewer periods than the template's M means "all of them", unless M is given too.
    m = tuned.datapoints_to_alarm or min(alarm.datapoints_to_alarm, n)
    return m, n


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
            tuned = _tuned(self.env, self.service, template)
            if tuned.enabled is not False:
                yield self.alarm(template, tuned)

    def alarm(self, template: AlarmTemplate, tuned: Tuning) -> Alarm:
        threshold = template.threshold if tuned.threshold is None else tuned.threshold
        if threshold is None:
            message = f"{self.name}: alarm {template.key} has no threshold; check() would have said so"
            raise ValueError(message)
        m, n = _m_of_n(template, tuned)
        metric = self.metric(template.watches, tuned.period_s or template.period_s)
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
        existing = {alarm.key for alarm in alarms}
        available = {
            "container_insights": self.env.insights.containers != "disabled",
            "function_insights": self.env.insights.functions,
        }
        graphs = tuple(
            self.graph(template, existing)
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

    def graph(self, template: GraphTemplate, existing: set[str]) -> Graph:
        period_s = self.env.dashboard.period_s
        return Graph(
            title=template.title,
            role=template.role,
            unit_label=template.unit_label,
            series=tuple(self.series(one, period_s) for one in template.series),
            thresholds=tuple(
                key for key in (f"{self.name}_{one}" for one in template.thresholds) if key in existing
            ),
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
    if all(by_kind.values()):
        yield Composite(
            key="system-critical",
            name=names.of_thing("system-critical"),
            rule=AllOf(all_of=tuple(AnyOf(any_of=tuple(group)) for group in by_kind.values())),
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
