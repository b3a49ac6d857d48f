"""Numbers of CloudWatch and of the clock that several modules need."""

from __future__ import annotations

from typing import Final

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400

LARGEST: Final = 2.0**360
"""Of a metric's value, and its negative the smallest (CloudWatch API Reference, MetricDatum, `Value`)."""

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
