"""Lambda functions. Metrics: AWS Lambda Developer Guide, "Types of metrics for Lambda functions"."""

from __future__ import annotations

from catalog.kinds import logs
from catalog.naming import Names
from catalog.specs import AllOf, AnyOf, InAlarm
from catalog.templates import AlarmTemplate, CompositeTemplate, GraphTemplate, Kind, MetricTemplate


def _resources(names: Names, service: str) -> dict[str, str]:
    function = names.of_service(service)
    return {"FunctionName": function, "function_name": function}


def _metric(name: str, unit: str) -> MetricTemplate:
    return MetricTemplate.model_validate(
        {"namespace": "AWS/Lambda", "name": name, "dimensions": ("FunctionName",), "unit": unit}
    )


INVOCATIONS = _metric("Invocations", "Count")
ERRORS = _metric("Errors", "Count")
THROTTLES = _metric("Throttles", "Count")
DURATION = _metric("Duration", "Milliseconds")
CONCURRENCY = _metric("ConcurrentExecutions", "Count")
# CloudWatch User Guide, "Metrics collected by Lambda Insights".
MEMORY = MetricTemplate(
    namespace="LambdaInsights", name="memory_utilization", dimensions=("function_name",), unit="Percent"
)

KIND = Kind(
    name="lambda",
    resources=_resources,
    resource="FunctionName",
    filters=logs.FUNCTION_FILTERS,
    alarms=(
        AlarmTemplate(
            key="errors",
            watches=ERRORS.stat("Sum", "failed invocations"),
            unit_words="failed invocations",
            period_s=600,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            missing="notBreaching",  # no invocations, no errors
            says="invocations end with an exception or a timeout",
            look="the recent errors on the dashboard, then one failed trace in X-Ray",
        ),
        AlarmTemplate(
            key="latency",
            watches=DURATION.stat("p99", "p99 duration"),
            unit_words="ms at the 99th percentile",
            period_s=60,
            evaluation_periods=5,
            datapoints_to_alarm=3,
            missing="notBreaching",  # no invocations, nobody waits
            says="one call in a hundred takes too long",
            look="the latency graph, then the slowest requests query and their traces",
        ),
        AlarmTemplate(
            key="concurrency",
            watches=CONCURRENCY.stat("Maximum", "concurrent executions"),
            unit_words="concurrent executions",
            period_s=60,
            evaluation_periods=3,
            datapoints_to_alarm=3,
            missing="notBreaching",  # no executions, no concurrency
            says="unusually many copies of the function run at once",
            look="the concurrency and latency graphs: slow calls pile up, and so does traffic",
        ),
    ),
    composites=(
        CompositeTemplate(
            key="critical",
            rule=AllOf(
                all_of=(
                    AnyOf(any_of=(InAlarm(alarm="errors"), InAlarm(alarm="latency"))),
                    InAlarm(alarm="concurrency"),
                )
            ),
            severity="critical",
            says="fails or is slow while unusually many copies run at once: callers are being lost",
            look="the dashboard section of the function; stop the inflow or roll back the last deployment",
        ),
    ),
    graphs=(
        GraphTemplate(
            role="errors",
            title="Failed invocations and throttles",
            unit_label="count",
            series=(ERRORS.stat("Sum", "errors"), THROTTLES.stat("Sum", "throttles")),
            thresholds=("errors",),
        ),
        GraphTemplate(
            role="latency",
            title="Duration",
            unit_label="ms",
            series=(DURATION.stat("p50", "p50"), DURATION.stat("p95", "p95"), DURATION.stat("p99", "p99")),
            thresholds=("latency",),
        ),
        GraphTemplate(
            role="concurrency",
            title="Concurrent executions",
            unit_label="executions",
            series=(CONCURRENCY.stat("Maximum", "maximum"), logs.IN_PROGRESS),
            thresholds=("concurrency",),
        ),
        GraphTemplate(
            role="traffic",
            title="Invocations",
            unit_label="count",
            series=(INVOCATIONS.stat("Sum", "invocations"),),
        ),
        GraphTemplate(
            role="error-rate",
            title="Error rate, from the log",
            unit_label="%",
            series=(logs.ERROR_RATE,),
        ),
        GraphTemplate(
            role="memory",
            title="Memory",
            unit_label="% of memory",
            series=(MEMORY.stat("Maximum", "maximum"),),
            needs="function_insights",
        ),
    ),
)
