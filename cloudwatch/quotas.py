"""Every number that CloudWatch, CloudWatch Logs and SNS set, each once, with the document that states it.

What a person may set in the configuration is in `config/limits.py`.
"""

from __future__ import annotations

from typing import Final

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400

# --- metrics (CloudWatch API Reference, Metric, Dimension, MetricDatum, PutMetricData)

METRIC_CHARACTERS: Final = 255
"""Of a metric's name, and of a namespace."""
DIMENSIONS: Final = 30
"""Of a metric."""
LARGEST: Final = 2.0**360
"""Of a metric's value, and its negative the smallest (MetricDatum, `Value`)."""
VALUES: Final = 150
"""Different values of one datum (MetricDatum, `Values`)."""
PAST_S: Final = 14 * DAY_S
FUTURE_S: Final = 2 * HOUR_S
"""How far from now a sample may lie (MetricDatum, `Timestamp`)."""

# --- answers of ListMetrics, GetMetricStatistics and DescribeAlarms

LISTED_METRICS: Final = 500
DATAPOINTS: Final = 1440
"""In one answer of GetMetricStatistics."""
LISTED_ALARMS: Final = 100
"""In one answer of DescribeAlarms (`MaxRecords`)."""

# --- metric math (CloudWatch API Reference, MetricDataQuery)

EXPRESSION_CHARACTERS: Final = 2048
ID_CHARACTERS: Final = 255

# --- periods (CloudWatch API Reference, PutMetricAlarm, `Period`; GetMetricData, MetricStat, `Period`)

ALARM_PERIODS_S: Final = (10, 20, 30)
"""Periods of an alarm below a minute; above, they are multiples of a minute."""
GRAPH_PERIODS_S: Final = (1, 5, *ALARM_PERIODS_S)
WINDOW_S: Final = DAY_S
LONG_WINDOW_S: Final = 7 * DAY_S
"""Of an alarm's Period times EvaluationPeriods; the second for periods of an hour and longer."""

# --- alarms (CloudWatch API Reference, PutMetricAlarm and PutCompositeAlarm)

ALARM_NAME_CHARACTERS: Final = 255
DESCRIPTION_CHARACTERS: Final = 1024
ACTIONS: Final = 5
"""For each state."""
ALARM_METRICS: Final = 10
"""Metrics of one alarm, and as many expressions (`Metrics`)."""

# --- composite alarms (PutCompositeAlarm, `AlarmRule`; CloudWatch User Guide, "Combining alarms")

RULE_CHARACTERS: Final = 10_240
RULE_ALARMS: Final = 100
RULE_ELEMENTS: Final = 500
"""Alarms, TRUE and FALSE, and every parenthesis."""
PARENTS: Final = 150
"""Composites that may name one alarm."""

# --- metric filters (CloudWatch Logs API Reference, PutMetricFilter, MetricTransformation; CloudWatch Logs
# User Guide, "Filter pattern syntax for metric filters" and "CloudWatch Logs quotas")

PATTERN_CHARACTERS: Final = 1024
FILTER_NAME_CHARACTERS: Final = 512
LOG_GROUP_CHARACTERS: Final = 512
FILTER_VALUE_CHARACTERS: Final = 100
FILTER_DIMENSIONS: Final = 3
FILTERS: Final = 100
"""Of a log group."""
REGEX_FILTERS: Final = 5
"""Of a log group: those whose pattern has a regular expression."""

# --- dashboards

DASHBOARD_COLUMNS: Final = 24
DASHBOARD_WIDGETS: Final = 500
WIDGET_HEIGHT: Final = 1000
WIDGET_ALARMS: Final = 100
WIDGET_METRICS: Final = 500
"""The widest row, and the most in a dashboard and in one widget (CloudWatch API Reference, "Dashboard Body
Structure and Syntax")."""

DASHBOARD_METRICS: Final = 2500
"""Metrics in all graphs of a dashboard. Inputs of metric math count, also hidden ones (CloudWatch User Guide,
"CloudWatch service quotas")."""

DASHBOARD_QUERIES: Final = 30
"""Ours: log widgets of a dashboard. Each is a query whenever a person opens the page, and an account runs 100
queries at once (CloudWatch Logs User Guide, "View running queries or query history"): three people who look
at the same page during an incident still get an answer."""

DASHBOARD_BYTES: Final = 500_000
"""Ours: AWS publishes no limit for a body. CloudFormation, with which many dashboards are made, takes
templates of 1 MB (CloudFormation quotas), in which the quotes of a body are escaped. Half of that is safe."""


# --- evaluation (CloudWatch User Guide, "Alarm evaluation")

FAST_S: Final = 10
"""How often an alarm with a period below a minute is evaluated."""


def evaluated_every_s(period_s: int, evaluation_periods: int) -> int:
    """Return how many seconds lie between two evaluations of an alarm.

    Every minute; every 10 s when its period is shorter than a minute; every hour when it looks back over more
    than a day.
    """
    if period_s * evaluation_periods > DAY_S:
        return HOUR_S
    return MINUTE_S if period_s >= MINUTE_S else FAST_S


def is_period(period_s: object, *, of_alarm: bool = True) -> bool:
    """Return whether CloudWatch has a period of so many seconds, for an alarm or for a graph."""
    if isinstance(period_s, bool) or not isinstance(period_s, int):
        return False
    if period_s in (ALARM_PERIODS_S if of_alarm else GRAPH_PERIODS_S):
        return True
    return period_s >= MINUTE_S and period_s % MINUTE_S == 0


def window_s(period_s: int) -> int:
    """Return how many seconds an alarm may look back (PutMetricAlarm, `EvaluationPeriods`)."""
    return LONG_WINDOW_S if period_s >= HOUR_S else WINDOW_S
