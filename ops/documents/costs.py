"""The quantities in docs/costs.md that follow from the catalog: alarms, composite alarms, log metrics."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.specs import Catalog
from ops.documents.markdown import generated, table

_PART = "quantities of prod"
ALARM_METRIC_USD, COMPOSITE_USD, METRIC_USD, DASHBOARD_USD = 0.10, 0.50, 0.30, 3.00
"""List prices a month in us-east-1 (Amazon CloudWatch pricing)."""

_BAND_METRICS = 3
"""Metrics that an alarm with an anomaly band is charged for (Amazon CloudWatch pricing, example)."""


def quantities(catalog: Catalog) -> dict[str, int]:
    """Return what is charged: `alarms`, their `metrics`, `composites`, `log_metrics`, `filters`."""
    return {
        "alarms": len(catalog.alarms),
        "metrics": sum(
            _BAND_METRICS if alarm.anomaly_band else len(alarm.metrics) for alarm in catalog.alarms
        ),
        "composites": len(catalog.composites),
        "log_metrics": len({(item.namespace, item.metric) for item in catalog.filters}),
        "filters": len(catalog.filters),
    }


def fixed_usd(catalog: Catalog) -> float:
    """Return the cost of alarms, log metrics and one dashboard in USD a month."""
    count = quantities(catalog)
    return (
        count["metrics"] * ALARM_METRIC_USD
        + count["composites"] * COMPOSITE_USD
        + count["log_metrics"] * METRIC_USD
        + DASHBOARD_USD
    )


def costs(text: str, catalog: Catalog) -> str:
    """Return the document with its quantities replaced by those of the catalog."""
    return generated(text, _PART, table(("item", "quantity", "cost per month"), _rows(quantities(catalog))))


def _rows(count: dict[str, int]) -> Iterable[tuple[str, str, str]]:
    def price(number: int, usd: float) -> str:
        return f"{number} x ${usd:.2f} = ${number * usd:.2f}"

    return (
        (
            "Alarms",
            f"{count['alarms']} over {count['metrics']} metrics; metric math is charged per metric",
            price(count["metrics"], ALARM_METRIC_USD),
        ),
        ("Composite alarms", str(count["composites"]), price(count["composites"], COMPOSITE_USD)),
        (
            "Metrics from log filters",
            f"{count['log_metrics']}, of {count['filters']} filters; two filters can feed one metric",
            price(count["log_metrics"], METRIC_USD),
        ),
    )
