"""Actions of alarms that are not notifications: what they do, from their ARNs.

Source: CloudWatch API Reference, PutMetricAlarm and PutCompositeAlarm (AlarmActions), which list the forms of
ARNs; CloudWatch User Guide, "Alarm actions".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_EC2: Final = {
    "stop": "stops the EC2 instance",
    "terminate": "terminates the EC2 instance",
    "reboot": "reboots the EC2 instance",
    "recover": "recovers the EC2 instance",
}
_SWF: Final = re.compile(r"AWS_EC2\.InstanceId\.(\w+)/")
_OPS_ITEM: Final = re.compile(r"opsitem:(\d)(?:#CATEGORY=(\w+))?")
_POLICY: Final = re.compile(r"policyName/(.+)")


def described(action: str) -> str | None:
    """Return what an action does; None if it is a notification, or its type is not known."""
    parts = action.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or parts[2] == "sns":  # noqa: PLR2004  # an ARN has six parts
        return None
    describe = _SERVICES.get(parts[2])
    text = describe(parts[5]) if describe else None
    return text or f"performs the action {action}"


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
