"""Numbers of CloudWatch and of the clock that several modules need."""

from __future__ import annotations

from typing import Final

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400

LARGEST: Final = 2.0**360
"""Of a metric's value, and its negative the smallest (CloudWatch API Reference, MetricDatum, `Value`)."""
