"""What an alarm watches, in words: metric, query, dimensions and threshold, from its notification.

A metric alarm has them in `Trigger`. AWS does not document where the notification of a PromQL alarm or log
alarm has its query; the names are those of MetricAlarm and LogAlarm in the CloudWatch API Reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from functions.notifier.fields import finite, mapping, mappings, text, texts
from functions.notifier.wording import clip, duration, number, one_line

_SYMBOLS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
_QUERIES = ("EvaluationCriteria", "ScheduledQueryConfiguration", "Threshold", "ComparisonOperator")
_METRICS_INSIGHTS = re.compile(r"\s*SELECT\s", re.IGNORECASE)
_BAND = re.compile(r"\s*ANOMALY_DETECTION_BAND\s*\(")
_SHOWN = 500  # characters of a query, of up to 10,000, and of the dimensions


def trigger_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an alarm watches; empty for a composite alarm."""
    return {key: message[key] for key in _QUERIES if key in message} | mapping(message, "Trigger")


def threshold_of(trigger: Mapping[str, Any]) -> str:
    """Return `> 5`; empty for an anomaly band, which has no fixed threshold, and for a composite alarm."""
    threshold, symbol = finite(trigger, "Threshold"), _SYMBOLS.get(text(trigger, "ComparisonOperator"))
    return "" if symbol is None or threshold is None else f"{symbol} {number(threshold)}"


def metric_of(trigger: Mapping[str, Any]) -> str:
    """Return a metric's name, or the label or expression of metric math; else empty."""
    if text(trigger, "MetricName"):
        return one_line(f"{text(trigger, 'Namespace')} {text(trigger, 'MetricName')} {_statistic(trigger)}")
    query = _returned(trigger)
    if _METRICS_INSIGHTS.match(text(query, "Expression")):
        return ""
    stat = mapping(query, "MetricStat")
    metric = mapping(stat, "Metric")
    plain = f"{text(metric, 'Namespace')} {text(metric, 'MetricName')} {text(stat, 'Stat')}"
    return one_line(text(query, "Label") or text(query, "Expression") or plain)


def query_of(trigger: Mapping[str, Any]) -> str:
    """Return the query of a Metrics Insights, PromQL or log alarm with its language; else empty."""
    expression = text(_returned(trigger), "Expression")
    if not text(trigger, "MetricName") and _METRICS_INSIGHTS.match(expression):
        return clip(one_line(f"Metrics Insights: {expression}"), _SHOWN)
    promql = text(mapping(mapping(trigger, "EvaluationCriteria"), "PromQLCriteria"), "Query")
    if promql:
        return clip(one_line(f"PromQL: {promql}"), _SHOWN)
    scheduled = mapping(trigger, "ScheduledQueryConfiguration")
    parts = [text(scheduled, "AggregationExpression"), text(scheduled, "QueryString")]
    return clip(one_line(f"Logs Insights: {' of '.join(filter(None, parts))}"), _SHOWN) if any(parts) else ""


def watched(trigger: Mapping[str, Any]) -> str:
    """Return the metric or query with its period; empty for a composite."""
    what, period_s = metric_of(trigger) or query_of(trigger), _period_s(trigger)
    return f"{what}, per {duration(period_s)}" if what and period_s else what


def subjects(trigger: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what an alarm watches as pairs of title and words; the words are empty if it has none."""
    yield ("Metric" if metric_of(trigger) else "Query"), watched(trigger)
    yield "Dimensions", clip(", ".join(dict.fromkeys(_dimensions(trigger))), _SHOWN)
    groups = texts(mapping(trigger, "ScheduledQueryConfiguration"), "LogGroupIdentifiers")
    yield "Log groups", clip(", ".join(map(one_line, groups)), _SHOWN)


def _returned(trigger: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query whose result is compared; the band of an anomaly alarm also has `ReturnData`."""
    band = text(trigger, "ThresholdMetricId")
    for query in mappings(trigger, "Metrics"):
        is_band = (band and text(query, "Id") == band) or _BAND.match(text(query, "Expression"))
        if query.get("ReturnData") is True and not is_band:
            return query
    return {}


def _period_s(trigger: Mapping[str, Any]) -> int:
    """Return the period in seconds, which an event has only in the query; 0 if it is not known."""
    query = _returned(trigger)
    periods = (source.get("Period") for source in (trigger, query, mapping(query, "MetricStat")))
    return next((period for period in periods if isinstance(period, int) and period > 0), 0)


def _dimensions(trigger: Mapping[str, Any]) -> Iterator[str]:
    """Yield `name=value` for each dimension of the metric, or of all metrics of metric math."""
    stats = (mapping(query, "MetricStat") for query in mappings(trigger, "Metrics"))
    for metric in (trigger, *(mapping(stat, "Metric") for stat in stats)):
        for dimension in mappings(metric, "Dimensions"):
            name, value = (text(dimension, key) or text(dimension, key.title()) for key in ("name", "value"))
            if name or value:
                yield one_line(f"{name}={value}")


def _statistic(trigger: Mapping[str, Any]) -> str:
    """Return the statistic as `Sum` or `SampleCount`, from `SUM` or `SAMPLE_COUNT`; or the percentile."""
    simple = text(trigger, "Statistic").replace("_", " ").title().replace(" ", "")
    return text(trigger, "ExtendedStatistic") or simple
