"""Metrics in log lines: the CloudWatch embedded metric format (EMF).

In a line that is a JSON object, the member `_aws` defines which other members are metrics. A line with a
definition that is not valid is counted as an error and has no metrics.

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
"""Maximum number of dimensions in a set, metrics in a directive, values of a metric."""

_JSON_TYPES: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}
_NAME_LENGTH = 1024
_MS = 1000


class EmbeddedMetricError(ValueError):
    """A line with `_aws` is not in the embedded metric format.

    Attributes:
        metric: the metric of AWS/Logs that counts these lines.
    """

    metric: str


class ParsingError(EmbeddedMetricError):
    """The line is not JSON."""

    metric = "EMFParsingErrors"


class ValidationError(EmbeddedMetricError):
    """The line violates the specification of the format."""

    metric = "EMFValidationErrors"


def samples(text: str) -> Iterator[tuple[Metric, Sample]]:
    """Yield the samples in a log line; none if the line is not in the embedded metric format.

    Raises:
        ParsingError: the line has `_aws` and is not JSON.
        ValidationError: the line violates the specification.
    """
    if _MARK not in text or not text.lstrip().startswith("{"):
        return
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParsingError(str(error)) from error
    if "_aws" not in line:
        return
    head = _typed(dict, line["_aws"], "_aws")
    if "CloudWatchMetrics" not in head:
        return
    at_s = _number(head.get("Timestamp"), "Timestamp") / _MS
    for directive in _typed(list, head["CloudWatchMetrics"], "CloudWatchMetrics"):
        yield from _directive(_typed(dict, directive, "CloudWatchMetrics"), line, at_s)


def _directive(directive: Any, line: dict[str, Any], at_s: float) -> Iterator[tuple[Metric, Sample]]:  # noqa: ANN401 - JSON is anything
    namespace = _name(directive.get("Namespace"), "Namespace")
    sets = [_dimensions(names, line) for names in _typed(list, directive.get("Dimensions"), "Dimensions")]
    metrics = _typed(list, directive.get("Metrics"), "Metrics")
    if len(metrics) > _METRICS:
        message = f"Metrics has {len(metrics)} entries; at most {_METRICS} are allowed"
        raise ValidationError(message)
    for definition in metrics:
        name = _name(_typed(dict, definition, "Metrics").get("Name"), "Name")
        unit = _typed(str, definition.get("Unit", "None"), "Unit")
        if name not in line:
            message = f"the metric {name} is not in the line"
            raise ValidationError(message)
        values = line[name] if isinstance(line[name], list) else [line[name]]
        if len(values) > _VALUES:
            message = f"{name} has {len(values)} values; at most {_VALUES} are allowed"
            raise ValidationError(message)
        for value in values:
            for dimensions in sets:
                yield Metric.of(namespace, name, dimensions), Sample.of(at_s, _number(value, name), unit)


def _dimensions(names: object, line: dict[str, Any]) -> dict[str, str]:
    dimensions = {}
    keys = _typed(list, names, "Dimensions")
    if len(keys) > _DIMENSIONS:
        message = f"Dimensions has a set of {len(keys)} dimensions; at most {_DIMENSIONS} are allowed"
        raise ValidationError(message)
    for name in keys:
        key = _name(name, "Dimensions")
        if key not in line:
            message = f"the dimension {key} is not in the line"
            raise ValidationError(message)
        dimensions[key] = _name(line[key], key)
    return dimensions


def _name(value: object, member: str) -> str:
    name: str = _typed(str, value, member)
    if not 1 <= len(name) <= _NAME_LENGTH:
        message = f"{member} must have 1 to {_NAME_LENGTH} characters (found: {len(name)})"
        raise ValidationError(message)
    return name


def _number(value: object, member: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < float("inf"):
        message = f"{member} is not a number"
        raise ValidationError(message)
    return float(value)


def _typed(kind: type, value: object, member: str) -> Any:  # noqa: ANN401 - a value of `kind`
    """Return a value if it has the type `kind`.

    Raises:
        ValidationError: it has another type.
    """
    if not isinstance(value, kind):
        message = f"{member} must be {_JSON_TYPES[kind]}"
        raise ValidationError(message)
    return value
