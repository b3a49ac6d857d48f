"""All configuration keys of an environment, with types, units, defaults and bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.alarms import Alarms
from config.dashboards import Dashboard
from config.formats import Format
from config.limits import COLLECTOR_IMAGE, LAMBDA_INSIGHTS_LAYERS, MOST_SERVICES, MOST_TAGS
from config.logs import Logs
from config.metrics import OwnMetrics
from config.notifications import Notifications
from config.services import AnyService, Architecture, EcsService, LambdaService, LoggingService
from config.types import (
    OWN_TAGS,
    AccountId,
    BucketName,
    Cidr,
    Cron,
    EnvironmentName,
    ImageUri,
    LayerArn,
    LocalUrl,
    Model,
    OwnerName,
    ProjectName,
    Region,
    SecurityGroupId,
    ServiceName,
    Slug,
    SubnetId,
    TagKey,
    TagValue,
    TimeZone,
    VpcId,
    WindowReason,
    at_most,
    refuse,
)

LOCAL_CREDENTIALS = "test"
"""Access key and secret key for a local AWS; they are valid nowhere else."""


class State(Model):
    """The Terraform state: one S3 object per stack, `<project>/<env>/<stack>.tfstate`."""

    bucket: BucketName
    """The state bucket; `make bootstrap` creates it (versioned, encrypted, private, TLS only)."""


class Tracing(Model):
    """X-Ray: the share of requests that is traced, and the collector."""

    sampling_rate: float = Field(default=0.1, ge=0, le=1)
    """Share of requests that are traced after the reservoir is used up, 0 to 1. It applies to ECS services
    and to callers that use X-Ray's sampling rules; AWS samples direct invocations of Lambda functions."""

    reservoir_per_s: int = Field(default=1, ge=0, le=100)
    """Requests per second that are always traced; the rate applies to the other requests."""

    priority: int = Field(default=1000, ge=1, le=9999)
    """Priority among the account's sampling rules: the lowest number is evaluated first."""

    collector_image: ImageUri = COLLECTOR_IMAGE
    """Image of the AWS Distro for OpenTelemetry collector that runs beside every ECS service."""

    collector_cpu: int = Field(default=64, ge=32, le=1024)
    """CPU units of the task that are reserved for the collector."""

    collector_memory_mib: int = Field(default=128, ge=64, le=2048)
    """Memory of the task that the collector may use, in MiB."""

    manage_encryption: bool = True
    """Whether this environment sets the encryption key of X-Ray. An account has one per region."""


class Kms(Model):
    """The customer-managed key that encrypts logs, notifications, queues, archive and traces."""

    deletion_window_days: int = Field(default=30, ge=7, le=30)
    """Days between `make destroy` and the deletion of the key."""

    rotation_period_days: int = Field(default=365, ge=90, le=2560)
    """Days between automatic rotations of the key."""


class Network(Model):
    """The network of ECS tasks: a VPC that is created, or existing subnets."""

    cidr: Cidr = "10.20.0.0/16"
    """CIDR block of the VPC that is created; ignored with `vpc_id`."""

    availability_zones: int = Field(default=2, ge=2, le=3)
    """Availability zones of the created VPC."""

    nat_gateways: int = Field(default=1, ge=1, le=3)
    """NAT gateways in the created VPC. 1 costs less; one per zone tolerates the failure of a zone."""

    vpc_id: VpcId | None = None
    """An existing VPC to use instead of creating one."""

    subnet_ids: tuple[SubnetId, ...] = ()
    """Private subnets of the existing VPC, with access to the AWS APIs and the image registry."""

    security_group_ids: tuple[SecurityGroupId, ...] = ()
    """Additional security groups for the tasks in the existing VPC."""

    @model_validator(mode="after")
    def _vpc_and_subnets_together(self) -> Network:
        if (self.vpc_id is None) != (not self.subnet_ids):
            key = "vpc_id" if self.vpc_id else "subnet_ids"
            raise refuse(
                "vpc_id and subnet_ids must be set together; without both, a VPC is created", at=(key,)
            )
        if self.vpc_id is None and self.security_group_ids:
            raise refuse(
                "requires vpc_id: the security groups must belong to this VPC",
                at=("security_group_ids",),
            )
        if self.nat_gateways > self.availability_zones:
            raise refuse(
                "must be at most {zones} (availability_zones): one per zone",
                at=("nat_gateways",),
                because=("availability_zones",),
                zones=self.availability_zones,
            )
        return self


class Insights(Model):
    """Container Insights and Lambda Insights."""

    containers: Literal["enhanced", "enabled", "disabled"] = "enhanced"
    """Container Insights of the ECS cluster; `enhanced` adds metrics per task and costs more."""

    functions: bool = True
    """Whether every function has Lambda Insights: memory, CPU and network use of each invocation."""

    layer_arn_arm64: LayerArn | None = None
    """Lambda Insights layer for arm64 functions instead of the default of the region."""

    layer_arn_x86_64: LayerArn | None = None
    """Lambda Insights layer for x86_64 functions instead of the default of the region."""

    manage_log_group: bool = True
    """Whether this environment manages `/aws/lambda-insights`. An account has one per region."""


class Deployments(Model):
    """Suppression of a service's notifications during its deployments."""

    suppression_s: int = Field(default=600, ge=0, le=3600, multiple_of=60)
    """Seconds after the start of a deployment in which the page and the tickets of the deployed service are
    suppressed. An alarm that is still in ALARM afterwards notifies then. 0 switches the suppression off."""


class MaintenanceWindow(Model):
    """A recurring period in which no composite alarm notifies.

    Metric alarms that notify directly (such as dead letters and missing logs) and ECS events still notify.
    """

    cron: Cron
    """Start, in the six fields of AWS: minutes hours day-of-month month day-of-week year."""

    timezone: TimeZone = "UTC"
    """Time zone of `cron`, by its IANA name; daylight saving time applies."""

    duration_min: int = Field(ge=1, le=1440)
    """Duration in minutes. CloudWatch evaluates at most one day."""

    reason: WindowReason
    """Why notifications are suppressed, such as the work that is done."""


class Quotas(Model):
    """Quotas of the account, for which CloudWatch has no metrics."""

    lambda_concurrency: int = Field(default=1000, ge=10)
    """Concurrent executions of Lambda in the account and region (Lambda quotas; the default of AWS)."""


class Drills(Model):
    """Live drills, which run against deployed functions and alarms: `make drill LIVE=1`."""

    allowed: bool = False
    """Whether functions fail on request, and live drills may send such requests. Not allowed together with
    `deletion_protection`."""


class Environment(Model):
    """One environment: config/base.yaml merged with config/<env>.yaml."""

    environment: EnvironmentName
    """Name of the environment; the suffix of every resource's name."""

    project: ProjectName
    """Name of the project; the prefix of every resource's name."""

    region: Region
    """AWS region."""

    account_id: AccountId
    """The AWS account. Terraform does not run against any other."""

    endpoint: LocalUrl | None = None
    """URL of a local AWS; not set for AWS itself."""

    tags: Annotated[dict[TagKey, TagValue], at_most(MOST_TAGS - len(OWN_TAGS))] = {}
    """Tags of every resource, in addition to those that the platform sets. At most 43: AWS allows 50."""

    deletion_protection: bool = False
    """Whether log groups, keys and the archive are protected against deletion."""

    state: State
    """The Terraform state."""

    logs: Logs = Logs()
    """Log groups and their archive."""

    tracing: Tracing = Tracing()
    """X-Ray."""

    kms: Kms = Kms()
    """The encryption key."""

    network: Network = Network()
    """The network of ECS tasks."""

    insights: Insights = Insights()
    """Container Insights and Lambda Insights."""

    alarms: Alarms = Alarms()
    """Alarm settings."""

    notifications: Notifications = Notifications()
    """Recipients of notifications."""

    deployments: Deployments = Deployments()
    """Suppression during deployments."""

    maintenance: Annotated[dict[Annotated[Slug, Field(max_length=20)], MaintenanceWindow], at_most(20)] = (
        Field(default={}, max_length=20)
    )
    """Maintenance windows, by name. A name has at most 20 characters: with project and environment, the name
    of an EventBridge Scheduler schedule has at most 64."""

    quotas: Quotas = Quotas()
    """Quotas of the account."""

    owner: OwnerName = "platform"
    """The team that runs the platform. Alarms of the platform name it."""

    drills: Drills = Drills()
    """Live drills."""

    dashboard: Dashboard = Dashboard()
    """The dashboard."""

    metrics: OwnMetrics = {}
    """Own metrics of the environment as a whole, by key. Those out of a log belong to a service."""

    services: Annotated[dict[ServiceName, AnyService], at_most(MOST_SERVICES)]
    """The services, by name."""

    @property
    def is_local(self) -> bool:
        """Whether this environment is deployed to a local AWS."""
        return self.endpoint is not None

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its services."""
        return frozenset(service.kind for service in self.services.values())

    @property
    def functions(self) -> dict[str, LambdaService]:
        """The Lambda functions that are created, by name."""
        return {
            name: service for name, service in self.services.items() if isinstance(service, LambdaService)
        }

    @property
    def containers(self) -> dict[str, EcsService]:
        """The ECS services that are created, by name."""
        return {name: service for name, service in self.services.items() if isinstance(service, EcsService)}

    def log_format(self, service: AnyService) -> Format | None:
        """Return the format of the log of a service; None if it writes none."""
        if not isinstance(service, LoggingService):
            return None
        return self.logs.format_of(service.kind, service.logs)

    def insights_layer_arn(self, architecture: Architecture) -> str:
        """Return the ARN of the Lambda Insights layer: the configured one, else that of AWS."""
        configured = {"arm64": self.insights.layer_arn_arm64, "x86_64": self.insights.layer_arn_x86_64}
        return configured[architecture] or LAMBDA_INSIGHTS_LAYERS[architecture][self.region]
