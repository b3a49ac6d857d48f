"""The recommended alarms, row by row: which template delivers each, with which numbers, or why it differs.

Sources of the recommendations: CloudWatch User Guide, "Recommended alarms"; AWS Lambda Developer Guide, "Types
of metrics"; Amazon ECS Developer Guide, "Amazon ECS CloudWatch metrics"; Google, "The Site Reliability
Workbook", chapter 5, for burn rates.
"""

# ruff: noqa: E501  # a row of a table reads best on one line

from __future__ import annotations

from typing import NamedTuple

from catalog.kinds import EVERY_KIND, PLATFORM
from catalog.slos import TIERS
from catalog.specs import Alarm
from catalog.templates import AlarmTemplate, Percent, SeriesTemplate
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY, Graph


class Row(NamedTuple):
    """What is recommended: statistic, period, N, M, missing data, comparison and threshold, and who is told."""

    kind: str
    key: str
    metrics: tuple[str, ...]
    stat: str
    period_s: int
    n: int
    m: int
    missing: str
    over: str
    limit: float | None
    """Of what `of` says, or absolute; None: config has to say it."""
    told: str
    """`wakes`: it may be behind a composite that wakes somebody; or it is a `ticket`."""
    of: str | None = None
    opt_in: bool = False


B, N, U = "breaching", "notBreaching", "missing"

TABLE = {
    "L1": Row("lambda", "error-rate", ("Invocations", "Errors"), "Sum", 60, 5, 3, N, ">", 5, "wakes"),
    "L1 ticket": Row("lambda", "error-rate-elevated", ("Invocations", "Errors"), "Sum", 300, 3, 3, N, ">", 1, "ticket"),
    "L2": Row("lambda", "any-error", ("Errors",), "Sum", 60, 10, 1, N, ">", 0, "ticket", opt_in=True),
    "L3": Row("lambda", "throttles", ("Throttles",), "Sum", 60, 5, 3, N, ">", 0, "wakes"),
    "L3 queue": Row("lambda", "queue-throttles", ("Throttles",), "Sum", 60, 5, 3, N, ">", 0, "ticket"),
    "L4": Row("lambda", "near-timeout", ("Duration",), "p99", 300, 3, 3, N, ">", 80, "ticket", "timeout_ms"),
    "L5": Row("lambda", "timeouts", ("Duration",), "Maximum", 60, 3, 2, N, ">=", 95, "wakes", "timeout_ms"),
    "L6": Row("lambda", "reserved-concurrency", ("ConcurrentExecutions",), "Maximum", 60, 10, 10, N, ">", 80, "ticket", "reserved_concurrency"),
    "L7": Row("platform", "account-concurrency", ("ClaimedAccountConcurrency",), "Maximum", 60, 10, 10, N, ">", 90, "wakes", "lambda_quota"),
    "L8": Row("lambda", "async-dropped", ("AsyncEventsDropped",), "Sum", 60, 3, 1, N, ">", 0, "wakes"),
    "L9": Row("lambda", "iterator-age", ("IteratorAge",), "Maximum", 60, 5, 5, N, ">", 60_000, "ticket", opt_in=True),
    "L10": Row("lambda", "memory", ("memory_utilization",), "Maximum", 300, 3, 3, N, ">", 90, "ticket"),
    "L11": Row("lambda", "heartbeat", ("Invocations",), "Sum", 3600, 2, 2, B, "<", 1, "ticket", opt_in=True),
    "L12": Row("lambda", "log-errors", ("Errors",), "Sum", 60, 5, 3, N, ">", 10, "ticket"),
    "L13": Row("lambda", "cold-starts", ("init_duration",), "p90", 300, 3, 3, N, ">", 2000, "ticket", opt_in=True),
    "S1": Row("state-machine", "failure-rate", ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"), "Sum", 300, 3, 2, N, ">", 5, "wakes"),
    "S2": Row("state-machine", "failed", ("ExecutionsFailed",), "Sum", 300, 4, 1, N, ">", 0, "wakes"),
    "S3": Row("state-machine", "timed-out", ("ExecutionsTimedOut",), "Sum", 300, 4, 1, N, ">", 0, "ticket"),
    "S4": Row("state-machine", "aborted", ("ExecutionsAborted",), "Sum", 300, 4, 1, N, ">", 0, "ticket"),
    "S5": Row("state-machine", "slow", ("ExecutionTime",), "p99", 300, 3, 3, N, ">", 80, "ticket", "timeout_ms"),
    "S6": Row("state-machine", "heartbeat", ("ExecutionsStarted",), "Sum", 3600, 2, 2, B, "<", 1, "ticket", opt_in=True),
    "S7": Row("state-machine", "throttled", ("ExecutionThrottled",), "Sum", 60, 5, 3, N, ">", 0, "ticket"),
    "E1": Row("ecs", "cpu", ("CPUUtilization",), "Average", 60, 5, 5, U, ">", None, "wakes"),
    "E1 critical": Row("ecs", "cpu-exhausted", ("CPUUtilization",), "Average", 60, 5, 5, U, ">", 90, "wakes"),
    "E2": Row("ecs", "memory", ("MemoryUtilization",), "Average", 60, 5, 5, U, ">", None, "wakes"),
    "E2 critical": Row("ecs", "memory-exhausted", ("MemoryUtilization",), "Average", 60, 5, 5, U, ">", 90, "wakes"),
    "E3": Row("ecs", "too-few-tasks", ("RunningTaskCount",), "Minimum", 60, 5, 3, B, "<", 100, "wakes", "desired_count"),
    "E4": Row("ecs", "pending-tasks", ("PendingTaskCount",), "Maximum", 60, 10, 10, N, ">", 0, "ticket"),
    "E5": Row("ecs", "not-converging", ("DesiredTaskCount", "RunningTaskCount"), "Average", 60, 15, 15, N, ">", 0, "ticket"),
    "E6": Row("ecs", "disk", ("EphemeralStorageUtilized", "EphemeralStorageReserved"), "Maximum", 60, 5, 5, U, ">", 90, "ticket"),
    "E7": Row("ecs", "target-error-rate", ("RequestCount", "HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount"), "Sum", 60, 5, 3, N, ">", 5, "wakes"),
    "E8": Row("ecs", "target-latency", ("TargetResponseTime",), "p99", 60, 5, 5, N, ">", 2, "ticket"),
    "E9": Row("ecs", "unhealthy-targets", ("UnHealthyHostCount",), "Maximum", 60, 5, 3, N, ">", 0, "ticket"),
    "E9 all": Row("ecs", "no-healthy-target", ("HealthyHostCount",), "Minimum", 60, 3, 3, B, "<", 1, "wakes"),
    "P1": Row("platform", "notifications-failed", ("NumberOfNotificationsFailed",), "Sum", 60, 5, 1, N, ">", 0, "wakes"),
    "P2": Row("platform", "notifications-redriven", ("NumberOfNotificationsRedrivenToDlq",), "Sum", 60, 3, 1, N, ">", 0, "wakes"),
    "P2 lost": Row("platform", "notifications-lost", ("NumberOfNotificationsFailedToRedriveToDlq",), "Sum", 60, 3, 1, N, ">", 0, "wakes"),
    "P3": Row("platform", "dead-letters-waiting", ("ApproximateNumberOfMessagesVisible",), "Maximum", 60, 3, 1, N, ">", 0, "wakes"),
    "P3 events": Row("platform", "events-failed", ("FailedInvocations",), "Sum", 60, 5, 1, N, ">", 0, "wakes"),
    "P3 events lost": Row("platform", "events-lost", ("InvocationsFailedToBeSentToDlq",), "Sum", 60, 3, 1, N, ">", 0, "wakes"),
    "P3 logged events": Row("platform", "logged-events-failed", ("FailedInvocations",), "Sum", 60, 5, 1, N, ">", 0, "ticket"),
    "P3 logged events lost": Row("platform", "logged-events-lost", ("InvocationsFailedToBeSentToDlq",), "Sum", 60, 3, 1, N, ">", 0, "ticket"),
    "P3 events waiting": Row("platform", "events-waiting", ("ApproximateNumberOfMessagesVisible",), "Maximum", 60, 3, 1, N, ">", 0, "ticket"),
    "P4": Row("lambda", "no-logs", ("IncomingLogEvents",), "Sum", 300, 6, 6, B, "<", 1, "ticket", opt_in=True),
    "P4 containers": Row("ecs", "no-logs", ("IncomingLogEvents",), "Sum", 300, 6, 6, B, "<", 1, "ticket", opt_in=True),
    "P5": Row("lambda", "log-flood", ("IncomingBytes",), "Sum", 300, 3, 3, N, ">", 500_000_000, "ticket"),
    "P5 containers": Row("ecs", "log-flood", ("IncomingBytes",), "Sum", 300, 3, 3, N, ">", 500_000_000, "ticket"),
    "P6": Row("lambda", "emf-invalid", ("EMFValidationErrors",), "Sum", 300, 1, 1, N, ">", 0, "ticket"),
    "P6 unreadable": Row("lambda", "emf-unreadable", ("EMFParsingErrors",), "Sum", 300, 1, 1, N, ">", 0, "ticket"),
    "P6 containers": Row("ecs", "emf-invalid", ("EMFValidationErrors",), "Sum", 300, 1, 1, N, ">", 0, "ticket"),
    "P6 containers unreadable": Row("ecs", "emf-unreadable", ("EMFParsingErrors",), "Sum", 300, 1, 1, N, ">", 0, "ticket"),
    "P7 throttles": Row("platform", "notifier-throttles", ("Throttles",), "Sum", 60, 5, 3, N, ">", 0, "wakes"),
    "P7 dropped": Row("platform", "notifier-dropped", ("AsyncEventsDropped",), "Sum", 60, 3, 1, N, ">", 0, "wakes"),
    "P7 undelivered": Row("platform", "notifier-undelivered", ("DestinationDeliveryFailures",), "Sum", 60, 3, 1, N, ">", 0, "wakes"),
}  # fmt: skip
"""Row -> what delivers it."""

OTHERWISE = {
    "L8 destinations": "functions have no destination and no dead-letter queue of their own for asynchronous calls; "
    "AsyncEventsDropped counts what is lost. The notifier, which has one, has notifier-undelivered.",
    "P7 errors": "a notifier is called a few times a day: a rate would never have its samples. notifier-errors counts "
    "failed attempts, and three of them are one notification that nobody got.",
    "E10": "promised before with a window of ten minutes: errors of ECS services, 1 of 1 in 600 s, and not 3 of 5.",
    "E11": "an event and no metric: deployment-failed, an EventBridge rule to the topic; task-failed counts the events "
    "of stopped tasks, since a service that restarts again and again is one incident.",
}
"""Rows that are delivered in another way, and why."""

LOOKED_AT_LONGER = {
    "any-error": (3, 10), "async-dropped": (1, 3), "notifications-redriven": (1, 3), "notifications-lost": (1, 3),
    "dead-letters-waiting": (1, 3), "notifier-dropped": (1, 3), "notifier-undelivered": (1, 3), "events-waiting": (1, 3),
}  # fmt: skip
"""N as recommended, and ours: what is over before its notification has waited for a suppressor is never said."""

PROMISED_BEFORE = {
    ("lambda", "errors"), ("lambda", "latency"), ("lambda", "concurrency"), ("ecs", "errors"),
}  # fmt: skip
BESIDES = {
    ("lambda", "queue-age"): "E-mail and callers see nothing of a queue that grows",
    ("lambda", "dead-letters"): "a message was given up",
    ("lambda", "mostly-failing"): "few calls never have the samples of a rate, and fail all the same",
    ("ecs", "task-failed"): "row E11, delivered otherwise",
    ("ecs", "logged-error-rate"): "without a load balancer nothing else counts requests that fail",
    ("platform", "notifier-errors"): "row P7, delivered otherwise",
    ("platform", "archive-late"): "nothing else shows that the archive has gaps",
    ("platform", "archive-errors"): "sooner than archive-late, and with the cause",
    ("platform", "archive-refused"): "without permission CloudWatch Logs does not retry",
    ("platform", "archive-throttled"): "CloudWatch Logs gives up after 24 hours",
}
"""Alarms beyond the table, with what they are for."""


def template(kind: str, key: str) -> AlarmTemplate:
    """Return a template by kind and key."""
    alarms = next(item.alarms for item in EVERY_KIND if item.name == kind)
    return next(alarm for alarm in alarms if alarm.key == key)


@each("row", TABLE.values(), ids=TABLE)
def test_a_recommended_alarm_is_delivered_as_recommended(row: Row) -> None:
    """Metric, statistic, period, M of N, missing data, threshold, and whether somebody may be woken by it."""
    one = template(row.kind, row.key)
    series = (one.watches,) if isinstance(one.watches, SeriesTemplate) else tuple(one.watches.series.values())
    assert tuple(single.metric.name for single in series) == row.metrics
    assert {single.stat for single in series} == {row.stat}
    assert (one.period_s, one.evaluation_periods, one.datapoints_to_alarm) == (row.period_s, row.n, row.m)
    assert one.missing == row.missing
    assert {"GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": ">=", "LessThanThreshold": "<"}[
        one.comparison
    ] == row.over
    threshold = one.threshold
    assert (threshold.value if isinstance(threshold, Percent) else threshold) == row.limit
    assert (threshold.of if isinstance(threshold, Percent) else None) == row.of
    assert bool(one.opt_in) == row.opt_in


@each("row", TABLE.values(), ids=TABLE)
def test_a_recommended_alarm_wakes_whom_it_should(row: Row) -> None:
    """Through a composite that pages, or as a ticket."""
    env, made = EVERY["state machines" if row.kind == "state-machine" else "everything"]
    graph = Graph(made)
    kinds = {name: service.kind for name, service in env.services.items()}
    found: list[Alarm] = [
        alarm
        for alarm in made.alarms
        if alarm.kind_key == row.key
        and (kinds[alarm.service] if alarm.service else PLATFORM.name) == row.kind
    ]
    assert found
    for alarm in found:
        speakers = graph.speakers(alarm.key)
        assert any(speaker.severity == "critical" for speaker in speakers) == (row.told == "wakes"), alarm.key
        assert alarm.topic or speakers


def test_every_alarm_is_recommended_promised_or_explained() -> None:
    """Nothing is watched only because it can be."""
    every = {(kind.name, alarm.key) for kind in EVERY_KIND for alarm in kind.alarms}
    assert every == {(row.kind, row.key) for row in TABLE.values()} | PROMISED_BEFORE | BESIDES.keys()
    assert all(len(reason) > 10 for reason in (*OTHERWISE.values(), *BESIDES.values()))


def test_rows_that_are_delivered_otherwise_are_delivered() -> None:
    """Each claim of `OTHERWISE`, looked up."""
    errors = template("ecs", "errors")
    assert (errors.evaluation_periods, errors.datapoints_to_alarm, errors.period_s) == (1, 1, 600)
    notifier = template("platform", "notifier-errors")
    assert (notifier.threshold, notifier.min_samples) == (2, None)
    made = EVERY["prod"][1]
    assert {(event.key, event.topic) for event in made.events} == {
        ("deployment-failed", "critical"),
    }
    assert EVERY["functions only"][1].events == ()
    assert [tier.key for tier in TIERS] == ["fast-burn", "medium-burn", "slow-burn"]


def test_what_is_looked_at_longer_is_so_for_a_reason() -> None:
    """As long as recommended, it would be over before its composite has waited."""
    rows = {row.key: row for row in TABLE.values()}
    made = EVERY["everything"][1]
    graph = Graph(made)
    for key, (recommended, ours) in LOOKED_AT_LONGER.items():
        row = rows[key]
        assert (row.n, row.m) == (ours, 1)
        of_key = [alarm for alarm in made.alarms if alarm.kind_key == key]
        waits_s = [
            speaker.suppressor.wait_s
            for alarm in of_key
            for speaker in graph.speakers(alarm.key)
            if speaker.suppressor
        ]
        assert recommended * row.period_s <= max(waits_s) < ours * row.period_s, key


def test_events_are_of_our_cluster_and_of_failures_only() -> None:
    """Not what a deployment or a person stops; a task that was killed for want of memory is a failure."""
    env, made = EVERY["prod"]
    by_key = {rule.key: rule for rule in made.rules}
    whole = f"{env.project}-{env.environment}"
    here = f"arn:aws:ecs:{env.region}:{env.account_id}"
    deployment, task = by_key["deployment-failed"].pattern, by_key["task-failed"].pattern
    assert deployment == {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "resources": [{"prefix": f"{here}:service/{whole}/"}],
        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
    }
    assert task == {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [f"{here}:cluster/{whole}"],
            "lastStatus": ["STOPPED"],
            "stopCode": ["EssentialContainerExited", "TaskFailedToStart"],
        },
    }
    assert all(event.runbook == f"ecs.md#{event.key}" for event in made.events)
    assert made.events == (by_key["deployment-failed"],), "an event per task would be a message per task"
