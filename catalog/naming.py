"""Every name that appears in AWS: `<project>-<thing>-<environment>`."""

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
        """The name of what exists once: cluster, dashboard, X-Ray group and sampling rule."""
        return f"{self.project}-{self.environment}"

    def of_thing(self, *parts: str) -> str:
        """Return `<project>-<parts>-<environment>`."""
        return "-".join((self.project, *parts, self.environment))

    def without(self, name: str) -> str:
        """Return the name of a thing without project and environment: what `of_thing` was given."""
        return name.removeprefix(f"{self.project}-").removesuffix(f"-{self.environment}")

    def of_service(self, service: str) -> str:
        """Name of what a service is in AWS: function or ECS service, its role, family or queue."""
        return self.of_thing(service)

    def execution_role(self, service: str) -> str:
        """Role with which ECS starts a service's tasks."""
        return self.of_thing(service, "exec")

    def task_role(self, service: str) -> str:
        """Role of an ECS service's tasks."""
        return self.of_thing(service, "task")

    def dead_letters(self, service: str) -> str:
        """Queue of the messages that a function could not process."""
        return self.of_thing(service, "dead-letters")

    def topic(self, topic: str) -> str:
        """Topic of one severity, or the one that is told when notifications fail."""
        return self.of_thing(topic)

    @property
    def notifier(self) -> str:
        """Function that writes notifications for people, and its role."""
        return self.of_thing("notifier")

    @property
    def notifier_dead_letters(self) -> str:
        """Queue of the notifications that the notifier could not deliver."""
        return self.of_thing("notifier", "dead-letters")

    @property
    def maintenance_role(self) -> str:
        """Role with which EventBridge Scheduler begins maintenance windows."""
        return self.of_thing("maintenance")

    @property
    def alarm_queue(self) -> str:
        """Queue in which every notification arrives."""
        return self.of_thing("alarms")

    @property
    def alarm_dead_letters(self) -> str:
        """Queue of the notifications that could not be delivered or processed."""
        return self.of_thing("alarms", "dead-letters")

    @property
    def log_archive(self) -> str:
        """Delivery stream of the log archive, its role, and the subscriptions that feed it."""
        return self.of_thing("log-archive")

    @property
    def log_subscription_role(self) -> str:
        """Role with which CloudWatch Logs sends to the archive."""
        return self.of_thing("log-subscription")

    @property
    def key_alias(self) -> str:
        """Alias of the KMS key."""
        return f"alias/{self.whole}"

    @property
    def archive_bucket(self) -> str:
        """Bucket of the log archive; bucket names are global, so the account id makes it ours."""
        return f"{self.of_thing('logs')}-{self.account_id}"

    def state_key(self, stack: str) -> str:
        """Key of a stack's state object in the state bucket."""
        return f"{self.state_folder}{stack}.tfstate"

    @property
    def state_folder(self) -> str:
        """Prefix of the keys of the environment's state objects, with a slash at its end."""
        return f"{self.project}/{self.environment}/"

    @property
    def metrics_namespace(self) -> str:
        """CloudWatch namespace of the metrics that services publish themselves."""
        return f"{self.project}/{self.environment}"

    def log_metrics_namespace(self, service: str) -> str:
        """CloudWatch namespace of the metrics that filters take out of a service's logs.

        One per service: a filter with a default value cannot have dimensions (CloudWatch Logs API
        Reference, MetricTransformation), so the service is part of the namespace.
        """
        return f"{self.metrics_namespace}/{service}"

    def function_log_group(self, service: str) -> str:
        """Log group of a Lambda function, where Lambda and its users expect it."""
        return f"/aws/lambda/{self.of_thing(service)}"

    def container_log_group(self, service: str) -> str:
        """Log group of an ECS service's own container."""
        return f"/ecs/{self.of_thing(service)}"

    def collector_log_group(self, service: str) -> str:
        """Log group of the collector beside an ECS service."""
        return f"/ecs/{self.of_thing(service, 'collector')}"

    @property
    def log_group_patterns(self) -> tuple[str, ...]:
        """Patterns (`*` for any text) that every log group of this environment matches, and no other's does.

        What may use the key is said by these and not by a list of groups: adding a service must not need
        another deployment of the key, and a key's policy holds 32 KB (KMS quotas).
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
        """Log group in which Firehose says why it could not write the archive."""
        return f"/aws/kinesisfirehose/{self.log_archive}"

    @property
    def events_log_group(self) -> str:
        """Log group of AWS's events about our services; EventBridge writes to /aws/events/ only."""
        return f"/aws/events/{self.whole}"

    @property
    def lambda_insights_log_group(self) -> str:
        """Log group that the Lambda Insights extension writes to; AWS fixes its name."""
        return "/aws/lambda-insights"
