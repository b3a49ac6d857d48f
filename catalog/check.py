"""What only the catalog knows to be wrong with an environment: its alarms, and the names it makes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from catalog.build import build
from catalog.kinds import KINDS
from catalog.naming import Names
from catalog.specs import Alarm, Composite
from catalog.templates import AlarmTemplate, Kind
from catalog.tuning import m_of_n, tuned, tunings_by_kind
from config.models import Environment, Tuning

MAX_CHILDREN = 100
"""Alarms that one composite may name (CloudWatch API Reference, PutCompositeAlarm)."""

Location = tuple[str | int, ...]
Breach = tuple[Location, str]
"""Where something is wrong, and what."""


def check(env: Environment) -> Iterator[Breach]:
    """Yield where and what is wrong with `env`; nothing means that its catalog can be built."""
    breaches = [*_check_tunings(env), *_check_size(env)]
    yield from breaches or _check_names(env)


def _check_tunings(env: Environment) -> Iterator[Breach]:
    for kind_name, kind in KINDS.items():
        tunings = tunings_by_kind(env)[kind_name]
        yield from _check_keys(("alarms", kind_name), tunings, kind)
        for alarm in kind.alarms:
            tuning = tunings.get(alarm.key)
            if alarm.threshold is None and (tuning is None or tuning.threshold is None):
                yield ("alarms", kind_name, alarm.key), "threshold is missing: it has no default"
    broken: dict[Location, str] = {}  # a value for all services of a kind is wrong once, not once for each
    for name, service in env.services.items():
        kind = KINDS[service.kind]
        yield from _check_keys(("services", name, "alarms"), service.alarms, kind)
        for alarm in kind.alarms:
            broken.update(_check_datapoints(env, name, alarm))
    yield from broken.items()


def _check_size(env: Environment) -> Iterator[Breach]:
    by_kind = [sum(service.kind == kind for service in env.services.values()) for kind in KINDS]
    if all(by_kind) and sum(by_kind) > MAX_CHILDREN:
        yield (
            ("services",),
            f"{sum(by_kind)} services: the system-wide composite can watch {MAX_CHILDREN} at most",
        )


def _check_keys(at: Location, tunings: dict[str, Tuning], kind: Kind) -> Iterator[Breach]:
    known = sorted(alarm.key for alarm in kind.alarms)
    for key in tunings:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"   did you mean {near[0]}?" if near else ""
            yield (*at, key), f'no such alarm for kind "{kind.name}"; known: {", ".join(known)}{hint}'


def _check_datapoints(env: Environment, name: str, alarm: AlarmTemplate) -> Iterator[Breach]:
    service = env.services[name]
    tuning = tuned(env, service, alarm)

    def where(*fields: str) -> Location:
        own = service.alarms.get(alarm.key)
        general = tunings_by_kind(env)[service.kind].get(alarm.key)
        places: tuple[tuple[Location, Tuning | None], ...] = (
            (("services", name, "alarms", alarm.key), own),
            (("alarms", service.kind, alarm.key), general),
        )
        for at, one in places:
            for field in fields:
                if one is not None and getattr(one, field) is not None:
                    return (*at, field)
        return places[0][0]

    m, n = m_of_n(alarm, tuning)
    if m > n:
        yield (
            where("datapoints_to_alarm", "evaluation_periods"),
            f"{m} datapoints_to_alarm cannot breach when {n} evaluation_periods are looked at",
        )
    window_s = (tuning.period_s or alarm.period_s) * n
    # CloudWatch API Reference, PutMetricAlarm, EvaluationPeriods: one day, seven days from hourly periods on.
    hourly = (tuning.period_s or alarm.period_s) >= 3600  # noqa: PLR2004
    most_s = 604_800 if hourly else 86_400
    if window_s > most_s:
        yield (
            where("evaluation_periods", "period_s"),
            f"period_s x evaluation_periods is {window_s} s; CloudWatch looks back {most_s} s at most",
        )


def _check_names(env: Environment) -> Iterator[Breach]:
    """Refuse services that make the same name twice: an ECS service `x` has a log group `x-collector`."""
    catalog, names = build(env), Names.of(env)
    alarms: tuple[Alarm | Composite, ...] = (*catalog.alarms, *catalog.composites)
    named = (
        *(("log group", one.name, one.service) for one in catalog.log_groups),
        *(("log group", one.key, one.service) for one in catalog.log_groups),
        *(("metric filter", one.name, one.service) for one in catalog.filters),
        *(("alarm", one.name, one.service) for one in alarms),
        *(("role", name, service) for name, service in names.roles(env)),
        *(("queue", name, service) for name, service in names.queues(env)),
    )
    owners: dict[tuple[str, str], str | None] = {}
    clashes: dict[Location, str] = {}
    for what, name, service in named:
        other = owners.setdefault((what, name), service)
        if other == service:
            continue
        mine, theirs = (other, service) if service is None else (service, other)
        whose = "the platform has" if theirs is None else f"services.{theirs} makes"
        article = "an" if what == "alarm" else "a"
        clashes[("services", str(mine))] = f"{whose} {article} {what} {name} too: choose another name"
    yield from clashes.items()
