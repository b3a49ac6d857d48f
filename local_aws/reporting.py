"""Samples that are put, and the metrics that there are.

The samples are those that alarms are evaluated on. Namespaces of AWS's are taken, too, which CloudWatch
refuses: so a rehearsal can say what the local AWS cannot know, such as how many tasks of a service run.

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

_SET = ("SampleCount", "Sum", "Minimum", "Maximum")


def invalid(message: str, code: str = "InvalidParameterValue") -> AwsError:
    """Return the error for what CloudWatch does not take."""
    return AwsError(code, message)


async def put(call: Call) -> Value:
    """Keep samples; all of them, or none when one is refused."""
    if "MetricData" not in call.input:
        message = "The parameter MetricData is required."
        raise invalid(message, "MissingParameter")
    found = [sample for datum in call.input["MetricData"] for sample in _samples(call, datum)]
    metrics = metrics_of(call.store, call.account, call.region)
    for metric, sample in found:
        metrics.add(metric, sample)
    return {}


def _samples(call: Call, datum: Value) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples of a datum: a value, values with how often each came, or a statistic set."""
    now_s = call.clock.real_now_s()
    at_s = float(datum.get("Timestamp", now_s))
    unit = datum.get("Unit", "None")
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if not now_s - PAST_S <= at_s <= now_s + FUTURE_S:
        message = (
            f"The Timestamp of {datum['MetricName']} is not within two weeks before and two hours after now."
        )
        raise invalid(message)
    if unit not in _units():
        message = f"The Unit {unit} of {datum['MetricName']} is none of: {', '.join(sorted(_units()))}."
        raise invalid(message)
    if len(given) != 1:
        message = f"{datum['MetricName']} needs one of Value, Values and StatisticValues."
        raise invalid(message, "InvalidParameterCombination")
    metric = Metric.of(call.input["Namespace"], datum["MetricName"], dimensions_of(datum))
    if "StatisticValues" in given:
        one = {name: _number(datum["StatisticValues"][name]) for name in _SET}
        yield metric, Sample(at_s, one["SampleCount"], one["Sum"], one["Minimum"], one["Maximum"], unit)
        return
    values = datum["Values"] if "Values" in given else [datum["Value"]]
    counts = datum.get("Counts") or [1.0] * len(values)
    if len(counts) != len(values) or len(values) > VALUES:
        message = (
            f"{datum['MetricName']} has {len(values)} Values (at most {VALUES}) and {len(counts)} Counts."
        )
        raise invalid(message)
    for value, count in zip(values, counts, strict=True):
        yield metric, Sample.of(at_s, _number(value), unit, _number(count))


def _number(value: float) -> float:
    found = float(value)
    if not abs(found) <= LARGEST:
        message = f"{value} is no number between -2^360 and 2^360."
        raise invalid(message)
    return found


def dimensions_of(given: Value) -> dict[str, str]:
    """Return the dimensions of a datum, a query or an alarm.

    Raises:
        AwsError: there are too many.
    """
    found = {dimension["Name"]: dimension["Value"] for dimension in given.get("Dimensions") or []}
    if len(found) > DIMENSIONS:
        message = f"A metric has at most {DIMENSIONS} dimensions."
        raise invalid(message)
    return found


@cache
def _units() -> frozenset[str]:
    shape = service_model("cloudwatch").shape_for("StandardUnit")
    assert isinstance(shape, StringShape)  # noqa: S101 - for the types only
    return frozenset(shape.enum)


async def list_metrics(call: Call) -> Value:
    """List metrics by namespace, name and dimensions (with a value, or with any), a page at a time."""
    wanted = [(dimension["Name"], dimension.get("Value")) for dimension in call.input.get("Dimensions") or []]
    rows = sorted(
        metric
        for metric in metrics_of(call.store, call.account, call.region)
        if call.input.get("Namespace") in {None, metric.namespace}
        and call.input.get("MetricName") in {None, metric.name}
        and all(
            any(name == key and value in {None, of} for key, of in metric.dimensions)
            for name, value in wanted
        )
    )
    found, token = page(rows, call.input.get("NextToken"), LISTED_METRICS)
    return {"Metrics": [_described(metric) for metric in found], "NextToken": token}


def _described(metric: Metric) -> Value:
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }
