"""ECS services, created on Fargate or existing.

Metrics: Amazon ECS Developer Guide, "Amazon ECS CloudWatch metrics".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import override

from catalog.kinds import load_balancer, logs, service
from catalog.kinds.kind import Deployed, Part, ServiceKind
from catalog.naming import Names, digest, word
from catalog.specs import (
    AllOf,
    Event,
    EventRule,
    ExistingResource,
    InAlarm,
    LogFilter,
    LogGroup,
    LogLine,
)
from catalog.suppression import sources
from catalog.templates import (
    LOG,
    ONLY_FAILURES,
    SHARED,
    WHOLE,
    AlarmTemplate,
    CompositeTemplate,
    Fact,
    Facts,
    FilterTemplate,
    GraphTemplate,
    MathTemplate,
    Namespace,
    Percent,
    steady,
)
from cloudwatch.quotas import EVENT_PATTERN_CHARACTERS
from config.formats import Format
from config.models import Environment
from config.services import EcsService, ExistingEcsService, LoadBalancer, TargetGroup

_DIMENSIONS = ("ClusterName", "ServiceName")

DEPLOYMENT_MAXIMUM_PERCENT = 200
"""Tasks of a service during a deployment at most, as a percentage of the desired count."""


_SERVICE = Namespace("AWS/ECS", _DIMENSIONS)
# Task counts are here; AWS/ECS has none (CloudWatch User Guide, "Amazon ECS Container Insights metrics").
_INSIGHTS = Namespace("ECS/ContainerInsights", _DIMENSIONS)

# Percentages of what the tasks reserve: on EC2, they can use more, and often do (Amazon ECS Developer Guide,
# "Amazon ECS service utilization metrics").
CPU = _SERVICE.metric("CPUUtilization", "Percent", steady(40), most=WHOLE, most_with="on_fargate")
MEMORY = _SERVICE.metric("MemoryUtilization", "Percent", steady(52), most=WHOLE, most_with="on_fargate")
# More tasks run than desired only during a deployment.
_AS_DESIRED = steady(100, percent_of="desired_count")
RUNNING = _INSIGHTS.metric("RunningTaskCount", "Count", _AS_DESIRED, most="most_tasks")
DESIRED = _INSIGHTS.metric("DesiredTaskCount", "Count", _AS_DESIRED, most="most_tasks")
PENDING = _INSIGHTS.metric("PendingTaskCount", "Count", steady(0), most="max_tasks")
_DISK_USED = _INSIGHTS.metric("EphemeralStorageUtilized", "Gigabytes", steady(3))
_DISK_SIZE = _INSIGHTS.metric("EphemeralStorageReserved", "Gigabytes", steady(20))

STOPPED = Namespace(SHARED, ("ClusterArn", "TaskGroup")).metric(
    "StoppedTasks", "Count", ONLY_FAILURES, sample="1"
)

_DISK = MathTemplate(
    expression="100 * used / size",
    series={"used": _DISK_USED.stat("Maximum", "used"), "size": _DISK_SIZE.stat("Maximum", "size")},
    label="ephemeral storage in use",
    unit="Percent",
    most=WHOLE,
)

ALARMS = (
    AlarmTemplate(
        key="cpu",
        watches=CPU.stat("Average", "CPU"),
        unit_words="% CPU utilization",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="missing",  # without a running task the value is unknown; too-few-tasks is in ALARM then
        part_of="saturation",
        summary="the CPU utilization of the tasks is high",
        look="the CPU graph and the number of running tasks; increase desired_count or cpu",
    ),
    AlarmTemplate(
        key="cpu-exhausted",
        watches=CPU.stat("Average", "CPU"),
        threshold=90,
        unit_words="% CPU utilization",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="missing",  # as for cpu
        part_of="impact",
        needs="on_fargate",
        summary="the CPU of the tasks is almost used up, and requests are delayed",
        look="the CPU graph; increase desired_count first, then find the cause",
    ),
    AlarmTemplate(
        key="memory",
        watches=MEMORY.stat("Average", "memory"),
        unit_words="% memory utilization",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="missing",  # as for cpu
        part_of="saturation",
        summary="the memory utilization of the tasks is high; ECS stops a task at 100 %",
        look="the memory graph since the last deployment: a steady increase is a leak, a step is load",
    ),
    AlarmTemplate(
        key="memory-exhausted",
        watches=MEMORY.stat("Average", "memory"),
        threshold=90,
        unit_words="% memory utilization",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="missing",  # as for cpu
        part_of="impact",
        needs="on_fargate",
        summary="the memory of the tasks is almost used up, and ECS is about to stop them",
        look="the memory graph; restart the service one task at a time (leak) or increase memory_mib (load)",
    ),
    AlarmTemplate(
        key="too-few-tasks",
        watches=RUNNING.stat("Minimum", "running tasks"),
        comparison="LessThanThreshold",
        threshold=Percent(value=100, of="desired_count", words="the desired tasks"),
        unit_words="running tasks",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        # No tasks, no report; Container Insights switched off by hand is noticed too. FILL would be 2 minutes
        # faster (`suppression.timing.BEYOND`), and page when reports are three minutes late.
        missing="breaching",
        part_of="impact",
        needs="container_insights",
        summary="fewer tasks run than desired",
        look="the service's events in the ECS console: they state why tasks stop or do not start",
    ),
    AlarmTemplate(
        key="pending-tasks",
        watches=PENDING.stat("Maximum", "pending tasks"),
        threshold=0,
        unit_words="pending tasks",
        period_s=60,
        evaluation_periods=10,
        datapoints_to_alarm=10,
        missing="notBreaching",  # no data, none pending; too-few-tasks reports a missing service
        part_of="degraded",
        needs="container_insights",
        summary="tasks have been pending for too long",
        look="the service's events in the ECS console: missing capacity, image, or IP address in the subnet",
    ),
    AlarmTemplate(
        key="not-converging",
        watches=MathTemplate(
            expression="desired - running",
            series={
                "desired": DESIRED.stat("Average", "desired"),
                "running": RUNNING.stat("Average", "running"),
            },
            label="tasks missing",
            unit="Count",
            least=None,  # more run than desired during a deployment
            most="most_tasks",
        ),
        threshold=0,
        unit_words="missing tasks",
        period_s=60,
        evaluation_periods=15,
        datapoints_to_alarm=15,
        missing="notBreaching",  # too-few-tasks reports a service without data
        part_of="degraded",
        needs="container_insights",
        summary="the service does not reach the desired number of tasks",
        look="the deployments of the service; roll back one that does not complete",
    ),
    AlarmTemplate(
        key="task-failed",
        watches=STOPPED.stat("Sum", "stopped tasks"),
        threshold=0,
        unit_words="tasks that stop by themselves or do not start",
        period_s=60,
        # One incident until no task has stopped for 35 minutes: ECS waits up to 27 minutes before the next
        # start (Amazon ECS Developer Guide, "Amazon ECS service throttle logic"), and a failing start takes
        # a few minutes.
        evaluation_periods=35,
        datapoints_to_alarm=1,
        missing="notBreaching",  # no event, no stopped task
        part_of="unstable",
        summary="tasks of the service stop unexpectedly or do not start",
        look="stoppedReason and exit codes in the log group /aws/events; run the query of the runbook",
    ),
    AlarmTemplate(
        key="disk",
        watches=_DISK,
        threshold=90,
        unit_words="% of ephemeral storage used",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="missing",  # as for cpu
        part_of="saturation",
        needs="ephemeral_storage",
        summary="the ephemeral storage of a task is almost full; the task stops when it is full",
        look="the processes that write files; log to standard output, and delete temporary files",
    ),
    AlarmTemplate(
        key="errors",
        watches=logs.ERRORS.stat("Sum", "error entries"),
        unit_words="error entries in the log",
        period_s=600,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",  # no log lines, no errors
        part_of="degraded",
        summary="the service logs errors",
        look="the recent errors on the dashboard, then the errors query",
    ),
    AlarmTemplate(
        key="logged-error-rate",
        watches=MathTemplate(
            expression="IF(requests >= {min_samples}, 100 * errors / requests, 0)",
            series=logs.ERROR_RATE.series,
            label=logs.ERROR_RATE.label,
            unit="Percent",
        ),
        threshold=10,
        unit_words="error entries per 100 requests in the log",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no requests in the log, no errors
        part_of="impact",
        min_samples=20,
        summary="too many requests in the log are errors",
        look="the recent errors on the dashboard, then the newest deployment",
    ),
    *load_balancer.ALARMS,
    *service.LOG_GROUP_ALARMS,
)


STARTED_LINE = LogLine(
    input_paths={"time": "$.time", "resource": "$.resources[0]"},
    input_template='{"timestamp": <time>, "message": <resource>}',
)
"""The line with the ARN of a service whose deployment begins."""


def deployment_patterns(env: Environment, names: Names, *event_names: str) -> list[dict[str, object]]:
    """Return the patterns of changes of a deployment; its events name the service by ARN only.

    Created services have the cluster of the environment for themselves. Existing services are listed: others
    may run in their cluster.
    """
    own = [{"prefix": f"{_arn(names, 'service', names.whole)}/"}] if env.containers else []
    arns = [_service_arn(names, service) for service in _existing(env)]
    return _split(
        [*own, *dict.fromkeys(arns)],
        lambda resources: {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": resources,
            **({"detail": {"eventName": list(event_names)}} if event_names else {}),
        },
    )


def stopped_task_patterns(env: Environment, names: Names) -> list[dict[str, object]]:
    """Return the patterns of tasks that stop by themselves, in the clusters of all services."""
    own = [_arn(names, "cluster", names.whole)] if env.containers else []
    arns = [_arn(names, "cluster", service.cluster) for service in _existing(env)]
    return _split(
        [*own, *dict.fromkeys(arns)],
        lambda clusters: {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {
                "clusterArn": clusters,
                "lastStatus": ["STOPPED"],
                # Not those that a deployment or a person stops. A task without memory left has the first
                # code.
                "stopCode": ["EssentialContainerExited", "TaskFailedToStart"],
            },
        },
    )


def _split(
    values: Sequence[Any], pattern: Callable[[list[Any]], dict[str, object]]
) -> list[dict[str, object]]:
    """Return the patterns for all values: as few as the size of a pattern allows."""
    parts: list[list[Any]] = []
    for value in values:
        last = [*(parts[-1] if parts else []), value]
        if parts and len(json.dumps(pattern(last))) <= EVENT_PATTERN_CHARACTERS:
            parts[-1] = last
        else:
            parts.append([value])
    return [pattern(part) for part in parts]


def _existing(env: Environment) -> list[ExistingEcsService]:
    return [service for service in env.services.values() if isinstance(service, ExistingEcsService)]


def _arn(names: Names, type_: str, name: str) -> str:
    return f"arn:aws:ecs:{names.region}:{names.account_id}:{type_}/{name}"


def _service_arn(names: Names, service: ExistingEcsService) -> str:
    return _arn(names, "service", f"{service.cluster}/{service.ecs_service}")


AnyEcsService = EcsService | ExistingEcsService
"""An ECS service that is created, or that exists already."""


SERIES = {
    "cpu": CPU.stat("Average", "CPU"),
    "memory": MEMORY.stat("Average", "memory"),
    **logs.SERIES,
    **load_balancer.SERIES,
}


class EcsServices(ServiceKind[AnyEcsService]):
    """Services of containers, created on Fargate or existing."""

    name = "ecs"
    title = "ECS"
    resource = "ServiceName"
    within = ("ClusterName",)
    facts_words = {
        **service.FACTS_WORDS,
        "LoadBalancer": "no load balancer sends requests to it (load_balancer)",
        "desired_count": "no task is desired (desired_count)",
        "max_tasks": "no task is desired (desired_count)",
        "most_tasks": "no task is desired (desired_count)",
        "ephemeral_storage": service.FACTS_WORDS["container_insights"],
        "on_fargate": "its tasks run on EC2 (launch_type)",
        LOG: "its log groups are not configured (log_groups)",
        "LogGroupName": "its log groups are not configured (log_groups)",
    }
    failing = "errors"
    alarms = ALARMS
    composites = (
        CompositeTemplate(
            key="resource-exhaustion",
            rule=AllOf(all_of=(InAlarm(alarm="cpu"), InAlarm(alarm="memory"))),
            severity="critical",
            part_of="impact",
            needs="on_fargate",
            summary="the CPU and memory of the tasks are almost used up, and ECS is about to stop tasks",
            look="the CPU and memory graph; increase desired_count or the task size, or reduce the traffic",
        ),
        # Not a part of degraded: after a page, its other tickets would be suppressed for 35 minutes.
        CompositeTemplate(
            key="unstable",
            severity="warning",
            summary="tasks of the service stop unexpectedly or do not start",
            look="stoppedReason and exit codes in the log group /aws/events: the query of the runbook",
        ),
        *service.COMPOSITES,
    )
    graphs = (
        GraphTemplate(
            role="utilization",
            title="CPU and memory",
            unit_label="%",
            series=(CPU.stat("Average", "CPU"), MEMORY.stat("Average", "memory")),
            thresholds=("cpu", "memory", "cpu-exhausted", "memory-exhausted"),
        ),
        GraphTemplate(
            role="latency",
            title="Latency from the log",
            unit_label="ms",
            series=(
                logs.LATENCY.stat("p50", "p50"),
                logs.LATENCY.stat("p95", "p95"),
                logs.LATENCY.stat("p99", "p99"),
            ),
        ),
        GraphTemplate(
            role="errors",
            title="Error entries in the log",
            unit_label="count",
            series=(logs.ERRORS.stat("Sum", "error entries"),),
            thresholds=("errors",),
        ),
        GraphTemplate(
            role="error-rate",
            title="Error rate from the log",
            unit_label="%",
            series=(logs.ERROR_RATE,),
        ),
        GraphTemplate(
            role="concurrency",
            title="Requests in progress from the log",
            unit_label="requests",
            series=(logs.IN_PROGRESS,),
        ),
        GraphTemplate(
            role="tasks",
            title="Tasks",
            unit_label="tasks",
            series=(
                RUNNING.stat("Minimum", "running"),
                DESIRED.stat("Average", "desired"),
                PENDING.stat("Maximum", "pending"),
            ),
            thresholds=("too-few-tasks",),
            needs="container_insights",
        ),
        GraphTemplate(
            role="disk",
            title="Ephemeral storage",
            unit_label="% of ephemeral storage",
            series=(_DISK,),
            thresholds=("disk",),
            needs="ephemeral_storage",
        ),
        *load_balancer.GRAPHS,
        *service.LOG_GROUP_GRAPHS,
    )
    events = (load_balancer.EVENTS, logs.EVENTS)
    series = SERIES

    @override
    def parts(self, env: Environment, names: Names, name: str, config: AnyEcsService) -> Iterator[Part]:
        """Yield the service, and each log group and target group of an existing one after the first."""
        yield from super().parts(env, names, name, config)
        if not isinstance(config, ExistingEcsService):
            return
        for key, group in list(_log_groups(config).items())[1:]:
            yield Part(
                key=key, label=f"{name}, log group {group}", dimensions={"LogGroupName": group}, facts={}
            )
        for target in config.target_groups[1:]:
            dimensions = _balanced(target)
            group = dimensions["TargetGroup"].split("/")[1]
            yield Part(
                key=f"target-{group}",
                label=f"{name}, target group {group}",
                dimensions=dimensions,
                facts=self.facts(env, config),
            )

    @override
    def dimensions(self, names: Names, name: str, service: AnyEcsService) -> dict[str, str]:
        if isinstance(service, ExistingEcsService):
            cluster, ecs_service = service.cluster, service.ecs_service
            target: LoadBalancer | TargetGroup | None = next(iter(service.target_groups), None)
            group = next(iter(service.log_groups), None)
        else:
            cluster, ecs_service = names.whole, names.of_service(name)
            target, group = service.load_balancer, names.container_log_group(name)
        return {
            "ClusterName": cluster,
            "ServiceName": ecs_service,
            **({"LogGroupName": group} if group else {}),
            "ClusterArn": _arn(names, "cluster", cluster),
            "TaskGroup": f"service:{ecs_service}",
            **(_balanced(target) if target else {}),
        }

    @override
    def facts(self, env: Environment, service: AnyEcsService) -> Facts:
        facts = {}
        least, most, at = _tasks(service)
        if least:
            words = f"the minimum of {least} tasks" if len(at) > 1 else f"the desired count of {least}"
            facts["desired_count"] = Fact(value=least, words=words, at=at)
        if most:
            at_most = Fact(value=most, words=f"the maximum of {most} tasks", at=("autoscaling", "max_tasks"))
            facts["most_tasks"] = at_most if len(at) > 1 else facts["desired_count"]
            most = most * DEPLOYMENT_MAXIMUM_PERCENT // 100
            words = f"the {most} tasks that a deployment can have"
            facts["max_tasks"] = Fact(value=most, words=words, at=at)
        if isinstance(service, ExistingEcsService):
            insights = service.container_insights
            on_fargate = service.launch_type == "fargate"
        else:
            insights = env.insights.containers != "disabled"
            on_fargate = True
        if insights:
            facts["container_insights"] = Fact()
        if on_fargate:
            facts["on_fargate"] = Fact()
        if insights and on_fargate:
            facts["ephemeral_storage"] = Fact()
        return facts

    @override
    def words(self, service: AnyEcsService) -> Mapping[str, str]:
        if not isinstance(service, ExistingEcsService):
            return {}
        insights = "its cluster does not have Container Insights (container_insights)"
        on_ec2 = "its tasks run on EC2 (launch_type)"
        unknown = "its number of tasks is not configured, or 0 (desired_count, autoscaling)"
        return {
            "LoadBalancer": "no target group is configured (target_groups)",
            "desired_count": unknown,
            "max_tasks": unknown,
            "most_tasks": unknown,
            "container_insights": insights,
            "ephemeral_storage": insights if service.launch_type == "fargate" else on_ec2,
        }

    @override
    def filters(self, log: Format) -> tuple[FilterTemplate, ...]:
        return logs.filters(log)

    @override
    def deployed(self, names: Names, name: str, service: AnyEcsService) -> Deployed:
        """Return the service's ARN: its events name it by nothing else."""
        if isinstance(service, ExistingEcsService):
            return Deployed(_service_arn(names, service), by="AWS events")
        return Deployed(_arn(names, "service", f"{names.whole}/{names.of_service(name)}"), by="AWS events")

    @override
    def roles(self, names: Names, name: str) -> tuple[str, ...]:
        return (names.execution_role(name), names.task_role(name))

    @override
    def existing(self, service: AnyEcsService) -> Iterator[ExistingResource]:
        if isinstance(service, ExistingEcsService):
            yield ExistingResource(type="aws_ecs_cluster", name=service.cluster)
            yield ExistingResource(type="aws_ecs_service", name=service.ecs_service)
            for group in service.log_groups:
                yield ExistingResource(type="aws_cloudwatch_log_group", name=group)

    @override
    def log_groups(self, names: Names, name: str, service: AnyEcsService) -> tuple[LogGroup, ...]:
        if isinstance(service, ExistingEcsService):
            return tuple(
                LogGroup(
                    key=f"{name}_{key}" if key else name,
                    name=group,
                    service=name,
                    writer="service",
                    owned=False,
                )
                for key, group in _log_groups(service).items()
            )
        return (
            LogGroup(key=name, name=names.container_log_group(name), service=name, writer="service"),
            LogGroup(
                key=f"{name}_collector",
                name=names.collector_log_group(name),
                service=name,
                writer="collector",
            ),
        )

    @override
    def shared_log_groups(self, env: Environment, names: Names) -> tuple[LogGroup, ...]:
        events = LogGroup(key="events", name=names.events_log_group, writer="events")
        if env.insights.containers == "disabled" or not env.containers:
            return (events,)
        insights = LogGroup(
            key="container-insights", name=names.container_insights_log_group, writer="insights"
        )
        return (insights, events)

    @override
    def shared_filters(self, names: Names) -> Iterator[LogFilter]:
        """Yield the filters that count ECS's own events: deployments in all and by service, stopped tasks.

        Events of deployments name the service in an array only, and AWS does not document that a dimension
        can select an element of an array. Therefore the service is also written as a line (`STARTED_LINE`).
        """
        metric = sources.deployments(names)
        for key, pattern, dimensions in (
            # Amazon ECS Developer Guide, "Amazon ECS service deployment state change events".
            ("deployments", '{ $.detail.eventName = "SERVICE_DEPLOYMENT_IN_PROGRESS" }', {}),
            # CloudWatch Logs User Guide, "Publishing dimensions with metrics from values in JSON or
            # space-delimited log events". Events in JSON begin with a bracket.
            ("deployments-by-service", "[resource = arn*]", {"Resource": "$resource"}),
        ):
            yield LogFilter(
                key=f"events_{key}",
                name=names.resource("events", key),
                log_group_key="events",
                pattern=pattern,
                namespace=metric.namespace,
                metric=metric.name,
                value="1",
                dimensions=dimensions,
                unit="Count",
            )
        yield LogFilter(
            key="events_stopped-tasks",
            name=names.resource("events", "stopped-tasks"),
            log_group_key="events",
            # Amazon ECS Developer Guide, "Amazon ECS task state change events". The rule selects the reasons.
            pattern=(
                '{ $.detail.lastStatus = "STOPPED" && $.detail.group = "service:*" '
                '&& $.detail.clusterArn = "arn:*" }'
            ),
            namespace=names.metrics_namespace,
            metric=STOPPED.name,
            value="1",
            # Clusters can have services of the same name, which have the same group.
            dimensions={"ClusterArn": "$.detail.clusterArn", "TaskGroup": "$.detail.group"},
            unit=STOPPED.unit,
        )

    @override
    def notifying_events(self, env: Environment, names: Names) -> Iterator[Event]:
        """Yield failures of deployments, which no metric has; ECS sends those with circuit breaker only.

        Source: Amazon ECS Developer Guide, "Amazon ECS service deployment state change events".
        """
        for key, pattern in _keyed(
            "deployment-failed", deployment_patterns(env, names, "SERVICE_DEPLOYMENT_FAILED")
        ):
            yield Event(
                key=key,
                name=names.rule(key),
                pattern=pattern,
                # The person who deployed assumes that the new version runs.
                severity="critical",
                topic="critical",
                summary="a deployment of an ECS service failed; the circuit breaker stopped it",
                runbook="ecs.md#deployment-failed",
            )

    @override
    def logged_events(self, env: Environment, names: Names) -> Iterator[EventRule]:
        """Yield the rules for deployments, which suppress notifications, and for tasks that fail.

        Source: as above. A service whose tasks fail repeatedly causes an event per task: the alarm
        task-failed counts them.
        """
        started = "SERVICE_DEPLOYMENT_IN_PROGRESS"
        for key, pattern in _keyed(
            "ecs-deployments", deployment_patterns(env, names, started, "SERVICE_DEPLOYMENT_COMPLETED")
        ):
            yield EventRule(
                key=key,
                name=names.rule(key),
                pattern=pattern,
                summary="a deployment of an ECS service begins or ends",
            )
        for key, pattern in _keyed("ecs-deployments-started", deployment_patterns(env, names, started)):
            yield EventRule(
                key=key,
                name=names.rule(key),
                pattern=pattern,
                summary="a deployment of an ECS service begins; its ARN is logged, to be counted",
                line=STARTED_LINE,
            )
        for key, pattern in _keyed("task-failed", stopped_task_patterns(env, names)):
            yield EventRule(
                key=key,
                name=names.rule(key),
                pattern=pattern,
                summary="a task of an ECS service stopped unexpectedly",
            )


def _keyed(key: str, patterns: Sequence[dict[str, object]]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield a key for each pattern: the first is `key`, others end with their number."""
    for number, pattern in enumerate(patterns, start=1):
        yield (key if number == 1 else f"{key}-{number}"), pattern


def _tasks(service: AnyEcsService) -> tuple[int | None, int | None, tuple[str, ...]]:
    """Return the least and the highest desired number of tasks, and the key that sets the least."""
    if isinstance(service, ExistingEcsService) and service.autoscaling:
        return service.autoscaling.min_tasks, service.autoscaling.max_tasks, ("autoscaling", "min_tasks")
    return service.desired_count, service.desired_count, ("desired_count",)


def _balanced(target: LoadBalancer | TargetGroup) -> dict[str, str]:
    """Return the dimensions of the metrics of a load balancer and a target group.

    Both are parts of the ARN: one without, one with the type of the resource (Elastic Load Balancing, "Metric
    dimensions for Application Load Balancers").
    """
    return {
        "LoadBalancer": target.load_balancer_arn.partition(":loadbalancer/")[2],
        "TargetGroup": target.target_group_arn.rpartition(":")[2],
    }


def _log_groups(service: ExistingEcsService) -> dict[str, str]:
    """Return the key of each log group among the parts of the service -> its name; the first key is empty."""
    groups: dict[str, str] = {}
    for group in service.log_groups:
        key = f"log-{word(group)}"
        # Two names can differ in more than letters and digits.
        key = key if key not in groups else f"{key}-{digest(group)}"
        groups["" if not groups else key] = group
    return groups
