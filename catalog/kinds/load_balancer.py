"""The metrics of an Application Load Balancer in front of a service.

Metrics: Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

from catalog.templates import (
    ONLY_FAILURES,
    WHOLE,
    AlarmTemplate,
    BaselineTemplate,
    EventsTemplate,
    Fact,
    GraphTemplate,
    MathTemplate,
    Namespace,
    steady,
)
from config.limits import LOAD_BALANCER_IDLE_S

_TARGETS = Namespace("AWS/ApplicationELB", ("LoadBalancer", "TargetGroup"))

# A load balancer waits for the beginning of a response at most for its idle timeout.
_LONGEST = Fact(
    value=LOAD_BALANCER_IDLE_S,
    words=f"the longest idle timeout of a load balancer, {LOAD_BALANCER_IDLE_S} s",
)

REQUESTS = _TARGETS.metric("RequestCount", "Count", steady(100))
FAILED = _TARGETS.metric("HTTPCode_Target_5XX_Count", "Count", ONLY_FAILURES)
LATENCY = _TARGETS.metric(
    "TargetResponseTime",
    "Seconds",
    BaselineTemplate(values=((0.05, 60), (0.1, 36), (0.2, 4))),  # of the 100 requests
    most=_LONGEST,
)
REFUSED = _TARGETS.metric("TargetConnectionErrorCount", "Count", ONLY_FAILURES)
UNHEALTHY = _TARGETS.metric("UnHealthyHostCount", "Count", steady(0), most="max_tasks")
# More are healthy than desired only during a deployment.
HEALTHY = _TARGETS.metric(
    "HealthyHostCount", "Count", steady(100, percent_of="desired_count"), most="most_tasks"
)

# Both metrics are reported only when they are not zero.
_RATE = "100 * (FILL(failed, 0) + FILL(refused, 0)) / requests"
_OF_THE_RATE = {
    "requests": REQUESTS.stat("Sum", "requests"),
    "failed": FAILED.stat("Sum", "5xx answers"),
    "refused": REFUSED.stat("Sum", "connections refused"),
}

ALARMS = (
    AlarmTemplate(
        key="target-error-rate",
        watches=MathTemplate(
            expression=f"IF(requests >= {{min_samples}}, {_RATE}, 0)",
            series=_OF_THE_RATE,
            label="failed requests per 100",
            unit="Percent",
            most=WHOLE,
        ),
        threshold=5,
        unit_words="% of requests answered with 5xx or not answered",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no requests, none failed
        part_of="impact",
        min_samples=20,
        summary="too many requests at the load balancer fail",
        look="the recent errors on the dashboard, then the newest deployment",
    ),
    AlarmTemplate(
        key="target-latency",
        watches=LATENCY.stat("p99", "p99 response time"),
        threshold=2,
        unit_words="seconds response time at the 99th percentile",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="notBreaching",  # no requests, no response time
        part_of="degraded",
        anomaly_upper=1,
        summary="the slowest 1 % of requests take too long",
        any_stat="requests take too long",
        look="the response time graph, then the slowest requests query and the traces of these requests",
    ),
    AlarmTemplate(
        key="unhealthy-targets",
        watches=UNHEALTHY.stat("Maximum", "unhealthy"),
        threshold=0,
        unit_words="unhealthy tasks",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no-healthy-target and too-few-tasks report the absence of tasks
        part_of="degraded",
        summary="tasks fail the load balancer's health check",
        look="the log of the unhealthy task; the other tasks continue to serve requests",
    ),
    AlarmTemplate(
        key="no-healthy-target",
        watches=HEALTHY.stat("Minimum", "healthy"),
        comparison="LessThanThreshold",
        threshold=1,
        unit_words="healthy tasks",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="breaching",  # a target group without targets has no data
        part_of="impact",
        summary="no task passes the load balancer's health check, so requests fail",
        look="the targets graph and the service's events in the ECS console; roll back the newest deployment",
    ),
)

GRAPHS = (
    GraphTemplate(
        role="requests",
        title="Requests and 5xx answers",
        unit_label="count",
        series=(REQUESTS.stat("Sum", "requests"), FAILED.stat("Sum", "5xx answers")),
    ),
    GraphTemplate(
        role="target-error-rate",
        title="Failed requests",
        unit_label="% of requests",
        series=(
            MathTemplate(
                expression=_RATE, series=_OF_THE_RATE, label="failed requests per 100", unit="Percent"
            ),
        ),
        thresholds=("target-error-rate",),
    ),
    GraphTemplate(
        role="target-latency",
        title="Response time",
        unit_label="seconds",
        series=(LATENCY.stat("p50", "p50"), LATENCY.stat("p95", "p95"), LATENCY.stat("p99", "p99")),
        thresholds=("target-latency",),
    ),
    GraphTemplate(
        role="targets",
        title="Targets",
        unit_label="tasks",
        series=(HEALTHY.stat("Minimum", "healthy"), UNHEALTHY.stat("Maximum", "unhealthy")),
        thresholds=("unhealthy-targets", "no-healthy-target"),
    ),
)

SERIES = {
    "requests": REQUESTS.stat("Sum", "requests"),
    "errors": FAILED.stat("Sum", "5xx answers"),
    "duration": LATENCY.stat("p99", "p99 response time"),
}

EVENTS = EventsTemplate(
    key="requests",
    words="requests at the load balancer",
    bad_words="are answered with 5xx",
    valid=REQUESTS.stat("Sum", "requests"),
    bad=FAILED.stat("Sum", "5xx answers"),
    latency=LATENCY,
)
