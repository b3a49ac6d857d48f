"""Names of all resources in AWS: `<project>-<resource>-<environment>`."""

from __future__ import annotations

from dataclasses import dataclass

from config.models import Environment


@dataclass(frozen=True)
class Names:
    """The names of one environment."""

    project: str
    environment: str
    region: str
    account_id: str

    @classmethod
    def of(cls, env: Environment) -> Names:
        """Return the names of `env`."""
        return cls(env.project, env.environment, env.region, env.account_id)

    @property
    def whole(self) -> str:
        """`<project>-<environment>`: name of cluster, dashboard, X-Ray group and sampling rule."""
        return f"{self.project}-{self.environment}"

    def resource(self, *parts: str) -> str:
        """Return `<project>-<parts>-<environment>`."""
        return "-".join((self.project, *parts, self.environment))

    def without(self, name: str) -> str:
        """Return the name of a resource without project and environment: the inverse of `resource`."""
        return name.removeprefix(f"{self.project}-").removesuffix(f"-{self.environment}")

    def of_service(self, service: str) -> str:
        """Name of the resources of a service: function or ECS service, role, task family, queue."""
        return self.resource(service)

    def execution_role(self, service: str) -> str:
        """Role with which ECS starts a service's tasks."""
        return self.resource(service, "exec")

    def task_role(self, service: str) -> str:
        """Role of an ECS service's tasks."""
        return self.resource(service, "task")

    def dead_letters(self, service: str) -> str:
        """Queue of the messages that a function could not process."""
        return self.resource(service, "dead-letters")

    def topic(self, topic: str) -> str:
        """Topic of one severity, or `fallback`."""
        return self.resource(topic)

    @property
    def notifier(self) -> str:
        """Function that formats and delivers notifications, and its role."""
        return self.resource("notifier")

    @property
    def notifier_dead_letters(self) -> str:
        """Queue of the notifications that the notifier could not deliver."""
        return self.resource("notifier", "dead-letters")

    @property
    def maintenance_role(self) -> str:
        """Role with which EventBridge Scheduler starts maintenance windows."""
        return self.resource("maintenance")

    @property
    def alarm_queue(self) -> str:
        """Queue that receives every notification."""
        return self.resource("alarms")

    @property
    def alarm_dead_letters(self) -> str:
        """Queue of the notifications that could not be delivered or processed."""
        return self.resource("alarms", "dead-letters")

    @property
    def log_archive(self) -> str:
        """Delivery stream of the log archive, its role, and its subscription filters."""
        return self.resource("log-archive")

    @property
    def log_subscription_role(self) -> str:
        """Role with which CloudWatch Logs sends to the archive."""
        return self.resource("log-subscription")

    @property
    def key_alias(self) -> str:
        """Alias of the KMS key."""
        return f"alias/{self.whole}"

    @property
    def archive_bucket(self) -> str:
        """Bucket of the log archive. Bucket names are global, so the name contains the account ID."""
        return f"{self.resource('logs')}-{self.account_id}"

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
        return f"/aws/lambda/{self.resource(service)}"

    def container_log_group(self, service: str) -> str:
        """Log group of an ECS service's own container."""
        return f"/ecs/{self.resource(service)}"

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
