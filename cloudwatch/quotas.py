"""All quotas of CloudWatch, CloudWatch Logs, SNS and EventBridge, each with the document that states it.

The limits of configuration values are in `config/limits.py`.
"""

from __future__ import annotations

from typing import Final

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400

# --- metrics (CloudWatch API Reference, Metric, Dimension, MetricDatum, PutMetricData)

METRIC_CHARACTERS: Final = 255
"""Maximum length of a metric's name, and of a namespace."""
DIMENSIONS: Final = 30
"""Maximum number of dimensions of a metric."""
LARGEST: Final = 2.0**360
"""Largest value of a metric; its negative is the smallest (MetricDatum, `Value`)."""
VALUES: Final = 150
"""Maximum number of different values of one datum (MetricDatum, `Values`)."""
PAST_S: Final = 14 * DAY_S
FUTURE_S: Final = 2 * HOUR_S
"""Maximum age of a sample, and its maximum time in the future (MetricDatum, `Timestamp`)."""

DATA: Final = 1000
"""Maximum number of datums of one request (PutMetricData, `MetricData`)."""

# --- responses of ListMetrics, GetMetricStatistics and DescribeAlarms

LISTED_METRICS: Final = 500
DATAPOINTS: Final = 1440
"""Maximum number of datapoints in one response of GetMetricStatistics."""
LISTED_ALARMS: Final = 100
"""Maximum number of alarms in one response of DescribeAlarms (`MaxRecords`)."""

# --- metric math (CloudWatch API Reference, MetricDataQuery)

EXPRESSION_CHARACTERS: Final = 2048
ID_CHARACTERS: Final = 255

# --- periods (CloudWatch API Reference, PutMetricAlarm, `Period`; GetMetricData, MetricStat, `Period`)

ALARM_PERIODS_S: Final = (10, 20, 30)
"""Periods of an alarm below a minute; longer periods are multiples of a minute."""
GRAPH_PERIODS_S: Final = (1, 5, *ALARM_PERIODS_S)
WINDOW_S: Final = DAY_S
LONG_WINDOW_S: Final = 7 * DAY_S
"""Maximum of Period times EvaluationPeriods; the second for periods of an hour and longer."""

METRIC_DATA_QUERIES: Final = 500
"""Maximum queries of a call (CloudWatch API Reference, GetMetricData, `MetricDataQueries`)."""

# --- alarms (CloudWatch API Reference, PutMetricAlarm and PutCompositeAlarm)

ALARM_NAME_CHARACTERS: Final = 255
DESCRIPTION_CHARACTERS: Final = 1024
ACTIONS: Final = 5
"""Maximum number of actions for each state."""
ALARM_METRICS: Final = 10
"""Maximum number of metrics of an alarm, and of expressions (`Metrics`)."""

# --- composite alarms (PutCompositeAlarm, `AlarmRule`; CloudWatch User Guide, "Combining alarms")

RULE_CHARACTERS: Final = 10_240
RULE_ALARMS: Final = 100
RULE_ELEMENTS: Final = 500
"""Alarms, TRUE and FALSE, and every parenthesis."""
PARENTS: Final = 150
"""Maximum number of composite alarms that reference one alarm."""

# --- metric filters (CloudWatch Logs API Reference, PutMetricFilter, MetricTransformation; CloudWatch Logs
# User Guide, "Filter pattern syntax for metric filters" and "CloudWatch Logs quotas")

PATTERN_CHARACTERS: Final = 1024
FILTER_NAME_CHARACTERS: Final = 512
LOG_GROUP_CHARACTERS: Final = 512
RESOURCE_POLICIES: Final = 10
"""Maximum number of resource policies of an account and Region (API Reference, PutResourcePolicy)."""
FILTER_VALUE_CHARACTERS: Final = 100
FILTER_DIMENSIONS: Final = 3
FILTERS: Final = 100
"""Maximum number of metric filters of a log group."""
REGEX_FILTERS: Final = 5
"""Maximum number of metric filters with a regular expression of a log group."""

# --- queries (CloudWatch Logs User Guide, "CloudWatch Logs quotas", "Logs Insights")

QUERY_LOG_GROUPS: Final = 50
"""Maximum number of log groups that one query searches."""

# --- subscriptions (SNS Developer Guide, "Deleting an Amazon SNS topic and subscription"; API Reference,
# Subscribe: the tokens are valid for two days)

PENDING_SUBSCRIPTION_H: Final = 48
"""Hours after which SNS deletes a subscription that is not confirmed."""

# --- dashboards

DASHBOARD_COLUMNS: Final = 24
DASHBOARD_WIDGETS: Final = 500
WIDGET_HEIGHT: Final = 1000
WIDGET_ALARMS: Final = 100
WIDGET_METRICS: Final = 500
"""Grid columns, and maximum numbers for a dashboard and for a widget (CloudWatch API Reference, "Dashboard
Body Structure and Syntax")."""

DASHBOARD_METRICS: Final = 2500
"""Maximum number of metrics in all graphs of a dashboard. Inputs of metric math count, including hidden ones
(CloudWatch User Guide, "CloudWatch service quotas")."""

DASHBOARD_QUERIES: Final = 30
"""Maximum number of log widgets of a dashboard; a limit of this project. Each runs a query when the dashboard
is opened, and an account runs 100 queries concurrently (CloudWatch Logs User Guide, "View running queries or
query history"): so three people can open the same dashboard during an incident."""

DASHBOARD_BYTES: Final = 500_000
"""Maximum size of a dashboard's body; a limit of this project, as AWS publishes none. CloudFormation accepts
templates of 1 MB (CloudFormation quotas), in which the quotes of a body are escaped: half of that is safe."""


# --- events

EVENT_PATTERN_CHARACTERS: Final = 2048
"""Characters of the event pattern of a rule (Amazon EventBridge User Guide, "Amazon EventBridge quotas")."""


# --- evaluation (CloudWatch User Guide, "Alarm evaluation")

FAST_S: Final = 10
"""Seconds between two evaluations of an alarm with a period below a minute."""


def evaluated_every_s(period_s: int, evaluation_periods: int) -> int:
    """Return the seconds between two evaluations of an alarm.

    60 by default, 10 if the period is shorter than a minute, 3600 if the periods cover more than a day.
    """
    if period_s * evaluation_periods > DAY_S:
        return HOUR_S
    return MINUTE_S if period_s >= MINUTE_S else FAST_S


def is_period(period_s: object, *, of_alarm: bool = True) -> bool:
    """Return whether a period is valid, for an alarm or for a graph."""
    if isinstance(period_s, bool) or not isinstance(period_s, int):
        return False
    if period_s in (ALARM_PERIODS_S if of_alarm else GRAPH_PERIODS_S):
        return True
    return period_s >= MINUTE_S and period_s % MINUTE_S == 0


def window_s(period_s: int) -> int:
    """Return the maximum seconds that an alarm's periods may cover (PutMetricAlarm, `EvaluationPeriods`)."""
    return LONG_WINDOW_S if period_s >= HOUR_S else WINDOW_S
