"""Metric filters as AWS's API describes them.

Source: CloudWatch Logs API Reference, PutMetricFilter, MetricFilter, MetricTransformation.
"""

from __future__ import annotations

from typing import Final

from cloudwatch.publishing import MetricFilter
from drill.sources.records import Record
from drill.sources.values import pairs

_KNOWN: Final = frozenset(
    {"creationTime", "filterName", "filterPattern", "logGroupName", "metricTransformations"}
)
_NOT_REHEARSED: Final = {  # if they are neither false nor empty, as DescribeMetricFilters answers them
    "applyOnTransformedLogs": "it reads what a transformer makes of the lines",
    "emitSystemFieldDimensions": "it adds dimensions of the log group's account",
    "fieldSelectionCriteria": "it chooses among accounts",
}


def metric_filter(given: Record) -> MetricFilter:
    """Return a metric filter; its pattern is not read here.

    Args:
        given: what PutMetricFilter takes, or DescribeMetricFilters answers.

    Raises:
        SourceError: AWS would refuse it, or it is of a kind that is not rehearsed.
    """
    given.only(
        _KNOWN | _NOT_REHEARSED.keys(),
        {key: why for key, why in _NOT_REHEARSED.items() if given.given.get(key)},
    )
    transformations = list(given.records("metricTransformations"))
    if len(transformations) != 1:
        given.refuse("metricTransformations", f"are {len(transformations)}; CloudWatch Logs takes one")
    made = transformations[0]
    made.only({"defaultValue", "dimensions", "metricName", "metricNamespace", "metricValue", "unit"})
    dimensions = made.given.get("dimensions") or {}
    if not isinstance(dimensions, dict) or not all(isinstance(one, str) for one in dimensions.values()):
        made.refuse("dimensions", "has to be an object of texts")
    return MetricFilter(
        name=given.text("filterName"),
        log_group=given.text("logGroupName"),
        pattern=given.text("filterPattern", ""),
        namespace=made.text("metricNamespace"),
        metric=made.text("metricName"),
        value=made.text("metricValue"),
        default_value=made.number("defaultValue") if made.has("defaultValue") else None,
        dimensions=pairs(dimensions),
        unit=made.text("unit", "None"),
        place=given.where,
    )
