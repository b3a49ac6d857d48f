"""What each stack publishes and which others read it: the whole surface between stacks.

A published name is a promise: it is an output of the stack's state, which other stacks, and people, read.
Values are text or a map of text to text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Outputs:
    """What one stack publishes."""

    STACK: ClassVar[str]
    """The stack that publishes it."""


@dataclass(frozen=True)
class Security(Outputs):
    """The encryption key."""

    STACK = "security"

    kms_key_id: str
    """Id of the KMS key."""
    kms_key_arn: str
    """ARN of the KMS key."""


@dataclass(frozen=True)
class Compute(Outputs):
    """The services, and where they log."""

    STACK = "compute"

    ecs_cluster_name: str
    """Name of the ECS cluster; empty without ECS services."""
    ecs_service_names: Mapping[str, str]
    """Service -> name of the ECS service."""
    lambda_function_names: Mapping[str, str]
    """Service -> name of the Lambda function."""
    log_group_names: Mapping[str, str]
    """Key of a log group in the catalog -> its name."""
    queue_urls: Mapping[str, str]
    """Service with an SQS trigger -> URL of the queue that feeds it."""
    archive_bucket: str
    """Bucket of the log archive."""


@dataclass(frozen=True)
class Monitoring(Outputs):
    """Where alarms arrive."""

    STACK = "monitoring"

    alarm_topic_arn: str
    """Topic of the alarms that should wake somebody."""
    warning_topic_arn: str
    """Topic of the alarms for working hours."""
    fallback_topic_arn: str
    """Topic of the alarm that says that notifications fail."""
    alarm_queue_url: str
    """Queue in which every notification arrives."""
    dead_letter_queue_url: str
    """Queue of what could not be delivered or processed."""
    notifier_dead_letter_queue_url: str
    """Queue of what the notifier could not deliver."""
    alarm_arns: Mapping[str, str]
    """Key of an alarm or composite in the catalog -> its ARN."""


@dataclass(frozen=True)
class Dashboard(Outputs):
    """The dashboard."""

    STACK = "dashboard"

    dashboard_url: str
    """The dashboard in the console."""


PUBLISHED: tuple[type[Outputs], ...] = (Security, Compute, Monitoring, Dashboard)
"""In the order of deployment."""

READS: Mapping[str, tuple[type[Outputs], ...]] = {
    "security": (),
    "compute": (Security,),
    "monitoring": (Security, Compute),
    "dashboard": (Compute, Monitoring),
}
"""Stack -> whose outputs it reads: those must be deployed before it."""
