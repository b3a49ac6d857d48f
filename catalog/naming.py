"""Names of all resources in AWS: `<project>-<resource>-<environment>`.

A name that would exceed the limit of AWS is shortened: its middle is cut and followed by a hash of the whole
name. It keeps the project at its beginning and the environment at its end, so policies with the pattern
`<project>-*-<environment>` match it (ADR 25).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from config.models import Environment

LIMITS: Final[Mapping[str, Mapping[str, int]]] = {
    # CloudWatch API Reference: PutMetricAlarm, PutCompositeAlarm. PutDashboard documents no limit: the name
    # is kept within that of an alarm.
    "aws_cloudwatch_metric_alarm": {"alarm_name": 255},
    "aws_cloudwatch_composite_alarm": {"alarm_name": 255},
    "aws_cloudwatch_dashboard": {"dashboard_name": 255},
    # CloudWatch Logs API Reference: CreateLogGroup, CreateLogStream, PutMetricFilter, PutSubscriptionFilter,
    # PutQueryDefinition; PutResourcePolicy documents no limit, the name is kept within that of a query.
    "aws_cloudwatch_log_group": {"name": 512},
    "aws_cloudwatch_log_stream": {"name": 512},
    "aws_cloudwatch_log_metric_filter": {"name": 512},
    "aws_cloudwatch_log_subscription_filter": {"name": 512},
    "aws_cloudwatch_log_resource_policy": {"policy_name": 255},
    "aws_cloudwatch_query_definition": {"name": 255},
    # EventBridge API Reference: PutRule, Target; EventBridge Scheduler API Reference: CreateSchedule.
    "aws_cloudwatch_event_rule": {"name": 64},
    "aws_cloudwatch_event_target": {"target_id": 64},
    "aws_scheduler_schedule": {"name": 64},
    # IAM API Reference: CreateRole, PutRolePolicy.
    "aws_iam_role": {"name": 64},
    "aws_iam_role_policy": {"name": 128},
    # AWS Lambda API Reference: CreateFunction (64 without the ARN), AddPermission.
    "aws_lambda_function": {"function_name": 64},
    "aws_lambda_permission": {"statement_id": 100},
    # Amazon SNS API Reference: CreateTopic, SetTopicAttributes. Amazon SQS API Reference: CreateQueue.
    "aws_sns_topic": {"name": 256, "display_name": 100},
    "aws_sqs_queue": {"name": 80},
    # AWS KMS API Reference: CreateAlias.
    "aws_kms_alias": {"name": 256},
    # Amazon S3 User Guide, "General purpose bucket naming rules". Amazon Data Firehose API Reference:
    # CreateDeliveryStream.
    "aws_s3_bucket": {"bucket": 63},
    "aws_kinesis_firehose_delivery_stream": {"name": 64},
    # Amazon ECS API Reference: CreateCluster, CreateService, RegisterTaskDefinition.
    "aws_ecs_cluster": {"name": 255},
    "aws_ecs_service": {"name": 255},
    "aws_ecs_task_definition": {"family": 255},
    # Amazon EC2 API Reference: CreateSecurityGroup.
    "aws_security_group": {"name": 255},
    # AWS X-Ray API Reference: CreateGroup, SamplingRule.
    "aws_xray_group": {"group_name": 32},
    "aws_xray_sampling_rule": {"rule_name": 32, "service_name": 64},
}
"""Type of a resource -> arguments with a name -> their maximum number of characters."""

BUCKET_CHARACTERS: Final = LIMITS["aws_s3_bucket"]["bucket"]

_HASH_CHARACTERS: Final = 8
"""Of 32 bits: the chance that two of an account's 5,000 roles have the same is 0.3 %, and then the
configuration is refused (`catalog/check.py`)."""


def shortened(name: str, most: int, *, before: str = "", after: str = "") -> str:
    """Return `name`, or if it has more than `most` characters, a name of at most `most` characters.

    Args:
        name: the name.
        most: the maximum number of characters.
        before: its beginning, which is kept.
        after: its end, which is kept.
    """
    if len(name) <= most:
        return name
    room = most - len(before) - len(after) - _HASH_CHARACTERS - 1
    middle = name[len(before) : len(name) - len(after)][: max(0, room)].rstrip("-")
    return f"{before}{middle}{'-' if middle else ''}{digest(name)}{after}"


def digest(name: str) -> str:
    """Return the hash of a name that distinguishes shortened names."""
    return hashlib.sha256(name.encode()).hexdigest()[:_HASH_CHARACTERS]


_MOST_WORD = 40
"""Maximum characters of the part of a name that `word` returns; names in AWS may have 512."""


def word(name: str) -> str:
    """Return a name in AWS as a part of other names: lower-case letters and digits joined by hyphens."""
    return shortened(re.sub("[^a-z0-9]+", "-", name.lower()).strip("-"), _MOST_WORD)


@dataclass(frozen=True)
class Names:
    """The names of one environment."""

    project: str
    environment: str
    region: str
    account_id: str
    is_limited: bool = True
    """Whether names that AWS would refuse are shortened; documents show them in full too."""

    @classmethod
    def of(cls, env: Environment) -> Names:
        """Return the names of `env`."""
        return cls(env.project, env.environment, env.region, env.account_id)

    @property
    def whole(self) -> str:
        """`<project>-<environment>`: name of cluster and dashboard."""
        return f"{self.project}-{self.environment}"

    @property
    def tracing(self) -> str:
        """X-Ray group and sampling rule."""
        return self._within("aws_xray_group", self.whole, after=f"-{self.environment}")

    def resource(self, *parts: str, of: str = "aws_cloudwatch_metric_alarm") -> str:
        """Return `<project>-<parts>-<environment>`.

        Args:
            parts: the words between project and environment.
            of: the type in `LIMITS` with the shortest limit of those that have the name.
        """
        name = "-".join((self.project, *parts, self.environment))
        return self._within(of, name, before=f"{self.project}-", after=f"-{self.environment}")

    def _within(self, kind: str, name: str, *, before: str = "", after: str = "") -> str:
        if not self.is_limited:
            return name
        return shortened(name, min(LIMITS[kind].values()), before=before, after=after)

    def of_service(self, service: str) -> str:
        """Name of the resources of a service: function or ECS service, role, task family, queue."""
        return self.resource(service, of="aws_iam_role")

    def execution_role(self, service: str) -> str:
        """Role with which ECS starts a service's tasks."""
        return self.resource(service, "exec", of="aws_iam_role")

    def task_role(self, service: str) -> str:
        """Role of an ECS service's tasks."""
        return self.resource(service, "task", of="aws_iam_role")

    def dead_letters(self, service: str) -> str:
        """Queue of the messages that a function could not process."""
        return self.resource(service, "dead-letters", of="aws_sqs_queue")

    def topic(self, topic: str) -> str:
        """Topic of one severity, or `fallback`."""
        return self.resource(topic)

    @property
    def notifier(self) -> str:
        """Function that formats and delivers notifications, and its role."""
        return self.resource("notifier", of="aws_iam_role")

    @property
    def notifier_dead_letters(self) -> str:
        """Queue of the notifications that the notifier could not deliver."""
        return self.resource("notifier", "dead-letters", of="aws_sqs_queue")

    @property
    def maintenance_role(self) -> str:
        """Role with which EventBridge Scheduler starts maintenance windows."""
        return self.resource("maintenance", of="aws_iam_role")

    @property
    def alarm_queue(self) -> str:
        """Queue that receives every notification."""
        return self.resource("alarms", of="aws_sqs_queue")

    @property
    def alarm_dead_letters(self) -> str:
        """Queue of the notifications that could not be delivered or processed."""
        return self.resource("alarms", "dead-letters", of="aws_sqs_queue")

    @property
    def event_dead_letters(self) -> str:
        """Queue of the AWS events that could not be delivered."""
        return self.resource("event-rules", "dead-letters", of="aws_sqs_queue")

    @property
    def log_archive(self) -> str:
        """Delivery stream of the log archive, its role, and its subscription filters."""
        return self.resource("log-archive", of="aws_kinesis_firehose_delivery_stream")

    @property
    def log_subscription_role(self) -> str:
        """Role with which CloudWatch Logs sends to the archive."""
        return self.resource("log-subscription", of="aws_iam_role")

    @property
    def key_alias(self) -> str:
        """Alias of the KMS key."""
        return f"alias/{self.whole}"

    @property
    def archive_bucket(self) -> str:
        """Bucket of the log archive. Bucket names are global, so the name contains the account ID."""
        after = f"-logs-{self.environment}-{self.account_id}"
        return self._within("aws_s3_bucket", f"{self.project}{after}", after=after)

    def rule(self, event: str) -> str:
        """EventBridge rule for an event."""
        return self.resource(event, of="aws_cloudwatch_event_rule")

    def schedule(self, window: str) -> str:
        """EventBridge Scheduler schedule of a maintenance window."""
        return self.resource("maintenance", window, of="aws_scheduler_schedule")

    def state_key(self, stack: str) -> str:
        """Key of a stack's state object in the state bucket."""
        return f"{self.state_folder}{stack}.tfstate"

    @property
    def state_folder(self) -> str:
        """Prefix of the keys of the environment's state objects, with a trailing slash."""
        return f"{self.project}/{self.environment}/"

    @property
    def metrics_namespace(self) -> str:
        """CloudWatch namespace of the metrics that services publish themselves."""
        return f"{self.project}/{self.environment}"

    def log_metrics_namespace(self, service: str) -> str:
        """CloudWatch namespace of the metrics from the log of a service.

        One per service: a filter with a default value cannot have dimensions (CloudWatch Logs API
        Reference, MetricTransformation), so the service is part of the namespace.
        """
        return f"{self.metrics_namespace}/{service}"

    def function_log_group(self, service: str) -> str:
        """Log group of a Lambda function, with the default name of Lambda."""
        return f"/aws/lambda/{self.of_service(service)}"

    def container_log_group(self, service: str) -> str:
        """Log group of an ECS service's own container."""
        return f"/ecs/{self.of_service(service)}"

    def collector_log_group(self, service: str) -> str:
        """Log group of the collector beside an ECS service."""
        return f"/ecs/{self.resource(service, 'collector')}"

    @property
    def log_group_patterns(self) -> tuple[str, ...]:
        """Patterns (`*` for any text) that match the log groups of this environment, and no others.

        The key policy uses patterns instead of names: a new service must not require a deployment of the
        key, and a key policy has at most 32 KB (KMS quotas).
        """
        return (
            self.function_log_group("*"),
            self.container_log_group("*"),
            self.container_insights_log_group,
            self.lambda_insights_log_group,
            self.delivery_log_group,
            self.events_log_group,
        )

    @property
    def container_insights_log_group(self) -> str:
        """Log group that Container Insights writes to; ECS fixes its name."""
        return f"/aws/ecs/containerinsights/{self.whole}/performance"

    @property
    def delivery_log_group(self) -> str:
        """Log group of errors of Firehose."""
        return f"/aws/kinesisfirehose/{self.log_archive}"

    @property
    def events_log_group(self) -> str:
        """Log group of AWS events about the services; EventBridge writes to /aws/events/ only."""
        return f"/aws/events/{self.whole}"

    @property
    def lambda_insights_log_group(self) -> str:
        """Log group that the Lambda Insights extension writes to; AWS fixes its name."""
        return "/aws/lambda-insights"
