"""Alarms and metric filters of a Terraform configuration, read into the typed model via AWS's API format.

Source: Terraform AWS provider, aws_cloudwatch_metric_alarm, aws_cloudwatch_composite_alarm and
aws_cloudwatch_log_metric_filter; Terraform language, "JSON Configuration Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from cloudwatch import api
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.publishing import MetricFilter
from cloudwatch.records import Record
from terraform.configuration import Resource
from terraform.expressions import is_known

METRIC_ALARM: Final = "aws_cloudwatch_metric_alarm"
COMPOSITE_ALARM: Final = "aws_cloudwatch_composite_alarm"
LOG_METRIC_FILTER: Final = "aws_cloudwatch_log_metric_filter"

_CLOUD_CONTROL: Final = "aws_cloudcontrolapi_resource"
"""Resources of any type of CloudFormation, which is their `type_name`."""
CREATORS: Final = (
    r"alarm",
    r"alert",
    r"_monitor(_json)?$",
    r"rule_?groups?_?namespace$",
    r"^(grafana|mimir)_rule_group",
    r"application_?insights(_|::)application$",
    rf"^{_CLOUD_CONTROL}$",
    r"cloudformation_stack",
    r"::CloudFormation::(?!Wait)",
    r"serverless.*stack",
    r"::Serverless::",
    r"provisioned_?product$",
    r"::MODULE$",
)
"""Types of resources of Terraform, of any provider, and of CloudFormation that are alarms, or that may create
alarms. Sources: the documentation of each type; CloudFormation User Guide, "Modules"."""
FILTER_CREATORS: Final = (r"metric_?filter",)
"""Types of resources that are metric filters."""
_CREATES_ALARMS: Final = re.compile("|".join(CREATORS), re.IGNORECASE)
_CREATES_FILTERS: Final = re.compile("|".join(FILTER_CREATORS), re.IGNORECASE)
_FROM_TEMPLATE: Final = re.compile(r"stack|provisioned_?product", re.IGNORECASE)
"""Types of resources that create whatever a template contains."""
_TYPE: Final = re.compile(r"\w+(?:::\w+)+")
"""A type of resources in the text of a template."""
_MACRO: Final = re.compile(r"""Fn::Transform|!Transform\b|\bTransform["']?\s*:""")
"""A macro in a template, which may add resources (CloudFormation User Guide, "Template macros"; Template
Reference, "Fn::Transform")."""
_META: Final = frozenset(
    {"//", "connection", "depends_on", "lifecycle", "provider", "provisioner", "region", "tags_all"}
)
"""Arguments that control how and where Terraform creates a resource; they do not change the resource."""
_COMPUTED: Final = frozenset({"arn", "id"})
"""Attributes that are in a state and not in a configuration."""

_ALARM: Final[Mapping[str, str]] = {
    "ok_actions": "OKActions",
    "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
    "metric_query": "Metrics",
}
_METRIC_FILTER: Final[Mapping[str, str]] = {
    "name": "filterName",
    "pattern": "filterPattern",
    "log_group_name": "logGroupName",
    "metric_transformation": "metricTransformations",
    "apply_on_transformed_logs": "applyOnTransformedLogs",
    "field_selection_criteria": "fieldSelectionCriteria",
    "emit_system_field_dimensions": "emitSystemFieldDimensions",
}
_TRANSFORMATION: Final[Mapping[str, str]] = {
    "name": "metricName",
    "namespace": "metricNamespace",
    "value": "metricValue",
    "default_value": "defaultValue",
}
_QUERY: Final[Mapping[str, str]] = {"metric": "MetricStat"}


def metric_alarm(resource: Resource) -> MetricAlarm:
    """Return the metric alarm of a resource.

    Raises:
        UnknownRecordError: an argument is not known before an apply.
        RecordError: an argument is not valid.
    """
    return api.metric_alarm(metric_alarm_record(resource.where, resource.body), service=service_of(resource))


def composite_alarm(resource: Resource) -> CompositeAlarm:
    """Return the composite alarm of a resource.

    Raises:
        RecordError: as for `metric_alarm`.
    """
    record = composite_alarm_record(resource.where, resource.body)
    return api.composite_alarm(record, service=service_of(resource))


def metric_filter(resource: Resource) -> MetricFilter:
    """Return the metric filter of a resource.

    Raises:
        RecordError: as for `metric_alarm`.
    """
    return api.metric_filter(_metric_filter_record(resource.where, resource.body))


def published_by(raw: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return namespace and name of the metrics of a metric filter, from its arguments as they are written.

    Empty if one of them is not known.
    """
    blocks = [
        block for block in _blocks(raw.get("metric_transformation") or []) if isinstance(block, Mapping)
    ]
    metrics = tuple((str(block.get("namespace")), str(block.get("name"))) for block in blocks)
    return metrics if is_known([*map(list, metrics)]) and "dynamic" not in raw else ()


def creates(kind: str, *, filters: bool) -> bool:
    """Return whether resources of a type of Terraform or CloudFormation are alarms, or may create alarms.

    Args:
        kind: the type.
        filters: whether metric filters count, too.
    """
    return bool(_CREATES_ALARMS.search(kind) or (filters and _CREATES_FILTERS.search(kind)))


class Unread(NamedTuple):
    """Why a resource is not read."""

    reason: str
    is_template: bool
    """Whether it may create any number of alarms."""


def unread(kind: str, raw: Mapping[str, Any], *, filters: bool) -> Unread | None:
    """Return why a resource of Terraform that is, or may create, alarms is not read; None for others.

    Args:
        kind: its type.
        raw: its arguments as they are written.
        filters: whether metric filters count, too.
    """
    if kind in {METRIC_ALARM, COMPOSITE_ALARM, LOG_METRIC_FILTER}:
        return None
    created = raw.get("type_name") if kind == _CLOUD_CONTROL else None
    if isinstance(created, str) and is_known(created):
        kind = created
    if not creates(kind, filters=filters):
        return None
    if not _FROM_TEMPLATE.search(kind):
        return Unread("resources of this type are not read", is_template=False)
    if _may_have_alarms(raw.get("template_body")):
        return Unread("a template that may contain alarms is not read", is_template=True)
    return None


def _may_have_alarms(template: object) -> bool:
    """Return whether the template of a CloudFormation stack may contain alarms or metric filters."""
    if not isinstance(template, str) or not is_known(template) or _MACRO.search(template):
        return True
    return any(creates(kind, filters=True) for kind in _TYPE.findall(template))


def service_of(resource: Resource) -> str | None:
    """Return the value of a resource's tag `Service`."""
    tags = resource.body.get("tags")
    return Record(resource.where, tags).text("Service", "") or None if isinstance(tags, dict) else None


def metric_alarm_record(where: str, body: Mapping[str, Any]) -> Record:
    """Return the arguments of a metric alarm in the format of PutMetricAlarm."""
    # The provider has its own default, and sends it.
    given = {"TreatMissingData": "missing", **_arguments(body, _ALARM)}
    dimensions = given.get("Dimensions")
    if isinstance(dimensions, Mapping):
        given["Dimensions"] = _dimensions(dimensions)
    if given.get("Metrics") is not None:
        given["Metrics"] = [_query(block) for block in _blocks(given["Metrics"])]
    return Record(where, given, _speller(_ALARM), is_known)


def composite_alarm_record(where: str, body: Mapping[str, Any]) -> Record:
    """Return the arguments of a composite alarm in the format of PutCompositeAlarm."""
    given = _arguments(body, _ALARM)
    suppressors = _blocks(given.pop("ActionsSuppressor", None) or [])
    if suppressors and isinstance(suppressors[0], Mapping):
        (suppressor, *_) = suppressors
        given["ActionsSuppressor"] = suppressor.get("alarm")
        given["ActionsSuppressorWaitPeriod"] = suppressor.get("wait_period")
        given["ActionsSuppressorExtensionPeriod"] = suppressor.get("extension_period")
    spelt = {
        "actions_suppressor.wait_period": "ActionsSuppressorWaitPeriod",
        "actions_suppressor.extension_period": "ActionsSuppressorExtensionPeriod",
    }
    return Record(where, given, _speller({**_ALARM, **spelt}), is_known)


def _metric_filter_record(where: str, body: Mapping[str, Any]) -> Record:
    """Return the arguments of a metric filter in the format of PutMetricFilter."""
    given = _arguments(body, _METRIC_FILTER)
    transformations = given.get("metricTransformations")
    if transformations is not None:
        given["metricTransformations"] = [
            _renamed(block, _TRANSFORMATION, lambda name: name) if isinstance(block, Mapping) else block
            for block in _blocks(transformations)
        ]
    return Record(where, given, _speller({**_TRANSFORMATION, **_METRIC_FILTER}), is_known)


def _query(block: Any) -> Any:  # noqa: ANN401  # JSON
    """Return a `metric_query` as a MetricDataQuery; in Terraform a missing `return_data` means false."""
    if not isinstance(block, Mapping):
        return block
    given = {"ReturnData": False, **_renamed(block, _QUERY)}
    metrics = _blocks(given.get("MetricStat") or [])
    if metrics and isinstance(metrics[0], Mapping):
        stat = _renamed(metrics[0], {})
        dimensions = stat.pop("Dimensions", None)
        metric: dict[str, Any] = {key: stat.pop(key) for key in ("Namespace", "MetricName") if key in stat}
        if isinstance(dimensions, Mapping):
            metric["Dimensions"] = _dimensions(dimensions)
        given["MetricStat"] = {"Metric": metric, **stat}
    else:
        given.pop("MetricStat", None)
    return given


def _dimensions(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": name, "Value": value} for name, value in given.items()]


def _blocks(given: Any) -> list[Any]:  # noqa: ANN401  # JSON
    """Return a block, or several, as a list (Terraform language, "JSON Configuration Syntax")."""
    return given if isinstance(given, list) else [given]


def _arguments(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a resource's arguments by the API's names, without Terraform's meta-arguments."""
    own = {name: value for name, value in body.items() if name not in _META | _COMPUTED}
    return _renamed(own, names)


def _renamed(
    body: Mapping[str, Any], names: Mapping[str, str], other: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """Return a block by the API's names, without null and empty values.

    The provider treats an empty string, list or map as a missing argument.
    """
    rename = other or _camel
    return {
        names.get(name) or rename(name): value
        for name, value in body.items()
        if value not in (None, "", [], {})
    }


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _speller(names: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function from the API's name of an argument to Terraform's name."""
    back = {api: terraform for terraform, api in {**names, **_QUERY}.items()}

    def spell(member: str) -> str:
        return back.get(member) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", member).lower()

    return spell
