"""Validation of an environment by the catalog: alarm settings, SLOs, and conflicts of names."""

from __future__ import annotations

import difflib
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from catalog.build import assemble
from catalog.kinds import EVERY_KIND, PLATFORM
from catalog.kinds.kind import Kind
from catalog.naming import Names
from catalog.owned import functions, queues, roles
from catalog.services import Instance, Service
from catalog.slos import FASTEST, events_of, least_objective_percent, offers
from catalog.subjects import Subject
from catalog.templates import AlarmTemplate, Percent
from catalog.texts import number
from cloudwatch import quotas
from config.models import AlarmTunings, Environment, Slo, Tuning

Location = tuple[str | int, ...]
Breach = tuple[Location, str | Callable[[], str]]
"""Location and message; a message that searches for similar words is a function, because that is slow."""


def check(env: Environment) -> Iterator[Breach]:
    """Yield the breaches in `env`. Without any, its catalog can be built."""
    names = Names.of(env)
    services = [Service.of(env, names, name, service) for name, service in env.services.items()]
    breaches = [*_check_tunings(env, services), *_check_slos(services)]
    yield from breaches or _check_names(env)


def _check_tunings(env: Environment, services: Sequence[Service]) -> Iterator[Breach]:
    for kind in EVERY_KIND:
        tunings = env.alarms.of(kind.name)
        yield from _check_keys(("alarms", kind.name), tunings, kind)
        for alarm in kind.alarms:
            tuning = tunings.get(alarm.key, Tuning())
            has_limit = tuning.threshold is not None or tuning.anomaly_band is not None
            if alarm.threshold is None and not has_limit and tuning.enabled is not False:
                yield ("alarms", kind.name, alarm.key), "threshold is required: it has no default"
    broken: dict[
        Location, str | Callable[[], str]
    ] = {}  # a value for all services of a kind is wrong once, not once for each
    for service in services:
        at = ("services", service.name, "alarms")
        yield from _check_keys(at, service.config.alarms, service.kind)
        for alarm in service.kind.alarms:
            broken.update(_check_thresholds(service.subject, alarm, at, ("alarms", service.kind.name)))
            if alarm.key in service.config.alarms:
                yield from _check_applies(at, service.subject, alarm)
            broken.update(_check_datapoints(service.subject, alarm, at, ("alarms", service.kind.name)))
    for subject in Instance.platform(env, Names.of(env)).subjects:
        for alarm in PLATFORM.alarms:
            broken.update(_check_thresholds(subject, alarm, ("alarms",), ("alarms", PLATFORM.name)))
            broken.update(_check_datapoints(subject, alarm, ("alarms",), ("alarms", PLATFORM.name)))
    yield from broken.items()


def _check_keys(at: Location, tunings: AlarmTunings, kind: Kind[Any]) -> Iterator[Breach]:
    by_key = {alarm.key: alarm for alarm in kind.alarms}
    known = sorted(by_key)
    sentence = f'is not an alarm of kind "{kind.name}"; known: {", ".join(known)}'
    for key, tuning in tunings.items():
        if key not in by_key:
            yield (*at, key), functools.partial(_with_hint, sentence, key, known)
            continue
        tunable = sorted(by_key[key].tunable)
        for name in tuning.model_fields_set - by_key[key].tunable:
            text = f"is not a setting of the alarm {key}; known: {', '.join(tunable)}"
            yield (*at, key, name), text


_WORD = 64
"""Maximum characters of a word for which similar words are searched."""


def _with_hint(sentence: str, word: str, known: Sequence[str]) -> str:
    return sentence + _near(word, known)


def _near(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1) if len(word) <= _WORD else []
    return f"   did you mean {near[0]}?" if near else ""


def _check_applies(at: Location, subject: Subject, alarm: AlarmTemplate) -> Iterator[Breach]:
    """Reject settings of an alarm that does not exist: their author expects the alarm to exist."""
    left_out = subject.left_out(alarm)
    if left_out is not None and left_out.why == "not applicable":
        yield (*at, alarm.key), f"is not an alarm of this service: {left_out.reason}"
    elif left_out is not None and left_out.why == "opt-in" and subject.own[alarm.key].enabled is None:
        text = f"this alarm is off by default ({left_out.reason}): set enabled: true as well"
        yield (*at, alarm.key), text


def _check_thresholds(
    subject: Subject, alarm: AlarmTemplate, own_at: Location, general_at: Location
) -> Iterator[Breach]:
    """Reject a threshold that is never crossed, or always: percentages are limited."""
    for at, tuning in (
        ((*own_at, alarm.key), subject.own.get(alarm.key)),
        ((*general_at, alarm.key), subject.general.get(alarm.key)),
    ):
        threshold = tuning.threshold if tuning else None
        if threshold is None:
            continue
        below, relative = alarm.comparison.startswith("LessThan"), isinstance(alarm.threshold, Percent)
        # A count per 100 of something else, such as error entries per 100 requests, has no limit.
        is_percentage = relative or alarm.unit_words.startswith("%")
        if below and threshold == 0:
            yield (*at, "threshold"), "must be more than 0, otherwise the alarm never fires"
        elif below and relative and threshold > WHOLE:
            yield (
                (*at, "threshold"),
                f"must be at most 100 percent, otherwise the alarm always fires (found: {threshold:g})",
            )
        elif is_percentage and not below and threshold > _most(alarm):
            text = f"must be less than 100 percent, otherwise the alarm never fires (found: {threshold:g})"
            yield (*at, "threshold"), text


WHOLE = 100
"""100 percent."""


def _most(alarm: AlarmTemplate) -> float:
    """Return the highest percentage that can be crossed."""
    return WHOLE if alarm.comparison == "GreaterThanOrEqualToThreshold" else math.nextafter(WHOLE, 0)


def _check_datapoints(
    subject: Subject, alarm: AlarmTemplate, own_at: Location, general_at: Location
) -> Iterator[Breach]:
    tuning = subject.tuned(alarm)

    def where(*fields: str) -> Location:
        places: tuple[tuple[Location, Tuning | None], ...] = (
            ((*own_at, alarm.key), subject.own.get(alarm.key)),
            ((*general_at, alarm.key), subject.general.get(alarm.key)),
        )
        for at, place in places:
            for field in fields:
                if place is not None and getattr(place, field) is not None:
                    return (*at, field)
        return places[0][0]

    if any(fact not in subject.facts for fact in alarm.needed_facts):
        return
    m, n = subject.datapoints(alarm, tuning)
    if m > n:
        yield (
            where("datapoints_to_alarm", "evaluation_periods"),
            f"{m} datapoints_to_alarm cannot breach when {n} evaluation_periods are evaluated",
        )
    window_s = (tuning.period_s or alarm.period_s) * n
    most_s = quotas.window_s(tuning.period_s or alarm.period_s)
    if window_s > most_s:
        yield (
            where("evaluation_periods", "period_s"),
            f"period_s x evaluation_periods is {window_s} s; CloudWatch evaluates at most {most_s} s",
        )


def _check_slos(services: Sequence[Service]) -> Iterator[Breach]:
    for service in services:
        for name, slo in service.config.slos.items():
            at = ("services", service.name, "slos", name)
            yield from (((*at, key), text) for key, text in _check_slo(service, slo))


def _check_slo(service: Service, slo: Slo) -> Iterator[tuple[str, str | Callable[[], str]]]:
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
    counted = events_of(service.kind, slo, service.subject)
    known = [offer.key for offer in offers(service.kind, service.subject)]
    if counted is None:
        found = slo.events or "nothing"
        sentence = f"must be one of: {', '.join(known)} (found: {found[:_WORD]})"
        yield "events", functools.partial(_with_hint, sentence, found, known)
    elif slo.slower_than_ms is not None and counted.latency is None:
        yield "slower_than_ms", f"is not valid for {counted.key}, which have no durations"
    else:
        late = service.subject.facts.get(counted.late_by or "")
        if slo.slower_than_ms is not None and late and slo.slower_than_ms >= late.value:
            text = f"must be less than {number(late.value)}, the timeout"
            yield "slower_than_ms", f"{text} (found: {number(slo.slower_than_ms)})"


def _check_names(env: Environment) -> Iterator[Breach]:
    """Reject conflicts of names: an ECS service `x` has a log group `x-collector`."""
    catalog = assemble(env)
    named = (
        *(("log group", group.name, group.service) for group in catalog.log_groups),
        *(("log group", group.key, group.service) for group in catalog.log_groups),
        *(("metric filter", log_filter.name, log_filter.service) for log_filter in catalog.filters),
        *(("alarm", alarm.name, alarm.service) for alarm in catalog.all_alarms),
        *(("alarm", alarm.key, alarm.service) for alarm in catalog.all_alarms),
        *(("role", name, service) for name, service in roles(env)),
        *(("queue", name, service) for name, service in queues(env)),
        *(("function", name, service) for name, service in functions(env)),
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
