"""Actions of alarms: notifications, and what other actions do, from their ARNs or from references.

A configuration that is not applied has references in place of ARNs. The type of the resource in a reference
decides; an expression without one, such as a variable, is unknown, and no notification is assumed.

Source: CloudWatch API Reference, PutMetricAlarm and PutCompositeAlarm (AlarmActions), which list the forms of
ARNs; CloudWatch User Guide, "Alarm actions"; Terraform language, "References to Named Values".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from terraform.expressions import is_known
from terraform.plans import address_of

_EC2: Final = {
    "stop": "stops the EC2 instance",
    "terminate": "terminates the EC2 instance",
    "reboot": "reboots the EC2 instance",
    "recover": "recovers the EC2 instance",
}
_SWF: Final = re.compile(r"AWS_EC2\.InstanceId\.(\w+)/")
_OPS_ITEM: Final = re.compile(r"opsitem:(\d)(?:#CATEGORY=(\w+))?")
_POLICY: Final = re.compile(r"policyName/(.+)")

_TOPICS: Final = frozenset({"aws_sns_topic", "awscc_sns_topic", "AWS::SNS::Topic"})
"""Types of resources that are topics, in Terraform and CloudFormation."""
_ARN_ATTRIBUTES: Final = frozenset({"arn", "id", "qualified_arn", "Ref", "Arn", "AliasArn", "FunctionArn"})
"""Attributes that can be the ARN of the resource itself. Others may be that of a topic: outputs, values."""
_OF_ANY_TYPE: Final = re.compile(
    r"aws_cloudcontrolapi_resource|AWS::CloudFormation::.*|Custom::.*|.*::MODULE"
)
"""Types of resources that can be, or return, a resource of any type."""
_TERRAFORM_TYPE: Final = r"(?P<kind>aws(?:cc)?_\w+)"
_KEY: Final = r'(?:\.(?P<key>[\w-]+)|\["(?P<quoted>[^"]+)"\])(?:\[[^\]]*\]|\.\*)*'
_EXPRESSION: Final = re.compile(rf"\$\{{(?:data\.)?{_TERRAFORM_TYPE}{_KEY}\.(?P<attribute>\w+)\}}")
"""A reference to a resource or data source of AWS."""
_ASSIGNED: Final = re.compile(rf"<.+?\.{_TERRAFORM_TYPE}\.(?P<key>.+)(?P<quoted>)\.(?P<attribute>\w+)>")
"""The text for a value that AWS assigns (`terraform.configuration`)."""
_LOGICAL_ID: Final = re.compile(
    r"<(?P<kind>[\w-]+(?:::[\w-]+)+)\.(?P<key>\w+)(?P<quoted>)\.(?P<attribute>[\w.]+)>"
)
"""The text of `reference`."""


class Action(NamedTuple):
    """An action of an alarm."""

    kind: Literal["topic", "other", "unknown"]
    text: str
    """The name of a topic in AWS, or its key in a reference. What another action does."""


def read(action: str) -> Action:
    """Return what an action is, from an ARN, a reference, or the name of a topic."""
    parts = action.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and is_known(parts[2]):  # noqa: PLR2004  # an ARN has six parts
        if parts[2] == "sns":
            return Action("topic", parts[5])
        describe = _SERVICES.get(parts[2])
        text = describe(parts[5]) if describe else None
        return Action("other", text or f"performs the action {action}")
    for form in (_EXPRESSION, _ASSIGNED, _LOGICAL_ID):
        if (match := form.fullmatch(action)) is not None:
            return _referenced(action, match)
    return Action("topic", action) if is_known(action) and "<" not in action else _unknown(action)


def without_topic(performed: Iterable[Action]) -> str | None:
    """Return `no topic`, or `no known topic` if one of the actions is unknown; None if one is a topic."""
    kinds = {action.kind for action in performed}
    if "topic" in kinds:
        return None
    return "no known topic" if "unknown" in kinds else "no topic"


def reference(kind: str, logical_id: str, attribute: str) -> str:
    """Return the action that is a resource of a CloudFormation template.

    Args:
        kind: the type of the resource.
        logical_id: its logical ID.
        attribute: the attribute of `Fn::GetAtt`, or `Ref`.
    """
    return logical_id if kind in _TOPICS else f"<{kind}.{logical_id}.{attribute}>"


def _referenced(action: str, match: re.Match[str]) -> Action:
    """Return the action that a reference to a resource is."""
    kind, key = match["kind"], match["key"] or match["quoted"]
    if kind in _TOPICS:
        return Action("topic", key)
    if match["attribute"] not in _ARN_ATTRIBUTES or _OF_ANY_TYPE.fullmatch(kind):
        return _unknown(action)
    return Action("other", f"performs {address_of(kind, key)}")


def _unknown(action: str) -> Action:
    return Action("unknown", f"performs the unknown action {action}")


def _of_lambda(resource: str) -> str | None:
    return f"invokes the Lambda function {resource.removeprefix('function:')}"


def _of_ec2(resource: str) -> str | None:
    return _EC2.get(resource.rpartition(":")[2])


def _of_swf(resource: str) -> str | None:
    match = _SWF.search(resource)
    return _EC2.get(match[1].lower()) if match else None


def _of_ssm(resource: str) -> str | None:
    match = _OPS_ITEM.fullmatch(resource)
    if match is None:
        return None
    category = f" in the category {match[2]}" if match[2] else ""
    return f"creates a Systems Manager OpsItem of severity {match[1]}{category}"


def _of_incidents(resource: str) -> str | None:
    return f"starts a Systems Manager incident with the response plan {resource.rpartition('/')[2]}"


def _of_autoscaling(resource: str) -> str | None:
    match = _POLICY.search(resource)
    return f"executes the Auto Scaling policy {match[1]}" if match else None


def _of_operations(resource: str) -> str | None:
    return f"starts an investigation in {resource.rpartition('/')[2].partition('#')[0]}"


_SERVICES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "lambda": _of_lambda,
    "automate": _of_ec2,
    "swf": _of_swf,
    "ssm": _of_ssm,
    "ssm-incidents": _of_incidents,
    "autoscaling": _of_autoscaling,
    "aiops": _of_operations,
}
"""Service in an ARN -> what its action does, from the rest of the ARN."""
