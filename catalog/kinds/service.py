"""What every kind of service has: three composites, and the alarms on its log group.

One failure of a service sends one message, so its alarms notify through composites: *impact* sends a page,
because users are affected; *degraded* and *saturation* open tickets, suppressed while *impact* is in ALARM.
"""

from __future__ import annotations

from catalog.templates import (
    FROM_LOG,
    AlarmTemplate,
    CompositeTemplate,
    GraphTemplate,
    MathTemplate,
    Namespace,
    SeriesTemplate,
)

IMPACT = CompositeTemplate(
    key="impact",
    severity="critical",
    summary="users are affected",
    look="the service's section of the dashboard, then the last deployment",
)
DEGRADED = CompositeTemplate(
    key="degraded",
    severity="warning",
    summary="the service works, but with errors or delays",
    look="the service's section of the dashboard, then the errors query",
)
SATURATION = CompositeTemplate(
    key="saturation",
    severity="warning",
    summary="the service is running out of a resource",
    look="the graph of the resource; increase its limit, or reduce the load",
)

COMPOSITES = (IMPACT, DEGRADED, SATURATION)


def heartbeat(id_: str, started: SeriesTemplate, *, opt_in: str, summary: str, look: str) -> AlarmTemplate:
    """Return the alarm on something scheduled that does not start.

    Args:
        id_: id of the series in the expression.
        started: how often it started; its label is the measured quantity.
        opt_in: why the alarm is off by default.
        summary: what happens.
        look: the next step.
    """
    return AlarmTemplate(
        key="heartbeat",
        # As for no-logs: without FILL, a start of two periods before would count first.
        watches=MathTemplate(
            expression=f"FILL({id_}, 0)", series={id_: started}, label=started.label, unit="Count"
        ),
        comparison="LessThanThreshold",
        threshold=1,
        unit_words=started.label,
        period_s=3600,
        evaluation_periods=2,
        datapoints_to_alarm=2,
        missing="breaching",  # no start is the failure that it detects
        opt_in=opt_in,
        summary=summary,
        look=look,
    )


_INGESTION = Namespace("AWS/Logs", ("LogGroupName",))
_BYTES = _INGESTION.metric("IncomingBytes", "Bytes", FROM_LOG)
_EVENTS = _INGESTION.metric("IncomingLogEvents", "None", FROM_LOG)
_EMF_INVALID = _INGESTION.metric("EMFValidationErrors", "None", FROM_LOG)
_EMF_UNREADABLE = _INGESTION.metric("EMFParsingErrors", "None", FROM_LOG)

LOG_GROUP_ALARMS = (
    AlarmTemplate(
        key="log-flood",
        watches=_BYTES.stat("Sum", "bytes of log"),
        threshold=500_000_000,
        unit_words="bytes of log data",
        period_s=300,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing="notBreaching",  # no log data, no flood
        anomaly_upper=2_000_000,
        summary="the service writes far more log data than expected",
        look="the query volume-by-service, then the log level (DEBUG) and errors in a loop",
    ),
    AlarmTemplate(
        key="no-logs",
        # Missing data becomes zeros: CloudWatch would first count log events of before the half hour
        # (`timing.BEYOND`). FILL is not documented to fill a range without any data: `missing` breaches too.
        watches=MathTemplate(
            expression="FILL(lines, 0)",
            series={"lines": _EVENTS.stat("Sum", "log lines")},
            label="log lines",
            unit="Count",
        ),
        comparison="LessThanThreshold",
        threshold=1,
        unit_words="log events",
        period_s=300,
        evaluation_periods=6,
        datapoints_to_alarm=6,
        missing="breaching",  # no log events are the failure that it detects
        opt_in="for services that log continuously",
        summary="the service has stopped logging",
        look="the state of the service, then its log driver and its permission to write to the log group",
    ),
    AlarmTemplate(
        key="emf-invalid",
        watches=_EMF_INVALID.stat("Sum", "invalid"),
        threshold=0,
        unit_words="log events with metrics that CloudWatch rejects",
        period_s=300,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",  # only errors are reported
        summary="CloudWatch rejects metrics in the log (EMF), so graphs and alarms on them have no data",
        look="the newest deployment: more than 100 metrics or 30 dimensions in a log event, or a wrong unit",
    ),
    AlarmTemplate(
        key="emf-unreadable",
        watches=_EMF_UNREADABLE.stat("Sum", "unreadable"),
        threshold=0,
        unit_words="log events with metrics that are not valid JSON",
        period_s=300,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing="notBreaching",  # only errors are reported
        summary="CloudWatch cannot parse metrics in the log (EMF), so graphs and alarms on them have no data",
        look="the newest deployment: log events over 1 MB, or text mixed into the JSON",
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
    "container_insights": "Container Insights is disabled (insights.containers)",
    "function_insights": "Lambda Insights is disabled (insights.functions)",
    "log_durations": "its log has no durations of requests (logs.duration_key)",
}
"""Facts that several kinds have -> what is missing without them."""
