"""The filters `evaluate` and `rule`: one JSON object each, one answer.

A key whose value is null is a key that is not there. Anything that is wrong is a `DrillError`, with a
sentence for whoever wrote the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudwatch import rules
from cloudwatch.evaluation import BANDS, OPERATORS, TREATMENTS, Comparison, Settings, breaches
from cloudwatch.evaluation import evaluate as state_after
from cloudwatch.states import FIRST, STATES, State
from drill.errors import DrillError
from drill.requests import integer, number, numbers, one_of, refuse_unknown, shown, text

_EDGES: Final[Mapping[Comparison, tuple[str, ...]]] = {
    "GreaterThanUpperThreshold": ("upper",),
    "LessThanLowerThreshold": ("lower",),
    "LessThanLowerOrGreaterThanUpperThreshold": ("lower", "upper"),
}
"""Which edges of the band an operator compares with."""


def evaluate(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a metric alarm after one evaluation.

    `{"evaluation_periods": 3, "datapoints_to_alarm": 2, "treat_missing_data": "missing",
    "comparison": "GreaterThanThreshold", "threshold": 0.5, "datapoints": [1, null, 0, 1, 1],
    "previous_state": "OK"}` -> `{"state": "ALARM"}`.

    `datapoints` is the whole evaluation range, oldest first, null where one is missing. Instead of
    `threshold`, the operators of a band take `lower` and `upper`: a number, or a list with one for each
    datapoint. What may be left out: `datapoints_to_alarm` (as many as `evaluation_periods`),
    `treat_missing_data` (`missing`), `previous_state` (`INSUFFICIENT_DATA`, in which every alarm begins).

    Raises:
        DrillError: the object is none of this kind.
    """
    known = (
        "evaluation_periods", "datapoints_to_alarm", "treat_missing_data", "comparison", "threshold",
        "lower", "upper", "datapoints", "previous_state",
    )  # fmt: skip
    refuse_unknown(request, known, ("evaluation_periods", "comparison", "datapoints"))
    given = {key: value for key, value in request.items() if value is not None}
    periods = integer(given["evaluation_periods"], "evaluation_periods")
    settings = Settings(
        periods,
        integer(given.get("datapoints_to_alarm", periods), "datapoints_to_alarm"),
        one_of(given.get("treat_missing_data", "missing"), "treat_missing_data", TREATMENTS),
    )
    comparison = one_of(given["comparison"], "comparison", OPERATORS)
    previous = one_of(given.get("previous_state", FIRST), "previous_state", STATES)
    datapoints = numbers(given["datapoints"], "datapoints")
    threshold = _threshold(given, comparison, len(datapoints))
    known_or_not = {1: True, 0: False}
    breaching = [known_or_not.get(one) for one in breaches(datapoints, comparison, threshold).tolist()]
    return {"state": state_after(breaching, settings, previous)}


def rule(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a composite alarm that has a rule.

    `{"rule": "ALARM(a) AND NOT OK(b)", "states": {"a": "ALARM", "b": "ALARM"}}` -> `{"state": "ALARM"}`.

    An alarm is named in `states` by its name or its ARN; one that is not there is in INSUFFICIENT_DATA.

    Raises:
        RuleError: the rule is not what CloudWatch takes, or larger.
        DrillError: the object is none of this kind.
    """
    refuse_unknown(request, ("rule", "states"), ("rule",))
    written = text(request["rule"], "rule")
    rules.check_length(written)
    read = rules.parse(written)
    rules.check(read)
    given = request.get("states")
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        message = f"states must be an object of alarms and their states (found: {shown(given)})"
        raise DrillError(message)
    states: dict[str, State] = {}
    for reference, value in given.items():
        name = rules.name_of(reference)
        state = one_of(value, f"states.{shown(reference)}", STATES)
        if states.setdefault(name, state) != state:
            message = f"states has {shown(name)} twice, in {states[name]} and in {state}"
            raise DrillError(message)
    return {"state": "ALARM" if rules.holds(read, states) else "OK"}


def _threshold(
    given: Mapping[str, Any], comparison: Comparison, datapoints: int
) -> float | tuple[list[float], list[float]]:
    """Return what an operator compares with.

    Raises:
        DrillError: it is not there, is of another operator, or is a band that is upside down.
    """
    needed = _EDGES.get(comparison, ("threshold",))
    unread = ("threshold",) if comparison in BANDS else ("lower", "upper")
    for key in needed:
        if key not in given:
            message = f"{comparison} needs {key}"
            raise DrillError(message)
    for key in unread:
        if key in given:
            message = f"{comparison} compares with {' and '.join(needed)}, not with {key}"
            raise DrillError(message)
    if comparison not in BANDS:
        return number(given["threshold"], "threshold")
    # An edge that is not needed compares with nothing, but is looked at if it is given.
    lower, upper = (_edge(given, key, datapoints) for key in ("lower", "upper"))
    if any(low > high for low, high in zip(lower, upper, strict=True)):
        message = "lower must not be above upper"
        raise DrillError(message)
    return lower, upper


def _edge(given: Mapping[str, Any], key: str, datapoints: int) -> list[float]:
    """Return one edge of a band at each datapoint; NaN where there is none."""
    value = given.get(key)
    if not isinstance(value, list):
        return [float("nan") if value is None else number(value, key)] * datapoints
    found = numbers(value, key)
    if len(found) != datapoints:
        message = (
            f"{key} must be a number, or one for each of the {datapoints} datapoints ({len(found)} found)"
        )
        raise DrillError(message)
    return found
