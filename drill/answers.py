"""The filters `match`, `evaluate` and `rule` of the command line: one JSON object each, one answer.

A key whose value is null is a key that is not there. Anything that is wrong is an `InputError`, with a
sentence for whoever wrote the object.
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
"""Which edges of the band an operator compares with."""


def match(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether an event matches a filter pattern, and what the filter would take out of it.

    The request has `pattern` and `event`, the line as it was written; it may have `value` (a number or a
    selector, as a metric filter's), `dimensions` (names with selectors) and `fields` (whether to return what
    TestMetricFilter extracts).

    Raises:
        PatternError: the pattern is malformed.
        DrillError: a key is missing, unknown or of the wrong type; or a selector is none of this pattern.
    """
    request = validated(Match, asked)
    pattern = patterns.parse(request.pattern)
    found = patterns.compile(pattern).match(request.event)
    answer: dict[str, Any] = {"match": found is not None}
    if request.value is not None:
        text = request.value if isinstance(request.value, str) else repr(request.value)
        value = _selected("value", source, pattern, text)
        if isinstance(value, float):
            answer["value"] = value if found else None
        else:
            answer["value"] = found.value(value) if found else None
    if request.dimensions is not None:
        selectors = {
            name: _selected(f"dimension {name}", dimension, pattern, text)
            for name, text in request.dimensions.items()
        }
        answer["dimensions"] = {
            name: found.text(selector) if found else None for name, selector in selectors.items()
        }
    if request.fields:
        answer["fields"] = found.fields if found else {}
    return answer


def _selected(
    what: str, read: Callable[[patterns.Pattern, str], Selected], pattern: patterns.Pattern, selector: str
) -> Selected:
    try:
        return read(pattern, selector)
    except PatternError as error:  # its position is in the selector, not in the pattern
        message = f"{what} {selector}: {error.message}"
        raise DrillError(message) from error


def evaluate(asked: Mapping[str, Any]) -> dict[str, Any]:
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
    request = validated(Evaluation, asked)
    periods = request.evaluation_periods
    wanted = request.datapoints_to_alarm
    settings = Settings(periods, periods if wanted is None else wanted, request.treat_missing_data)
    datapoints = _with_gaps(request.datapoints)
    breaching = breaches(datapoints, request.comparison, _threshold(request))
    known_or_not = {1: True, 0: False}
    states = [known_or_not.get(each) for each in breaching.tolist()]
    return {"state": state_after(states, settings, request.previous_state)}


def rule(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a composite alarm that has a rule.

    `{"rule": "ALARM(a) AND NOT OK(b)", "states": {"a": "ALARM", "b": "ALARM"}}` -> `{"state": "ALARM"}`.

    An alarm is named in `states` by its name or its ARN; one that is not there is in INSUFFICIENT_DATA.

    Raises:
        RuleError: the rule is not what CloudWatch takes, or larger.
        DrillError: the object is none of this kind.
    """
    request = validated(RuleRequest, asked)
    rules.check_length(request.rule)
    read = rules.parse(request.rule)
    rules.check(read)
    states: dict[str, State] = {}
    for reference, state in request.states.items():
        name = rules.name_of(reference)
        if states.setdefault(name, state) != state:
            message = f"states has {shown(name)} twice, in {states[name]} and in {state}"
            raise DrillError(message)
    return {"state": "ALARM" if rules.holds(read, states) else "OK"}


def _threshold(request: Evaluation) -> float | tuple[list[float], list[float]]:
    """Return what an operator compares with.

    Raises:
        DrillError: it is not there, is of another operator, or is a band that is upside down.
    """
    comparison = request.comparison
    needed = _EDGES.get(comparison, ("threshold",))
    unread = ("threshold",) if comparison in BANDS else ("lower", "upper")
    for key in needed:
        if getattr(request, key) is None:
            message = f"{comparison} needs {key}"
            raise DrillError(message)
    for key in unread:
        if getattr(request, key) is not None:
            message = f"{comparison} compares with {' and '.join(needed)}, not with {key}"
            raise DrillError(message)
    if request.threshold is not None:
        return request.threshold
    # An edge that is not needed compares with nothing, but is looked at if it is given.
    lower, upper = (_edge(request, key) for key in ("lower", "upper"))
    if any(low > high for low, high in zip(lower, upper, strict=True)):
        message = "lower must not be above upper"
        raise DrillError(message)
    return lower, upper


def _edge(request: Evaluation, key: str) -> list[float]:
    """Return one edge of a band at each datapoint; NaN where there is none."""
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
