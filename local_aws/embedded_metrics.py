"""Metrics in log lines: the CloudWatch embedded metric format.

A line that is a JSON object with a member `_aws` says itself which of its members are metrics. A line that
says so wrongly is counted and makes none.

Sources: Amazon CloudWatch User Guide, "Specification: Embedded metric format" (its schema, its limits) and
"Monitoring Amazon CloudWatch Logs usage with metrics" (EMFParsingErrors, EMFValidationErrors).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_aws.metrics import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = '"_aws"'
_DIMENSIONS, _METRICS, _VALUES = 30, 100, 100
"""At most: dimensions of a set, metrics of a directive, values of a metric."""

_NAME_LENGTH = 1024
_MS = 1000


class EmbeddedMetricError(ValueError):
    """A line that was to be in the format is not.

    Attributes:
        metric: the metric of AWS/Logs that counts such lines.
    """

    metric: str


class ParsingError(EmbeddedMetricError):
    """It is not JSON."""

    metric = "EMFParsingErrors"


class ValidationError(EmbeddedMetricError):
    """It does not keep the rules of the format."""

    metric = "EMFValidationErrors"


def samples(text: str) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples that a line holds; none when it is not in the format.

    Raises:
        ParsingError: it looks like one, and is no JSON.
        ValidationError: it breaks a rule of the format.
    """
    if _MARK not in text or not text.lstrip().startswith("{"):
        return
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParsingError(str(error)) from error
    if "_aws" not in line:
        return
    head = _the(dict, line["_aws"], "_aws")
    if "CloudWatchMetrics" not in head:
        return
    at_s = _number(head.get("Timestamp"), "Timestamp") / _MS
    for directive in _the(list, head["CloudWatchMetrics"], "CloudWatchMetrics"):
        yield from _directive(_the(dict, directive, "CloudWatchMetrics"), line, at_s)


def _directive(directive: Any, line: dict[str, Any], at_s: float) -> Iterator[tuple[Metric, Sample]]:  # noqa: ANN401 - JSON is anything
    namespace = _name(directive.get("Namespace"), "Namespace")
    sets = [_dimensions(names, line) for names in _the(list, directive.get("Dimensions"), "Dimensions")]
    metrics = _the(list, directive.get("Metrics"), "Metrics")
    if len(metrics) > _METRICS:
        message = f"Metrics has {len(metrics)} of at most {_METRICS}"
        raise ValidationError(message)
    for definition in metrics:
        name = _name(_the(dict, definition, "Metrics").get("Name"), "Name")
        unit = _the(str, definition.get("Unit", "None"), "Unit")
        if name not in line:
            message = f"{name} is not in the line"
            raise ValidationError(message)
        given = line[name] if isinstance(line[name], list) else [line[name]]
        if len(given) > _VALUES:
            message = f"{name} has {len(given)} values of at most {_VALUES}"
            raise ValidationError(message)
        for value in given:
            for dimensions in sets:
                yield Metric.of(namespace, name, dimensions), Sample.of(at_s, _number(value, name), unit)


def _dimensions(names: object, line: dict[str, Any]) -> dict[str, str]:
    found = {}
    given = _the(list, names, "Dimensions")
    if len(given) > _DIMENSIONS:
        message = f"a set of {len(given)} dimensions; at most {_DIMENSIONS}"
        raise ValidationError(message)
    for name in given:
        key = _name(name, "Dimensions")
        if key not in line:
            message = f"the dimension {key} is not in the line"
            raise ValidationError(message)
        found[key] = _name(line[key], key)
    return found


def _name(value: object, what: str) -> str:
    found: str = _the(str, value, what)
    if not 1 <= len(found) <= _NAME_LENGTH:
        message = f"{what} has {len(found)} of 1 to {_NAME_LENGTH} characters"
        raise ValidationError(message)
    return found


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < float("inf"):
        message = f"{what} is no number"
        raise ValidationError(message)
    return float(value)


def _the(kind: type, value: object, what: str) -> Any:  # noqa: ANN401 - whatever kind was asked for
    if not isinstance(value, kind):
        message = f"{what} is no {kind.__name__}"
        raise ValidationError(message)
    return value
