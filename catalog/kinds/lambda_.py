"""Lambda functions. Metrics: AWS Lambda Developer Guide, "Types of metrics for Lambda functions"."""

from __future__ import annotations

from typing_extensions import override

from catalog.kinds import logs, queue, service
from catalog.kinds.kind import ServiceKind
from catalog.naming import Names
from catalog.specs import AllOf, AnyOf, InAlarm, LogGroup, Unit
from catalog.templates import (
    AlarmTemplate,
    CompositeTemplate,
    EventsTemplate,
    Fact,
    Facts,
    GraphTemplate,
    MathTemplate,
    MetricTemplate,
    Percent,
)
from config.models import Environment, LambdaService


def _metric(name: str, unit: Unit) -> MetricTemplate:
    return MetricTemplate(namespace="AWS/Lambda", name=name, dimensions=("FunctionName",), unit=unit)


def _insight(name: str, unit: Unit) -> MetricTemplate:
    """Return a metric of Lambda Insights (CloudWatch User Guide, "Metrics collected by Lambda Insights")."""
    return MetricTemplate(namespace="LambdaInsights", name=name, dimensions=("function_name",), unit=unit)


# Invocations, errors and durations are filed under the time at which the invocation began and reported when
# it ends (AWS Lambda Developer Guide, "Types of metrics for Lambda functions"): late by up to the timeout.
INVOCATIONS = _metric("Invocations", "Count")
ERRORS = _metric("Errors", "Count")
THROTTLES = _metric("Throttles", "Count")
DURATION = _metric("Duration", "Milliseconds")
CONCURRENCY = _metric("ConcurrentExecutions", "Count")
DROPPED = _metric("AsyncEventsDropped", "Count")
ITERATOR_AGE = _metric("IteratorAge", "Milliseconds")
MEMORY = _insight("memory_utilization", "Percent")
COLD_START = _insight("init_duration", "Milliseconds")

_QUEUE_PATIENCE_S = 300
"""Seconds that a message may wait whatever the function's timeout."""


def _error_rate(counted: str) -> MathTemplate:
    """Return the share of invocations that fail, where enough of them are `counted`."""
    return MathTemplate(
        expression=f"IF({counted} >= {{min_samples}}, 100 * errors / invocations, 0)",
        series={
            "invocations": INVOCATIONS.stat("Sum", "invocations"),
            "errors": ERRORS.stat("Sum", "failed invocations"),
        },
        label="failed invocations per 100",
        unit="Percent",
    )


_ERROR_RATE = _error_rate("invocations")
# Where traffic stops, CloudWatch would go on counting older windows. They hold ever other parts of an outage,
# which would begin and end several times. Not by the minute: what is missing there may only be late.
_ERROR_RATE_OF_LONG = _error_rate("FILL(invocations, 0)")

ALARMS = (
    AlarmTemplate(
        key="error-rate",
        watches=_ERROR_RATE,
        threshold=5,
        unit_words="% of the invocations",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no errors
        part_of="impact",
        min_samples=20,
        late_by="timeout_ms",
        says="too many of its invocations fail",
        look="the recent errors on the dashboard, then one failed trace in X-Ray",
    ),
    # Failures are most of 6 minutes until at most 2 minutes after the last; error-rate is over after 3. A
    # longer period could go into ALARM after that: a second page for a failure that is over.
    AlarmTemplate(
        key="mostly-failing",
        watches=_ERROR_RATE_OF_LONG,
        threshold=50,
        unit_words="% of the invocations",
        period_s=360,
        evaluation_periods=2,
        datapoints_to_alarm=2,
        missing="notBreaching",  # no invocations, no errors
        part_of="impact",
        min_samples=4,
        late_by="timeout_ms",
        says="most of its few invocations fail",
        look="the recent errors on the dashboard, then one failed trace in X-Ray",
    ),
    AlarmTemplate(
        key="error-rate-elevated",
        watches=_ERROR_RATE_OF_LONG,
        threshold=1,
        unit_words="% of the invocations",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no errors
        part_of="degraded",
        min_samples=100,
        late_by="timeout_ms",
        says="some of its invocations fail, steadily",
        look="the errors query, grouped by message: often one kind of input",
    ),
    AlarmTemplate(
        key="errors",
        watches=ERRORS.stat("Sum", "failed invocations"),
        unit_words="failed invocations",
        period_s=600,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",  # no invocations, no errors
        part_of="degraded",
        late_by="timeout_ms",
        says="invocations end with an exception or a timeout",
        look="the recent errors on the dashboard, then one failed trace in X-Ray",
    ),
    AlarmTemplate(
        key="any-error",
        watches=ERRORS.stat("Sum", "failed invocations"),
        threshold=0,
        unit_words="failed invocations",
        period_s=60,
        evaluation_periods=10,  # longer than a ticket waits for what says more
        datapoints_to_alarm=1,
        missing="notBreaching",  # no invocations, no errors
        part_of="degraded",
        opt_in="for functions with so few calls that each failure counts",
        late_by="timeout_ms",
        says="an invocation failed",
        look="the recent errors on the dashboard",
    ),
    AlarmTemplate(
        key="throttles",
        watches=THROTTLES.stat("Sum", "throttled invocations"),
        threshold=0,
        unit_words="invocations refused",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, none refused
        part_of="impact",
        needs="callers",
        says="calls are refused because too many copies of it run",
        look="the concurrency graph; raise reserved_concurrency, or the account's quota",
    ),
    AlarmTemplate(
        key="queue-throttles",
        watches=THROTTLES.stat("Sum", "throttled invocations"),
        threshold=0,
        unit_words="batches refused",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, none refused
        part_of="saturation",
        needs="queue",
        says="batches of its queue are refused and tried again: they wait, and end as dead letters",
        look="the queue graph; give sqs_trigger a max_concurrency below reserved_concurrency",
    ),
    AlarmTemplate(
        key="near-timeout",
        watches=DURATION.stat("p99", "p99 duration"),
        threshold=Percent(value=80, of="timeout_ms", words="the timeout"),
        unit_words="ms at the 99th percentile",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, nobody waits
        part_of="saturation",
        late_by="timeout_ms",
        says="its slowest calls come close to the timeout",
        look="the duration graph and the slowest traces: mostly a call to something else that got slower",
    ),
    AlarmTemplate(
        key="timeouts",
        watches=DURATION.stat("Maximum", "longest duration"),
        threshold=Percent(value=95, of="timeout_ms", words="the timeout"),
        comparison="GreaterThanOrEqualToThreshold",
        unit_words="ms for the longest call",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        missing="notBreaching",  # no invocations, nobody waits
        part_of="impact",
        late_by="timeout_ms",
        says="calls run into the timeout and are lost",
        look="the slowest traces; what they wait for has its own section or its own status page",
    ),
    AlarmTemplate(
        key="latency",
        watches=DURATION.stat("p99", "p99 duration"),
        unit_words="ms at the 99th percentile",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, nobody waits
        part_of="degraded",
        anomaly=True,
        late_by="timeout_ms",
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
        part_of="saturation",
        says="unusually many copies of the function run at once",
        look="the concurrency and latency graphs: slow calls pile up, and so does traffic",
    ),
    AlarmTemplate(
        key="reserved-concurrency",
        watches=CONCURRENCY.stat("Maximum", "concurrent executions"),
        threshold=Percent(value=80, of="reserved_concurrency", words="the reserved concurrency"),
        unit_words="concurrent executions",
        period_s=60,
        evaluation_periods=10,
        datapoints_to_alarm=10,
        missing="notBreaching",  # no executions, no concurrency
        part_of="saturation",
        says="nearly all of the concurrency reserved for it is in use",
        look="the concurrency graph; raise reserved_concurrency before calls are refused",
    ),
    AlarmTemplate(
        key="async-dropped",
        watches=DROPPED.stat("Sum", "events dropped"),
        threshold=0,
        unit_words="events dropped",
        period_s=60,
        evaluation_periods=3,  # longer than a notification waits
        datapoints_to_alarm=1,
        missing="notBreaching",  # Lambda reports it only when it happens
        part_of="impact",
        needs="callers",
        says="events sent to it were given up and are lost",
        look="the errors query for the six hours before: Lambda tries an event twice more, then drops it",
    ),
    AlarmTemplate(
        key="iterator-age",
        watches=ITERATOR_AGE.stat("Maximum", "age of the last record"),
        threshold=60_000,
        unit_words="ms behind the stream",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="notBreaching",  # reported only for functions that read a stream
        part_of="degraded",
        needs="callers",
        opt_in="for functions that read a stream, whose mapping is made outside of this platform",
        says="falls behind the stream it reads",
        look="its duration and errors: one record that fails again and again blocks its shard",
    ),
    AlarmTemplate(
        key="memory",
        watches=MEMORY.stat("Maximum", "memory in use"),
        threshold=90,
        unit_words="% of its memory",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no memory in use
        part_of="saturation",
        needs="function_insights",
        says="is short of memory; Lambda ends an invocation at 100 %, which looks like any other error",
        look="the memory graph; raise memory_mib, or find what grows with the size of the input",
    ),
    AlarmTemplate(
        key="heartbeat",
        # As for no-logs: else a call from two periods before would count first.
        watches=MathTemplate(
            expression="FILL(calls, 0)",
            series={"calls": INVOCATIONS.stat("Sum", "invocations")},
            label="invocations",
            unit="Count",
        ),
        comparison="LessThanThreshold",
        threshold=1,
        unit_words="invocations",
        period_s=3600,
        evaluation_periods=2,
        datapoints_to_alarm=2,
        missing="breaching",  # not being called is what this one is about
        opt_in="for functions on a schedule; set period_s to it",
        says="has not been called when it should have been",
        look="the schedule or rule that calls it, and whether it may",
    ),
    AlarmTemplate(
        key="cold-starts",
        watches=COLD_START.stat("p90", "p90 of the initialization"),
        threshold=2000,
        unit_words="ms of initialization at the 90th percentile",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no cold starts, nobody waits
        part_of="degraded",
        needs="function_insights",
        opt_in="for functions that somebody waits for",
        says="takes long to start a new copy",
        look="what the newest deployment imports; more memory starts faster",
    ),
    AlarmTemplate(
        key="log-errors",
        watches=logs.ERRORS.stat("Sum", "error entries"),
        threshold=10,
        unit_words="error entries in the log",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no log lines, no errors
        part_of="degraded",
        says="logs errors; those that it handles are not in Lambda's own count",
        look="the recent errors on the dashboard, then the errors query",
    ),
    *queue.ALARMS,
    *service.LOG_GROUP_ALARMS,
)


class LambdaFunctions(ServiceKind[LambdaService]):
    """Lambda functions."""

    name = "lambda"
    title = "Lambda"
    resource = "FunctionName"
    facts_words = {
        **service.FACTS_WORDS,
        "queue": "no queue feeds it (sqs_trigger)",
        "callers": "a queue feeds it, and tries again",
        "reserved_concurrency": "no concurrency is reserved for it (reserved_concurrency)",
    }
    failing = "errors"
    filters = logs.FUNCTION_FILTERS
    alarms = ALARMS
    composites = (
        CompositeTemplate(
            key="critical",
            rule=AllOf(
                all_of=(
                    AnyOf(any_of=(InAlarm(alarm="errors"), InAlarm(alarm="latency"))),
                    InAlarm(alarm="concurrency"),
                )
            ),
            severity="critical",
            part_of="impact",
            says="fails or is slow while unusually many copies run at once: callers are being lost",
            look="the dashboard section of the function; stop the inflow or roll back the last deployment",
        ),
        *service.COMPOSITES,
    )
    graphs = (
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
            role="failure-rate",
            title="Failed invocations, in per cent",
            unit_label="% of invocations",
            series=(
                MathTemplate(
                    expression="100 * errors / invocations",
                    series=_ERROR_RATE.series,
                    label="failed invocations per 100",
                    unit="Percent",
                ),
            ),
            thresholds=("error-rate",),
        ),
        GraphTemplate(
            role="memory",
            title="Memory",
            unit_label="% of memory",
            series=(MEMORY.stat("Maximum", "maximum"),),
            thresholds=("memory",),
            needs="function_insights",
        ),
        *queue.GRAPHS,
        *service.LOG_GROUP_GRAPHS,
    )
    events = (
        EventsTemplate(
            key="invocations",
            words="invocations",
            bad_words="fail",
            valid=INVOCATIONS.stat("Sum", "invocations"),
            bad=ERRORS.stat("Sum", "failed invocations"),
            latency=DURATION,
            late_by="timeout_ms",
        ),
        logs.EVENTS,
    )

    @override
    def dimensions(self, names: Names, name: str, service: LambdaService) -> dict[str, str]:
        function = names.of_service(name)
        return {
            "FunctionName": function,
            "function_name": function,
            "LogGroupName": names.function_log_group(name),
            "QueueName": names.of_service(name),
            "QueueName:dead-letters": names.dead_letters(name),
        }

    @override
    def facts(self, env: Environment, service: LambdaService) -> Facts:
        timeout_s = service.timeout_s
        facts = {"timeout_ms": Fact(value=timeout_s * 1000, words=f"the timeout of {timeout_s} s")}
        if reserved := service.reserved_concurrency:
            facts["reserved_concurrency"] = Fact(value=reserved, words=f"the {reserved} reserved")
        if trigger := service.sqs_trigger:
            # A message in work counts as waiting; one that failed is hidden for six timeouts
            # (stacks/compute).
            patience_s = max(_QUEUE_PATIENCE_S, 7 * timeout_s + trigger.batching_window_s)
            facts["queue_patience_s"] = Fact(
                value=patience_s, words=f"the {patience_s} s that a retry may take"
            )
        facts["queue" if service.sqs_trigger else "callers"] = Fact()
        if env.insights.functions:
            facts["function_insights"] = Fact()
        return facts

    @override
    def deployed(self, names: Names, name: str) -> str:
        return names.of_service(name)

    @override
    def functions(self, names: Names, name: str) -> tuple[str, ...]:
        return (names.of_service(name),)

    @override
    def roles(self, names: Names, name: str) -> tuple[str, ...]:
        return (names.of_service(name),)

    @override
    def queues(self, names: Names, name: str, service: LambdaService) -> tuple[str, ...]:
        if service.sqs_trigger is None:
            return ()
        return (names.of_service(name), names.dead_letters(name))

    @override
    def log_groups(self, names: Names, name: str) -> tuple[LogGroup, ...]:
        return (LogGroup(key=name, name=names.function_log_group(name), service=name, writer="service"),)

    @override
    def shared_log_groups(self, env: Environment, names: Names) -> tuple[LogGroup, ...]:
        if not (env.insights.functions and env.insights.manage_log_group):
            return ()
        return (LogGroup(key="lambda-insights", name=names.lambda_insights_log_group, writer="insights"),)
