"""The system in synthesized Terraform JSON, of this project or any other.

References, `jsonencode`, locals and outputs of other stacks are resolved as far as possible before an apply.
Unknown values are kept as they are written. Where a number or a choice is required, that is an error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from catalog.baseline import Baseline
from cloudwatch.errors import UnknownRecordError, UnsupportedRecordError
from cloudwatch.publishing import MetricFilter
from drill import leaving_out
from drill.leaving_out import MetricName
from drill.model import LeftOut, System
from drill.sources import names
from drill.sources.errors import SourceError
from drill.sources.names import Affixes
from drill.sources.routes import Routes
from terraform import alarms, configuration
from terraform.configuration import Configuration, ConfigurationError, Resource, Stack

_T = TypeVar("_T")

_NOT_REHEARSED: Final = (ConfigurationError, UnknownRecordError, UnsupportedRecordError)
"""Errors of resources that AWS may accept. AWS would reject those with another RecordError."""
_LOG_GROUP: Final = "aws_cloudwatch_log_group"


def system(
    folder: Path,
    environment: str | None = None,
    *,
    baseline_of: Callable[[str, str], Baseline] = lambda _project, _environment: Baseline(),
) -> System:
    """Return the system of the configurations in a folder.

    Args:
        folder: `cdktf.out`, any folder with Terraform JSON, or a plan: see `terraform.configuration.read`.
        environment: the required environment; None for any.
        baseline_of: project and environment in the tags of the configurations -> the baseline.

    Raises:
        SourceError: it is another environment, or an alarm is not valid.
    """
    stacks = configuration.read(folder)
    tags = _default_tags(stacks)
    synthesized = tags.get("Environment")
    if environment and synthesized and synthesized != environment:
        message = f"{folder}: contains {synthesized}, not {environment}: run `make synth ENV={environment}`"
        raise SourceError(message)
    title = environment or synthesized or folder.resolve().name
    try:
        read = _Reading(LenientConfiguration(stacks, has_defaults=True), _affixes(tags), title).system()
    except ConfigurationError as error:
        message = f"{folder}: {error}"
        raise SourceError(message) from error
    read = leaving_out.some(leaving_out.rehearsable(read, is_deployed=False))
    return replace(read, baseline=baseline_of(tags.get("Project", ""), synthesized or ""))


class LenientConfiguration(Configuration):
    """Stacks without region or account: ARNs contain placeholders."""

    @functools.cached_property
    def region(self) -> str:
        """The region of all stacks, or a placeholder."""
        try:
            return super().region
        except ConfigurationError:
            return "<region>"

    @functools.cached_property
    def account_id(self) -> str:
        """The account of all stacks, or a placeholder."""
        try:
            return super().account_id
        except ConfigurationError:
            return "<account>"


class _Reading:
    """Reader of configurations."""

    def __init__(self, configuration: Configuration, affixes: Affixes, title: str) -> None:
        self._configuration = configuration
        self._affixes = affixes
        self._title = title
        self._left_out: list[LeftOut] = []

    def system(self) -> System:
        """Return the system."""
        metric_alarms = tuple(self._read(alarms.METRIC_ALARM, alarms.metric_alarm))
        composites = tuple(self._read(alarms.COMPOSITE_ALARM, alarms.composite_alarm))
        self._others()
        actions = [
            *(alarm.actions for alarm in metric_alarms),
            *(composite.actions for composite in composites),
        ]
        routes = Routes(self._configuration, self._affixes)
        topics = routes.topics(actions)
        filters, unpublished = self._filters()
        system = System(
            title=f"{self._title}, as synthesized",
            alarms=metric_alarms,
            composites=composites,
            filters=filters,
            topics=topics,
            queues=routes.queues(topics),
            log_groups=dict(self._log_groups()),
            short_names=names.unambiguous(self._short_names()),
        )
        return leaving_out.without(system, [*self._left_out, *routes.left_out], unpublished)

    def _read(self, kind: str, parse: Callable[[Resource], _T]) -> Iterator[_T]:
        """Yield the resources of a type; those that cannot be rehearsed are left out."""
        for resource in self._of(kind):
            try:
                yield parse(resource)
            except _NOT_REHEARSED as error:  # noqa: PERF203  # few are left out
                self._left_out.append(LeftOut(_name(resource), str(error)))

    def _filters(self) -> tuple[tuple[MetricFilter, ...], Mapping[MetricName, str]]:
        """Return metric filters, and the metrics of those that cannot be read, each with the reason.

        Raises:
            SourceError: it is not known which metric a filter publishes.
        """
        read: list[MetricFilter] = []
        unpublished: dict[MetricName, str] = {}
        for resource in self._of(alarms.LOG_METRIC_FILTER):
            try:
                read.append(alarms.metric_filter(resource))
            except _NOT_REHEARSED as error:  # noqa: PERF203  # few are not read
                metrics = alarms.published_by(resource.raw)
                if not metrics:
                    message = f"{error} (it is not known which metric this filter publishes)"
                    raise SourceError(message) from error
                unpublished |= dict.fromkeys(metrics, str(error))
        return tuple(read), unpublished

    def _others(self) -> None:
        """Leave out alarms of types that are not read.

        Raises:
            SourceError: a resource may create any number of alarms.
        """
        for kind in self._configuration.types:
            for resource in self._of(kind):
                unread = alarms.unread(kind, resource.raw, filters=True)
                if unread is None:
                    continue
                reason = f"{resource.where}: {unread.reason}"
                if unread.is_template:
                    raise SourceError(reason)
                self._left_out.append(LeftOut(resource.address, reason))

    def _of(self, kind: str) -> list[Resource]:
        return self._configuration.of_type(kind)

    def _short_names(self) -> Iterator[tuple[str, str]]:
        """Yield other names of alarms: the name in Terraform, and without project and environment."""
        for resource in (*self._of(alarms.METRIC_ALARM), *self._of(alarms.COMPOSITE_ALARM)):
            name = _name(resource)
            yield resource.key, name
            yield self._affixes.short(name), name

    def _log_groups(self) -> Iterator[tuple[str, str]]:
        """Yield each service with its log group: the one with its tag, or with its name in Terraform.

        A log group that exists already is in no stack: it is the one that a metric filter with the name of
        the service reads. Without tags of services, every log group has its name in Terraform.
        """
        groups = self._of(_LOG_GROUP)
        tagged = {alarms.service_of(group): group.name for group in groups}
        by_key = {group.key: group.name for group in groups}
        read = {
            log_filter.key.rpartition("_")[0]: str(group)
            for log_filter in self._of(alarms.LOG_METRIC_FILTER)
            if (group := log_filter.known("log_group_name"))
        }
        services = {_service(resource) for kind in _TAGGED for resource in self._of(kind)} - {None}
        for service in sorted(str(service) for service in services) if services else by_key:
            if group := tagged.get(service) or by_key.get(service) or read.get(service):
                yield service, group


def _name(resource: Resource) -> str:
    """Return the name of an alarm; its address if its name is not known."""
    name = resource.known("alarm_name")
    if isinstance(name, str):
        return name
    try:
        return resource.name
    except ConfigurationError:
        return resource.address


_TAGGED: Final = (
    alarms.METRIC_ALARM,
    alarms.COMPOSITE_ALARM,
    "aws_lambda_function",
    "aws_ecs_service",
    _LOG_GROUP,
)
"""Resources whose tag `Service` is the name of a service."""


def _service(resource: Resource) -> str | None:
    """Return the service of a resource; None also if the resource is not supported."""
    try:
        return alarms.service_of(resource)
    except ConfigurationError:
        return None


def _default_tags(stacks: dict[str, Stack]) -> dict[str, Any]:
    """Return the default tags that all providers have in common."""
    of_providers: list[dict[str, Any]] = []
    for stack in stacks.values():
        for provider in stack.aws_providers:
            blocks = provider.get("default_tags") or {}
            block = blocks[0] if isinstance(blocks, list) else blocks
            tags = block.get("tags")
            of_providers.append(tags if isinstance(tags, dict) else {})
    first, *others = of_providers or [{}]
    return {key: value for key, value in first.items() if all(tags.get(key) == value for tags in others)}


def _affixes(tags: dict[str, Any]) -> Affixes:
    project, environment = tags.get("Project"), tags.get("Environment")
    if not (isinstance(project, str) and isinstance(environment, str)):
        return Affixes()
    return names.of_project(project, environment)
