"""Whether a metric exists: documented by AWS, made by a filter of these stacks, or published by us.

And whether what its dimensions name is in these stacks, since a metric of a function that is not there
stays without data for ever.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from catalog.known_metrics import Known, Published, known, why_not_in
from cloudwatch.alarms import Metric
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
    ("AWS/Logs", "FilterName"): "aws_cloudwatch_log_subscription_filter",
    ("AWS/Logs", "LogGroupName"): "aws_cloudwatch_log_group",
    ("AWS/SNS", "TopicName"): "aws_sns_topic",
    ("AWS/SQS", "QueueName"): "aws_sqs_queue",
    ("AWS/Scheduler", "ScheduleGroup"): "aws_scheduler_schedule_group",
    ("ECS/ContainerInsights", "ClusterName"): _CLUSTER,
    ("ECS/ContainerInsights", "ServiceName"): _SERVICE,
    ("LambdaInsights", "function_name"): _FUNCTION,
}
"""Namespace and dimension -> the type of the resource that the dimension's value names."""

_ELSEWHERE: Final[Mapping[str, Callable[[str], object]]] = {
    # Elastic Load Balancing User Guide, "Metric dimensions for Application Load Balancers". A load balancer
    # may be given: of that only the form can be checked.
    "aws_lb": re.compile(r"app/[\w-]+/[0-9a-f]{16}").fullmatch,
    "aws_lb_target_group": re.compile(r"targetgroup/[\w-]+/[0-9a-f]{16}").fullmatch,
    # The group that every account has (EventBridge Scheduler User Guide, "Managing a schedule group").
    "aws_scheduler_schedule_group": re.compile(r"default").fullmatch,
}
"""Type -> whether a value is one that need not be in these stacks."""

_SUFFIXED: Final = ("aws_lb", "aws_lb_target_group")
"""Types that metrics name by the end of their ARN, not by their name."""


class Metrics:
    """The metrics that exist in an environment."""

    def __init__(self, configuration: Configuration, published: Iterable[Published]) -> None:
        """Take the stacks, and what their functions and commands publish themselves."""
        self._configuration = configuration
        self._known: Known = known(published)
        self._checked: dict[Metric, tuple[Finding, ...]] = {}
        groups = self._names("aws_cloudwatch_log_group")
        self.broken_filters: list[tuple[str, Finding]] = []
        """Filter -> why it makes no metric."""
        for resource in configuration.of_type("aws_cloudwatch_log_metric_filter"):
            if resource.text("log_group_name") not in groups:
                group = resource.text("log_group_name")
                says = f"reads log group {group}, which is not defined in these stacks"
                self.broken_filters.append((resource.name, Finding("metric filter", says)))
                continue
            made = resource.block("metric_transformation")
            sets = self._known.setdefault(str(made.get("namespace")), {}).setdefault(
                str(made.get("name")), []
            )
            sets.append(sorted(made.get("dimensions") or {}))

    @property
    def looked_up(self) -> int:
        """How many different metrics were asked for."""
        return len(self._checked)

    def why_not(self, metric: Metric) -> tuple[Finding, ...]:
        """Return what is wrong with a metric; nothing if it exists."""
        if metric not in self._checked:
            self._checked[metric] = tuple(self._wrong(metric))
        return self._checked[metric]

    def why_no_name(self, namespace: str, name: str, dimensions: Iterable[str]) -> str | None:
        """Return why there is no metric of this name and these dimensions, whatever their values."""
        return why_not_in(self._known, namespace, name, dimensions)

    def why_no_set(self, namespace: str, dimensions: Iterable[str]) -> str | None:
        """Return why no metric of a namespace has these dimensions."""
        names = self._known.get(namespace)
        if names is None:
            return f"no namespace {namespace}"
        wanted = sorted(dimensions)
        has = any(wanted in sets for sets in names.values())
        return None if has else f"no metric of {namespace} is reported by {', '.join(wanted)}"

    def _wrong(self, metric: Metric) -> Iterator[Finding]:
        why = why_not_in(self._known, metric.namespace, metric.name, [name for name, _ in metric.dimensions])
        if why:
            yield Finding("metric", f"{why}: there would never be data")
            return
        for name, value in metric.dimensions:
            kind = NAMED.get((metric.namespace, name))
            if kind is None or value in self._names(kind):
                continue
            given = _ELSEWHERE.get(kind)
            if given is None or not is_known(value) or not given(value):
                what = kind.removeprefix("aws_").replace("_", " ")
                says = (
                    f"{metric.namespace} {metric.name}: {name} is {value}, which is no {what} of these stacks"
                )
                yield Finding("dimension", f"{says}: there would never be data")

    @functools.cache  # noqa: B019  # lives as long as one proof
    def _names(self, kind: str) -> frozenset[str]:
        """Return what metrics call the resources of a type."""
        read = self._configuration.attribute
        suffix = "arn_suffix" if kind in _SUFFIXED else ""
        return frozenset(
            str(read(resource.stack, kind, resource.key, suffix)) if suffix else resource.name
            for resource in self._configuration.of_type(kind)
        )

    def has_log_group(self, name: str) -> bool:
        """Return whether there is a log group of this name."""
        return name in self._names("aws_cloudwatch_log_group")
