"""Step Functions state machines that exist already: the platform watches them and creates nothing.

Metrics: AWS Step Functions Developer Guide, "Monitoring Step Functions metrics using Amazon CloudWatch".
Their delivery is best effort. An execution that times out or is aborted is not counted as failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from typing_extensions import override

from catalog.kinds import service
from catalog.kinds.kind import ServiceKind
from catalog.naming import Names
from catalog.templates import (
    ONLY_FAILURES,
    WHOLE,
    AlarmTemplate,
    BaselineTemplate,
    EventsTemplate,
    Fact,
    Facts,
    GraphTemplate,
    MathTemplate,
    MetricTemplate,
    Namespace,
    Percent,
    SeriesTemplate,
    steady,
)
from config.models import Environment
from config.services import StateMachine

_MACHINE = Namespace("AWS/States", ("StateMachineArn",))

STARTED = _MACHINE.metric("ExecutionsStarted", "Count", steady(10))
SUCCEEDED = _MACHINE.metric("ExecutionsSucceeded", "Count", steady(10))
FAILED = _MACHINE.metric("ExecutionsFailed", "Count", ONLY_FAILURES)
TIMED_OUT = _MACHINE.metric("ExecutionsTimedOut", "Count", ONLY_FAILURES)
ABORTED = _MACHINE.metric("ExecutionsAborted", "Count", ONLY_FAILURES)
THROTTLED = _MACHINE.metric("ExecutionThrottled", "Count", ONLY_FAILURES)
TIME = _MACHINE.metric(
    "ExecutionTime",
    "Milliseconds",
    BaselineTemplate(values=((500, 8), (1500, 2))),  # of the 10 executions
    most="timeout_ms",
)

_BAD = "(FILL(failed, 0) + FILL(timed_out, 0))"
_ENDED = "(FILL(succeeded, 0) + FILL(failed, 0) + FILL(timed_out, 0))"
_ENDS = {
    "succeeded": SUCCEEDED.stat("Sum", "succeeded"),
    "failed": FAILED.stat("Sum", "failed"),
    "timed_out": TIMED_OUT.stat("Sum", "timed out"),
}
# Executions that start in a period may end in another, so the rate is of those that ended.
_FAILURE_RATE = MathTemplate(
    expression=f"IF({_ENDED} >= {{min_samples}}, 100 * {_BAD} / {_ENDED}, 0)",
    series=_ENDS,
    label="failed executions per 100",
    unit="Percent",
    most=WHOLE,
)


def _any(key: str, metric: MetricTemplate, summary: str, look: str) -> AlarmTemplate:
    """Return the alarm on single executions. It stays in ALARM until the page that suppresses it can fire."""
    return AlarmTemplate(
        key=key,
        watches=metric.stat("Sum", f"executions {key}"),
        threshold=0,
        unit_words=f"{key} executions",
        period_s=300,
        evaluation_periods=4,
        datapoints_to_alarm=1,
        missing="notBreaching",  # no executions, nothing failed
        part_of="degraded",
        summary=summary,
        look=look,
    )


class StateMachines(ServiceKind[StateMachine]):
    """State machines of Step Functions."""

    name = "state-machine"
    title = "Step Functions"
    resource = "StateMachineName"
    facts_words = {"timeout_ms": "its timeout is not configured (timeout_s)"}
    failing = "failed"
    alarms = (
        AlarmTemplate(
            key="failure-rate",
            watches=_FAILURE_RATE,
            threshold=5,
            unit_words="% of executions failed or timed out",
            period_s=300,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            missing="notBreaching",  # no executions, nothing failed
            part_of="impact",
            min_samples=20,
            summary="too many executions fail or time out",
            look="the last event of the newest failed execution: it names the state and the cause",
        ),
        _any("failed", FAILED, "executions failed", "the last event of the failed execution"),
        _any("timed-out", TIMED_OUT, "executions timed out", "the state in which the execution timed out"),
        _any(
            "aborted",
            ABORTED,
            "executions were aborted",
            "the StopExecution event in CloudTrail: it names who stopped the execution",
        ),
        AlarmTemplate(
            key="slow",
            watches=TIME.stat("p99", "p99 of the execution time"),
            threshold=Percent(value=80, of="timeout_ms", words="the timeout"),
            unit_words="ms execution time at the 99th percentile",
            period_s=300,
            evaluation_periods=3,
            datapoints_to_alarm=3,
            missing="notBreaching",  # no executions, none is slow
            part_of="degraded",
            summary="executions approach the timeout",
            look="the duration of each state in the slowest execution",
        ),
        service.heartbeat(
            "started",
            STARTED.stat("Sum", "executions started"),
            opt_in="for state machines on a schedule; set period_s to the interval of the schedule",
            summary="the state machine was not started on schedule",
            look="the schedule or rule that starts the state machine, and its role",
        ),
        AlarmTemplate(
            key="throttled",
            watches=THROTTLED.stat("Sum", "throttled"),
            threshold=0,
            unit_words="throttled state transitions",
            period_s=60,
            evaluation_periods=5,
            datapoints_to_alarm=3,
            missing="notBreaching",  # reported only when it happens
            part_of="saturation",
            summary="state transitions are throttled because the account's quota is reached",
            look="the Step Functions quotas in this region, and retries without backoff",
        ),
    )
    composites = service.COMPOSITES
    series: ClassVar[Mapping[str, SeriesTemplate]] = {
        "requests": STARTED.stat("Sum", "executions started"),
        "errors": FAILED.stat("Sum", "executions failed"),
        "succeeded": SUCCEEDED.stat("Sum", "executions succeeded"),
        "timed_out": TIMED_OUT.stat("Sum", "executions timed out"),
        "aborted": ABORTED.stat("Sum", "executions aborted"),
        "duration": TIME.stat("p99", "p99 execution time"),
    }
    graphs = (
        GraphTemplate(
            role="traffic",
            title="Executions",
            unit_label="count",
            series=(STARTED.stat("Sum", "started"), SUCCEEDED.stat("Sum", "succeeded")),
        ),
        GraphTemplate(
            role="errors",
            title="Failed, timed-out and aborted executions",
            unit_label="count",
            series=(
                FAILED.stat("Sum", "failed"),
                TIMED_OUT.stat("Sum", "timed out"),
                ABORTED.stat("Sum", "aborted"),
            ),
            thresholds=("failed",),
        ),
        GraphTemplate(
            role="failure-rate",
            title="Failure rate",
            unit_label="% of executions",
            series=(
                MathTemplate(
                    expression=f"100 * {_BAD} / {_ENDED}",
                    series=_ENDS,
                    label=_FAILURE_RATE.label,
                    unit="Percent",
                ),
            ),
            thresholds=("failure-rate",),
        ),
        GraphTemplate(
            role="latency",
            title="Execution time",
            unit_label="ms",
            series=(TIME.stat("p50", "p50"), TIME.stat("p95", "p95"), TIME.stat("p99", "p99")),
            thresholds=("slow",),
        ),
        GraphTemplate(
            role="throttles",
            title="Throttled state transitions",
            unit_label="count",
            series=(THROTTLED.stat("Sum", "throttled"),),
            thresholds=("throttled",),
        ),
    )
    events = (
        EventsTemplate(
            key="executions",
            words="executions",
            bad_words="fail",
            valid=STARTED.stat("Sum", "executions"),
            bad=FAILED.stat("Sum", "failed executions"),
            latency=TIME,
        ),
    )

    @override
    def dimensions(self, names: Names, name: str, service: StateMachine) -> dict[str, str]:
        here = f"{names.region}:{names.account_id}"
        return {
            "StateMachineName": service.state_machine,
            "StateMachineArn": f"arn:aws:states:{here}:stateMachine:{service.state_machine}",
        }

    @override
    def facts(self, env: Environment, service: StateMachine) -> Facts:
        timeout_s = service.timeout_s
        if timeout_s is None:
            return {}
        words = f"the timeout of {timeout_s} s"
        return {"timeout_ms": Fact(value=timeout_s * 1000, words=words, at=("timeout_s",))}
