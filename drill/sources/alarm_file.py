"""Alarms in a JSON file, in the formats of AWS and Terraform.

The file may contain the output of `aws cloudwatch describe-alarms`, one alarm of it, the input of
PutMetricAlarm or PutCompositeAlarm, a CloudFormation template, resource or its `Properties`, Terraform JSON,
a plan as `terraform show -json` writes it, or the body of one Terraform resource; or a list of any of these.

Source: CloudWatch API Reference, DescribeAlarms, PutMetricAlarm, PutCompositeAlarm; CloudFormation Template
Reference, AWS::CloudWatch::Alarm, AWS::CloudWatch::CompositeAlarm; Terraform language, "JSON Configuration
Syntax".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from cloudwatch import api
from cloudwatch.alarms import Alarm
from cloudwatch.errors import RecordError, UnknownRecordError, UnsupportedRecordError
from cloudwatch.records import Record
from config import files
from config.words import did_you_mean
from drill import actions, leaving_out
from drill.model import LeftOut
from drill.sources.errors import SourceError
from drill.sources.synthesized import LenientConfiguration
from terraform import alarms, configuration
from terraform.configuration import ConfigurationError

_LISTS: Final = ("MetricAlarms", "CompositeAlarms")
_METRIC_ALARM: Final = frozenset({"comparison_operator", "evaluation_criteria"})
_AWS_METRIC_ALARM: Final = frozenset({"ComparisonOperator", "EvaluationCriteria"})
"""Keys of metric alarms. A PromQL alarm has criteria in place of a comparison."""
_LOG_ALARMS: Final = "LogAlarms"
_CLOUDFORMATION: Final = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_TERRAFORM: Final = (alarms.METRIC_ALARM, alarms.COMPOSITE_ALARM)
_ACTIONS: Final = ("AlarmActions", "OKActions", "InsufficientDataActions")
_ALLOWED: Final = (
    "the output of `aws cloudwatch describe-alarms`, the input of put-metric-alarm, a CloudFormation "
    f"{_CLOUDFORMATION[0]}, or a Terraform {alarms.METRIC_ALARM}"
)


@dataclass(frozen=True)
class AlarmFile:
    """The alarms in a file."""

    alarms: tuple[Alarm, ...]
    """At least one."""
    left_out: tuple[LeftOut, ...] = ()
    """What cannot be replayed."""


@dataclass
class _Found:
    """What was found in a file: alarms by their keys, and what is not read."""

    alarms: list[tuple[str, Alarm]] = field(default_factory=list)
    left_out: list[tuple[str, LeftOut]] = field(default_factory=list)
    errors: list[tuple[str, RecordError]] = field(default_factory=list)


def read(path: Path, only: str | None = None) -> AlarmFile:
    """Return the alarms in a file, at least one.

    Args:
        path: the file.
        only: the name of an alarm; a composite alarm is returned with the alarms in its rule. None for all.

    Raises:
        SourceError: the file cannot be read, contains no alarm, or not this one.
        RecordError: an alarm is not valid, or none is supported.
        ConfigurationError: it is not valid Terraform JSON.
    """
    try:
        content = files.json_value(path, files.MOST_BYTES)
    except files.FileError as error:
        message = f"{path}: {error}"
        raise SourceError(message) from error
    found = _Found()
    _find(found, str(path), content, path.stem, {})
    if only is not None:
        return _selected(path, found, only)
    for _, invalid in found.errors:
        raise invalid
    if not found.alarms:
        supported = " that can be replayed" if found.left_out else ""
        reasons = "".join(f"; {entry.reason}" for _, entry in found.left_out)
        message = f"{path}: contains no alarm{supported}{reasons}; allowed: {_ALLOWED}"
        raise SourceError(message)
    return AlarmFile(tuple(alarm for _, alarm in found.alarms), tuple(entry for _, entry in found.left_out))


def _selected(path: Path, found: _Found, only: str) -> AlarmFile:
    """Return one alarm, and with a composite alarm those in its rule.

    Raises:
        SourceError: it is not in the file, or cannot be replayed.
        RecordError: it is not valid.
    """
    for key, entry in found.left_out:
        if only in {key, entry.name}:
            message = f"{only} cannot be replayed: {entry.reason}"
            raise SourceError(message)
    for key, invalid in found.errors:
        if key == only:
            raise invalid
    by_name = {alarm.name: alarm for _, alarm in found.alarms}
    named = {**dict(found.alarms), **by_name}
    if only not in named:
        hint = did_you_mean(only, named)
        message = f"{path}: no such alarm; known: {', '.join(by_name) or 'none'} (found: {only}){hint}"
        raise SourceError(message)
    selected: dict[str, Alarm] = {}
    pending = [named[only]]
    while pending:
        alarm = pending.pop()
        if alarm.name not in selected:
            selected[alarm.name] = alarm
            pending += [by_name[child] for child in leaving_out.dependencies(alarm) if child in by_name]
    return AlarmFile(tuple(alarm for _, alarm in found.alarms if alarm.name in selected))


def _find(found: _Found, where: str, content: object, name: str, types: Mapping[str, str]) -> None:
    """Add the alarms in a JSON value.

    Args:
        found: what was found before.
        where: the place of the value.
        content: the value.
        name: its key, and the name of an alarm without a name.
        types: the type of each resource of its CloudFormation template.
    """
    if isinstance(content, list):
        for number, entry in enumerate(content, start=1):
            _find(found, f"{where}: {number}", entry, f"{name}-{number}", types)
    elif not isinstance(content, Mapping):
        message = f"{where}: must be an object; allowed: {_ALLOWED}"
        raise SourceError(message)
    elif (opened := _opened(where, content)) is not None:
        for key, part in opened.parts:
            _find(found, f"{where}: {key}", part, key.partition(".")[2] or key, opened.types)
        found.left_out += opened.left_out
    elif content.get("Type") in _CLOUDFORMATION:
        _find(found, f"{where}: Properties", content.get("Properties"), name, types)
    else:
        try:
            found.alarms.append((name, _alarm(where, content, name, types)))
        except (UnknownRecordError, UnsupportedRecordError) as error:
            own = str(content.get("AlarmName") or content.get("alarm_name") or name)
            found.left_out.append((name, LeftOut(own, str(error))))
        except RecordError as error:
            found.errors.append((str(content.get("AlarmName") or content.get("alarm_name") or name), error))


@dataclass(frozen=True)
class _Opened:
    """The content of an answer, template or configuration."""

    parts: Sequence[tuple[str, Any]]
    """Key -> an alarm, or a list of alarms."""
    left_out: Sequence[tuple[str, LeftOut]]
    """What is not read: alarms, and what may contain some."""
    types: Mapping[str, str] = field(default_factory=dict)
    """The type of each resource of a CloudFormation template."""


def _opened(where: str, content: Mapping[str, Any]) -> _Opened | None:
    """Return the content of an answer, template or configuration; None for anything else."""
    if any(key in content for key in (*_LISTS, _LOG_ALARMS)):
        return _of_answer(where, content)
    resources = content.get("Resources")
    if isinstance(resources, Mapping):
        return _of_template(where, content, resources)
    return _of_terraform(where, content) if configuration.is_configuration(content) else None


def _of_answer(where: str, content: Mapping[str, Any]) -> _Opened:
    rows = content.get(_LOG_ALARMS) or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        message = f"{where}: {_LOG_ALARMS} must be a list of objects"
        raise SourceError(message)
    names = [str(row.get("AlarmName")) for row in rows]
    left_out = [(name, LeftOut(name, f"{where}: {name}: it is a log alarm")) for name in names]
    return _Opened([(kind, content.get(kind, [])) for kind in _LISTS], left_out)


def _of_template(where: str, content: Mapping[str, Any], resources: Mapping[str, Any]) -> _Opened:
    types = {
        key: str(resource.get("Type")) for key, resource in resources.items() if isinstance(resource, Mapping)
    }
    macros = [key for key in content if _is_macro(key, None)]
    macros += [key for key, resource in resources.items() if _is_macro(key, resource)]
    left_out = {key: f"{key}: a macro, which may add alarms, is not executed" for key in macros}
    left_out |= {
        key: f"{key}: {kind} is not read"
        for key, kind in types.items()
        if kind not in _CLOUDFORMATION and alarms.creates(kind, filters=False)
    }
    return _Opened(
        [(key, resources[key]) for key, kind in types.items() if kind in _CLOUDFORMATION],
        [(key, LeftOut(key, f"{where}: {reason}")) for key, reason in left_out.items()],
        types,
    )


def _of_terraform(where: str, content: Mapping[str, Any]) -> _Opened:
    stack = configuration.of_content(where, content, where)
    resources = LenientConfiguration({where: stack}, has_defaults=True)
    reasons = [
        (resource.key, f"{resource.where}: {unread.reason}")
        for resource in resources.of_type(*resources.types)
        if (unread := alarms.unread(resource.type, resource.raw, filters=False)) is not None
    ]
    parts: list[tuple[str, Any]] = []
    for resource in resources.of_type(*_TERRAFORM):
        try:
            parts.append((f"{resource.type}.{resource.key}", resource.body))
        except ConfigurationError as error:  # noqa: PERF203  # few are left out
            reasons.append((resource.key, str(error)))
    return _Opened(parts, [(key, LeftOut(key, reason)) for key, reason in reasons])


def _is_macro(key: str, resource: object) -> bool:
    """Return whether a key of a template, or of its resources, is a macro or a loop and not a resource.

    Source: CloudFormation Template Reference, "Fn::Transform" with its short form, and "Fn::ForEach";
    User Guide, "Transform section".
    """
    is_resource = isinstance(resource, Mapping) and "Type" in resource
    return key.startswith("Fn::") or (key == "Transform" and not is_resource)


def _alarm(where: str, content: Mapping[str, Any], name: str, types: Mapping[str, str]) -> Alarm:
    """Return one alarm. Its format is recognized by its required keys."""
    if "AlarmRule" in content:
        return api.composite_alarm(_of_aws(where, content, name, types))
    if "alarm_rule" in content:
        return api.composite_alarm(_named(alarms.composite_alarm_record(where, content), name))
    if not _METRIC_ALARM.isdisjoint(content):
        return api.metric_alarm(_named(alarms.metric_alarm_record(where, content), name))
    if not _AWS_METRIC_ALARM.isdisjoint(content):
        return api.metric_alarm(_of_aws(where, content, name, types))
    message = (
        f"{where}: is not an alarm: it has neither ComparisonOperator nor AlarmRule (in Terraform, "
        f"comparison_operator or alarm_rule); allowed: {_ALLOWED}"
    )
    raise SourceError(message)


def _of_aws(where: str, content: Mapping[str, Any], name: str, types: Mapping[str, str]) -> Record:
    """Return an alarm in the format of AWS. In CloudFormation it may refer to resources of the template."""
    members = {
        key: [_target(entry, types) for entry in value]
        if key in _ACTIONS and isinstance(value, list)
        else value
        for key, value in content.items()
    }
    return _named(Record(where, members), name)


def _target(action: object, types: Mapping[str, str]) -> object:
    """Return the action that `Ref` and `Fn::GetAtt` refer to; other values unchanged.

    A parameter, and a resource that is not in the file, has no type: the action is unknown.
    """
    if not isinstance(action, Mapping) or len(action) != 1:
        return action
    ((function, given),) = action.items()
    path = given.split(".") if isinstance(given, str) else given
    if function not in {"Ref", "Fn::GetAtt"} or not (isinstance(path, list) and path):
        return action
    target, *attribute = map(str, path)
    if target not in types:
        return f"${{{target}}}"
    return actions.reference(types[target], target, ".".join(attribute) or "Ref")


def _named(record: Record, name: str) -> Record:
    """Return an alarm with a name: CloudFormation generates one if there is none."""
    return record if record.has("AlarmName") else replace(record, given={**record.given, "AlarmName": name})
