"""The filters `match`, `evaluate` and `rule` of the command line: one answer for each JSON object.

A key with the value null is ignored. Every problem is an `InputError` with a message for the user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from cloudwatch import patterns, rules
from cloudwatch.alarms import BANDS, Comparison
from cloudwatch.errors import PatternError
from cloudwatch.evaluation import Settings, breaches
from cloudwatch.evaluation import evaluate as state_after
from cloudwatch.publishing import dimension, source
from cloudwatch.states import State
from drill.errors import DrillError
from drill.requests import Evaluation, Match, RuleRequest, shown, validated

Selected = TypeVar("Selected")

_EDGES: Final[Mapping[Comparison, tuple[str, ...]]] = {
    "GreaterThanUpperThreshold": ("upper",),
    "LessThanLowerThreshold": ("lower",),
    "LessThanLowerOrGreaterThanUpperThreshold": ("lower", "upper"),
}
"""The bounds of the band that an operator uses."""


def match(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether an event matches a filter pattern, and what the filter extracts.

    The request has `pattern` and `event`, the line as it was written. Optional: `value` (a number or a
    selector, as a metric filter's), `dimensions` (names with selectors) and `fields` (whether to return the
    values that TestMetricFilter extracts). The answer has a `warning` if the guide requires double quotes
    around a term.

    Raises:
        PatternError: the pattern is not valid.
        DrillError: a key is missing, unknown or of the wrong type; or a selector is not valid.
    """
    request = validated(Match, data)
    pattern = patterns.parse(request.pattern)
    result = patterns.compile(pattern).match(request.event)
    answer: dict[str, Any] = {"match": result is not None}
    if request.value is not None:
        text = request.value if isinstance(request.value, str) else repr(request.value)
        value = _selected("value", source, pattern, text)
        if isinstance(value, float):
            answer["value"] = value if result else None
        else:
            answer["value"] = result.value(value) if result else None
    if request.dimensions is not None:
        selectors = {
            name: _selected(f"dimension {name}", dimension, pattern, text)
            for name, text in request.dimensions.items()
        }
        answer["dimensions"] = {
            name: result.text(selector) if result else None for name, selector in selectors.items()
        }
    if terms := patterns.unquoted(pattern):
        answer["warning"] = f"the guide requires double quotes around {', '.join(terms)}"
    if request.fields:
        answer["fields"] = result.fields if result else {}
    return answer


def _selected(
    name: str, read: Callable[[patterns.Pattern, str], Selected], pattern: patterns.Pattern, selector: str
) -> Selected:
    try:
        return read(pattern, selector)
    except PatternError as error:  # its position is in the selector, not in the pattern
        message = f"{name} {selector}: {error.message}"
        raise DrillError(message) from error


def evaluate(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a metric alarm after one evaluation.

    `{"evaluation_periods": 3, "datapoints_to_alarm": 2, "treat_missing_data": "missing",
    "comparison": "GreaterThanThreshold", "threshold": 0.5, "datapoints": [1, null, 0, 1, 1],
    "previous_state": "OK"}` -> `{"state": "ALARM"}`.

    `datapoints` is the evaluation range, oldest first, null where one is missing. Instead of `threshold`, the
    operators of a band use `lower` and `upper`: a number, or a list with one for each datapoint. Optional:
    `datapoints_to_alarm` (as many as `evaluation_periods`), `treat_missing_data` (`missing`),
    `previous_state` (`INSUFFICIENT_DATA`, the initial state of every alarm).

    Raises:
        DrillError: the object is not valid.
    """
    request = validated(Evaluation, data)
    periods = request.evaluation_periods
    required = request.datapoints_to_alarm
    settings = Settings(periods, periods if required is None else required, request.treat_missing_data)
    datapoints = _with_gaps(request.datapoints)
    breaching = breaches(datapoints, request.comparison, _threshold(request))
    meaning = {1: True, 0: False}
    datapoint_states = [meaning.get(code) for code in breaching.tolist()]
    return {"state": state_after(datapoint_states, settings, request.previous_state)}


def rule(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a composite alarm with a rule.

    `{"rule": "ALARM(a) AND NOT OK(b)", "states": {"a": "ALARM", "b": "ALARM"}}` -> `{"state": "ALARM"}`.

    The keys of `states` are names or ARNs of alarms. Other alarms are in INSUFFICIENT_DATA.

    Raises:
        RuleError: the rule is not valid, or exceeds the limits of CloudWatch.
        DrillError: the object is not valid.
    """
    request = validated(RuleRequest, data)
    rules.check_length(request.rule)
    parsed = rules.parse(request.rule)
    rules.check(parsed)
    states: dict[str, State] = {}
    for reference, state in request.states.items():
        name = rules.name_of(reference)
        if states.setdefault(name, state) != state:
            message = f"states has {shown(name)} twice, in {states[name]} and in {state}"
            raise DrillError(message)
    return {"state": "ALARM" if rules.holds(parsed, states) else "OK"}


def _threshold(request: Evaluation) -> float | tuple[list[float], list[float]]:
    """Return the threshold or band of an operator.

    Raises:
        DrillError: it is missing, is for another operator, or its lower bound is above its upper bound.
    """
    comparison = request.comparison
    needed = _EDGES.get(comparison, ("threshold",))
    unread = ("threshold",) if comparison in BANDS else ("lower", "upper")
    for key in needed:
        if getattr(request, key) is None:
            message = f"{comparison} requires {key}"
            raise DrillError(message)
    for key in unread:
        if getattr(request, key) is not None:
            message = f"{comparison} compares with {' and '.join(needed)}, not with {key}"
            raise DrillError(message)
    if request.threshold is not None:
        return request.threshold
    # A bound that the operator does not use is validated nevertheless.
    lower, upper = (_edge(request, key) for key in ("lower", "upper"))
    if any(low > high for low, high in zip(lower, upper, strict=True)):
        message = "lower must not be above upper"
        raise DrillError(message)
    return lower, upper


def _edge(request: Evaluation, key: str) -> list[float]:
    """Return a bound of a band for each datapoint; NaN where there is none."""
    value, datapoints = getattr(request, key), len(request.datapoints)
    if not isinstance(value, list):
        return [float("nan") if value is None else value] * datapoints
    if len(value) != datapoints:
        message = (
            f"{key} must be a number, or one for each of the {datapoints} datapoints ({len(value)} found)"
        )
        raise DrillError(message)
    return _with_gaps(value)


def _with_gaps(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
