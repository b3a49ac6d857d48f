"""Alarms in a JSON file, in whichever of AWS's and Terraform's words it has them.

It may hold what `aws cloudwatch describe-alarms` prints, one alarm of that, the input of PutMetricAlarm or
PutCompositeAlarm, a CloudFormation template, resource or its `Properties`, Terraform JSON, or the body of one
Terraform resource; or a list of any of these.

Source: CloudWatch API Reference, DescribeAlarms, PutMetricAlarm, PutCompositeAlarm; CloudFormation Template
Reference, AWS::CloudWatch::Alarm, AWS::CloudWatch::CompositeAlarm; Terraform language, "JSON Configuration
Syntax".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from config import files
from drill.limits import MOST_BYTES
from drill.model import CompositeAlarm, MetricAlarm
from drill.sources import alarms, terraform
from drill.sources.errors import SourceError
from drill.sources.records import Record

Found = MetricAlarm | CompositeAlarm

_LISTS: Final = ("MetricAlarms", "CompositeAlarms")
_CLOUDFORMATION: Final = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_TERRAFORM: Final = (terraform.METRIC_ALARM, terraform.COMPOSITE_ALARM)
_ACTIONS: Final = ("AlarmActions", "OKActions", "InsufficientDataActions")
_ALLOWED: Final = (
    "what `aws cloudwatch describe-alarms` prints, the input of put-metric-alarm, a CloudFormation "
    f"{_CLOUDFORMATION[0]}, or a Terraform {terraform.METRIC_ALARM}"
)


def read(path: Path) -> tuple[Found, ...]:
    """Return the alarms in a file, of which there is one at least.

    Raises:
        SourceError: it cannot be read, holds no alarm, or one that AWS would refuse.
    """
    try:
        content = json.loads(files.text(path, MOST_BYTES))
    except files.FileError as error:
        message = f"{path}: {error}"
        raise SourceError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"{path}: is not JSON: {error}"
        raise SourceError(message) from error
    found = tuple(_alarms(str(path), content, path.stem))
    if not found:
        message = f"{path}: holds no alarm; allowed: {_ALLOWED}"
        raise SourceError(message)
    return found


def _alarms(where: str, content: object, name: str) -> Iterator[Found]:
    """Yield the alarms in one piece of JSON; `name` is for one that has none itself."""
    if isinstance(content, list):
        for number, one in enumerate(content, start=1):
            yield from _alarms(f"{where}: {number}", one, f"{name}-{number}")
    elif not isinstance(content, Mapping):
        message = f"{where}: has to be an object; allowed: {_ALLOWED}"
        raise SourceError(message)
    elif (parts := _parts(content)) is not None:
        for key, part in parts:
            yield from _alarms(f"{where}: {key}", part, key.rpartition(".")[2])
    elif content.get("Type") in _CLOUDFORMATION:
        yield from _alarms(f"{where}: Properties", content.get("Properties"), name)
    else:
        yield _alarm(where, content, name)


def _parts(content: Mapping[str, Any]) -> list[tuple[str, Any]] | None:
    """Return what an answer, a template or a configuration is made of; None if it is none of them."""
    if any(one in content for one in _LISTS):
        return [(kind, content.get(kind, [])) for kind in _LISTS]
    resources, terraform_resources = content.get("Resources"), content.get("resource")
    if isinstance(resources, Mapping):
        typed = {key: one for key, one in resources.items() if isinstance(one, Mapping)}
        return [(key, one) for key, one in typed.items() if one.get("Type") in _CLOUDFORMATION]
    if isinstance(terraform_resources, Mapping):
        of_kinds = {kind: terraform_resources.get(kind) for kind in _TERRAFORM}
        return [
            (f"{kind}.{key}", body)
            for kind, of_kind in of_kinds.items()
            if isinstance(of_kind, Mapping)
            for key, body in of_kind.items()
        ]
    return None


def _alarm(where: str, content: Mapping[str, Any], name: str) -> Found:
    """Return one alarm; whose words it is in shows in what every alarm has."""
    if "AlarmRule" in content:
        return alarms.composite_alarm(_of_aws(where, content, name))
    if "alarm_rule" in content:
        return alarms.composite_alarm(_named(terraform.composite_alarm(where, content), name))
    if "comparison_operator" in content:
        return alarms.metric_alarm(_named(terraform.metric_alarm(where, content), name))
    if "ComparisonOperator" in content:
        return alarms.metric_alarm(_of_aws(where, content, name))
    message = (
        f"{where}: is no alarm: it has neither ComparisonOperator nor AlarmRule (in Terraform, "
        f"comparison_operator or alarm_rule); allowed: {_ALLOWED}"
    )
    raise SourceError(message)


def _of_aws(where: str, content: Mapping[str, Any], name: str) -> Record:
    """Return an alarm in AWS's words; CloudFormation's may refer to topics of the same template."""
    given = {
        key: [_target(one) for one in value] if key in _ACTIONS and isinstance(value, list) else value
        for key, value in content.items()
    }
    return _named(Record(where, given), name)


def _target(action: object) -> object:
    """Return the logical id that `Ref` and `Fn::GetAtt` name; anything else as it is."""
    if isinstance(action, Mapping) and len(action) == 1:
        if isinstance(action.get("Ref"), str):
            return action["Ref"]
        of = action.get("Fn::GetAtt")
        if isinstance(of, list) and of and isinstance(of[0], str):
            return of[0]
        if isinstance(of, str):
            return of.partition(".")[0]
    return action


def _named(given: Record, name: str) -> Record:
    """Return an alarm with a name: CloudFormation makes one up if there is none."""
    return (
        given
        if given.has("AlarmName")
        else Record(given.where, {**given.given, "AlarmName": name}, given.spelt)
    )
