"""Alarms in a JSON file, in the formats of AWS and Terraform.

The file may contain the output of `aws cloudwatch describe-alarms`, one alarm of it, the input of
PutMetricAlarm or PutCompositeAlarm, a CloudFormation template, resource or its `Properties`, Terraform JSON,
or the body of one Terraform resource; or a list of any of these.

Source: CloudWatch API Reference, DescribeAlarms, PutMetricAlarm, PutCompositeAlarm; CloudFormation Template
Reference, AWS::CloudWatch::Alarm, AWS::CloudWatch::CompositeAlarm; Terraform language, "JSON Configuration
Syntax".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cloudwatch import api
from cloudwatch.alarms import Alarm
from cloudwatch.records import Record
from config import files
from drill.sources.errors import SourceError
from terraform import alarms
from terraform.configuration import Stack

_LISTS: Final = ("MetricAlarms", "CompositeAlarms")
_CLOUDFORMATION: Final = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_TERRAFORM: Final = (alarms.METRIC_ALARM, alarms.COMPOSITE_ALARM)
_ACTIONS: Final = ("AlarmActions", "OKActions", "InsufficientDataActions")
_ALLOWED: Final = (
    "the output of `aws cloudwatch describe-alarms`, the input of put-metric-alarm, a CloudFormation "
    f"{_CLOUDFORMATION[0]}, or a Terraform {alarms.METRIC_ALARM}"
)


def read(path: Path) -> tuple[Alarm, ...]:
    """Return the alarms in a file, at least one.

    Raises:
        SourceError: the file cannot be read, or contains no alarm.
        RecordError: an alarm is not valid.
        ConfigurationError: it is not valid Terraform JSON.
    """
    try:
        content = files.json_value(path, files.MOST_BYTES)
    except files.FileError as error:
        message = f"{path}: {error}"
        raise SourceError(message) from error
    all_alarms = tuple(_alarms(str(path), content, path.stem))
    if not all_alarms:
        message = f"{path}: contains no alarm; allowed: {_ALLOWED}"
        raise SourceError(message)
    return all_alarms


def _alarms(where: str, content: object, name: str) -> Iterator[Alarm]:
    """Yield the alarms in a JSON value; `name` is for an alarm without a name."""
    if isinstance(content, list):
        for number, entry in enumerate(content, start=1):
            yield from _alarms(f"{where}: {number}", entry, f"{name}-{number}")
    elif not isinstance(content, Mapping):
        message = f"{where}: must be an object; allowed: {_ALLOWED}"
        raise SourceError(message)
    elif (parts := _parts(where, content)) is not None:
        for key, part in parts:
            yield from _alarms(f"{where}: {key}", part, key.rpartition(".")[2])
    elif content.get("Type") in _CLOUDFORMATION:
        yield from _alarms(f"{where}: Properties", content.get("Properties"), name)
    else:
        yield _alarm(where, content, name)


def _parts(where: str, content: Mapping[str, Any]) -> list[tuple[str, Any]] | None:
    """Return the parts of an answer, template or configuration; None for anything else."""
    if any(key in content for key in _LISTS):
        return [(kind, content.get(kind, [])) for kind in _LISTS]
    resources = content.get("Resources")
    if isinstance(resources, Mapping):
        typed = {key: resource for key, resource in resources.items() if isinstance(resource, Mapping)}
        return [(key, entry) for key, entry in typed.items() if entry.get("Type") in _CLOUDFORMATION]
    if "resource" in content:
        of_types = Stack(where, content).resources
        return [
            (f"{kind}.{key}", body) for kind in _TERRAFORM for key, body in of_types.get(kind, {}).items()
        ]
    return None


def _alarm(where: str, content: Mapping[str, Any], name: str) -> Alarm:
    """Return one alarm. Its format is recognized by its required keys."""
    if "AlarmRule" in content:
        return api.composite_alarm(_of_aws(where, content, name))
    if "alarm_rule" in content:
        return api.composite_alarm(_named(alarms.composite_alarm_record(where, content), name))
    if "comparison_operator" in content:
        return api.metric_alarm(_named(alarms.metric_alarm_record(where, content), name))
    if "ComparisonOperator" in content:
        return api.metric_alarm(_of_aws(where, content, name))
    message = (
        f"{where}: is not an alarm: it has neither ComparisonOperator nor AlarmRule (in Terraform, "
        f"comparison_operator or alarm_rule); allowed: {_ALLOWED}"
    )
    raise SourceError(message)


def _of_aws(where: str, content: Mapping[str, Any], name: str) -> Record:
    """Return an alarm in the format of AWS. In CloudFormation it may refer to topics of the template."""
    members = {
        key: [_target(entry) for entry in value] if key in _ACTIONS and isinstance(value, list) else value
        for key, value in content.items()
    }
    return _named(Record(where, members), name)


def _target(action: object) -> object:
    """Return the logical id in `Ref` and `Fn::GetAtt`; other values unchanged."""
    if isinstance(action, Mapping) and len(action) == 1:
        if isinstance(action.get("Ref"), str):
            return action["Ref"]
        attribute = action.get("Fn::GetAtt")
        if isinstance(attribute, list) and attribute and isinstance(attribute[0], str):
            return attribute[0]
        if isinstance(attribute, str):
            return attribute.partition(".")[0]
    return action


def _named(record: Record, name: str) -> Record:
    """Return an alarm with a name: CloudFormation generates one if there is none."""
    return (
        record
        if record.has("AlarmName")
        else Record(record.where, {**record.given, "AlarmName": name}, record.spelt)
    )
