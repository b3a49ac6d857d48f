"""ECS services on Fargate. Metrics: Amazon ECS Developer Guide, "Amazon ECS CloudWatch metrics"."""

from __future__ import annotations

from catalog.kinds import logs
from catalog.naming import Names
from catalog.specs import AllOf, InAlarm
from catalog.templates import AlarmTemplate, CompositeTemplate, GraphTemplate, Kind, MetricTemplate

_DIMENSIONS = ("ClusterName", "ServiceName")


def _resources(names: Names, service: str) -> dict[str, str]:
    return {"ClusterName": names.whole, "ServiceName": names.of_service(service)}


CPU = MetricTemplate(namespace="AWS/ECS", name="CPUUtilization", dimensions=_DIMENSIONS, unit="Percent")
MEMORY = MetricTemplate(namespace="AWS/ECS", name="MemoryUtilization", dimensions=_DIMENSIONS, unit="Percent")
# Task counts came with Container Insights; AWS/ECS has none (CloudWatch User Guide, "Amazon ECS Container
# Insights metrics").
RUNNING = MetricTemplate(
    namespace="ECS/ContainerInsights", name="RunningTaskCount", dimensions=_DIMENSIONS, unit="Count"
)
DESIRED = MetricTemplate(
    namespace="ECS/ContainerInsights", name="DesiredTaskCount", dimensions=_DIMENSIONS, unit="Count"
)

KIND = Kind(
    name="ecs",
    resources=_resources,
    resource="ServiceName",
    filters=logs.FILTERS,
    alarms=(
        AlarmTemplate(
            key="cpu",
            watches=CPU.stat("Average", "CPU"),
            unit_words="% of the service's CPU",
            period_s=60,
            evaluation_periods=5,
            datapoints_to_alarm=5,
            missing="missing",  # no running task reports nothing: unknown is the truth
            says="the tasks are short of CPU",
            look="the CPU graph and the number of running tasks; add tasks or CPU",
        ),
        AlarmTemplate(
            key="memory",
            watches=MEMORY.stat("Average", "memory"),
            unit_words="% of the service's memory",
            period_s=60,
            evaluation_periods=5,
            datapoints_to_alarm=5,
            missing="missing",  # as for CPU
            says="the tasks are short of memory, and ECS kills a task at 100 %",
            look="the memory graph since the last deployment: a slope is a leak, a step is load",
        ),
        AlarmTemplate(
            key="errors",
            watches=logs.ERRORS.stat("Sum", "error entries"),
            unit_words="error entries in the log",
            period_s=600,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            missing="notBreaching",  # no log lines, no errors
            says="the service logs errors",
            look="the recent errors on the dashboard, then the errors query",
        ),
    ),
    composites=(
        CompositeTemplate(
            key="resource-exhaustion",
            rule=AllOf(all_of=(InAlarm(alarm="cpu"), InAlarm(alarm="memory"))),
            severity="critical",
            says="runs out of CPU and memory at the same time: tasks are about to be killed",
            look="the utilization graph; raise desired_count or the size of the task, or stop the inflow",
        ),
    ),
    graphs=(
        GraphTemplate(
            role="utilization",
            title="CPU and memory",
            unit_label="%",
            series=(CPU.stat("Average", "CPU"), MEMORY.stat("Average", "memory")),
            thresholds=("cpu", "memory"),
        ),
        GraphTemplate(
            role="latency",
            title="Latency, from the log",
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
            title="Error rate, from the log",
            unit_label="%",
            series=(logs.ERROR_RATE,),
        ),
        GraphTemplate(
            role="concurrency",
            title="Requests in progress, from the log",
            unit_label="requests",
            series=(logs.IN_PROGRESS,),
        ),
        GraphTemplate(
            role="tasks",
            title="Tasks",
            unit_label="tasks",
            series=(RUNNING.stat("Average", "running"), DESIRED.stat("Average", "desired")),
            needs="container_insights",
        ),
    ),
)
