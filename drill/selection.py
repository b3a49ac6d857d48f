"""Resolution of names and patterns in scenarios: metrics, log groups and alarms."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cloudwatch.alarms import CompositeAlarm, Metric, MetricAlarm
from config.words import did_you_mean
from drill.errors import DrillError
from drill.model import Queue, System, Topic
from drill.scenarios.model import Lines, NoLogs, Samples


class UnknownNameError(DrillError):
    """A name does not exist. The message has a suggestion."""


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a name is one of these names, or matches one of these patterns."""
    return any(name == pattern or _regex(pattern).fullmatch(name) for pattern in patterns)


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern: it has `*` for any text, or `?` for one character."""
    return any(wildcard in text for wildcard in "*?")


@functools.lru_cache(maxsize=4096)
def _regex(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression. Other special characters match themselves."""
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


@dataclass(frozen=True)
class Selection:
    """The names of one system."""

    system: System

    @cached_property
    def alarms(self) -> Mapping[str, MetricAlarm | CompositeAlarm]:
        """Full name -> alarm or composite."""
        return {alarm.name: alarm for alarm in self.system.all_alarms}

    @cached_property
    def watched(self) -> Mapping[Metric, frozenset[str]]:
        """Each metric of an alarm -> the services of its alarms."""
        services_of: dict[Metric, set[str]] = {}
        for alarm in self.system.alarms:
            for statistic in alarm.statistics:
                services = services_of.setdefault(statistic.metric, set())
                if alarm.service is not None:
                    services.add(alarm.service)
        return {metric: frozenset(services) for metric, services in services_of.items()}

    @cached_property
    def log_groups(self) -> frozenset[str]:
        """Every log group of a service, a metric filter or an alarm."""
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
        """Name in AWS of each alarm -> the shortest of its names that is a part of it, for messages.

        Keys and names in Terraform are names too, but not parts of the name in AWS. A short name that is the
        name of another alarm in AWS refers to that one.
        """
        shortest: dict[str, str] = {}
        for short, full in self.system.short_names.items():
            if short in full and (short == full or short not in self.alarms):
                shortest[full] = min(shortest.get(full, full), short, key=lambda name: (len(name), name))
        return shortest

    def short(self, name: str) -> str:
        """Return the short name of an alarm, or its full name if it has none."""
        return self.shortest.get(name, name)

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """Each topic by its ARN and by its name, as actions may contain both."""
        return {key: topic for topic in self.system.topics for key in (topic.arn, topic.name)}

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset({*self.alarms, *self.system.short_names})

    def full_name(self, name: str) -> str:
        """Return the name in AWS of an alarm.

        Raises:
            UnknownNameError: it does not exist, or cannot be rehearsed.
        """
        if name in self.alarms:
            return name
        self._check_rehearsed(name)
        if name not in self.system.short_names:
            message = f"no such alarm in {self.system.title} (found: {name}){did_you_mean(name, self._known)}"
            raise UnknownNameError(message)
        self._check_rehearsed(self.system.short_names[name])
        return self.system.short_names[name]

    def _check_rehearsed(self, name: str) -> None:
        """Reject the name of an alarm that cannot be rehearsed.

        Raises:
            UnknownNameError: it is left out; with the reason.
        """
        for entry in self.system.left_out:
            if entry.name == name:
                raise UnknownNameError(f"cannot be rehearsed: {entry.reason} (found: {name})")

    def left_out(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """Return the alarms with these names or patterns that cannot be rehearsed."""
        patterns = tuple(patterns)
        also: dict[str, list[str]] = {}
        for short, full in self.system.short_names.items():
            also.setdefault(full, []).append(short)
        return tuple(
            entry.name
            for entry in self.system.left_out
            if any(matches(name, patterns) for name in (entry.name, *also.get(entry.name, ())))
        )

    def full_names(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """Return the names in AWS of the alarms with these names or patterns, in the order of the system.

        Raises:
            UnknownNameError: a name does not exist, or a pattern matches no alarm.
        """
        names: set[str] = set()
        for pattern in patterns:
            if not is_pattern(pattern):
                names.add(self.full_name(pattern))
                continue
            matching = {name for name in self.alarms if matches(name, [pattern])}
            matching |= {
                full
                for short, full in self.system.short_names.items()
                if full in self.alarms and matches(short, [pattern])
            }
            if not matching:
                for name in self.left_out([pattern]):
                    self._check_rehearsed(name)
                message = f"matches no alarm of {self.system.title} (found: {pattern})"
                raise UnknownNameError(message)
            names |= matching
        return tuple(name for name in self.alarms if name in names)

    def full_names_of_excluded(self, patterns: Iterable[str]) -> frozenset[str]:
        """Return the names in AWS of excluded alarms. One that cannot be rehearsed may be excluded.

        Raises:
            UnknownNameError: as for `full_names`.
        """
        asked = [pattern for pattern in patterns if not self.left_out([pattern])]
        others = [pattern for pattern in patterns if pattern not in asked and is_pattern(pattern)]
        return frozenset(
            {*self.full_names(asked), *(name for name in self.alarms if matches(name, others))}
            | {full for short, full in self.system.short_names.items() if matches(short, others)}
        )

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], tuple[Metric, ...]]:
        return _named(self.watched)

    @cached_property
    def _by_service(self) -> Mapping[str, Mapping[tuple[str, str], tuple[Metric, ...]]]:
        by_service: dict[str, list[Metric]] = {}
        for metric, services in self.watched.items():
            for service in services:
                by_service.setdefault(service, []).append(metric)
        return {service: _named(metrics) for service, metrics in by_service.items()}

    def metrics(self, entry: Samples) -> tuple[Metric, ...]:
        """Return the metrics of an entry, among those of alarms.

        Raises:
            UnknownNameError: there is none, or the name exists in several namespaces.
        """
        # Fast also for scenarios with an entry for each of a thousand services.
        named = self._by_service.get(entry.service or "", self._by_name)
        selected = [
            metric
            for (namespace, name), metrics in named.items()
            if matches(name, [entry.metric]) or matches(f"{namespace} {name}", [entry.metric])
            for metric in metrics
            if self._is_of(metric, entry)
        ]
        if not selected:
            raise UnknownNameError(self._no_metric(entry))
        namespaces = sorted({metric.namespace for metric in selected if metric.name == entry.metric})
        if len(namespaces) > 1:
            meant = ", ".join(f"{namespace} {entry.metric}" for namespace in namespaces)
            raise UnknownNameError(f"is the name of several metrics: {meant} (found: {entry.metric})")
        return tuple(selected)

    def _is_of(self, metric: Metric, entry: Samples) -> bool:
        if entry.service is not None and not any(
            matches(service, [entry.service]) for service in self.watched[metric]
        ):
            return False
        return not entry.dimensions or entry.dimensions.items() <= dict(metric.dimensions).items()

    def _no_metric(self, entry: Samples) -> str:
        of_service = {
            f"{metric.namespace} {metric.name}"
            for metric, services in self.watched.items()
            if entry.service is None or any(matches(service, [entry.service]) for service in services)
        }
        services = {service for of_metric in self.watched.values() for service in of_metric}
        if entry.service is not None and not of_service:
            hint = did_you_mean(entry.service, services)
            listed = ", ".join(sorted(services)) or "none"
            return f"no such service; known: {listed} (found: {entry.service}){hint}"
        hint = did_you_mean(entry.metric, {*of_service, *(name.rpartition(" ")[2] for name in of_service)})
        of = f" of {entry.service}" if entry.service else ""
        with_these = " with these dimensions" if entry.dimensions else ""
        return f"no alarm{of} uses such a metric{with_these} (found: {entry.metric}){hint}"

    def queue(self, name: str) -> Queue:
        """Return the queue with a name.

        Raises:
            UnknownNameError: it does not exist.
        """
        for queue in self.system.queues:
            if name in {queue.name, queue.full_name}:
                return queue
        known = [queue.name for queue in self.system.queues]
        hint = did_you_mean(name, known)
        raise UnknownNameError(f"no such queue; known: {', '.join(known) or 'none'} (found: {name}){hint}")

    def stopped_groups(self, entry: NoLogs) -> tuple[str, ...]:
        """Return the log groups of a `no_logs` entry.

        Raises:
            UnknownNameError: there is none.
        """
        groups = self.system.log_groups
        selected = {group for service, group in groups.items() if matches(service, [entry.no_logs])}
        selected |= {group for group in self.log_groups if matches(group, [entry.no_logs])}
        if not selected:
            known = sorted({*groups, *self.log_groups})
            hint = did_you_mean(entry.no_logs, known)
            listed = ", ".join(known) or "none"
            raise UnknownNameError(
                f"no such service or log group; known: {listed} (found: {entry.no_logs}){hint}"
            )
        return tuple(sorted(selected))

    def groups(self, entry: Lines) -> tuple[str, ...]:
        """Return the log groups of a `log` entry.

        Raises:
            UnknownNameError: there is none.
        """
        if entry.service is not None:
            selected = [
                group
                for service, group in self.system.log_groups.items()
                if matches(service, [entry.service])
            ]
            known: Iterable[str] = self.system.log_groups
            kind, pattern = "service", entry.service
        else:
            pattern = entry.log_group or ""
            selected = [group for group in sorted(self.log_groups) if matches(group, [pattern])]
            known, kind = self.log_groups, "log group"
        if not selected:
            hint = did_you_mean(pattern, known)
            listed = ", ".join(sorted(known)) or "none"
            raise UnknownNameError(f"no such {kind}; known: {listed} (found: {pattern}){hint}")
        return tuple(selected)


def _named(metrics: Iterable[Metric]) -> Mapping[tuple[str, str], tuple[Metric, ...]]:
    """Return metrics by namespace and name."""
    by_name: dict[tuple[str, str], list[Metric]] = {}
    for metric in metrics:
        by_name.setdefault((metric.namespace, metric.name), []).append(metric)
    return {key: tuple(of_name) for key, of_name in by_name.items()}
