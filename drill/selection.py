"""Which metrics, log groups and alarms a scenario means: names, parts of names, patterns."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cloudwatch.alarms import CompositeAlarm, Metric, MetricAlarm
from config.explain import did_you_mean
from drill.errors import DrillError
from drill.model import Queue, System, Topic
from drill.scenarios.model import Lines, Samples, Silence


class UnknownNameError(DrillError):
    """A name means nothing here; the message says what was perhaps meant."""


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name is one of these names, or matches one of these patterns."""
    return any(name == pattern or _regex(pattern).fullmatch(name) for pattern in patterns)


def is_pattern(text: str) -> bool:
    """Tell whether a text stands for several names: it has `*` for any text, or `?` for any character."""
    return any(sign in text for sign in "*?")


@functools.lru_cache(maxsize=4096)
def _regex(pattern: str) -> re.Pattern[str]:
    """Return what a pattern matches; every other sign is itself, as names of alarms may have any."""
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


@dataclass(frozen=True)
class Selection:
    """The names of one system."""

    system: System

    @cached_property
    def alarms(self) -> Mapping[str, MetricAlarm | CompositeAlarm]:
        """Every alarm and composite, by its full name."""
        return {alarm.name: alarm for alarm in self.system.all_alarms}

    @cached_property
    def watched(self) -> Mapping[Metric, frozenset[str]]:
        """Each metric that an alarm watches -> the services whose alarms do."""
        found: dict[Metric, set[str]] = {}
        for alarm in self.system.alarms:
            for statistic in alarm.statistics:
                services = found.setdefault(statistic.metric, set())
                if alarm.service is not None:
                    services.add(alarm.service)
        return {metric: frozenset(services) for metric, services in found.items()}

    @cached_property
    def log_groups(self) -> frozenset[str]:
        """Every log group that somebody looks at: services', filters', alarms'."""
        return frozenset(
            {
                *self.system.log_groups.values(),
                *(metric_filter.log_group for metric_filter in self.system.filters),
                *(dict(metric.dimensions).get("LogGroupName", "") for metric in self.watched),
            }
            - {""}
        )

    @cached_property
    def shortest(self) -> Mapping[str, str]:
        """Name in AWS of each alarm -> the shortest part of it that is a name of it, which people are told.

        Keys and Terraform's names are names too, but no parts of what AWS shows.
        """
        found: dict[str, str] = {}
        for short, full in self.system.short_names.items():
            if short in full:
                found[full] = min(found.get(full, full), short, key=lambda name: (len(name), name))
        return found

    def short(self, name: str) -> str:
        """Return what people call an alarm; its full name if it has no other."""
        return self.shortest.get(name, name)

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """Each topic by its ARN and by its name, as actions may say it."""
        return {key: topic for topic in self.system.topics for key in (topic.arn, topic.name)}

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset({*self.alarms, *self.system.short_names})

    def full_name(self, name: str) -> str:
        """Return the name in AWS of the alarm that is called `name`.

        Raises:
            UnknownNameError: there is none.
        """
        if name in self.alarms:
            return name
        if name not in self.system.short_names:
            message = f"no such alarm in {self.system.title} (found: {name}){did_you_mean(name, self._known)}"
            raise UnknownNameError(message)
        return self.system.short_names[name]

    def full_names(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """Return the names in AWS of all alarms that are called so, in the order in which they are listed.

        Raises:
            UnknownNameError: one of the names or patterns means no alarm.
        """
        found: set[str] = set()
        for pattern in patterns:
            if not is_pattern(pattern):
                found.add(self.full_name(pattern))
                continue
            some = {name for name in self.alarms if matches(name, [pattern])}
            some |= {full for short, full in self.system.short_names.items() if matches(short, [pattern])}
            if not some:
                message = f"matches no alarm of {self.system.title} (found: {pattern})"
                raise UnknownNameError(message)
            found |= some
        return tuple(name for name in self.alarms if name in found)

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], tuple[Metric, ...]]:
        return _named(self.watched)

    @cached_property
    def _by_service(self) -> Mapping[str, Mapping[tuple[str, str], tuple[Metric, ...]]]:
        found: dict[str, list[Metric]] = {}
        for metric, services in self.watched.items():
            for service in services:
                found.setdefault(service, []).append(metric)
        return {service: _named(metrics) for service, metrics in found.items()}

    def metrics(self, entry: Samples) -> tuple[Metric, ...]:
        """Return the metrics that an entry of a scenario means, of those that alarms watch.

        Raises:
            UnknownNameError: none is meant, or a name alone is that of metrics in several namespaces.
        """
        # Scenarios of a thousand services name them one by one.
        named = self._by_service.get(entry.service or "", self._by_name)
        found = [
            metric
            for (namespace, name), metrics in named.items()
            if matches(name, [entry.metric]) or matches(f"{namespace} {name}", [entry.metric])
            for metric in metrics
            if self._is_of(metric, entry)
        ]
        if not found:
            raise UnknownNameError(self._no_metric(entry))
        namespaces = sorted({metric.namespace for metric in found if metric.name == entry.metric})
        if len(namespaces) > 1:
            meant = ", ".join(f"{namespace} {entry.metric}" for namespace in namespaces)
            raise UnknownNameError(f"is the name of several metrics: {meant} (found: {entry.metric})")
        return tuple(found)

    def _is_of(self, metric: Metric, entry: Samples) -> bool:
        if entry.service is not None and not any(
            matches(text, [entry.service]) for text in self.watched[metric]
        ):
            return False
        return not entry.dimensions or entry.dimensions.items() <= dict(metric.dimensions).items()

    def _no_metric(self, entry: Samples) -> str:
        of_service = {
            f"{metric.namespace} {metric.name}"
            for metric, services in self.watched.items()
            if entry.service is None or any(matches(service, [entry.service]) for service in services)
        }
        services = {text for some in self.watched.values() for text in some}
        if entry.service is not None and not of_service:
            hint = did_you_mean(entry.service, services)
            listed = ", ".join(sorted(services)) or "none"
            return f"no such service; known: {listed} (found: {entry.service}){hint}"
        near = did_you_mean(entry.metric, {*of_service, *(text.rpartition(" ")[2] for text in of_service)})
        of = f" of {entry.service}" if entry.service else ""
        with_these = " with these dimensions" if entry.dimensions else ""
        return f"no alarm{of} watches such a metric{with_these} (found: {entry.metric}){near}"

    def queue(self, name: str) -> Queue:
        """Return the queue that is called so.

        Raises:
            UnknownNameError: there is none.
        """
        for item in self.system.queues:
            if name in {item.name, item.full_name}:
                return item
        known = [item.name for item in self.system.queues]
        hint = did_you_mean(name, known)
        raise UnknownNameError(f"no such queue; known: {', '.join(known) or 'none'} (found: {name}){hint}")

    def silent_groups(self, entry: Silence) -> tuple[str, ...]:
        """Return the log groups to which nothing is written.

        Raises:
            UnknownNameError: there is none.
        """
        groups = self.system.log_groups
        found = {group for service, group in groups.items() if matches(service, [entry.silence])}
        found |= {group for group in self.log_groups if matches(group, [entry.silence])}
        if not found:
            known = sorted({*groups, *self.log_groups})
            near = did_you_mean(entry.silence, known)
            listed = ", ".join(known) or "none"
            raise UnknownNameError(
                f"no such service or log group; known: {listed} (found: {entry.silence}){near}"
            )
        return tuple(sorted(found))

    def groups(self, entry: Lines) -> tuple[str, ...]:
        """Return the log groups that an entry of a scenario writes to.

        Raises:
            UnknownNameError: there is none.
        """
        if entry.service is not None:
            found = [
                group
                for service, group in self.system.log_groups.items()
                if matches(service, [entry.service])
            ]
            known: Iterable[str] = self.system.log_groups
            what, given = "service", entry.service
        else:
            given = entry.log_group or ""
            found = [group for group in sorted(self.log_groups) if matches(group, [given])]
            known, what = self.log_groups, "log group"
        if not found:
            near = did_you_mean(given, known)
            listed = ", ".join(sorted(known)) or "none"
            raise UnknownNameError(f"no such {what}; known: {listed} (found: {given}){near}")
        return tuple(found)


def _named(metrics: Iterable[Metric]) -> Mapping[tuple[str, str], tuple[Metric, ...]]:
    """Return metrics by namespace and name, of which there are few."""
    found: dict[tuple[str, str], list[Metric]] = {}
    for metric in metrics:
        found.setdefault((metric.namespace, metric.name), []).append(metric)
    return {key: tuple(some) for key, some in found.items()}
