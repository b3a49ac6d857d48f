"""PutMetricData and ListMetrics.

Alarms are evaluated on the samples. Unlike CloudWatch, PutMetricData also accepts namespaces of AWS, so that
a test can set metrics that the local AWS does not emit, such as the number of running tasks.

Sources: Amazon CloudWatch API Reference, PutMetricData, MetricDatum, ListMetrics.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from botocore.model import StringShape

from cloudwatch.quotas import DIMENSIONS, FUTURE_S, LARGEST, LISTED_METRICS, PAST_S, VALUES
from local_aws.errors import AwsError
from local_aws.metrics import Metric, Sample, metrics_of
from local_aws.pages import page
from local_aws.protocols import service_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.calls import Call
    from local_aws.protocols import Value

_STATISTIC_SET = ("SampleCount", "Sum", "Minimum", "Maximum")
"""Members of StatisticValues, in the order of `Sample`."""


def invalid(message: str, code: str = "InvalidParameterValue") -> AwsError:
    """Return the error for a parameter that is not valid."""
    return AwsError(code, message)


async def put(call: Call) -> Value:
    """Add samples: all of them, or none if one is not valid."""
    if "MetricData" not in call.input:
        message = "The parameter MetricData is required."
        raise invalid(message, "MissingParameter")
    samples = [sample for datum in call.input["MetricData"] for sample in _samples(call, datum)]
    metrics = metrics_of(call.store, call.account, call.region)
    for metric, sample in samples:
        metrics.add(metric, sample)
    return {}


def _samples(call: Call, datum: Value) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples of a datum: a value, values with their counts, or a statistic set."""
    now_s = call.clock.real_now_s()
    at_s = float(datum.get("Timestamp", now_s))
    unit = datum.get("Unit", "None")
    members = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    name = datum["MetricName"]
    if not now_s - PAST_S <= at_s <= now_s + FUTURE_S:
        message = (
            f"The Timestamp of {name} must be at most two weeks in the past and two hours in the future."
        )
        raise invalid(message)
    if unit not in _units():
        message = f"The Unit {unit} of {name} is not valid; allowed: {', '.join(sorted(_units()))}."
        raise invalid(message)
    if len(members) != 1:
        message = f"The metric {name} must have exactly one of Value, Values and StatisticValues."
        raise invalid(message, "InvalidParameterCombination")
    metric = Metric.of(call.input["Namespace"], name, dimensions_of(datum))
    if "StatisticValues" in members:
        count, total, low, high = (_number(datum["StatisticValues"][member]) for member in _STATISTIC_SET)
        yield metric, Sample(at_s, count, total, low, high, unit)
        return
    values = datum["Values"] if "Values" in members else [datum["Value"]]
    counts = datum.get("Counts") or [1.0] * len(values)
    if len(counts) != len(values) or len(values) > VALUES:
        message = (
            f"The metric {name} has {len(values)} Values and {len(counts)} Counts; "
            f"allowed: at most {VALUES}, and as many Counts as Values."
        )
        raise invalid(message)
    for value, count in zip(values, counts, strict=True):
        yield metric, Sample.of(at_s, _number(value), unit, _number(count))


def _number(value: float) -> float:
    number = float(value)
    if not abs(number) <= LARGEST:
        message = f"The value {value} must be a number between -2^360 and 2^360."
        raise invalid(message)
    return number


def dimensions_of(source: Value) -> dict[str, str]:
    """Return the dimensions of a datum, a query or an alarm.

    Raises:
        AwsError: there are too many.
    """
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in source.get("Dimensions") or []}
    if len(dimensions) > DIMENSIONS:
        message = f"A metric can have at most {DIMENSIONS} dimensions (found: {len(dimensions)})."
        raise invalid(message)
    return dimensions


@cache
def _units() -> frozenset[str]:
    shape = service_model("cloudwatch").shape_for("StandardUnit")
    assert isinstance(shape, StringShape)  # noqa: S101 - for the types only
    return frozenset(shape.enum)


async def list_metrics(call: Call) -> Value:
    """List metrics by namespace, name and dimensions (with one value, or any value), in pages."""
    filters = [
        (dimension["Name"], dimension.get("Value")) for dimension in call.input.get("Dimensions") or []
    ]
    rows = sorted(
        metric
        for metric in metrics_of(call.store, call.account, call.region)
        if call.input.get("Namespace") in {None, metric.namespace}
        and call.input.get("MetricName") in {None, metric.name}
        and all(
            any(name == key and wanted in {None, value} for key, value in metric.dimensions)
            for name, wanted in filters
        )
    )
    metrics, token = page(rows, call.input.get("NextToken"), LISTED_METRICS)
    return {"Metrics": [_described(metric) for metric in metrics], "NextToken": token}


def _described(metric: Metric) -> Value:
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }
