"""Metric alarms and composites as AWS's API describes them, read as what is rehearsed.

The keys are those of PutMetricAlarm and PutCompositeAlarm, which DescribeAlarms answers and CloudFormation
has too. A key that AWS knows and that changes when an alarm fires, in a way that is not rehearsed, is
refused: an answer would be wrong.

Source: CloudWatch API Reference, PutMetricAlarm, PutCompositeAlarm, DescribeAlarms.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, get_args

from cloudwatch.evaluation import BANDS, Comparison, Treatment
from cloudwatch.suppression import Suppressor
from drill.model import Actions, CompositeAlarm, MetricAlarm, Query, Statistic
from drill.sources.names import of_arn
from drill.sources.records import Record
from drill.sources.watching import ONE_METRIC, of_math, of_one_metric

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
"""What DescribeAlarms says besides, and tags: an alarm fires all the same."""

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
        *ONE_METRIC,
    }
)
_NOT_REHEARSED: Final = {
    "EvaluationCriteria": "it is a PromQL alarm",
    "EvaluationInterval": "it changes how often the alarm is evaluated",
    "EvaluationWindow": "it aligns periods with a clock",
    "WarmUpConfiguration": "it holds the alarm back at first",
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


def metric_alarm(given: Record, *, service: str | None = None) -> MetricAlarm:
    """Return a metric alarm.

    Args:
        given: what PutMetricAlarm takes, or DescribeAlarms answers.
        service: the service that it is about, where that is known.

    Raises:
        SourceError: AWS would refuse it, or it is of a kind that is not rehearsed.
    """
    given.only(_OF_BOTH | _NOTED | _OF_METRIC_ALARMS, _NOT_REHEARSED)
    band = given.text("ThresholdMetricId") if given.has("ThresholdMetricId") else None
    comparison: Comparison = given.one_of(
        "ComparisonOperator",
        BANDS if band else tuple(one for one in get_args(Comparison) if one not in BANDS),
    )
    if band and given.has("Threshold"):
        given.refuse("Threshold", f"is given and so is {given.spelt('ThresholdMetricId')}: one of them")
    asked, returned = of_math(given, band) if given.given.get("Metrics") else of_one_metric(given)
    periods = given.whole("EvaluationPeriods")
    datapoints = given.whole("DatapointsToAlarm", periods)
    if datapoints > periods:
        given.refuse("DatapointsToAlarm", f"is {datapoints}, of {periods} periods: at most as many")
    treated: Treatment = given.one_of("TreatMissingData", get_args(Treatment), _by_default(asked))
    return MetricAlarm(
        name=given.text("AlarmName"),
        queries=asked,
        returned=returned,
        comparison=comparison,
        threshold=None if band else given.number("Threshold"),
        evaluation_periods=periods,
        datapoints_to_alarm=datapoints,
        treat_missing_data=treated,
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
        SourceError: AWS would refuse it.
    """
    given.only(_OF_BOTH | _NOTED | _OF_COMPOSITES)
    suppressor = None
    if given.has("ActionsSuppressor"):
        suppressor = Suppressor(
            _of_alarm(given.text("ActionsSuppressor")),
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


def _by_default(asked: Iterable[Query]) -> Treatment:
    """Return what missing data are if nothing is said: see `cloudwatch.evaluation` of AWS/DynamoDB."""
    watched = {one.asks.metric.namespace for one in asked if isinstance(one.asks, Statistic)}
    return "ignore" if "AWS/DynamoDB" in watched else "missing"


def _actions(given: Record) -> Actions:
    """Return whom an alarm notifies: nobody while its actions are switched off."""
    if not given.truth("ActionsEnabled", default=True):
        return Actions()
    return Actions(
        given.texts("AlarmActions"), given.texts("OKActions"), given.texts("InsufficientDataActions")
    )


def _of_alarm(name_or_arn: str) -> str:
    return of_arn(name_or_arn) if name_or_arn.startswith("arn:") else name_or_arn
