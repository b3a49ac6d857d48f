"""Application Auto Scaling: scalable targets, their policies and tags. MiniStack does not implement it.

Policies are stored and not applied: nothing scales on a laptop, so no alarms are created for them.

Sources: Application Auto Scaling API Reference; User Guide, "Service-linked roles".
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from local_aws.calls import Answer, Call, Service
from local_aws.errors import AwsError
from local_aws.pages import page
from local_aws.protocols import Value

_PAGE = 50
_TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_REGISTERED = "scalable target registered"
_RUNNING = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def _target_key(row: Value) -> str:
    return "|".join(str(row[name]) for name in _TARGET)


def _label(row: Value) -> str:
    """Return a scalable target as in AWS's messages."""
    namespace, resource, dimension = (row[name] for name in _TARGET)
    return f"service namespace: {namespace}, resource ID: {resource}, scalable dimension: {dimension}"


def _not_found(resource: str, row: Value) -> AwsError:
    code = "ObjectNotFoundException"
    return AwsError(code, f"No {resource} for {_label(row)}")


async def register_scalable_target(call: Call) -> Value:
    """Create a target, or change the members in the input."""
    targets, key = call.table("targets"), _target_key(call.input)
    existing = targets.get(key)
    if existing is None and not {"MinCapacity", "MaxCapacity"} <= set(call.input):
        code = "ValidationException"
        raise AwsError(
            code, "MinCapacity and MaxCapacity are required when registering a new scalable target"
        )
    row = existing or {
        "CreationTime": time.time(),
        "RoleARN": _role(call),
        "ScalableTargetARN": call.arn(f"scalable-target/{uuid.uuid4().hex}"),
    }
    suspended = {**_RUNNING, **row.get("SuspendedState", {}), **call.input.get("SuspendedState", {})}
    changes = {name: value for name, value in call.input.items() if name != "Tags"}
    targets[key] = {**row, **changes, "SuspendedState": suspended}
    tags = call.table("tags").setdefault(row["ScalableTargetARN"], {})
    tags.update(call.input.get("Tags", {}))
    return {"ScalableTargetARN": row["ScalableTargetARN"]}


def _role(call: Call) -> str:
    namespace = call.input["ServiceNamespace"]
    kind = {"ecs": "ECSService", "lambda": "LambdaConcurrency"}.get(namespace, namespace)
    host = f"{namespace}.application-autoscaling.amazonaws.com"
    role = f"AWSServiceRoleForApplicationAutoScaling_{kind}"
    return f"arn:aws:iam::{call.account}:role/aws-service-role/{host}/{role}"


async def deregister_scalable_target(call: Call) -> Value:
    """Delete a target with its policies and scheduled actions."""
    key = _target_key(call.input)
    row = call.table("targets").pop(key, None)
    if row is None:
        raise _not_found(_REGISTERED, call.input)
    call.table("tags").pop(row["ScalableTargetARN"], None)
    for table in (call.table("policies"), call.table("actions")):
        for name in [name for name, row in table.items() if _target_key(row) == key]:
            del table[name]
    return {}


async def describe_scalable_targets(call: Call) -> Value:
    """List targets, in pages."""
    ids = call.input.get("ResourceIds")
    rows = [row for row in _matching(call, "targets") if not ids or row["ResourceId"] in ids]
    return _listed(call, rows, "ScalableTargets")


async def put_scaling_policy(call: Call) -> Value:
    """Create or replace a policy of a registered target."""
    return {"PolicyARN": _put(call, "policies", "PolicyName", "PolicyARN", "scalingPolicy"), "Alarms": []}


async def describe_scaling_policies(call: Call) -> Value:
    """List policies, in pages."""
    names = call.input.get("PolicyNames")
    rows = [row for row in _matching(call, "policies") if not names or row["PolicyName"] in names]
    return _listed(call, rows, "ScalingPolicies")


async def delete_scaling_policy(call: Call) -> Value:
    """Delete a policy."""
    return _delete(call, "policies", "PolicyName")


async def put_scheduled_action(call: Call) -> Value:
    """Create or replace a scheduled action of a registered target."""
    _put(call, "actions", "ScheduledActionName", "ScheduledActionARN", "scheduledAction")
    return {}


async def describe_scheduled_actions(call: Call) -> Value:
    """List scheduled actions, in pages."""
    names = call.input.get("ScheduledActionNames")
    rows = [row for row in _matching(call, "actions") if not names or row["ScheduledActionName"] in names]
    return _listed(call, rows, "ScheduledActions")


async def delete_scheduled_action(call: Call) -> Value:
    """Delete a scheduled action."""
    return _delete(call, "actions", "ScheduledActionName")


async def describe_scaling_activities(_call: Call) -> Value:
    """Return no activities, because nothing scales."""
    return {"ScalingActivities": []}


def _put(call: Call, table: str, name: str, arn: str, kind: str) -> str:
    """Create a policy or scheduled action, or change the one with the same name. Return its ARN."""
    if _target_key(call.input) not in call.table("targets"):
        raise _not_found(_REGISTERED, call.input)
    rows, key = call.table(table), f"{_target_key(call.input)}|{call.input[name]}"
    prefix = f"arn:aws:autoscaling:{call.region}:{call.account}"
    path = f"resource/{call.input['ServiceNamespace']}/{call.input['ResourceId']}"
    new = {
        arn: f"{prefix}:{kind}:{uuid.uuid4()}:{path}:{name}/{call.input[name]}",
        "CreationTime": time.time(),
        "Alarms": [],
    }
    rows[key] = {**rows.get(key, new), **call.input}
    created: str = rows[key][arn]
    return created


def _delete(call: Call, table: str, name: str) -> Value:
    if call.table(table).pop(f"{_target_key(call.input)}|{call.input[name]}", None) is None:
        resource = f"{name} {call.input[name]} found"
        raise _not_found(resource, call.input)
    return {}


def _matching(call: Call, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table for the target in the input, or for all targets of its namespace."""
    filters = [(name, call.input[name]) for name in _TARGET if name in call.input]
    return [row for row in call.table(table).values() if all(row[name] == value for name, value in filters)]


def _listed(call: Call, rows: list[dict[str, Any]], member: str) -> Value:
    size = min(call.input.get("MaxResults", _PAGE), _PAGE)
    listed, token = page(rows, call.input.get("NextToken"), size)
    return {member: listed, "NextToken": token}


def _tags(call: Call) -> dict[str, str]:
    arn = call.input["ResourceARN"]
    if arn not in call.table("tags"):
        code = "ResourceNotFoundException"
        raise AwsError(code, f"No scalable target found with ARN {arn}")
    tags: dict[str, str] = call.table("tags")[arn]
    return tags


async def tag_resource(call: Call) -> Value:
    """Add tags to a target."""
    _tags(call).update(call.input["Tags"])
    return {}


async def untag_resource(call: Call) -> Value:
    """Remove tags from a target."""
    tags = _tags(call)
    for key in call.input["TagKeys"]:
        tags.pop(key, None)
    return {}


async def list_tags_for_resource(call: Call) -> Value:
    """Return a target's tags."""
    return {"Tags": _tags(call)}


_ANSWERS: dict[str, Answer] = {
    "RegisterScalableTarget": register_scalable_target,
    "DeregisterScalableTarget": deregister_scalable_target,
    "DescribeScalableTargets": describe_scalable_targets,
    "PutScalingPolicy": put_scaling_policy,
    "DescribeScalingPolicies": describe_scaling_policies,
    "DeleteScalingPolicy": delete_scaling_policy,
    "PutScheduledAction": put_scheduled_action,
    "DescribeScheduledActions": describe_scheduled_actions,
    "DeleteScheduledAction": delete_scheduled_action,
    "DescribeScalingActivities": describe_scaling_activities,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}

SERVICE = Service("application-autoscaling", _ANSWERS, standalone=True)
