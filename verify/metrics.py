"""Verification that a metric exists: documented by AWS, created by a filter, published or declared.

The platform publishes some metrics itself. The configuration declares others, which code or resources
outside of these stacks publish: they are accepted with their dimensions, and listed, because nothing here
proves them.

The resources in its dimensions have to be in these stacks as well, or to be declared as existing in the
configuration: a metric of a function that does not exist never has data.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from catalog.known_metrics import Known, Published, known, why_not_in
from cloudwatch.alarms import Metric, pairs
from terraform.configuration import Configuration
from terraform.expressions import is_known
from verify.faults import Finding

_FUNCTION, _CLUSTER, _SERVICE = "aws_lambda_function", "aws_ecs_cluster", "aws_ecs_service"
NAMED: Final[Mapping[tuple[str, str], str]] = {
    ("AWS/ApplicationELB", "LoadBalancer"): "aws_lb",
    ("AWS/ApplicationELB", "TargetGroup"): "aws_lb_target_group",
    ("AWS/ECS", "ClusterName"): _CLUSTER,
    ("AWS/ECS", "ServiceName"): _SERVICE,
    ("AWS/Events", "RuleName"): "aws_cloudwatch_event_rule",
    ("AWS/Firehose", "DeliveryStreamName"): "aws_kinesis_firehose_delivery_stream",
    ("AWS/Lambda", "FunctionName"): _FUNCTION,
    ("AWS/Lambda", "Resource"): "aws_lambda_alias",
    ("AWS/Logs", "FilterName"): "aws_cloudwatch_log_subscription_filter",
    ("AWS/Logs", "LogGroupName"): "aws_cloudwatch_log_group",
    ("AWS/SNS", "TopicName"): "aws_sns_topic",
    ("AWS/SQS", "QueueName"): "aws_sqs_queue",
    ("AWS/Scheduler", "ScheduleGroup"): "aws_scheduler_schedule_group",
    ("ECS/ContainerInsights", "ClusterName"): _CLUSTER,
    ("ECS/ContainerInsights", "ServiceName"): _SERVICE,
    ("LambdaInsights", "function_name"): _FUNCTION,
}
"""Namespace and dimension -> the type of the resource whose name is the dimension's value."""

_ELSEWHERE: Final[Mapping[str, Callable[[str], object]]] = {
    # Elastic Load Balancing User Guide, "Metric dimensions for Application Load Balancers". A load balancer
    # may exist outside these stacks: then only the format is verified.
    "aws_lb": re.compile(r"app/[\w-]+/[0-9a-f]{16}").fullmatch,
    "aws_lb_target_group": re.compile(r"targetgroup/[\w-]+/[0-9a-f]{16}").fullmatch,
    # Every account has this group (EventBridge Scheduler User Guide, "Managing a schedule group").
    "aws_scheduler_schedule_group": re.compile(r"default").fullmatch,
}
"""Type -> whether a value is valid for a resource outside these stacks."""

_SUFFIXED: Final = ("aws_lb", "aws_lb_target_group")
"""Types whose metrics have the end of the ARN as dimension, not the name."""


class Existing(Protocol):
    """A resource that exists outside the stacks, as the configuration declares it."""

    @property
    def type(self) -> str:
        """Its type in Terraform."""

    @property
    def name(self) -> str:
        """Its name, as metrics have it in their dimensions."""


class Metrics:
    """The metrics that exist in an environment."""

    def __init__(
        self, configuration: Configuration, published: Iterable[Published], existing: Iterable[Existing] = ()
    ) -> None:
        """Collect the metrics of AWS, of metric filters, and those that functions and commands publish.

        Args:
            configuration: the stacks.
            published: metrics that are published otherwise.
            existing: resources that exist outside these stacks.
        """
        self._configuration = configuration
        self._existing: dict[str, set[str]] = {}
        for resource in existing:
            self._existing.setdefault(resource.type, set()).add(resource.name)
        published = tuple(published)
        self._known: Known = known(published)
        self._declared = {
            Metric(metric.namespace, metric.name, pairs(metric.dimensions))
            for metric in published
            if metric.is_declared
        }
        self._verified: dict[Metric, tuple[Finding, ...]] = {}
        groups = self._names("aws_cloudwatch_log_group")
        self.broken_filters: list[tuple[str, Finding]] = []
        """Metric filter and why it creates no metric."""
        for resource in configuration.of_type("aws_cloudwatch_log_metric_filter"):
            if resource.text("log_group_name") not in groups:
                group = resource.text("log_group_name")
                message = (
                    f"reads log group {group}, which is neither in these stacks nor declared as existing"
                )
                self.broken_filters.append((resource.name, Finding("metric filter", message)))
                continue
            transformation = resource.block("metric_transformation")
            metrics = self._known.setdefault(str(transformation.get("namespace")), {})
            dimension_sets = metrics.setdefault(str(transformation.get("name")), [])
            dimension_sets.append(sorted(transformation.get("dimensions") or {}))

    @property
    def looked_up(self) -> int:
        """Number of different metrics that were looked up."""
        return len(self._verified)

    @property
    def declared(self) -> tuple[Metric, ...]:
        """The metrics that were looked up and that only the configuration declares."""
        return tuple(metric for metric in self._verified if metric in self._declared)

    def problems(self, metric: Metric) -> tuple[Finding, ...]:
        """Return the findings of a metric; empty if it exists."""
        if metric not in self._verified:
            self._verified[metric] = tuple(self._problems(metric))
        return self._verified[metric]

    def name_problem(self, namespace: str, name: str, dimensions: Iterable[str]) -> str | None:
        """Return why there is no metric with this name and these dimensions, or None; values do not count."""
        return why_not_in(self._known, namespace, name, dimensions)

    def dimensions_problem(self, namespace: str, dimensions: Iterable[str]) -> str | None:
        """Return why no metric of a namespace has these dimensions, or None."""
        names = self._known.get(namespace)
        if names is None:
            return f"no namespace {namespace}"
        expected = sorted(dimensions)
        exists = any(expected in dimension_sets for dimension_sets in names.values())
        return None if exists else f"no metric of {namespace} has the dimensions {', '.join(expected)}"

    def _problems(self, metric: Metric) -> Iterator[Finding]:
        if metric in self._declared:
            return
        names = [name for name, _ in metric.dimensions]
        problem = why_not_in(self._known, metric.namespace, metric.name, names)
        if problem:
            yield Finding("metric", f"{problem}: the metric never has data")
            return
        for name, value in metric.dimensions:
            kind = NAMED.get((metric.namespace, name))
            if kind is None or value in self._names(kind):
                continue
            is_valid_elsewhere = _ELSEWHERE.get(kind)
            if is_valid_elsewhere is None or not is_known(value) or not is_valid_elsewhere(value):
                dimension = f"{metric.namespace} {metric.name}: {name} {value}"
                message = f"{dimension} is not an {kind} of these stacks: the metric never has data"
                yield Finding("dimension", message)

    @functools.cache  # noqa: B019  # exists as long as one proof
    def _names(self, kind: str) -> frozenset[str]:
        """Return the names of the resources of a type, as metrics have them in their dimensions."""
        declared = frozenset(self._existing.get(kind, ()))
        read = self._configuration.attribute
        suffix = "arn_suffix" if kind in _SUFFIXED else ""
        return declared | frozenset(
            str(read(resource.stack, kind, resource.key, suffix)) if suffix else resource.name
            for resource in self._configuration.of_type(kind)
        )

    def has_log_group(self, name: str) -> bool:
        """Return whether a log group with this name is in these stacks, or declared as existing."""
        return name in self._names("aws_cloudwatch_log_group")
