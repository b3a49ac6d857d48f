"""GetMetricStatistics and GetMetricData: statistics and expressions of metrics, in real time.

Sources: Amazon CloudWatch API Reference, GetMetricStatistics, GetMetricData, MetricDataQuery.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cloudwatch import maths
from cloudwatch.errors import InputError
from cloudwatch.maths.evaluation import evaluate_all
from cloudwatch.quotas import DATAPOINTS, MINUTE_S, is_period
from cloudwatch.statistics import check_statistic
from local_aws.metrics import Metric, datapoints, metrics_of
from local_aws.reporting import dimensions_of, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from cloudwatch.statistics import Statistic
    from local_aws.calls import Call
    from local_aws.protocols import Value


async def get_statistics(call: Call) -> Value:
    """Return the datapoints of one metric, separately for each unit."""
    parameters = call.input
    stats = [*(parameters.get("Statistics") or []), *(parameters.get("ExtendedStatistics") or [])]
    if not stats:
        message = "Must specify either Statistics or ExtendedStatistics"
        raise invalid(message, "InvalidParameterCombination")
    for stat in stats:
        _statistic(stat)
    metric = Metric.of(parameters["Namespace"], parameters["MetricName"], dimensions_of(parameters))
    period_s, start_s, end_s = _grid(parameters, int(parameters["Period"]))
    if (end_s - start_s) / period_s > DATAPOINTS:
        message = (
            f"You have requested up to {(end_s - start_s) // period_s} datapoints, which exceeds the limit "
            f"of {DATAPOINTS}. Increase Period, or decrease the time range."
        )
        raise invalid(message, "InvalidParameterCombination")
    metrics = metrics_of(call.store, call.account, call.region)
    units = [unit for unit in metrics.units(metric) if parameters.get("Unit") in {None, unit}]
    rows: list[Value] = []
    for unit in units:
        columns = {stat: _values(call, metric, unit, stat, (period_s, start_s, end_s)) for stat in stats}
        for index in range((end_s - start_s) // period_s):
            row = {
                stat: float(column[index]) for stat, column in columns.items() if not np.isnan(column[index])
            }
            if row:
                at_s = start_s + index * period_s
                rows.append(_datapoint(at_s, unit, row, parameters.get("ExtendedStatistics")))
    return {"Label": metric.name, "Datapoints": rows}


def _datapoint(at_s: int, unit: str, values: dict[str, float], extended: Sequence[str] | None) -> Value:
    percentiles = {stat: values.pop(stat) for stat in extended or () if stat in values}
    extra = {"ExtendedStatistics": percentiles} if percentiles else {}
    return {"Timestamp": at_s, "Unit": unit, **values, **extra}


async def get_data(call: Call) -> Value:
    """Return the results of queries: statistics of metrics, and expressions over them."""
    queries: list[Value] = call.input["MetricDataQueries"]
    if len({query["Id"] for query in queries}) < len(queries):
        message = "Ids of MetricDataQueries must be unique."
        raise invalid(message, "ValidationError")
    columns = {query["Id"]: _column(call, query) for query in queries if query.get("MetricStat")}
    grids = {query["Id"]: _grid(call.input, _period(query)) for query in queries if _period(query)}
    expressions = {query["Id"]: query["Expression"] for query in queries if query.get("Expression")}
    if expressions:
        if len(set(grids.values())) != 1:
            message = "The local AWS supports expressions only over metrics with the same period."
            raise invalid(message, "ValidationError")
        (grid,) = set(grids.values())
        grids |= dict.fromkeys(expressions, grid)
        columns |= _computed(expressions, columns, grid)
    newest_first = call.input.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    return {
        "MetricDataResults": [
            _result(query, values, _times(grids[query["Id"]]), newest_first=newest_first)
            for query in queries
            if query.get("ReturnData", True)
            # An array of time series has one result per series.
            for values in columns[query["Id"]].reshape(-1, len(_times(grids[query["Id"]])))
        ]
    }


def _column(call: Call, query: Value) -> npt.NDArray[np.float64]:
    """Return the statistic of a query for a metric, per period."""
    stat = query["MetricStat"]
    source = stat["Metric"]
    metric = Metric.of(source["Namespace"], source["MetricName"], dimensions_of(source))
    return _values(call, metric, stat.get("Unit"), stat["Stat"], _grid(call.input, _period(query)))


def _computed(
    expressions: dict[str, str], columns: dict[str, npt.NDArray[np.float64]], grid: tuple[int, int, int]
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the values of expressions over columns and other expressions, per period.

    Raises:
        AwsError: ValidationError, if an expression cannot be computed.
    """
    times = _times(grid)
    try:
        parsed = {key: maths.parse(expression) for key, expression in expressions.items()}
        values = evaluate_all({**columns, **parsed}, times, grid[0])
    except InputError as error:
        message = f"Error in expression: {error}"
        raise invalid(message, "ValidationError") from error
    return {key: np.atleast_1d(values[key]) + np.zeros(len(times)) for key in expressions}


def _times(grid: tuple[int, int, int]) -> npt.NDArray[np.int64]:
    """Return the start of each period of a grid, in seconds since 1970."""
    period_s, start_s, end_s = grid
    return np.arange(start_s, end_s, period_s)


def _result(
    query: Value, values: npt.NDArray[np.float64], times: npt.NDArray[np.int64], *, newest_first: bool
) -> Value:
    points = [
        (int(at_s), float(value)) for at_s, value in zip(times, values, strict=True) if not math.isnan(value)
    ]
    if newest_first:
        points.reverse()
    label = query.get("Label") or (
        query["MetricStat"]["Metric"]["MetricName"] if query.get("MetricStat") else query["Id"]
    )
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": [at_s for at_s, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def _period(query: Value) -> int:
    """Return the period of a query in seconds; 0 for an expression without `Period`."""
    return int((query.get("MetricStat") or query).get("Period") or 0)


def _grid(parameters: Value, period_s: int) -> tuple[int, int, int]:
    """Return period, start and end of the requested time range, in seconds, rounded to whole periods.

    Raises:
        AwsError: the period is not valid, or the start is not before the end.
    """
    if not is_period(period_s, of_alarm=False):
        message = f"The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60 (found: {period_s})."
        raise invalid(message)
    start_s, end_s = float(parameters["StartTime"]), float(parameters["EndTime"])
    if start_s >= end_s:
        message = "The parameter StartTime must be less than the parameter EndTime."
        raise invalid(message, "ValidationError")
    return period_s, math.floor(start_s / period_s) * period_s, math.ceil(end_s / period_s) * period_s


def _values(
    call: Call, metric: Metric, unit: str | None, stat: str, grid: tuple[int, int, int]
) -> npt.NDArray[np.float64]:
    """Return a statistic per period of a grid; NaN if the period has no datapoint."""
    period_s, start_s, end_s = grid
    samples = metrics_of(call.store, call.account, call.region).between(metric, start_s, end_s, unit)
    return datapoints(
        samples,
        _statistic(stat),
        period_s,
        start_s=start_s,
        step_s=math.gcd(period_s, MINUTE_S),
        count=(end_s - start_s) // period_s,
    )


def _statistic(name: str) -> Statistic:
    try:
        return check_statistic(name)
    except InputError as error:
        raise invalid(str(error)) from error
