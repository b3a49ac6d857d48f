"""The metric and threshold of an alarm in words, from the `Trigger` of its notification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.notifier.fields import mapping, mappings, text
from functions.notifier.wording import duration, number, one_line

_SYMBOLS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


def threshold_of(trigger: Mapping[str, Any]) -> str:
    """Return `> 5`; empty for an anomaly band, which has no fixed threshold, and for a composite alarm."""
    threshold, symbol = trigger.get("Threshold"), _SYMBOLS.get(text(trigger, "ComparisonOperator"))
    if symbol is None or isinstance(threshold, bool) or not isinstance(threshold, int | float):
        return ""
    return f"{symbol} {number(threshold)}"


def metric_of(trigger: Mapping[str, Any]) -> str:
    """Return a metric's name, or the label or expression of metric math; empty for a composite."""
    if text(trigger, "MetricName"):
        return one_line(f"{text(trigger, 'Namespace')} {text(trigger, 'MetricName')} {_statistic(trigger)}")
    band = text(trigger, "ThresholdMetricId")  # also has ReturnData, and is not the metric
    for query in mappings(trigger, "Metrics"):
        if query.get("ReturnData") is True and text(query, "Id") != band:
            stat = mapping(query, "MetricStat")
            metric = mapping(stat, "Metric")
            plain = f"{text(metric, 'Namespace')} {text(metric, 'MetricName')} {text(stat, 'Stat')}"
            return one_line(text(query, "Label") or text(query, "Expression") or plain)
    return ""


def watched(trigger: Mapping[str, Any]) -> str:
    """Return the metric and its period; empty for a composite."""
    metric, period_s = metric_of(trigger), trigger.get("Period")
    if not metric or not isinstance(period_s, int) or period_s <= 0:
        return metric
    return f"{metric}, per {duration(period_s)}"


def _statistic(trigger: Mapping[str, Any]) -> str:
    """Return the statistic as `Sum` or `SampleCount`, from `SUM` or `SAMPLE_COUNT`; or the percentile."""
    simple = text(trigger, "Statistic").replace("_", " ").title().replace(" ", "")
    return text(trigger, "ExtendedStatistic") or simple
