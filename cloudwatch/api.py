"""Alarms and metric filters in the words of AWS's APIs, read into the typed model.

The keys are those of PutMetricAlarm, PutCompositeAlarm and PutMetricFilter, which the Describe* operations
answer and CloudFormation has too. What cannot be a value of the model is refused here; whether AWS accepts
the values is for `cloudwatch.validation`. A key that AWS knows and that changes when an alarm fires, in a way
that is not evaluated here, is refused: an answer would be wrong.

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
"""What says what an alarm watches if it has no `Metrics`."""
_QUERY: Final = frozenset({"Expression", "Id", "Label", "MetricStat", "Period", "ReturnData"})
_UNSUPPORTED_QUERY: Final = {"AccountId": "it watches another account"}
_NOTED: Final = frozenset(
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
    "EvaluationWindow": "it aligns periods with a clock",
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
_UNSUPPORTED_FILTER: Final = {  # if they are neither false nor empty, as DescribeMetricFilters answers them
    "applyOnTransformedLogs": "it reads what a transformer makes of the lines",
    "emitSystemFieldDimensions": "it adds dimensions of the log group's account",
    "fieldSelectionCriteria": "it chooses among accounts",
}


def metric_alarm(given: Record, *, service: str | None = None) -> MetricAlarm:
    """Return a metric alarm.

    Args:
        given: what PutMetricAlarm takes, or DescribeAlarms answers.
        service: the service that it is about, where that is known.

    Raises:
        RecordError: it is not an alarm, or is of a kind that is not supported.
    """
    given.only(_OF_BOTH | _NOTED | _OF_METRIC_ALARMS, _UNSUPPORTED_ALARM)
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
    """Return a composite alarm; its rule is not read here.

    Args:
        given: what PutCompositeAlarm takes, or DescribeAlarms answers.
        service: the service that it is about, where that is known.

    Raises:
        RecordError: it is not a composite alarm.
    """
    given.only(_OF_BOTH | _NOTED | _OF_COMPOSITES)
    suppressor = None
    if given.has("ActionsSuppressor"):
        suppressor = Suppressor(
            rules.name_of(given.text("ActionsSuppressor")),
            given.whole("ActionsSuppressorWaitPeriod", least=0),
            given.whole("ActionsSuppressorExtensionPeriod", least=0),
        )
    return CompositeAlarm(
        name=given.text("AlarmName"),
        rule=given.text("AlarmRule"),
        actions=_actions(given),
        suppressor=suppressor,
        description=given.text("AlarmDescription", ""),
        service=service,
        place=given.where,
    )


def metric_filter(given: Record) -> MetricFilter:
    """Return a metric filter; its pattern is not read here.

    Args:
        given: what PutMetricFilter takes, or DescribeMetricFilters answers.

    Raises:
        RecordError: it is not a metric filter, or is of a kind that is not supported.
    """
    given.only(
        _FILTER | _UNSUPPORTED_FILTER.keys(),
        {key: why for key, why in _UNSUPPORTED_FILTER.items() if given.given.get(key)},
    )
    transformations = list(given.records("metricTransformations"))
    if len(transformations) != 1:
        given.refuse("metricTransformations", f"are {len(transformations)}; CloudWatch Logs takes one")
    made = transformations[0]
    made.only({"defaultValue", "dimensions", "metricName", "metricNamespace", "metricValue", "unit"})
    dimensions = made.given.get("dimensions") or {}
    if not isinstance(dimensions, dict) or not all(
        isinstance(dimension, str) for dimension in dimensions.values()
    ):
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


def _default_treatment(queries: Iterable[Query]) -> Treatment:
    """Return what missing data are if nothing is said: see `cloudwatch.evaluation` of AWS/DynamoDB."""
    watched = {query.asks.metric.namespace for query in queries if isinstance(query.asks, Statistic)}
    return "ignore" if "AWS/DynamoDB" in watched else "missing"


def _actions(given: Record) -> Actions:
    """Return whom an alarm notifies: nobody while its actions are switched off."""
    if not given.truth("ActionsEnabled", default=True):
        return Actions()
    return Actions(
        given.texts("AlarmActions"), given.texts("OKActions"), given.texts("InsufficientDataActions")
    )


def _only_query(given: Record) -> tuple[Query, ...]:
    """Return the query of an alarm on one metric."""
    if given.has("Statistic") == given.has("ExtendedStatistic"):
        given.refuse("Statistic", f"or {given.spelt('ExtendedStatistic')} has to be given, and not both")
    if given.has("Statistic"):
        stat = given.one_of("Statistic", SIMPLE)
    else:
        stat = given.text("ExtendedStatistic")
        if stat in SIMPLE:
            given.refuse("ExtendedStatistic", f"is {stat}, which is a {given.spelt('Statistic')}")
    return (Query(ONLY_QUERY, Statistic(_metric(given), stat, given.whole("Period"), _unit(given))),)


def _queries(given: Record, band: str | None) -> tuple[tuple[Query, ...], str]:
    """Return the queries of metric math or of a band, and the id of the one that is compared."""
    for member in _ONE_METRIC:
        if given.given.get(member):
            given.refuse(member, f"is given and so is {given.spelt('Metrics')}: only one of them")
    read = [(record, _query(record)) for record in given.records("Metrics")]
    returned = [query.id for record, query in read if record.truth("ReturnData", default=True)]
    compared = [id_ for id_ in returned if id_ != band]
    if len(compared) != 1 or (band is not None and band not in returned):
        which = f" ({', '.join(returned)})" if returned else ""
        wanted = "one" if band is None else f"{band} and one other"
        text = f"has {len(returned)} queries with {given.spelt('ReturnData')}{which}; {wanted} has to have it"
        given.refuse("Metrics", text)
    return in_order(query for _, query in read), compared[0]


def _query(given: Record) -> Query:
    given.only(_QUERY | _UNSUPPORTED_QUERY.keys(), _UNSUPPORTED_QUERY)
    if given.has("MetricStat") == bool(given.given.get("Expression")):
        given.refuse("Expression", f"or {given.spelt('MetricStat')} has to be given, and not both")
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
