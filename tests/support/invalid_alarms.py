"""Metric alarms that AWS rejects, and some that it accepts, as requests of PutMetricAlarm.

The catalog, `make verify`, the drill and the local AWS reject the same alarms. The local AWS accepts every alarm
that AWS accepts, even if it cannot evaluate it.
"""

# ruff: noqa: E501  # an alarm and its message are easier to read on one line

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from catalog.specs import Alarm, Math, Metric

FUNCTION = "shop-notifier-prod"
DIMENSIONS = [{"Name": "FunctionName", "Value": FUNCTION}]
BASE: dict[str, Any] = {
    "AlarmName": "shop-x-prod",
    "AlarmDescription": "Runbook: x",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": DIMENSIONS,
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:shop-critical-prod"],
}
_ONE_METRIC = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")


class Invalid(NamedTuple):
    """An alarm that AWS rejects, or that cannot be evaluated here."""

    request: Mapping[str, Any]
    message: str
    """Part of the error message of every validation."""
    in_catalog: bool = True
    """Whether the catalog can express the alarm."""
    by_aws: bool = True
    """Whether AWS rejects the alarm. If not, it is valid but cannot be evaluated here."""


def on(**changed: Any) -> dict[str, Any]:
    """Return the alarm on one metric with changed members. A member that is None is removed."""
    return {key: value for key, value in {**BASE, **changed}.items() if value is not None}


def query(id_: str, name: str = "Errors", *, returned: bool = False, **stat: Any) -> dict[str, Any]:
    """Return a query of a metric of AWS/Lambda."""
    metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": DIMENSIONS}
    return {
        "Id": id_,
        "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum", **stat},
        "ReturnData": returned,
    }


def queries(*metrics: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return an alarm on queries instead of one metric."""
    return on(**{**dict.fromkeys(_ONE_METRIC), "Metrics": list(metrics), **changed})


def math(expression: str, *metrics: dict[str, Any]) -> dict[str, Any]:
    """Return an alarm on an expression over these metrics; by default `errors` and `invocations`."""
    inputs = metrics or (query("errors"), query("invocations", "Invocations"))
    return queries(*inputs, {"Id": "result", "Expression": expression, "ReturnData": True})


def band(expression: str = "ANOMALY_DETECTION_BAND(observed, 2)", **changed: Any) -> dict[str, Any]:
    """Return an alarm with an anomaly band."""
    above = {"ThresholdMetricId": "band", "ComparisonOperator": "GreaterThanUpperThreshold"}
    return queries(
        query("observed", "Duration", returned=True),
        {"Id": "band", "Expression": expression, "ReturnData": True},
        **{"Threshold": None, **above, **changed},
    )


INVALID: Mapping[str, Invalid] = {
    "expression that breaks off": Invalid(math("100 * invocations /"), "character 20: unexpected end of the expression"),
    "call that breaks off": Invalid(math("SUM("), "character 5: unexpected end of the expression"),
    "call without arguments": Invalid(math("RATE()"), "RATE has 0 arguments"),
    "two operators": Invalid(math("errors / / invocations"), "character 10: unexpected /: expected a number"),
    "unknown function": Invalid(math("IFF(errors, 1, 0)"), "function IFF does not exist"),
    "function in small letters": Invalid(math("sum(errors)"), "functions must be in capitals"),
    "unknown id": Invalid(math("errs / invocations"), "no metric or expression has the id errs"),
    "expression without ids": Invalid(math("100"), "must be a time series or an array of time series, not a scalar"),
    "array of series": Invalid(math("[errors, invocations]"), "an alarm must watch one time series"),
    "search": Invalid(math("SUM(SEARCH('{X} a', 'Sum'))"), "SEARCH is not allowed in an alarm"),
    "band as a part": Invalid(math("ANOMALY_DETECTION_BAND(errors, 2)"), "must be the band of an alarm"),
    "expression of 2,052 characters": Invalid(math("errors" + " " * 2046), "at most 2048 characters"),
    "id in capitals": Invalid(math("1 * m", query("M"), query("m")), "the id M is not valid; allowed: a lower-case letter"),
    "id with a hyphen": Invalid(math("1 * m", query("m-1"), query("m")), "the id m-1 is not valid"),
    "id of 256 characters": Invalid(math("1 * m", query("m" * 256), query("m")), "at most 255 characters"),
    "eleven metrics": Invalid(
        math("m1", *(query(f"m{number}") for number in range(11))), "at most 10 metrics (found: 11)"
    ),
    "ranges of unequal bounds": Invalid(on(Statistic=None, ExtendedStatistic="WM(5:90%)"), "WM(5:90%)"),
    "percentile over 100": Invalid(on(Statistic=None, ExtendedStatistic="p101"), "between 0 and 100"),
    "statistic in small letters": Invalid(on(Statistic=None, ExtendedStatistic="sums"), "sums"),
    "statistic of a query": Invalid(
        math("1 * errors", query("errors", Stat="Total")), '"Total" is not a valid statistic'
    ),
    "period of 90 s": Invalid(on(Period=90), "period: 90 is not valid; allowed: 10, 20, 30 or a multiple of 60"),
    "period of 5 s": Invalid(on(Period=5), "period: 5 is not valid"),
    "two periods": Invalid(
        math("errors / invocations", query("errors"), query("invocations", "Invocations", Period=300)),
        "period: all metrics of an alarm must have the same period (found: 60, 300 s)",
    ),
    "two days of ten minutes": Invalid(on(Period=600, EvaluationPeriods=288), "288 periods of 600 s exceed the maximum of 86400 s"),
    "a minute more than a day": Invalid(on(EvaluationPeriods=1441), "1441 periods of 60 s exceed the maximum of 86400 s"),
    "a day of 59 minutes and more": Invalid(on(Period=3540, EvaluationPeriods=25), "exceed the maximum of 86400 s"),
    "an hour more than a week": Invalid(on(Period=3600, EvaluationPeriods=169), "exceed the maximum of 604800 s"),
    "more datapoints than periods": Invalid(on(DatapointsToAlarm=6), ""),
    "no datapoints": Invalid(on(DatapointsToAlarm=0), ""),
    "no periods": Invalid(on(EvaluationPeriods=0, DatapointsToAlarm=None), ""),
    "missing data": Invalid(on(TreatMissingData="good"), ""),
    "operator": Invalid(on(ComparisonOperator="Greater"), ""),
    "operator of a band": Invalid(
        on(ComparisonOperator="GreaterThanUpperThreshold"), "is not valid with a threshold"
    ),
    "band with the operator of a threshold": Invalid(
        band(ComparisonOperator="GreaterThanThreshold"), "is not valid with a band"
    ),
    "no threshold": Invalid(on(Threshold=None), ""),
    "threshold and band": Invalid(band(Threshold=1.0), ""),
    "description of 1,025 characters": Invalid(on(AlarmDescription="x" * 1025), ""),
    "name of 256 characters": Invalid(on(AlarmName="x" * 256), "1 to 255 characters (found: 256)"),
    "31 dimensions": Invalid(
        on(Dimensions=[{"Name": f"d{number:02}", "Value": "v"} for number in range(31)]),
        "dimensions: must be at most 30 (found: 31)",
    ),
    "namespace of 256 characters": Invalid(on(Namespace="n" * 256), "namespace: must have 1 to 255 characters"),
    "metric name of 256 characters": Invalid(on(MetricName="n" * 256), "metric name: must have 1 to 255"),
    # The catalog cannot express these.
    "band that is not a band": Invalid(
        band("1 * observed"), "the band of an alarm must be ANOMALY_DETECTION_BAND", in_catalog=False
    ),
    "band of an unknown id": Invalid(
        band("ANOMALY_DETECTION_BAND(other)"), "band: no metric or expression has the id other", in_catalog=False
    ),
    "band that returns nothing": Invalid(
        band(Metrics=[query("observed", returned=True), {**band()["Metrics"][1], "ReturnData": False}]),
        "for band and exactly one other query (found: observed)", in_catalog=False,
    ),
    "band that does not exist": Invalid(band(ThresholdMetricId="b"), "b and exactly one other", in_catalog=False),
    "two returns": Invalid(
        math("1 * errors", query("errors", returned=True)), "for exactly one query (found: errors, result)", in_catalog=False
    ),
    "no return": Invalid(queries(query("errors")), "for exactly one query (found: none)", in_catalog=False),
    "id twice": Invalid(
        math("1 * errors", query("errors"), query("errors")), "2 queries have the id errors", in_catalog=False
    ),
    "eleven expressions": Invalid(
        queries(
            query("m"),
            *({"Id": f"e{number}", "Expression": "1 * m", "ReturnData": number == 0} for number in range(11)),
        ),
        "at most 10 expressions (found: 11)", in_catalog=False,
    ),
    "expressions in a circle": Invalid(
        queries(
            query("m"),
            {"Id": "a", "Expression": "m + b", "ReturnData": True},
            {"Id": "b", "Expression": "m + a", "ReturnData": False},
        ),
        "expressions form a cycle", in_catalog=False,
    ),
    "expression with a period of its own": Invalid(
        queries(query("m"), {"Id": "e", "Expression": "1 * m", "Period": 300, "ReturnData": True}),
        "must have the same period (found: 60, 300 s)", in_catalog=False,
    ),
    "query of Metrics Insights": Invalid(
        math("SELECT MAX(x) FROM N"), "Metrics Insights queries are not supported", by_aws=False
    ),
    "function over other data": Invalid(
        math("SERVICE_QUOTA(errors)"), "SERVICE_QUOTA is not supported", by_aws=False
    ),
    "no metric": Invalid(
        queries({"Id": "e", "Expression": "TIME_SERIES(1)", "Period": 60, "ReturnData": True}),
        "an alarm without a metric is not supported", in_catalog=False, by_aws=False,
    ),
    "query of nothing": Invalid(
        queries(query("m", returned=True), {"Id": "e", "ReturnData": False}), "is required, but not both", in_catalog=False
    ),
    "metric beside queries": Invalid(
        {**queries(query("m", returned=True)), "MetricName": "Errors"}, "only one of them is allowed", in_catalog=False
    ),
    "two statistics": Invalid(on(ExtendedStatistic="p99"), "is required, but not both", in_catalog=False),
    "no statistic": Invalid(on(Statistic=None), "is required, but not both", in_catalog=False),
    "percentile as a statistic": Invalid(on(Statistic="p99"), "'p99' is not valid; allowed: ", in_catalog=False),
    "unit": Invalid(on(Unit="Furlongs"), "unit: Furlongs is not valid; allowed: Bits, ", in_catalog=False),
    "six actions": Invalid(
        on(AlarmActions=[f"{BASE['AlarmActions'][0]}-{number}" for number in range(6)]),
        "actions: must be at most 5 for ALARM (found: 6)", in_catalog=False,
    ),
    "six actions when it is over": Invalid(
        on(OKActions=["arn:aws:sns:eu-west-1:111122223333:t"] * 6), "must be at most 5 for OK (found: 6)", in_catalog=False
    ),
}  # fmt: skip

VALID: Mapping[str, Mapping[str, Any]] = {
    "one metric": BASE,
    "all datapoints": on(DatapointsToAlarm=5),
    "percentile": on(Statistic=None, ExtendedStatistic="p99.9"),
    "trimmed mean": on(Statistic=None, ExtendedStatistic="TM(10%:90%)"),
    "winsorized mean": on(Statistic=None, ExtendedStatistic="WM(5%:90%)"),
    "rate": math("100 * errors / invocations"),
    "condition": math("IF(invocations > 10 AND errors > 0, 100 * errors / invocations, 0)"),
    "ten metrics": math("SUM(METRICS())", *(query(f"m{number}") for number in range(10))),
    "band": band(),
    "period of 10 s": on(Period=10),
    "a day of minutes": on(EvaluationPeriods=1440),
    "a week of hours": on(Period=3600, EvaluationPeriods=168),
    "name of 255 characters": on(AlarmName="shop-" + "x" * 250),
}


def terraform(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as the body of a Terraform resource."""
    names = {"OKActions": "ok_actions", "Metrics": "metric_query", "MetricStat": "metric"}
    body: dict[str, Any] = {}
    for member, value in request.items():
        name = names.get(member) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", member).lower()
        if member == "Dimensions":
            body[name] = {dimension["Name"]: dimension["Value"] for dimension in value}
        elif member == "Metrics":
            body[name] = [terraform(metric) for metric in value]
        elif member == "MetricStat":
            inner = {key: inner for key, inner in value.items() if key != "Metric"}
            body[name] = [terraform({**value["Metric"], **inner})]
        else:
            body[name] = value
    return body


def spec(alarm: Alarm, request: Mapping[str, Any]) -> Alarm:
    """Return an alarm of the catalog with the settings of a request, and all other fields of `alarm`.

    Raises:
        ValueError: the model rejects a field.
    """
    watches: Metric | Math
    if "Metrics" not in request:
        stat = request.get("ExtendedStatistic") or request["Statistic"]
        watches = _metric(request, request["Period"], stat)
    else:
        metrics = {
            metric["Id"]: _metric(
                metric["MetricStat"]["Metric"], metric["MetricStat"]["Period"], metric["MetricStat"]["Stat"]
            )
            for metric in request["Metrics"]
            if "MetricStat" in metric
        }
        (expression,) = (metric["Expression"] for metric in request["Metrics"] if "Expression" in metric)
        is_band = "ThresholdMetricId" in request
        watches = metrics["observed"] if is_band else Math(expression=expression, metrics=metrics, label="x")
    return Alarm.model_validate(
        {
            **alarm.model_dump(),
            "key": "x",
            "name": request["AlarmName"],
            "description": request["AlarmDescription"],
            "watches": watches,
            "comparison": request["ComparisonOperator"],
            "threshold": request.get("Threshold"),
            "anomaly_band": 2 if "ThresholdMetricId" in request else None,
            "evaluation_periods": request["EvaluationPeriods"],
            "datapoints_to_alarm": request.get("DatapointsToAlarm", request["EvaluationPeriods"]),
            "treat_missing_data": request["TreatMissingData"],
        }
    )


def _metric(source: Mapping[str, Any], period_s: int, stat: str) -> Metric:
    return Metric(
        namespace=source["Namespace"],
        name=source["MetricName"],
        dimensions={dimension["Name"]: dimension["Value"] for dimension in source["Dimensions"]},
        stat=stat,
        period_s=period_s,
        label="x",
    )
