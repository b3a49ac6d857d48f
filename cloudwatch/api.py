"""Alarms and metric filters in the format of AWS's APIs, read into the typed model.

The keys are those of PutMetricAlarm, PutCompositeAlarm and PutMetricFilter, which the Describe* operations
return and CloudFormation uses as well. A value that does not fit the model is rejected here; whether AWS
accepts the values is decided by `cloudwatch.validation`. A key that AWS supports and that changes when an
alarm fires in a way that is not implemented is rejected, because the result would be wrong.

Source: CloudWatch API Reference, PutMetricAlarm, MetricDataQuery, MetricStat, PutCompositeAlarm,
DescribeAlarms; CloudWatch Logs API Reference, PutMetricFilter, MetricFilter, MetricTransformation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cloudwatch import rules
from cloudwatch.alarms import (
    ONLY_QUERY,
    OPERATORS,
    TREATMENTS,
    Actions,
    Comparison,
    CompositeAlarm,
    Metric,
    MetricAlarm,
    Query,
    Statistic,
    Treatment,
    in_order,
    pairs,
)
from cloudwatch.publishing import MetricFilter
from cloudwatch.records import Record
from cloudwatch.statistic import SIMPLE
from cloudwatch.suppression import Suppressor

_ONE_METRIC: Final = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)
"""The keys that select the metric of an alarm without `Metrics`."""
_QUERY: Final = frozenset({"Expression", "Id", "Label", "MetricStat", "Period", "ReturnData"})
_UNSUPPORTED_QUERY: Final = {"AccountId": "it reads a metric of another account"}
_IGNORED: Final = frozenset(
    {
        "AlarmArn",
        "AlarmConfigurationUpdatedTimestamp",
        "EvaluationState",
        "StateReason",
        "StateReasonData",
        "StateTransitionedTimestamp",
        "StateUpdatedTimestamp",
        "StateValue",
        "Tags",
    }
)
"""Members of DescribeAlarms, and tags, that do not change when an alarm fires."""

_OF_BOTH: Final = frozenset(
    {
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "AlarmName",
        "InsufficientDataActions",
        "OKActions",
    }
)
_OF_METRIC_ALARMS: Final = frozenset(
    {
        "ComparisonOperator",
        "DatapointsToAlarm",
        "EvaluateLowSampleCountPercentile",
        "EvaluationPeriods",
        "Metrics",
        "Threshold",
        "ThresholdMetricId",
        "TreatMissingData",
        *_ONE_METRIC,
    }
)
_UNSUPPORTED_ALARM: Final = {
    "EvaluationCriteria": "it is a PromQL alarm",
    "EvaluationInterval": "it changes how often the alarm is evaluated",
    "EvaluationWindow": "it aligns periods to the wall clock",
    "WarmUpConfiguration": "it delays the first evaluation",
}
_OF_COMPOSITES: Final = frozenset(
    {
        "ActionsSuppressedBy",
        "ActionsSuppressedReason",
        "ActionsSuppressor",
        "ActionsSuppressorExtensionPeriod",
        "ActionsSuppressorWaitPeriod",
        "AlarmRule",
    }
)


_FILTER: Final = frozenset(
    {"creationTime", "filterName", "filterPattern", "logGroupName", "metricTransformations"}
)
_UNSUPPORTED_FILTER: Final = {  # unless false or empty, which DescribeMetricFilters returns
    "applyOnTransformedLogs": "it applies to transformed log events",
    "emitSystemFieldDimensions": "it adds dimensions of the log group's account",
    "fieldSelectionCriteria": "it selects log events by account",
}


def metric_alarm(given: Record, *, service: str | None = None) -> MetricAlarm:
    """Return a metric alarm.

    Args:
        given: the request of PutMetricAlarm, or an alarm of DescribeAlarms.
        service: the service of the alarm, if it is known.

    Raises:
        RecordError: the record is not a valid alarm, or is not supported.
    """
    given.only(_OF_BOTH | _IGNORED | _OF_METRIC_ALARMS, _UNSUPPORTED_ALARM)
    band = given.text("ThresholdMetricId") if given.has("ThresholdMetricId") else None
    queries, returned = (
        _queries(given, band) if given.given.get("Metrics") else (_only_query(given), ONLY_QUERY)
    )
    periods = given.whole("EvaluationPeriods")
    comparison: Comparison = given.one_of("ComparisonOperator", OPERATORS)
    treatment: Treatment = given.one_of("TreatMissingData", TREATMENTS, _default_treatment(queries))
    return MetricAlarm(
        name=given.text("AlarmName"),
        queries=queries,
        returned=returned,
        comparison=comparison,
        threshold=given.number("Threshold") if given.has("Threshold") else None,
        band=band,
        evaluation_periods=periods,
        datapoints_to_alarm=given.whole("DatapointsToAlarm", periods),
        treat_missing_data=treatment,
        low_samples=given.one_of("EvaluateLowSampleCountPercentile", ("evaluate", "ignore"), "evaluate"),
        actions=_actions(given),
        description=given.text("AlarmDescription", ""),
        service=service,
        place=given.where,
    )


def composite_alarm(given: Record, *, service: str | None = None) -> CompositeAlarm:
    """Return a composite alarm; its rule is not parsed.

    Args:
        given: the request of PutCompositeAlarm, or an alarm of DescribeAlarms.
        service: the service of the alarm, if it is known.

    Raises:
        UnknownRecordError: a value of the record is an expression that is not evaluated, such as its rule.
        RecordError: the record is not a valid composite alarm.
    """
    given.only(_OF_BOTH | _IGNORED | _OF_COMPOSITES)
    suppressor = None
    if given.has("ActionsSuppressor"):
        suppressor = Suppressor(
            rules.name_of(given.text("ActionsSuppressor")),
            given.whole("ActionsSuppressorWaitPeriod", least=0),
            given.whole("ActionsSuppressorExtensionPeriod", least=0),
        )
    rule = given.text("AlarmRule")
    if not given.is_known(rule):
        given.refuse_value("AlarmRule", rule, f"is not known before an apply (found: {rule})")
    return CompositeAlarm(
        name=given.text("AlarmName"),
        rule=rule,
        actions=_actions(given),
        suppressor=suppressor,
        description=given.text("AlarmDescription", ""),
        service=service,
        place=given.where,
    )


def metric_filter(given: Record) -> MetricFilter:
    """Return a metric filter; its pattern is not parsed.

    Args:
        given: the request of PutMetricFilter, or a filter of DescribeMetricFilters.

    Raises:
        RecordError: the record is not a valid metric filter, or is not supported.
    """
    given.only(
        _FILTER | _UNSUPPORTED_FILTER.keys(),
        {key: reason for key, reason in _UNSUPPORTED_FILTER.items() if given.given.get(key)},
    )
    transformations = list(given.records("metricTransformations"))
    if len(transformations) != 1:
        given.refuse("metricTransformations", f"must have one element (found: {len(transformations)})")
    transformation = transformations[0]
    transformation.only(
        {"defaultValue", "dimensions", "metricName", "metricNamespace", "metricValue", "unit"}
    )
    dimensions = transformation.given.get("dimensions") or {}
    if not isinstance(dimensions, dict) or not all(
        isinstance(dimension, str) for dimension in dimensions.values()
    ):
        transformation.refuse_value("dimensions", dimensions, "must be an object of strings")
    return MetricFilter(
        name=given.text("filterName"),
        log_group=given.text("logGroupName"),
        pattern=given.text("filterPattern", ""),
        namespace=transformation.text("metricNamespace"),
        metric=transformation.text("metricName"),
        value=transformation.text("metricValue"),
        default_value=transformation.number("defaultValue") if transformation.has("defaultValue") else None,
        dimensions=pairs(dimensions),
        unit=transformation.text("unit", "None"),
        place=given.where,
    )


def _default_treatment(queries: Iterable[Query]) -> Treatment:
    """Return the default treatment of missing data: see `cloudwatch.evaluation` about AWS/DynamoDB."""
    namespaces = {query.asks.metric.namespace for query in queries if isinstance(query.asks, Statistic)}
    return "ignore" if "AWS/DynamoDB" in namespaces else "missing"


def _actions(given: Record) -> Actions:
    """Return the actions of an alarm: none while they are disabled."""
    if not given.truth("ActionsEnabled", default=True):
        return Actions()
    return Actions(
        given.texts("AlarmActions"), given.texts("OKActions"), given.texts("InsufficientDataActions")
    )


def _only_query(given: Record) -> tuple[Query, ...]:
    """Return the query of an alarm on one metric."""
    if given.has("Statistic") == given.has("ExtendedStatistic"):
        given.refuse("Statistic", f"or {given.spelt('ExtendedStatistic')} is required, but not both")
    if given.has("Statistic"):
        stat = given.one_of("Statistic", SIMPLE)
    else:
        stat = given.text("ExtendedStatistic")
        if stat in SIMPLE:
            given.refuse("ExtendedStatistic", f"must not be {stat}: use {given.spelt('Statistic')}")
    return (Query(ONLY_QUERY, Statistic(_metric(given), stat, given.whole("Period"), _unit(given))),)


def _queries(given: Record, band: str | None) -> tuple[tuple[Query, ...], str]:
    """Return the queries of metric math or of a band, and the id of the query that is compared."""
    for member in _ONE_METRIC:
        if given.given.get(member):
            given.refuse(member, f"conflicts with {given.spelt('Metrics')}: only one of them is allowed")
    queries = [(record, _query(record)) for record in given.records("Metrics")]
    returned = [query.id for record, query in queries if record.truth("ReturnData", default=True)]
    compared = [id_ for id_ in returned if id_ != band]
    if len(compared) != 1 or (band is not None and band not in returned):
        listed = ", ".join(returned) or "none"
        expected = "exactly one query" if band is None else f"{band} and exactly one other query"
        text = f"must have {given.spelt('ReturnData')} for {expected} (found: {listed})"
        given.refuse("Metrics", text)
    return in_order(query for _, query in queries), compared[0]


def _query(given: Record) -> Query:
    given.only(_QUERY | _UNSUPPORTED_QUERY.keys(), _UNSUPPORTED_QUERY)
    if given.has("MetricStat") == bool(given.given.get("Expression")):
        given.refuse("Expression", f"or {given.spelt('MetricStat')} is required, but not both")
    if not given.has("MetricStat"):
        period_s = given.whole("Period") if given.has("Period") else None
        return Query(given.text("Id"), given.text("Expression"), period_s)
    stat = given.record("MetricStat")
    stat.only({"Metric", "Period", "Stat", "Unit"})
    metric = stat.record("Metric")
    metric.only({"Dimensions", "MetricName", "Namespace"})
    asks = Statistic(_metric(metric), stat.text("Stat"), stat.whole("Period"), _unit(stat))
    return Query(given.text("Id"), asks)


def _metric(given: Record) -> Metric:
    dimensions: dict[str, str] = {}
    for record in given.records("Dimensions"):
        record.only({"Name", "Value"})
        name = record.text("Name")
        if name in dimensions:
            given.refuse("Dimensions", f"has {name} twice")
        dimensions[name] = record.text("Value")
    return Metric(given.text("Namespace"), given.text("MetricName"), pairs(dimensions))


def _unit(given: Record) -> str | None:
    return given.text("Unit") if given.has("Unit") else None
