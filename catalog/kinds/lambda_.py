"""Lambda functions. Metrics: AWS Lambda Developer Guide, "Types of metrics for Lambda functions"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from typing_extensions import override

from catalog.kinds import logs, queue, service
from catalog.kinds.kind import Deployed, ServiceKind
from catalog.naming import Names
from catalog.specs import AllOf, AnyOf, ExistingResource, InAlarm, LogGroup
from catalog.templates import (
    LOG,
    ONLY_FAILURES,
    WHOLE,
    AlarmTemplate,
    BaselineTemplate,
    CompositeTemplate,
    EventsTemplate,
    Fact,
    Facts,
    FilterTemplate,
    GraphTemplate,
    MathTemplate,
    Namespace,
    Percent,
    steady,
)
from config.formats import Format
from config.limits import KINESIS_LONGEST_RETENTION_MS, LAMBDA_INIT_MS, LAMBDA_UNRESERVED_CONCURRENCY
from config.models import Environment
from config.services import ExistingFunction, ExistingTrigger, LambdaService

FUNCTION = Namespace("AWS/Lambda", ("FunctionName",))
# AWS Lambda Developer Guide, "Viewing metrics for Lambda functions", dimension Resource. Concurrency is
# limited for the function as a whole.
_BY_ALIAS = FUNCTION._replace(optional=("Resource",))
# CloudWatch User Guide, "Metrics collected by Lambda Insights".
_INSIGHTS = Namespace("LambdaInsights", ("function_name",))

_OLDEST = Fact(value=KINESIS_LONGEST_RETENTION_MS, words="the longest retention of a stream, 365 days")

# Invocations, errors and durations have the timestamp of the start of the invocation and are reported when it
# ends, delayed by up to the timeout (AWS Lambda Developer Guide, "Types of metrics for Lambda functions").
INVOCATIONS = _BY_ALIAS.metric("Invocations", "Count", steady(75), late_by="timeout_ms")
ERRORS = _BY_ALIAS.metric("Errors", "Count", steady(0), late_by="timeout_ms")
THROTTLES = _BY_ALIAS.metric("Throttles", "Count", steady(0))
DURATION = _BY_ALIAS.metric(
    "Duration",
    "Milliseconds",
    BaselineTemplate(values=((90, 45), (140, 26), (260, 4))),  # of the 75 invocations
    most="timeout_ms",
    late_by="timeout_ms",
)
CONCURRENCY = FUNCTION.metric("ConcurrentExecutions", "Count", steady(3), most="concurrency_limit")
DROPPED = FUNCTION.metric("AsyncEventsDropped", "Count", ONLY_FAILURES)
ITERATOR_AGE = _BY_ALIAS.metric("IteratorAge", "Milliseconds", steady(200), most=_OLDEST)
MEMORY = _INSIGHTS.metric("memory_utilization", "Percent", steady(40), most=WHOLE)
COLD_START = _INSIGHTS.metric("init_duration", "Milliseconds", steady(400), most="init_limit_ms")

_LISTED = 3
"""Reservations that the words of a limit name at most: descriptions of alarms contain them."""

_MIN_RETRY_S = 300
"""Minimum threshold for the age of a message in seconds, for functions with a short timeout."""


def _error_rate(counted: str) -> MathTemplate:
    """Return the percentage of invocations that fail, if `counted` reaches the minimum."""
    return MathTemplate(
        expression=f"IF({counted} >= {{min_samples}}, 100 * errors / invocations, 0)",
        series={
            "invocations": INVOCATIONS.stat("Sum", "invocations"),
            "errors": ERRORS.stat("Sum", "failed invocations"),
        },
        label="failed invocations per 100",
        unit="Percent",
        most=WHOLE,
    )


_ERROR_RATE = _error_rate("invocations")
# When traffic stops, CloudWatch would evaluate older windows, each with other parts of an outage, which would
# begin and end several times. Not for periods of one minute: missing data may only be delayed.
_ERROR_RATE_OF_LONG = _error_rate("FILL(invocations, 0)")

ALARMS = (
    AlarmTemplate(
        key="error-rate",
        watches=_ERROR_RATE,
        threshold=5,
        unit_words="% of invocations failed",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no errors
        part_of="impact",
        min_samples=20,
        summary="too many invocations fail",
        look="the recent errors on the dashboard, then a failed trace in X-Ray",
    ),
    # Failures are the majority of 6 minutes until at most 2 minutes after the last; error-rate is OK after 3.
    # A longer period could go into ALARM afterwards: a second page for a failure that is over.
    AlarmTemplate(
        key="mostly-failing",
        watches=_ERROR_RATE_OF_LONG,
        threshold=50,
        unit_words="% of invocations failed",
        period_s=360,
        evaluation_periods=2,
        datapoints_to_alarm=2,
        missing="notBreaching",  # no invocations, no errors
        part_of="impact",
        min_samples=4,
        summary="most invocations fail, at low traffic",
        look="the recent errors on the dashboard, then a failed trace in X-Ray",
    ),
    AlarmTemplate(
        key="error-rate-elevated",
        watches=_ERROR_RATE_OF_LONG,
        threshold=1,
        unit_words="% of invocations failed",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no errors
        part_of="degraded",
        min_samples=100,
        summary="a small share of invocations fails continuously",
        look="the errors query, grouped by message: often one type of input causes all errors",
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
        summary="invocations end with an exception or a timeout",
        look="the recent errors on the dashboard, then a failed trace in X-Ray",
    ),
    AlarmTemplate(
        key="any-error",
        watches=ERRORS.stat("Sum", "failed invocations"),
        threshold=0,
        unit_words="failed invocations",
        period_s=60,
        evaluation_periods=10,  # longer than a ticket waits for its suppressor
        datapoints_to_alarm=1,
        missing="notBreaching",  # no invocations, no errors
        part_of="degraded",
        opt_in="for functions with so few invocations that every failure matters",
        summary="an invocation failed",
        look="the recent errors on the dashboard",
    ),
    AlarmTemplate(
        key="throttles",
        watches=THROTTLES.stat("Sum", "throttled invocations"),
        threshold=0,
        unit_words="throttled invocations",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, none throttled
        part_of="impact",
        needs="callers",
        summary="Lambda throttles invocations because the concurrency limit is reached",
        look="the concurrency graph; increase reserved_concurrency or the account's quota",
    ),
    AlarmTemplate(
        key="queue-throttles",
        watches=THROTTLES.stat("Sum", "throttled invocations"),
        threshold=0,
        unit_words="throttled batches",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, none throttled
        part_of="saturation",
        needs="queue",
        summary="Lambda throttles batches of the queue; messages are delayed and can become dead letters",
        look="the queue graph; set max_concurrency of sqs_trigger below reserved_concurrency",
    ),
    AlarmTemplate(
        key="near-timeout",
        watches=DURATION.stat("p99", "p99 duration"),
        threshold=Percent(value=80, of="timeout_ms", words="the timeout"),
        unit_words="ms duration at the 99th percentile",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no duration
        part_of="saturation",
        summary="the slowest invocations approach the timeout",
        look="the duration graph and the slowest traces: often a dependency became slower",
    ),
    AlarmTemplate(
        key="timeouts",
        watches=DURATION.stat("Maximum", "longest duration"),
        threshold=Percent(value=95, of="timeout_ms", words="the timeout"),
        comparison="GreaterThanOrEqualToThreshold",
        unit_words="ms duration of the longest invocation",
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        missing="notBreaching",  # no invocations, no duration
        part_of="impact",
        summary="invocations reach the timeout and fail",
        look="the slowest traces, then the dashboard section or status page of the dependency they wait for",
    ),
    AlarmTemplate(
        key="latency",
        watches=DURATION.stat("p99", "p99 duration"),
        unit_words="ms duration at the 99th percentile",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no duration
        part_of="degraded",
        anomaly_upper=1000,
        summary="the slowest 1 % of invocations take too long",
        any_stat="invocations take too long",
        look="the duration graph, then the slowest requests query and the traces of these requests",
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
        summary="the number of concurrent executions is high",
        look="the concurrency and duration graphs: traffic has increased, or invocations have become slower",
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
        summary="the reserved concurrency is almost used up",
        look="the concurrency graph; increase reserved_concurrency before Lambda throttles invocations",
    ),
    AlarmTemplate(
        key="async-dropped",
        watches=DROPPED.stat("Sum", "events dropped"),
        threshold=0,
        unit_words="dropped events",
        period_s=60,
        evaluation_periods=3,  # longer than the wait period of suppression
        datapoints_to_alarm=1,
        missing="notBreaching",  # Lambda reports it only when it happens
        part_of="impact",
        needs="callers",
        summary="Lambda dropped asynchronous events, which are lost",
        look="the errors query for the last six hours: Lambda retries an event twice, then drops it",
    ),
    AlarmTemplate(
        key="iterator-age",
        watches=ITERATOR_AGE.stat("Maximum", "age of the last record"),
        threshold=60_000,
        unit_words="ms age of the last record read",
        period_s=60,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing="notBreaching",  # reported only for functions that read a stream
        part_of="degraded",
        needs="callers",
        opt_in="for functions that read a stream, with an event source mapping created outside this platform",
        summary="the function falls behind the stream that it reads",
        look="the duration and error graphs: a record that fails repeatedly blocks its shard",
    ),
    AlarmTemplate(
        key="memory",
        watches=MEMORY.stat("Maximum", "memory in use"),
        threshold=90,
        unit_words="% of memory used",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no invocations, no memory in use
        part_of="saturation",
        needs="function_insights",
        summary="memory is almost used up; at 100 %, Lambda ends the invocation with an error",
        look="the memory graph; increase memory_mib, or find the data that grows with the input",
    ),
    service.heartbeat(
        "calls",
        INVOCATIONS.stat("Sum", "invocations"),
        opt_in="for functions on a schedule; set period_s to the interval of the schedule",
        summary="the function was not invoked on schedule",
        look="the schedule or rule that invokes the function, and its permission to invoke it",
    ),
    AlarmTemplate(
        key="cold-starts",
        watches=COLD_START.stat("p90", "p90 of the initialization"),
        threshold=2000,
        unit_words="ms initialization at the 90th percentile",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no cold starts, no initialization
        part_of="degraded",
        needs="function_insights",
        opt_in="for functions that users wait for",
        summary="cold starts take too long",
        look="the imports of the newest deployment; more memory shortens the initialization",
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
        summary="the function logs errors; Lambda does not count those that the function handles",
        look="the recent errors on the dashboard, then the errors query",
    ),
    *queue.ALARMS,
    *service.LOG_GROUP_ALARMS,
)


Function = LambdaService | ExistingFunction
"""A function that is created, or that exists already."""


def timeout_ms(function: Function) -> Fact:
    """Return the timeout of a function, in milliseconds."""
    seconds = function.timeout_s
    return Fact(value=seconds * 1000, words=f"the timeout of {seconds} s", at=("timeout_s",))


def _reserved(concurrency: int) -> Fact:
    words = f"the reserved concurrency of {concurrency}"
    return Fact(value=concurrency, words=words, at=("reserved_concurrency",))


def _reservations(env: Environment) -> dict[str, int]:
    """Return service -> the reserved concurrency of its function; aliases of a function have one together."""
    by_function = {
        (type(function), function.function_name if isinstance(function, ExistingFunction) else name): (
            name,
            function.reserved_concurrency,
        )
        for name, function in sorted(env.services.items(), reverse=True)
        if isinstance(function, Function) and function.reserved_concurrency
    }
    return dict(sorted(by_function.values()))


def _concurrency_limit(env: Environment, service: Function) -> Fact:
    """Return the highest concurrency of a function: reserved, or what all reservations leave of the quota.

    It is that of all callers: `max_concurrency` of a queue does not limit others, such as `make invoke`.
    Source: AWS Lambda Developer Guide, "Configuring reserved concurrency for a function".
    """
    quota, own = env.quotas.lambda_concurrency, service.reserved_concurrency
    reserved = {} if own else _reservations(env)
    words = f"the account's quota of {quota} concurrent executions"
    if reserved:
        listed = [f"{name} {number}" for name, number in list(reserved.items())[:_LISTED]]
        more = [f"{len(reserved) - _LISTED} more"] if len(reserved) > _LISTED else []
        words += f" less the reserved {sum(reserved.values())} ({', '.join([*listed, *more])})"
    # Lambda refuses reservations that leave less; the preflight of a deployment reports them.
    least = min(quota, LAMBDA_UNRESERVED_CONCURRENCY)
    account = Fact(
        value=max(quota - sum(reserved.values()), least),
        words=words,
        at=("quotas", "lambda_concurrency"),
        of_environment=True,
    )
    return min(_reserved(own), account, key=lambda limit: limit.value) if own else account


SERIES = {
    "requests": INVOCATIONS.stat("Sum", "invocations"),
    "errors": ERRORS.stat("Sum", "failed invocations"),
    "throttles": THROTTLES.stat("Sum", "throttled invocations"),
    "duration": DURATION.stat("p99", "p99 duration"),
    "concurrency": CONCURRENCY.stat("Maximum", "concurrent executions"),
    **logs.SERIES,
    **queue.SERIES,
}


class LambdaFunctions(ServiceKind[Function]):
    """Lambda functions, created or existing."""

    name = "lambda"
    title = "Lambda"
    resource = "FunctionName"
    within = ("Resource",)
    facts_words = {
        **service.FACTS_WORDS,
        "queue": "no queue invokes it (sqs_trigger)",
        "callers": "a queue invokes it, and retries",
        "reserved_concurrency": "no concurrency is reserved for it (reserved_concurrency)",
        "timeout_ms": "its timeout is not configured (timeout_s)",
        "queue_retry_s": "neither its timeout nor the visibility timeout of the queue is configured "
        "(timeout_s, sqs_trigger.visibility_timeout_s)",
        "QueueName:dead-letters": "no dead-letter queue is configured (sqs_trigger.dead_letter_queue)",
        LOG: "its log is not watched (watch_log)",
        "LogGroupName": "its log is not watched (watch_log)",
    }
    failing = "errors"
    series = SERIES
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
            summary="requests are lost because of errors or high latency at high concurrency",
            look="the function's section of the dashboard; roll back the last deployment or reduce traffic",
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
            title="Error rate from the log",
            unit_label="%",
            series=(logs.ERROR_RATE,),
        ),
        GraphTemplate(
            role="failure-rate",
            title="Failure rate",
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
        ),
        logs.EVENTS,
    )

    @override
    def dimensions(self, names: Names, name: str, service: Function) -> dict[str, str]:
        if isinstance(service, ExistingFunction):
            return _existing_dimensions(service)
        function = names.of_service(name)
        return {
            "FunctionName": function,
            "function_name": function,
            "LogGroupName": names.function_log_group(name),
            **(
                {"QueueName": names.of_service(name), "QueueName:dead-letters": names.dead_letters(name)}
                if service.sqs_trigger
                else {}
            ),
        }

    @override
    def facts(self, env: Environment, service: Function) -> Facts:
        timeout = timeout_ms(service)
        init = Fact(value=LAMBDA_INIT_MS, words=f"Lambda's limit of {LAMBDA_INIT_MS // 1000} s")
        facts = {
            "timeout_ms": timeout,
            "init_limit_ms": max(init, timeout, key=lambda fact: fact.value),
            "concurrency_limit": _concurrency_limit(env, service),
        }
        if service.reserved_concurrency:
            facts["reserved_concurrency"] = _reserved(service.reserved_concurrency)
        if (retry_s := _retry_s(service)) is not None:
            facts["queue_retry_s"] = Fact(value=retry_s, words=f"the maximum retry time of {retry_s} s")
        facts["queue" if service.sqs_trigger else "callers"] = Fact()
        if service.insights if isinstance(service, ExistingFunction) else env.insights.functions:
            facts["function_insights"] = Fact()
        return facts

    @override
    def words(self, service: Function) -> Mapping[str, str]:
        if isinstance(service, ExistingFunction):
            return {"function_insights": "it does not have Lambda Insights (insights)"}
        return {}

    @override
    def deployed(self, names: Names, name: str, service: Function) -> Deployed:
        if isinstance(service, ExistingFunction):
            return Deployed(_qualified(service), by="reveille deployment")
        return Deployed(names.of_service(name), by="make deploy")

    @override
    def functions(self, names: Names, name: str) -> tuple[str, ...]:
        return (names.of_service(name),)

    @override
    def roles(self, names: Names, name: str) -> tuple[str, ...]:
        return (names.of_service(name),)

    @override
    def queues(self, names: Names, name: str, service: Function) -> tuple[str, ...]:
        return (names.of_service(name), names.dead_letters(name)) if service.sqs_trigger else ()

    @override
    def existing(self, service: Function) -> Iterator[ExistingResource]:
        if not isinstance(service, ExistingFunction):
            return
        yield ExistingResource(type="aws_lambda_function", name=service.function_name)
        if service.alias:
            yield ExistingResource(type="aws_lambda_alias", name=_qualified(service))
        if service.log_group_name:
            yield ExistingResource(type="aws_cloudwatch_log_group", name=service.log_group_name)
        trigger = service.sqs_trigger
        for name in (trigger.queue, trigger.dead_letter_queue) if trigger else ():
            if name:
                yield ExistingResource(type="aws_sqs_queue", name=name)

    @override
    def log_groups(self, names: Names, name: str, service: Function) -> tuple[LogGroup, ...]:
        if isinstance(service, ExistingFunction):
            group, owned = service.log_group_name, False
        else:
            group, owned = names.function_log_group(name), True
        return (LogGroup(key=name, name=group, service=name, writer="service", owned=owned),) if group else ()

    @override
    def filters(self, log: Format) -> tuple[FilterTemplate, ...]:
        return logs.filters(log, of_function=True)

    @override
    def shared_log_groups(self, env: Environment, names: Names) -> tuple[LogGroup, ...]:
        if not (env.functions and env.insights.functions and env.insights.manage_log_group):
            return ()
        return (LogGroup(key="lambda-insights", name=names.lambda_insights_log_group, writer="insights"),)


def _existing_dimensions(service: ExistingFunction) -> dict[str, str]:
    """Return the dimensions of the metrics of an existing function."""
    dimensions = {
        "FunctionName": service.function_name,
        "function_name": service.function_name,
    }
    if group := service.log_group_name:
        dimensions["LogGroupName"] = group
    if service.alias:
        dimensions["Resource"] = _qualified(service)
    if trigger := service.sqs_trigger:
        dimensions["QueueName"] = trigger.queue
        if trigger.dead_letter_queue:
            dimensions["QueueName:dead-letters"] = trigger.dead_letter_queue
    return dimensions


def _qualified(service: ExistingFunction) -> str:
    """Return the name of a function with its alias, as in the dimension Resource."""
    return f"{service.function_name}:{service.alias}" if service.alias else service.function_name


def _retry_s(service: Function) -> int | None:
    """Return the seconds in which a message of the queue is retried once; None without a queue.

    The age of a message includes its processing. A failed message is not visible for the visibility timeout:
    six timeouts, as AWS recommends (AWS Lambda Developer Guide, "Configuring a queue to use with Lambda"),
    unless an existing queue has another.
    """
    trigger, timeout_s = service.sqs_trigger, service.timeout_s
    if trigger is None:
        return None
    visibility_s = trigger.visibility_timeout_s if isinstance(trigger, ExistingTrigger) else None
    if visibility_s is None:
        visibility_s = 6 * timeout_s
    return max(_MIN_RETRY_S, visibility_s + timeout_s + trigger.batching_window_s)
