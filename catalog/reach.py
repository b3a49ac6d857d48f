"""Whether alarms can fire: a threshold that no datapoint crosses, or that all cross, is rejected.

A metric has a lowest and a highest value: constants (100 %), or facts of a service (its timeout). The
templates state them for each metric, and the configuration for own metrics; sums and counts have no highest
value, and an anomaly band has no threshold. ADR 26 gives the reasons.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from catalog.kinds import ENVIRONMENT
from catalog.kinds.kind import ServiceKind
from catalog.services import Instance
from catalog.specs import leaves
from catalog.subjects import Subject, composed
from catalog.templates import BETWEEN_SAMPLES, EVENT, AlarmTemplate, Fact, Percent, SeriesTemplate
from catalog.texts import number
from cloudwatch.alarms import Comparison
from config.errors import Cite, Location, Text

SHARE_PERCENT = 80
"""Percentage of a limit that messages propose as a threshold."""
_LISTED = 40
"""Services that a message lists at most."""

Outcome = Literal["never", "always"]

_BREACHES: Mapping[Comparison, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
"""The operators of templates; `cloudwatch.evaluation` has all, and needs numpy."""


def outcome(
    comparison: Comparison, threshold: float, least: float | None, most: float | None
) -> Outcome | None:
    """Return whether no value from `least` to `most` breaches, or every value; None if some do.

    Args:
        comparison: the operator of the alarm.
        threshold: its threshold.
        least: the lowest value; None if there is no limit.
        most: the highest value; None if there is no limit.
    """
    nearest, farthest = (least, most) if comparison.startswith("LessThan") else (most, least)
    breaches = _BREACHES[comparison]
    if nearest is not None and not breaches(nearest, threshold):
        return "never"
    return "always" if farthest is not None and breaches(farthest, threshold) else None


@dataclass(frozen=True)
class _Beyond:
    """A threshold outside the values of its metric."""

    instance: Instance
    subject: Subject
    template: AlarmTemplate
    threshold: float | Percent
    outcome: Outcome
    limit: Fact
    """The limit that is crossed, in the unit of the alarm."""

    @property
    def at(self) -> Location:
        """Where the statistic, the threshold or the operator is set; a default could be overridden there.

        The statistic, if its values are those of single events: another one has values beyond them.
        """
        key = self.template.key
        own: Location = ("services", self.instance.name, "alarms", key)
        general: Location = ("alarms", self.instance.kind.name, key)
        for setting in (*(("stat",) if self.is_of_event else ()), "threshold", "comparison"):
            for location, tunings in ((own, self.subject.own), (general, self.subject.general)):
                if key in tunings and getattr(tunings[key], setting) is not None:
                    return (*location, setting)
        return own if isinstance(self.instance.kind, ServiceKind) else general

    @property
    def is_of_event(self) -> bool:
        """Whether the limit is that of a sample, because the statistic is one of single events."""
        return self.limit == EVENT

    @property
    def is_of_all(self) -> bool:
        """Whether the limit is the same for all services: a constant, or 100 % of itself."""
        if isinstance(self.threshold, Percent):
            return not self.limit.value or self.subject.facts[self.threshold.of] == self.limit
        return not self.limit.at

    @property
    def bound(self) -> str:
        """The limit in the terms of the threshold."""
        limit, relative = self.limit.value, isinstance(self.threshold, Percent)
        if isinstance(self.threshold, Percent):
            limit = 100 * limit / self.subject.facts[self.threshold.of].value
        is_percentage = limit and (relative or self.template.watches.unit == "Percent")
        return f"{number(limit)} percent" if is_percentage else number(limit)

    @property
    def share(self) -> str | None:
        """The proposed threshold; None if the limit is a constant."""
        facts = self.subject.facts
        names = (name for name, fact in self.template.shares.items() if facts.get(fact) == self.limit)
        name = next(names, None)
        return name and f"{SHARE_PERCENT} % of {name}"

    @property
    def found(self) -> str:
        """The threshold, as it is set, with the operator and the statistic that are set."""
        tuned = self.subject.tuned(self.template)
        found = number(self.threshold.value if isinstance(self.threshold, Percent) else self.threshold)
        parts = (tuned.comparison, tuned.threshold if isinstance(tuned.threshold, str) else found)
        said = " ".join(part for part in parts if part)
        return f"{said} of {tuned.stat}" if tuned.stat else said


def breaches(instances: Iterable[Instance]) -> Iterator[tuple[Location, Text]]:
    """Yield the location and the message of each threshold that is outside the values of its metric.

    The message about a threshold of several services lists them.
    """
    found: dict[Location, list[_Beyond]] = {}
    for instance in instances:
        for beyond in _of_instance(instance):
            found.setdefault(beyond.at, []).append(beyond)
    for at, there in found.items():
        yield at, functools.partial(_message, there)


def source(limit: Fact, service: str, cite: Cite) -> str:
    """Return a limit of a service in words, with the key that sets it and the place of that."""
    if not limit.at:
        return limit.words
    own = () if limit.of_environment else ("services", service)
    return f"{limit.words}: {cite((*own, *limit.at))}"


def listed(limits: Iterable[tuple[str, str]]) -> str:
    """Return services, each with its limit in words; those with the same limit are listed together."""
    services: dict[str, list[str]] = {}
    for service, limit in limits:
        services.setdefault(limit, []).append(service)
    said = [f"{', '.join(names)} ({limit})" for limit, names in islice(services.items(), _LISTED)]
    said += [f"and {len(services) - _LISTED} more"] if len(services) > _LISTED else []
    return ", ".join(said)


def _alarms(instance: Instance) -> Iterator[tuple[Subject, AlarmTemplate]]:
    for subject in instance.subjects:
        yield from ((subject, alarm) for alarm in subject.templates if subject.left_out(alarm) is None)


def _of_instance(instance: Instance) -> Iterator[_Beyond]:
    for subject, template in _alarms(instance):
        threshold, comparison = subject.threshold(template), template.comparison
        if threshold is None:
            continue
        least = template.watches.least
        most = subject.most(template.watches)
        result = outcome(
            comparison,
            subject.value(threshold),
            least.value if least else None,
            most.value if most else None,
        )
        if result is None and _is_above(subject, template, subject.value(threshold)):
            result, least = "never", EVENT
        limit = most if result and _is_upper(comparison, result) else least
        if result and limit:
            yield _Beyond(instance, subject, template, threshold, result, limit)


def _is_above(subject: Subject, template: AlarmTemplate, threshold: float) -> bool:
    """Return whether samples of a count of events, which are all 1, are never below a threshold."""
    watches = template.watches
    if not isinstance(watches, SeriesTemplate) or watches.metric.sample != "1":
        return False
    missing = subject.tuned(template).missing or template.missing
    is_of_sample = watches.stat.startswith(BETWEEN_SAMPLES) and missing != "breaching"
    return is_of_sample and outcome(template.comparison, threshold, EVENT.value, None) == "never"


def _is_upper(comparison: Comparison, result: Outcome) -> bool:
    """Return whether a threshold is beyond the highest value, and not the lowest."""
    return comparison.startswith("LessThan") == (result == "always")


def _relation(beyond: _Beyond) -> str:
    """Return how the threshold must relate to the limit."""
    comparison = beyond.template.comparison
    may_equal = ("OrEqual" in comparison) == (beyond.outcome == "never")
    if _is_upper(comparison, beyond.outcome):
        return "at most" if may_equal else "less than"
    return "at least" if may_equal else "more than"


def _message(found: Sequence[_Beyond], cite: Cite) -> str:
    first = found[0]
    must_be, result, value = f"must be {_relation(first)}", _result(found), f"(found: {first.found})"
    if first.at[-1] == "stat":
        text = f"must be Sum, or the threshold {_relation(first)} {first.bound}, {first.limit.words}"
        return f"{text}; otherwise {result} {value}"
    if first.at[-1] == "comparison":
        must_be = f"requires a threshold {_relation(first)}"
    if first.is_of_all:
        words = f", {first.limit.words}" if first.limit.words and not first.limit.at else ""
        return f"{must_be} {first.bound}{words}, otherwise {result} {value}"
    if first.at[0] == "services" or first.instance.kind is ENVIRONMENT:
        proposed = f", such as {first.share}" if first.share else ""
        limit = source(first.limit, first.instance.name, cite)
        return f"{must_be} {first.bound} ({limit}){proposed}; otherwise {result} {value}"
    services = listed(
        (it.instance.name, f"{it.bound}, {source(it.limit, it.instance.name, cite)}") for it in found
    )
    share = f", or a share such as {first.share}" if first.share else ""
    own = f"services.<name>.alarms.{first.template.key}.threshold"
    return (
        f"{must_be} the limit of each service{share}; otherwise {result} for {services}; "
        f"{own} sets it for a service {value}"
    )


def _result(found: Sequence[_Beyond]) -> str:
    """Return what the alarm does, and the composite alarms that cannot fire because of it."""
    if found[0].outcome == "always":
        return "the alarm always fires"
    silent = sorted({key for beyond in found for key in _silent(beyond)})
    if not silent:
        return "the alarm never fires"
    return (
        f"the alarm and the composite alarm{'s' if len(silent) > 1 else ''} {' and '.join(silent)} never fire"
    )


def _silent(beyond: _Beyond) -> Iterator[str]:
    """Yield the keys of the composites that never fire and of which the alarm is a cause."""
    instance = beyond.instance
    alarms = {_key(subject, template): template.part_of for subject, template in _alarms(instance)}
    never = {_key(it.subject, it.template) for it in _of_instance(instance) if it.outcome == "never"}
    composites, prefix = instance.composite_templates, instance.name
    firing = {key: part_of for key, part_of in alarms.items() if key not in never}
    fire = {key for _, key, _ in composed(composites, prefix, firing)}
    causes: dict[str, set[str]] = {}
    for template, key, rule in composed(composites, prefix, alarms):
        children = set(leaves(rule))
        causes[key] = children.union(*(causes.get(child, ()) for child in children))
        if key not in fire and _key(beyond.subject, beyond.template) in causes[key]:
            yield template.key


def _key(subject: Subject, template: AlarmTemplate) -> str:
    return f"{subject.key}_{template.key}"
