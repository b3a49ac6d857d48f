"""Scalable targets, their policies and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

_TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
}
_TRACKING = {
    "TargetValue": 60.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "ScaleInCooldown": 300,
    "ScaleOutCooldown": 60,
}


def test_a_target_and_its_policy(client: Callable[[str], Any]) -> None:
    """Registered, changed, described; a policy is deleted with its target."""
    scaling = client("application-autoscaling")
    arn = scaling.register_scalable_target(**_TARGET, MinCapacity=1, MaxCapacity=4)["ScalableTargetARN"]
    scaling.register_scalable_target(**_TARGET, MaxCapacity=8)
    (row,) = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=["service/c/s"])[
        "ScalableTargets"
    ]
    assert (row["ScalableTargetARN"], row["MinCapacity"], row["MaxCapacity"]) == (arn, 1, 8)
    assert row["SuspendedState"]["DynamicScalingInSuspended"] is False
    assert row["RoleARN"].startswith("arn:aws:iam::111122223333:role/aws-service-role/ecs.")
    parameters = {
        **_TARGET,
        "PolicyName": "cpu",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": _TRACKING,
    }
    policy = scaling.put_scaling_policy(**parameters)["PolicyARN"]
    assert scaling.put_scaling_policy(**parameters)["PolicyARN"] == policy
    (described,) = scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["cpu"])[
        "ScalingPolicies"
    ]
    assert {name: described.get(name) for name in parameters} == parameters
    scaling.deregister_scalable_target(**_TARGET)
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


def test_tags_belong_to_a_target(client: Callable[[str], Any]) -> None:
    """Set at registration, added, removed."""
    scaling = client("application-autoscaling")
    arn = scaling.register_scalable_target(**_TARGET, MinCapacity=1, MaxCapacity=4, Tags={"a": "1"})[
        "ScalableTargetARN"
    ]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    scaling.deregister_scalable_target(**_TARGET)
    with pytest.raises(scaling.exceptions.ResourceNotFoundException):
        scaling.list_tags_for_resource(ResourceARN=arn)


def test_a_scheduled_action_belongs_to_a_target(client: Callable[[str], Any]) -> None:
    """Created, described, deleted."""
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(**_TARGET, MinCapacity=1, MaxCapacity=4)
    scaling.put_scheduled_action(
        **_TARGET,
        ScheduledActionName="night",
        Schedule="cron(0 22 * * ? *)",
        ScalableTargetAction={"MinCapacity": 0},
    )
    (row,) = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert (row["Schedule"], row["ScalableTargetAction"]) == ("cron(0 22 * * ? *)", {"MinCapacity": 0})
    scaling.delete_scheduled_action(**_TARGET, ScheduledActionName="night")
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []
    scaling.deregister_scalable_target(**_TARGET)


def test_what_is_not_registered_is_not_found(client: Callable[[str], Any]) -> None:
    """A policy needs a registered target, and a new target its capacity limits."""
    scaling = client("application-autoscaling")
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="No scalable target registered"):
        scaling.put_scaling_policy(
            **_TARGET, PolicyName="p", TargetTrackingScalingPolicyConfiguration={"TargetValue": 1.0}
        )
    with pytest.raises(ClientError, match="MinCapacity and MaxCapacity"):
        scaling.register_scalable_target(**_TARGET, MinCapacity=1)
