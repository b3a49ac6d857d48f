"""What AWS tells by an event and by no metric: failures of ECS tasks and deployments.

Source: Amazon ECS Developer Guide, "Amazon ECS events".
"""

from __future__ import annotations

from collections.abc import Iterator

from catalog.naming import Names
from catalog.specs import Event
from config.models import Environment

DEPLOYMENTS = "ecs-deployments"
"""Key of the rule that sends beginnings and ends of deployments to the log group of events."""


def deployment_pattern(names: Names, *event_names: str) -> dict[str, object]:
    """Return the pattern of changes of a deployment; its events name the service by ARN only."""
    services = f"arn:aws:ecs:{names.region}:{names.account_id}:service/{names.whole}/"
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "resources": [{"prefix": services}],
        **({"detail": {"eventName": list(event_names)}} if event_names else {}),
    }


def events(env: Environment, names: Names) -> Iterator[Event]:
    """Yield the events that notify."""
    if not env.containers:
        return
    cluster = f"arn:aws:ecs:{names.region}:{names.account_id}:cluster/{names.whole}"
    yield Event(
        key="deployment-failed",
        name=names.of_thing("deployment-failed"),
        pattern=deployment_pattern(names, "SERVICE_DEPLOYMENT_FAILED"),
        # Somebody has just deployed and believes that it runs.
        severity="critical",
        topic="critical",
        says="a deployment of an ECS service failed; the circuit breaker goes back to the version before",
        runbook="ecs.md#deployment-failed",
    )
    yield Event(
        key="task-failed",
        name=names.of_thing("task-failed"),
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {
                "clusterArn": [cluster],
                "lastStatus": ["STOPPED"],
                # Not those that a deployment or a person stops. One killed for want of memory has the first.
                "stopCode": ["EssentialContainerExited", "TaskFailedToStart"],
            },
        },
        # ECS starts another; when it cannot, too-few-tasks wakes somebody.
        severity="warning",
        topic="warning",
        says="a task of an ECS service stopped by itself",
        runbook="ecs.md#task-failed",
    )
