"""Validation of an environment by the catalog: alarm settings, SLOs, what it defines itself, and names."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catalog import own_rules, reach
from catalog.aws_alarms import metric_filter
from catalog.build import assemble
from catalog.kinds import ENVIRONMENT, EVERY_KIND
from catalog.kinds.kind import Kind
from catalog.naming import Names
from catalog.own_rules import Breach
from catalog.owned import functions, queues, roles
from catalog.samples import statistic_problem
from catalog.services import Instance, Service
from catalog.slos import FASTEST, events_of, least_objective_percent, offers
from catalog.specs import Catalog, LogGroup
from catalog.subjects import LATE_S, Subject
from catalog.templates import AlarmTemplate, Fact, SeriesTemplate, metrics_of
from catalog.texts import number
from catalog.tuning import m_of_n
from cloudwatch import quotas
from cloudwatch.publishing import group_problems
from config.alarms import AlarmTunings, Slo, Tuning
from config.errors import Cite, Location, Text
from config.models import Environment
from config.services import ExistingEcsService, ExistingFunction, LoggingService
from config.types import Share
from config.words import WORD


def check(env: Environment) -> Iterator[Breach]:
    """Yield the breaches in `env`. Without any, its catalog can be built."""
    names = Names.of(env)
    services = [Service.of(env, names, name, service) for name, service in env.services.items()]
    whole = Instance.environment(env, names)
    breaches = [*_check_resources(services)]
    breaches += [*_check_log_patterns(env, services), *own_rules.breaches(env, services, whole)]
    breaches += [*_check_tunings(env, services, whole), *_check_slos(services)]
    if breaches:
        yield from breaches
    else:
        catalog = assemble(env)
        yield from _check_names(env, catalog)
        yield from _check_filters(env, catalog)


def _check_resources(services: Sequence[Service]) -> Iterator[Breach]:
    """Reject a resource of two services: each failure would notify twice.

    Metric filters on a log group of two services would count the lines of both for each of them.
    """
    watched: dict[tuple[str | None, ...], Location] = {}
    groups: dict[str, tuple[Service, Location, LogGroup]] = {}
    for service in sorted(services, key=lambda service: bool(service.config.names_it)):  # created ones first
        at: Location = ("services", service.name, *service.config.names_it[-1:])
        there = watched.setdefault(service.identity, at)
        if there != at:
            yield at, functools.partial(_watched_twice, there)
            continue
        for position, group in enumerate(service.log_groups()):
            at = _place(service, position)
            other, there, shared = groups.setdefault(group.name, (service, at, group))
            if there != at and not (group.owned and shared.owned):  # a conflict of names (`_check_names`)
                yield at, functools.partial(_shared, group.name, there, _advice(service, other))


def _watched_twice(other: Location, cite: Cite) -> str:
    return (
        f"is that of another service as well: {cite(other)}; each failure would notify twice. A resource "
        "belongs to one service of an environment"
    )


def _place(service: Service, position: int) -> Location:
    """Return where a log group of a service is set, or what it follows from."""
    at = ("services", service.name)
    if isinstance(service.config, ExistingFunction):
        return (*at, "log_group" if service.config.log_group else "function")
    return (*at, "log_groups", position) if isinstance(service.config, ExistingEcsService) else at


def _advice(service: Service, other: Service) -> str:
    """Return what to change of an existing service that has a log group of another service."""
    if not isinstance(service.config, ExistingFunction):
        return "remove it from log_groups"
    function = getattr(other.config, "function_name", None)
    if function == service.config.function_name:
        return "lines of a log have no alias: set watch_log: false for one of the two services"
    return "set another log_group, or watch_log: false"


def _shared(group: str, other: Location, advice: str, cite: Cite) -> str:
    return (
        f"the log group {group} is that of another service as well: {cite(other)}; errors and requests in it "
        f"would count for both. A log group belongs to one service of an environment: {advice}"
    )


def _check_log_patterns(env: Environment, services: Sequence[Service]) -> Iterator[Breach]:
    """Reject filter patterns that CloudWatch Logs rejects: those of the file, and those of its levels."""
    found: dict[Location, str] = {}  # as in _check_tunings
    for service in services:
        config, log = service.config, service.subject.log
        if not isinstance(config, LoggingService) or log is None:
            continue
        at = env.logs.location(service.name, config.kind, config.logs, "error_patterns")
        own = {
            (*at, number): own_rules.pattern_problem(pattern)
            for number, pattern in enumerate(log.error_patterns)
        }
        problems = {place: problem for place, problem in own.items() if problem}
        if not problems:
            at = env.logs.location(service.name, config.kind, config.logs, "error_levels")
            for template in service.kind.filters(log):
                if problem := own_rules.pattern_problem(template.pattern):
                    problems[at] = problem
        found |= problems
    yield from found.items()


def _check_filters(env: Environment, catalog: Catalog) -> Iterator[Breach]:
    """Reject more metric filters than a log group may have, above all of those with regular expressions."""
    groups = {group.key: group.name for group in catalog.log_groups}
    # The platform's own filters are below every quota.
    services = {groups[item.log_group_key]: item.service for item in catalog.filters if item.service}
    filters = (metric_filter(item, groups[item.log_group_key]) for item in catalog.filters)
    found: dict[Location, str] = {}  # all log groups of a service have the same filters
    for group, problem in group_problems(filters):
        name = services[group]
        at = next(_own_patterns(env, name), ("services", name, "logs"))
        advice = "join expressions with |, or use patterns without regular expressions"
        found.setdefault(at, f"log group {group} {problem}: {advice}")
    yield from found.items()


def _own_patterns(env: Environment, name: str) -> Iterator[Location]:
    """Yield where the file adds filter patterns of a service to those of its format."""
    service = env.services[name]
    if any(metric.pattern for metric in service.metrics.values()):
        yield ("services", name, "metrics")
    log = env.log_format(service)
    if isinstance(service, LoggingService) and log and log.error_patterns:
        yield env.logs.location(name, service.kind, service.logs, "error_patterns")


def _check_tunings(env: Environment, services: Sequence[Service], whole: Instance) -> Iterator[Breach]:
    for kind in EVERY_KIND:
        tunings = env.alarms.of(kind.name)
        yield from _check_keys(("alarms", kind.name), tunings, kind, is_own_valid=kind is ENVIRONMENT)
        for alarm in kind.alarms:
            tuning = tunings.get(alarm.key, Tuning())
            yield from own_rules.of_tuned(("alarms", kind.name, alarm.key), tuning, alarm)
    platform = Instance.platform(env, Names.of(env))
    broken: dict[Location, Text] = {}  # a value for all services of a kind is wrong once, not once for each
    for service in services:
        yield from _check_service(service)
        at = ("services", service.name, "alarms")
        for alarm in service.subject.templates:
            general_at = ("alarms", service.kind.name)
            broken.update(_check_datapoints(service.subject, alarm, at, general_at))
            broken.update(_check_healthy(service.subject, alarm, at, general_at))
            broken.update(_check_has_threshold(service, alarm))
    for instance in (whole, platform):
        for subject in instance.subjects:
            for alarm in subject.templates:
                there = ("alarms", instance.kind.name)
                broken.update(_check_datapoints(subject, alarm, there, there))
                broken.update(_check_healthy(subject, alarm, there, there))
    yield from broken.items()
    yield from _check_delays((*services, whole, platform))
    yield from reach.breaches((*services, whole, platform))


def _check_service(service: Service) -> Iterator[Breach]:
    at, own = ("services", service.name, "alarms"), service.config.alarms
    yield from _check_keys(at, own, service.kind, is_own_valid=True)
    for alarm in service.kind.alarms:
        if alarm.key in own and not own[alarm.key].is_own:
            yield from own_rules.of_tuned((*at, alarm.key), service.subject.tuned(alarm), alarm)
            yield from _check_applies(at, service.subject, alarm)


def _check_keys(
    at: Location, tunings: AlarmTunings, kind: Kind[Any], *, is_own_valid: bool
) -> Iterator[Breach]:
    by_key = {alarm.key: alarm for alarm in kind.alarms}
    known = sorted({*by_key, *(key for key, tuning in tunings.items() if tuning.is_own)})
    sentence = f'is not an alarm of kind "{kind.name}"; known: {", ".join(known) or "none"}'
    if is_own_valid:
        sentence += "; a new alarm requires metric or expression"
    for key, tuning in tunings.items():
        if tuning.is_own:
            if not is_own_valid:
                text = "a new alarm belongs to a service (services.<name>.alarms) or to the environment"
                yield (*at, key), f"{text} (alarms.environment)"
            continue
        if key not in by_key:
            yield (*at, key), own_rules.with_hint(sentence, key, known)
            continue
        tunable = sorted(by_key[key].tunable)
        for name in tuning.model_fields_set - by_key[key].tunable:
            text = f"is not a setting of the alarm {key}; known: {', '.join(tunable)}"
            yield (*at, key, name), text
        share = Share.read(str(tuning.threshold))
        if share and share.of not in (shares := by_key[key].shares):
            of = f"a number, or a share of: {', '.join(shares)}" if shares else "a number"
            yield (*at, key, "threshold"), f"must be {of} (found: {tuning.threshold})"


def _check_applies(at: Location, subject: Subject, alarm: AlarmTemplate) -> Iterator[Breach]:
    """Reject settings of an alarm that does not exist: their author expects the alarm to exist."""
    left_out = subject.left_out(alarm)
    if left_out is not None and left_out.why == "not applicable":
        yield (*at, alarm.key), f"is not an alarm of this service: {left_out.reason}"
    elif left_out is not None and left_out.why == "opt-in" and subject.own[alarm.key].enabled is None:
        text = f"this alarm is off by default ({left_out.reason}): set enabled: true as well"
        yield (*at, alarm.key), text


def _check_has_threshold(service: Service, alarm: AlarmTemplate) -> Iterator[Breach]:
    """Require a threshold without a default where a service has the alarm."""
    tuning = service.subject.tuned(alarm)
    limits = (alarm.threshold, tuning.threshold, tuning.anomaly_band)
    has_limit = any(limit is not None for limit in limits)
    if not has_limit and any(subject.left_out(alarm) is None for subject in service.subjects):
        yield ("alarms", service.kind.name, alarm.key), "threshold is required: it has no default"


def _where(
    subject: Subject, alarm: AlarmTemplate, at: tuple[Location, Location], fields: Sequence[str]
) -> Location:
    """Return where one of several settings of an alarm is set: by the service, or for its kind."""
    places = tuple(zip(at, (subject.own.get(alarm.key), subject.general.get(alarm.key)), strict=True))
    for place, tuning in places:
        for field in fields:
            if tuning is not None and getattr(tuning, field) is not None:
                return (*place, alarm.key, field)
    return (*at[0], alarm.key)


def _check_healthy(
    subject: Subject, alarm: AlarmTemplate, own_at: Location, general_at: Location
) -> Iterator[Breach]:
    """Reject a statistic with which a built-in alarm is in ALARM while the service is healthy."""
    tuning, at = subject.tuned(alarm), (own_at, general_at)
    is_tuned = tuning.stat is not None and not tuning.is_own and isinstance(alarm.watches, SeriesTemplate)
    if not is_tuned or subject.left_out(alarm) or subject.threshold(alarm) is None:
        return
    (metric,) = metrics_of(alarm.watches)
    m, n = subject.datapoints(alarm, tuning)
    if m > n or statistic_problem(metric, str(tuning.stat), built_in=True):
        return  # `_check_datapoints` or `own_rules.of_tuned` reports it
    if text := own_rules.healthy_breaches(subject, subject.alarm(alarm), alarm, metric.name):
        yield _where(subject, alarm, at, ("stat",)), text


def _check_datapoints(
    subject: Subject, alarm: AlarmTemplate, own_at: Location, general_at: Location
) -> Iterator[Breach]:
    tuning = subject.tuned(alarm)

    def where(*fields: str) -> Location:
        return _where(subject, alarm, (own_at, general_at), fields)

    if subject.missing(alarm) is not None:
        return
    m, n = m_of_n(alarm, tuning)  # without the periods that the delay of the metric adds
    if m > n:
        at = where("datapoints_to_alarm", "evaluation_periods")
        by_default = " by default" if tuning.evaluation_periods is None else ""
        text = f"must be at most {n}, the evaluation_periods{by_default} (found: {m})"
        if at[-1] == "evaluation_periods":
            text = f"must be at least {m}, the datapoints_to_alarm (found: {n})"
        yield at, text
    _, n = subject.datapoints(alarm, tuning)
    window_s = (tuning.period_s or alarm.period_s) * n
    most_s = quotas.window_s(tuning.period_s or alarm.period_s)
    if window_s > most_s:
        yield (
            where("evaluation_periods", "period_s"),
            f"period_s x evaluation_periods is {window_s} s; CloudWatch evaluates at most {most_s} s",
        )


@dataclass(frozen=True)
class _Blind:
    """An alarm that evaluates fewer periods than its metric may be late."""

    service: str
    alarm: AlarmTemplate
    least: int
    found: int
    delay_s: float
    because: Fact | None
    """What delays the metric; None if it is a property of the metric."""


def _check_delays(instances: Sequence[Instance]) -> Iterator[Breach]:
    """Reject an evaluation that is over before the metric has arrived: the alarm could not fire."""
    found: dict[Location, dict[str, _Blind]] = {}
    for instance in instances:
        for subject in instance.subjects:
            for alarm in instance.kind.alarms:
                if subject.missing(alarm) is not None:
                    continue
                if blind := _blind(instance, subject, alarm):
                    own = subject.own.get(alarm.key)
                    is_own = own is not None and own.evaluation_periods is not None
                    kind = instance.kind.name
                    where = ("services", instance.name, "alarms") if is_own else ("alarms", kind)
                    at = (*where, alarm.key, "evaluation_periods")
                    found.setdefault(at, {})[instance.name] = blind
    for at, services in found.items():
        yield at, functools.partial(_too_late, at, tuple(services.values()))


def _blind(instance: Instance, subject: Subject, alarm: AlarmTemplate) -> _Blind | None:
    tuning = subject.tuned(alarm)
    m, n = subject.datapoints(alarm, tuning)
    # A timeout is the maximum of a delay, and most samples arrive earlier. With the margin of `LATE_S`, M of
    # M periods of a minute would be rejected for every function.
    metrics = metrics_of(alarm.watches)
    because = subject.late_by(metrics)
    late_s = 0 if because else LATE_S
    if m > n or n >= subject.least_periods(alarm, tuning, late_s):
        return None
    # With more periods, M may be higher: that of the alarm.
    without = tuning.model_copy(update={"evaluation_periods": None})
    least = subject.least_periods(alarm, without, late_s)
    return _Blind(instance.name, alarm, least, n, subject.delay_s(metrics), because)


def _too_late(at: Location, found: Sequence[_Blind], cite: Cite) -> str:
    def late(blind: _Blind) -> str:
        because = f", {reach.source(blind.because, blind.service, cite)}" if blind.because else ""
        return f"up to {number(blind.delay_s)} s late{because}"

    first, least = found[0], max(blind.least for blind in found)
    is_of_services = at[0] == "alarms" and first.because
    if not is_of_services:
        return f"must be at least {least}: the metric arrives {late(first)} (found: {first.found})"
    services = reach.listed((blind.service, f"{blind.least}, {late(blind)}") for blind in found)
    own = f"services.<name>.alarms.{first.alarm.key}.evaluation_periods"
    return (
        f"must be at least {least}: the metric arrives too late for {services}; "
        f"{own} sets it for a service (found: {first.found})"
    )


def _check_slos(services: Sequence[Service]) -> Iterator[Breach]:
    for service in services:
        for name, slo in service.config.slos.items():
            at = ("services", service.name, "slos", name)
            yield from (((*at, key), text) for key, text in _check_slo(service, slo))


def _check_slo(service: Service, slo: Slo) -> Iterator[tuple[str, Text]]:
    """Yield the key and the message of each breach."""
    least = least_objective_percent()
    if slo.objective_percent <= least:
        share = FASTEST * (100 - slo.objective_percent)
        text = (
            f"must be more than {number(least)}: a burn rate of {number(FASTEST)} would require "
            f"{number(share)} % bad events, so the alarm would never fire "
            f"(found: {number(slo.objective_percent)})"
        )
        yield "objective_percent", text
    if slo.valid is not None:
        yield from own_rules.of_slo(service, slo)
        return
    counted = events_of(service.kind, slo, service.subject)
    known = [offer.key for offer in offers(service.kind, service.subject)]
    if counted is None:
        found = slo.events or "nothing"
        sentence = f"must be one of: {', '.join(known)} (found: {found[:WORD]})"
        yield "events", own_rules.with_hint(sentence, found, known)
    elif slo.slower_than_ms is not None and counted.latency is None:
        yield "slower_than_ms", f"is not valid for {counted.key}, which have no durations"
    else:
        limit = service.subject.most(counted.latency) if counted.latency else None
        if slo.slower_than_ms is not None and limit and counted.latency:
            most_ms = limit.value * (1000 if counted.latency.unit == "Seconds" else 1)
            if slo.slower_than_ms >= most_ms:
                yield "slower_than_ms", _never_slow(service.name, slo.slower_than_ms, most_ms, limit)


def _never_slow(service: str, slower_than_ms: float, most_ms: float, limit: Fact) -> Text:
    def text(cite: Cite) -> str:
        because = reach.source(limit, service, cite)
        found = f"otherwise no event is bad (found: {number(slower_than_ms)})"
        return f"must be less than {number(most_ms)} ({because}); {found}"

    return text


def _check_names(env: Environment, catalog: Catalog) -> Iterator[Breach]:
    """Reject conflicts of names: an ECS service `x` has a log group `x-collector`."""
    names = Names.of(env)
    named = (
        *(("log group", group.name, group.service) for group in catalog.log_groups if group.owned),
        *(("log group", group.key, group.service) for group in catalog.log_groups),
        *(("metric filter", log_filter.name, log_filter.service) for log_filter in catalog.filters),
        *(("alarm", alarm.name, alarm.service) for alarm in catalog.all_alarms),
        *(("alarm", alarm.key, alarm.service) for alarm in catalog.all_alarms),
        *(("role", name, service) for name, service in roles(env, names)),
        *(("queue", name, service) for name, service in queues(env, names)),
        *(("function", name, service) for name, service in functions(env, names)),
    )
    owners: dict[tuple[str, str], str | None] = {}
    conflicts: dict[Location, str] = {}
    for type_, name, service in named:
        other = owners.setdefault((type_, name), service)
        if other == service:
            continue
        changeable, owner = (other, service) if service is None else (service, other)
        conflict = "the platform has" if owner is None else f"services.{owner} has"
        article = "an" if type_ == "alarm" else "a"
        conflicts[("services", str(changeable))] = (
            f"{conflict} {article} {type_} {name} as well: choose another name"
        )
    yield from conflicts.items()
