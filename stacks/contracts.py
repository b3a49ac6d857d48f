"""The outputs of each stack and the stacks that read them: the interface between stacks.

Output names are stable: other stacks, and users, read them from the state. Values are text or a map of text
to text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Outputs:
    """The outputs of one stack."""

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
    """The services, and their log groups."""

    STACK = "compute"

    ecs_cluster_name: str
    """Name of the ECS cluster; empty without ECS services."""
    ecs_service_names: Mapping[str, str]
    """Service -> name of the ECS service."""
    lambda_function_names: Mapping[str, str]
    """Service -> name of the Lambda function."""
    log_group_names: Mapping[str, str]
    """Key of a log group in the catalog that is created -> its name."""
    queue_urls: Mapping[str, str]
    """Service with an SQS trigger -> URL of its queue."""
    archive_bucket: str
    """Bucket of the log archive."""


@dataclass(frozen=True)
class Monitoring(Outputs):
    """Topics, queues and alarms."""

    STACK = "monitoring"

    alarm_topic_arn: str
    """Topic of pages."""
    warning_topic_arn: str
    """Topic of tickets."""
    fallback_topic_arn: str
    """Topic of the alarms on failures of notifications."""
    alarm_queue_url: str
    """Queue that receives every notification."""
    dead_letter_queue_url: str
    """Queue of notifications that could not be delivered or processed."""
    notifier_dead_letter_queue_url: str
    """Queue of notifications that the notifier could not deliver."""
    event_dead_letter_queue_url: str
    """Queue of AWS events that could not be delivered; empty without rules on events."""
    alarm_arns: Mapping[str, str]
    """Key of an alarm or composite in the catalog -> its ARN."""


@dataclass(frozen=True)
class Dashboard(Outputs):
    """The dashboard."""

    STACK = "dashboard"

    dashboard_url: str
    """URL of the dashboard in the console."""


PUBLISHED: tuple[type[Outputs], ...] = (Security, Compute, Monitoring, Dashboard)
"""The outputs of all stacks, in the order of deployment."""

READS: Mapping[str, tuple[type[Outputs], ...]] = {
    "security": (),
    "compute": (Security,),
    "monitoring": (Security, Compute),
    "dashboard": (Compute, Monitoring),
}
"""Stack -> the outputs that it reads. Their stacks must be deployed before it."""
