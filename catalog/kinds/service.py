"""What every kind of service has: the three things that are said about one, and the alarms on its log group.

A failure of a service is one message. So alarms notify through composites: *impact* is a page, because users
notice; *degraded* and *saturation* are tickets, suppressed while *impact* is in ALARM.
"""

from __future__ import annotations

from catalog.templates import AlarmTemplate, CompositeTemplate, GraphTemplate, MathTemplate, MetricTemplate

IMPACT = CompositeTemplate(
    key="impact",
    severity="critical",
    says="users are affected",
    look="the service's section of the dashboard; a deployment shortly before is the first suspect",
)
DEGRADED = CompositeTemplate(
    key="degraded",
    severity="warning",
    says="works, but worse than it should",
    look="the service's section of the dashboard and the errors query",
)
SATURATION = CompositeTemplate(
    key="saturation",
    severity="warning",
    says="is running out of something",
    look="the graph of what runs out; give it more, or stop the inflow",
)

COMPOSITES = (IMPACT, DEGRADED, SATURATION)

_LOG_GROUP = ("LogGroupName",)
_BYTES = MetricTemplate(namespace="AWS/Logs", name="IncomingBytes", dimensions=_LOG_GROUP, unit="Bytes")
_EVENTS = MetricTemplate(namespace="AWS/Logs", name="IncomingLogEvents", dimensions=_LOG_GROUP, unit="None")
_EMF_INVALID = MetricTemplate(
    namespace="AWS/Logs", name="EMFValidationErrors", dimensions=_LOG_GROUP, unit="None"
)
_EMF_UNREADABLE = MetricTemplate(
    namespace="AWS/Logs", name="EMFParsingErrors", dimensions=_LOG_GROUP, unit="None"
)

LOG_GROUP_ALARMS = (
    AlarmTemplate(
        key="log-flood",
        watches=_BYTES.stat("Sum", "bytes of log"),
        threshold=500_000_000,
        unit_words="bytes of log",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no log, no flood
        anomaly=True,
        says="writes far more log than usual, which is billed by the byte",
        look="the query volume by service, then a level that somebody left at DEBUG or an error in a loop",
    ),
    AlarmTemplate(
        key="no-logs",
        # Silence is zeros: CloudWatch would first count lines from before the half hour (`timing.BEYOND`).
        # No line in the whole range, which FILL is not documented to fill, breaches as well: `missing`.
        watches=MathTemplate(
            expression="FILL(lines, 0)",
            series={"lines": _EVENTS.stat("Sum", "log lines")},
            label="log lines",
            unit="Count",
        ),
        comparison="LessThanThreshold",
        threshold=1,
        unit_words="log lines",
        period_s=300,
        evaluation_periods=6,
        datapoints_to_alarm=6,
        missing="breaching",  # silence is what this one is about
        opt_in="only services that log all the time can be missed",
        says="has stopped logging",
        look="whether it runs at all, then its log driver and the permission to write to the log group",
    ),
    AlarmTemplate(
        key="emf-invalid",
        watches=_EMF_INVALID.stat("Sum", "invalid"),
        threshold=0,
        unit_words="metric entries in the log that CloudWatch rejects",
        period_s=300,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",  # only errors are reported
        says="publishes metrics that CloudWatch rejects: graphs and alarms on them see nothing",
        look="the newest deployment: more than 100 metrics or 30 dimensions in one entry, or a wrong unit",
    ),
    AlarmTemplate(
        key="emf-unreadable",
        watches=_EMF_UNREADABLE.stat("Sum", "unreadable"),
        threshold=0,
        unit_words="metric entries in the log that are no JSON",
        period_s=300,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",  # only errors are reported
        says="publishes metrics that CloudWatch cannot read: graphs and alarms on them see nothing",
        look="the newest deployment: entries over 1 MB, or text mixed into the JSON",
    ),
)
"""Source of the metrics: CloudWatch Logs User Guide, "Monitoring usage with CloudWatch metrics"."""

LOG_GROUP_GRAPHS = (
    GraphTemplate(
        role="log-volume",
        title="Log volume",
        unit_label="bytes",
        series=(_BYTES.stat("Sum", "bytes of log"),),
        thresholds=("log-flood",),
    ),
)

FACTS_WORDS = {
    "container_insights": "Container Insights is switched off (insights.containers)",
    "function_insights": "Lambda Insights is switched off (insights.functions)",
}
"""What is missing where a fact that several kinds know is not there."""
