"""Metrics in log lines: the CloudWatch embedded metric format (EMF).

In a line that is a JSON object, the member `_aws` defines which other members are metrics. A line with a
definition that is not valid has no metrics; CloudWatch Logs counts it in a metric of its own.

Sources: Amazon CloudWatch User Guide, "Specification: Embedded metric format" (its schema, its limits);
CloudWatch API Reference, MetricDatum (`StorageResolution`, `Timestamp`, `Value`); CloudWatch Logs User Guide,
"Monitoring usage with CloudWatch metrics" (EMFParsingErrors, EMFValidationErrors).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cloudwatch.alarms import Metric, pairs
from cloudwatch.publishing import UNITS
from cloudwatch.quotas import DIMENSIONS, FUTURE_S, LARGEST, MINUTE_S, PAST_S

_MARK: Final = '"_aws"'
_METRICS, _VALUES = 100, 100
"""Maximum number of metrics in a directive, and of values of a metric."""
_NAME_CHARACTERS: Final = 1024
_RESOLUTIONS_S: Final = (1, MINUTE_S)
_MS: Final = 1000
_JSON_TYPES: Final[dict[type, str]] = {dict: "an object", list: "an array", str: "a string"}


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


ERRORS: Final = frozenset({ParsingError.metric, ValidationError.metric})
"""The metrics of AWS/Logs that count lines that are not valid."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a metric in a line.

    Attributes:
        metric: the metric, with the values of its dimensions.
        value: the value.
        unit: a unit of CloudWatch; "None" by default.
        at_s: the time in the line, in seconds since 1970.
        resolution_s: the storage resolution, 1 or 60 seconds.
    """

    metric: Metric
    value: float
    unit: str
    at_s: float
    resolution_s: int


def samples(text: str) -> tuple[Sample, ...]:
    """Return the samples in a log line; none if the line is not in the embedded metric format.

    Raises:
        ParsingError: the line has `_aws` and is not JSON.
        ValidationError: the line violates the specification.
    """
    if _MARK not in text or not text.lstrip().startswith("{"):
        return ()
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParsingError(str(error)) from error
    if "_aws" not in line:
        return ()
    head = _typed(dict, line["_aws"], "_aws")
    if "CloudWatchMetrics" not in head:
        return ()
    at_s = _number(head.get("Timestamp"), "Timestamp") / _MS
    directives = _typed(list, head["CloudWatchMetrics"], "CloudWatchMetrics")
    return tuple(
        sample
        for directive in directives
        for sample in _directive(_typed(dict, directive, "CloudWatchMetrics"), line, at_s)
    )


def check_time(sample: Sample, written_s: float) -> None:
    """Reject a sample that CloudWatch rejects because of its age (MetricDatum, `Timestamp`).

    Args:
        sample: the sample.
        written_s: when its line was written, in seconds since 1970.

    Raises:
        ValidationError: it is more than two weeks older, or more than two hours newer, than its line. That
            the line counts as not valid is not documented.
    """
    if not written_s - PAST_S <= sample.at_s <= written_s + FUTURE_S:
        message = "Timestamp must be within two weeks before and two hours after the time of the line"
        raise ValidationError(message)


def _directive(directive: dict[str, Any], line: dict[str, Any], at_s: float) -> Iterator[Sample]:
    namespace = _name(directive.get("Namespace"), "Namespace")
    sets = [_dimensions(names, line) for names in _typed(list, directive.get("Dimensions"), "Dimensions")]
    if not sets:
        message = "Dimensions must have at least one set, which may be empty: [[]]"
        raise ValidationError(message)
    metrics = _typed(list, directive.get("Metrics"), "Metrics")
    if len(metrics) > _METRICS:
        message = f"Metrics has {len(metrics)} entries; at most {_METRICS} are allowed"
        raise ValidationError(message)
    for definition in metrics:
        name = _name(_typed(dict, definition, "Metrics").get("Name"), "Name")
        unit = _typed(str, definition.get("Unit", "None"), "Unit")
        if unit not in UNITS:
            message = f"the Unit of {name} must be a unit of CloudWatch, such as Milliseconds (found: {unit})"
            raise ValidationError(message)
        resolution_s = definition.get("StorageResolution", MINUTE_S)
        if isinstance(resolution_s, bool) or resolution_s not in _RESOLUTIONS_S:
            message = f"the StorageResolution of {name} must be 1 or {MINUTE_S} (found: {resolution_s})"
            raise ValidationError(message)
        if name not in line:
            message = f"the metric {name} is not in the line"
            raise ValidationError(message)
        values = line[name] if isinstance(line[name], list) else [line[name]]
        if len(values) > _VALUES:
            message = f"{name} has {len(values)} values; at most {_VALUES} are allowed"
            raise ValidationError(message)
        for value in values:
            number = _number(value, name)
            for dimensions in sets:
                metric = Metric(namespace, name, pairs(dimensions))
                yield Sample(metric, number, unit, at_s, int(resolution_s))


def _dimensions(names: object, line: dict[str, Any]) -> dict[str, str]:
    dimensions = {}
    keys = _typed(list, names, "Dimensions")
    if len(keys) > DIMENSIONS:
        message = f"Dimensions has a set of {len(keys)} dimensions; at most {DIMENSIONS} are allowed"
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
    if not 1 <= len(name) <= _NAME_CHARACTERS:
        message = f"{member} must have 1 to {_NAME_CHARACTERS} characters (found: {len(name)})"
        raise ValidationError(message)
    return name


def _number(value: object, member: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
        message = f"{member} must be a number between -2^360 and 2^360"
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
