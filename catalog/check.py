"""What only the catalog knows to be wrong with an environment: alarms, objectives, and the names it makes."""

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
"""Where something is wrong, and what, or what returns it: to look for similar words takes long."""


def check(env: Environment) -> Iterator[Breach]:
    """Yield where and what is wrong with `env`; nothing means that its catalog can be built."""
    names = Names.of(env)
    services = [Service.of(env, names, name, service) for name, service in env.services.items()]
    breaches = [*_check_tunings(env, services), *_check_objectives(services)]
    yield from breaches or _check_names(env)


def _check_tunings(env: Environment, services: Sequence[Service]) -> Iterator[Breach]:
    for kind in EVERY_KIND:
        tunings = env.alarms.of(kind.name)
        yield from _check_keys(("alarms", kind.name), tunings, kind)
        for alarm in kind.alarms:
            tuning = tunings.get(alarm.key, Tuning())
            said = tuning.threshold is not None or tuning.anomaly_band is not None
            if alarm.threshold is None and not said and tuning.enabled is not False:
                yield ("alarms", kind.name, alarm.key), "threshold is missing: it has no default"
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
    sentence = f'no such alarm for kind "{kind.name}"; known: {", ".join(known)}'
    for key, tuning in tunings.items():
        if key not in by_key:
            yield (*at, key), functools.partial(_with_hint, sentence, key, known)
            continue
        tunable = sorted(by_key[key].tunable)
        for name in tuning.model_fields_set - by_key[key].tunable:
            text = f"the alarm {key} has none; known: {', '.join(tunable)}"
            yield (*at, key, name), text


_WORD = 64
"""Characters of a word that others are compared with: nobody misspells a longer one by a letter."""


def _with_hint(sentence: str, word: str, known: Sequence[str]) -> str:
    return sentence + _near(word, known)


def _near(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1) if len(word) <= _WORD else []
    return f"   did you mean {near[0]}?" if near else ""


def _check_applies(at: Location, subject: Subject, alarm: AlarmTemplate) -> Iterator[Breach]:
    """Refuse a tuning that tunes nothing: whoever wrote it believes that the alarm is there."""
    left_out = subject.left_out(alarm)
    if left_out is not None and left_out.why == "not applicable":
        yield (*at, alarm.key), f"this service has no such alarm: {left_out.reason}"
    elif left_out is not None and left_out.why == "opt-in" and subject.own[alarm.key].enabled is None:
        text = f"this alarm is off by itself ({left_out.reason}): set enabled: true as well"
        yield (*at, alarm.key), text


def _check_thresholds(
    subject: Subject, alarm: AlarmTemplate, own_at: Location, general_at: Location
) -> Iterator[Breach]:
    """Refuse a threshold that nothing can cross, or that everything does: per cent have an end."""
    for at, tuning in (
        ((*own_at, alarm.key), subject.own.get(alarm.key)),
        ((*general_at, alarm.key), subject.general.get(alarm.key)),
    ):
        threshold = tuning.threshold if tuning else None
        if threshold is None:
            continue
        below, relative = alarm.comparison.startswith("LessThan"), isinstance(alarm.threshold, Percent)
        # What is counted per hundred of something else, such as error entries per 100 requests, has no end.
        of_hundred = relative or alarm.unit_words.startswith("%")
        if below and threshold == 0:
            yield (*at, "threshold"), "must be more than 0: nothing is less than that, so it would never fire"
        elif below and relative and threshold > WHOLE:
            yield (
                (*at, "threshold"),
                f"must be at most 100 per cent, or it always fires (found: {threshold:g})",
            )
        elif of_hundred and not below and threshold > _most(alarm):
            text = f"must be less than 100 per cent, or it would never fire (found: {threshold:g})"
            yield (*at, "threshold"), text


WHOLE = 100
"""Per cent."""


def _most(alarm: AlarmTemplate) -> float:
    """Return the highest per cent that can still be crossed."""
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
            f"{m} datapoints_to_alarm cannot breach when {n} evaluation_periods are looked at",
        )
    window_s = (tuning.period_s or alarm.period_s) * n
    most_s = quotas.window_s(tuning.period_s or alarm.period_s)
    if window_s > most_s:
        yield (
            where("evaluation_periods", "period_s"),
            f"period_s x evaluation_periods is {window_s} s; CloudWatch looks back {most_s} s at most",
        )


def _check_objectives(services: Sequence[Service]) -> Iterator[Breach]:
    for service in services:
        for name, slo in service.config.slos.items():
            at = ("services", service.name, "slos", name)
            yield from (((*at, key), text) for key, text in _check_objective(service, slo))


def _check_objective(service: Service, slo: Slo) -> Iterator[tuple[str, str | Callable[[], str]]]:
    """Yield the key and what is wrong with it."""
    least = least_objective_percent()
    if slo.objective_percent <= least:
        share = FASTEST * (100 - slo.objective_percent)
        text = (
            f"must be more than {number(least)}: burning {number(FASTEST)} times too fast would need "
            f"{number(share)} % of the events to be bad, so nobody would ever be woken "
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
        yield "slower_than_ms", f"{counted.key} have no durations"
    else:
        late = service.subject.facts.get(counted.late_by or "")
        if slo.slower_than_ms is not None and late and slo.slower_than_ms >= late.value:
            text = f"must be less than {number(late.value)}, the timeout: nothing takes longer"
            yield "slower_than_ms", f"{text} (found: {number(slo.slower_than_ms)})"


def _check_names(env: Environment) -> Iterator[Breach]:
    """Refuse services that make the same name twice: an ECS service `x` has a log group `x-collector`."""
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
