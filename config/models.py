"""All configuration keys of an environment, with types, units, defaults and bounds."""

from __future__ import annotations

import typing
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.limits import (
    COLLECTOR_IMAGE,
    FARGATE_MEMORY_MIB,
    LAMBDA_INSIGHTS_LAYERS,
    LAMBDA_MEMORY_MIB,
    LAMBDA_TIMEOUT_S,
    MOST_SERVICES,
    MOST_TAGS,
)
from config.types import (
    OWN_TAGS,
    AccountId,
    Arn,
    BucketName,
    Cidr,
    Cron,
    Description,
    Email,
    EnvironmentName,
    EnvironmentVariables,
    Handler,
    HttpsUrl,
    IamAction,
    ImageUri,
    LayerArn,
    LoadBalancerArn,
    LocalUrl,
    Model,
    OwnerName,
    ProjectName,
    Reason,
    Region,
    RetentionDays,
    SecretReference,
    SecurityGroupId,
    ServiceName,
    Since,
    Slug,
    SourceFolder,
    StateMachineName,
    SubnetId,
    TagKey,
    TagValue,
    TargetGroupArn,
    Text,
    Threshold,
    TimeZone,
    VpcId,
    WebhookUrl,
    WindowReason,
    at_most,
    refuse,
)

Architecture = Literal["arm64", "x86_64"]
Severity = Literal["critical", "warning"]
LogFormat = Literal["json", "text"]

LOCAL_CREDENTIALS = "test"
"""Access key and secret key for a local AWS; they are valid nowhere else."""


class State(Model):
    """The Terraform state: one S3 object per stack, `<project>/<env>/<stack>.tfstate`."""

    bucket: BucketName
    """The state bucket; `make bootstrap` creates it (versioned, encrypted, private, TLS only)."""


class Archive(Model):
    """The archive in S3 of the log events of every log group, except that of the archive itself."""

    glacier_after_days: int = Field(default=90, ge=1, le=36_500)
    """Days until archived logs move to S3 Glacier Flexible Retrieval."""

    expire_after_days: int = Field(default=365, ge=1, le=36_500)
    """Days until archived logs are deleted."""

    buffer_s: int = Field(default=300, ge=60, le=900)
    """Seconds that Firehose collects before it writes an object."""

    buffer_mib: int = Field(default=64, ge=1, le=128)
    """MiB that Firehose collects before it writes an object."""

    @model_validator(mode="after")
    def _expires_after_it_moves(self) -> Archive:
        # Glacier Flexible Retrieval bills at least 90 days (S3 pricing, "minimum storage duration").
        least = self.glacier_after_days + 90
        if self.expire_after_days < least:
            raise refuse(
                "must be at least glacier_after_days + 90 = {least}: S3 Glacier bills at least 90 days",
                at=("expire_after_days",),
                because=("glacier_after_days",),
                least=least,
            )
        return self


LogMode = Literal["non-blocking", "blocking"]


class Awslogs(Model):
    """The log driver `awslogs` of ECS containers.

    Source: Amazon ECS API Reference, LogConfiguration, `options`: `mode`, `max-buffer-size`.
    """

    mode: LogMode = "non-blocking"
    """While CloudWatch Logs is slow: `non-blocking` keeps log lines in a buffer and drops those that do not
    fit; `blocking` blocks the application when it writes a line."""

    max_buffer_size_mib: int = Field(default=25, ge=1, le=1024)
    """MiB of the buffer of each container, with `mode: non-blocking`."""


class ServiceAwslogs(Model):
    """The log driver of one service, where it differs from `logs.awslogs`."""

    mode: LogMode | None = None
    """As in `logs.awslogs`, for the container of the service."""

    max_buffer_size_mib: int | None = Field(default=None, ge=1, le=1024)
    """As in `logs.awslogs`, for all containers of the service."""

    def over(self, default: Awslogs) -> Awslogs:
        """Return the settings of the service: its own, else those of `default`."""
        return Awslogs.model_validate({**default.model_dump(), **self.model_dump(exclude_none=True)})


class Logs(Model):
    """Log groups and their archive."""

    awslogs: Awslogs = Awslogs()
    """The log driver of ECS containers; `services.<name>.awslogs` overrides it for one service."""

    retention_days: RetentionDays = 30
    """Days that CloudWatch Logs keeps events, for every log group of the environment."""

    archive: Archive = Archive()
    """The archive in S3."""


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


class Tuning(Model):
    """Settings of one alarm. A key that is not set has the value of the environment, else the default."""

    threshold: Threshold = None
    """Threshold in the unit of the alarm, at least 0, or a share of a limit, such as `80 % of timeout`
    (docs/config.md, alarm keys)."""

    anomaly_band: float | None = Field(default=None, gt=0, le=10)
    """Instead of a threshold: width of the anomaly detection band, in standard deviations."""

    min_samples: int | None = Field(default=None, ge=1)
    """For alarms on a rate: samples that a datapoint must have. A datapoint with fewer does not breach."""

    period_s: int | None = Field(default=None, ge=60, le=86_400, multiple_of=60)
    """Period of a datapoint in seconds."""

    evaluation_periods: int | None = Field(default=None, ge=1, le=1440)
    """Number of newest datapoints that are evaluated (N)."""

    datapoints_to_alarm: int | None = Field(default=None, ge=1, le=1440)
    """Number of these datapoints that must breach (M)."""

    enabled: bool | None = None
    """`false` removes the alarm and requires `reason`. `true` creates an alarm that is off by default."""

    reason: Reason | None = None
    """Why the alarm is switched off."""

    @model_validator(mode="after")
    def _off_needs_a_reason(self) -> Tuning:
        if self.enabled is False and not self.reason:
            raise refuse("requires reason: an alarm that is switched off must have one", at=("enabled",))
        if self.threshold is not None and self.anomaly_band is not None:
            raise refuse(
                "threshold and anomaly_band exclude each other: set one of them to null",
                at=("threshold",),
                because=("anomaly_band",),
            )
        return self


AlarmTunings = dict[Slug, Tuning]
"""Alarm key -> its settings. The catalog defines the keys of each kind of service and rejects others."""


class Alarms(Model):
    """Alarm settings of all services of a kind. The `alarms` of a service override them."""

    lambda_: AlarmTunings = Field(default={}, alias="lambda")
    """Alarms of Lambda functions."""

    ecs: AlarmTunings = {}
    """Alarms of ECS services."""

    state_machine: AlarmTunings = Field(default={}, alias="state-machine")
    """Alarms of Step Functions state machines."""

    platform: AlarmTunings = {}
    """Alarms of the platform: notifications, dead letters, the notifier, the account's quotas."""

    def of(self, kind: str) -> AlarmTunings:
        """Return the settings for all services of a kind, or for the platform."""
        by_key = {field.alias or name: name for name, field in type(self).model_fields.items()}
        tunings: AlarmTunings = getattr(self, by_key[kind])
        return tunings


class Slo(Model):
    """A service level objective: the percentage of events that must be good, within a time window."""

    objective_percent: float = Field(gt=0, le=99.95)
    """Percentage of the events that must be good. More than 99.95 leaves an error budget of minutes a month,
    which is used up before a person can act."""

    window_days: int = Field(default=30, ge=7, le=90)
    """Days of the time window. The error budget is the number of events that may be bad in it."""

    events: Slug | None = None
    """Events that are counted; by default the first of the kind (docs/config.md, events of SLOs)."""

    slower_than_ms: float | None = Field(default=None, gt=0)
    """For an SLO on latency: an event is bad when it takes longer than this."""

    min_events: int = Field(default=100, ge=1)
    """Events that the longer window of a burn-rate alarm must have. With fewer, the alarm does not fire."""


class Grant(Model):
    """An IAM policy statement that is added to the role of the service."""

    actions: Annotated[tuple[IamAction, ...], at_most(1000)] = Field(min_length=1)
    """IAM actions, such as `dynamodb:GetItem`."""

    resources: Annotated[tuple[Arn, ...], at_most(1000)] = Field(min_length=1)
    """ARNs on which the actions are allowed."""


class Service(Model):
    """Keys of all services."""

    description: Description
    """What the service does, in one line. The console and the dashboard show it."""

    owner: OwnerName = "platform"
    """The team that owns the service: a tag of its resources and part of each alarm description."""

    alarms: AlarmTunings = {}
    """Alarm settings of this service, which override those of the environment."""

    slos: Annotated[dict[Annotated[Slug, Field(max_length=16)], Slo], at_most(20)] = Field(
        default={}, max_length=20
    )
    """SLOs, by name. Each has burn-rate alarms, and an error budget on the dashboard. At most 20: three
    composites of each name the impact of the service, and CloudWatch allows 150 to name one alarm."""


class DeployedService(Service):
    """Keys of services that the platform deploys, not only monitors."""

    log_format: LogFormat = "json"
    """`json`: one JSON object per line with `level` and `duration_ms`; `text`: lines with ERROR or FATAL."""

    environment: EnvironmentVariables = {}
    """Environment variables of the service. Not for secrets."""

    grants: Annotated[tuple[Grant, ...], at_most(200)] = ()
    """IAM permissions of the service in addition to writing logs and sending traces."""


class SqsTrigger(Model):
    """An SQS queue that invokes the function. It is created with a dead-letter queue."""

    batch_size: int = Field(default=10, ge=1, le=10_000)
    """Maximum number of messages per invocation."""

    batching_window_s: int = Field(default=0, ge=0, le=300)
    """Seconds to wait for a full batch; required for batches over 10."""

    max_receives: int = Field(default=3, ge=1, le=1000)
    """Times a message is received before it is moved to the dead-letter queue."""

    max_concurrency: int | None = Field(default=None, ge=2, le=1000)
    """Maximum number of concurrent invocations by the queue."""

    @model_validator(mode="after")
    def _large_batches_wait(self) -> SqsTrigger:
        # AWS Lambda API Reference, CreateEventSourceMapping, BatchSize.
        if self.batch_size > 10 and self.batching_window_s < 1:  # noqa: PLR2004
            raise refuse("must be at most 10 without a batching_window_s of at least 1", at=("batch_size",))
        return self


class LambdaService(DeployedService):
    """A Lambda function."""

    kind: Literal["lambda"]
    """This is a Lambda function."""

    source: SourceFolder
    """Folder of the function's package, such as `functions/payment_handler`."""

    handler: Handler = "handler.handle"
    """Module and function within the package's folder."""

    runtime: Literal["python3.10", "python3.11", "python3.12", "python3.13"] = "python3.12"
    """Lambda runtime."""

    architecture: Architecture = "arm64"
    """Processor; arm64 costs about a fifth less (AWS Lambda pricing)."""

    timeout_s: int = Field(default=10, ge=1, le=LAMBDA_TIMEOUT_S)
    """Timeout of an invocation in seconds."""

    memory_mib: int = Field(default=256, ge=LAMBDA_MEMORY_MIB[0], le=LAMBDA_MEMORY_MIB[1])
    """MiB of memory; CPU grows with it."""

    reserved_concurrency: int | None = Field(default=None, ge=1)
    """Reserved concurrency of the function, which is also its maximum concurrency."""

    sqs_trigger: SqsTrigger | None = None
    """A queue that invokes the function."""


class LoadBalancer(Model):
    """An existing Application Load Balancer that sends requests to the service."""

    load_balancer_arn: LoadBalancerArn
    """ARN of the load balancer."""

    target_group_arn: TargetGroupArn
    """ARN of its target group for this service, with target type `ip`. The service registers its tasks."""

    security_group_id: SecurityGroupId
    """Security group of the load balancer; it gets access to the port of the service."""


class EcsService(DeployedService):
    """An ECS service on Fargate."""

    kind: Literal["ecs"]
    """This is an ECS service on Fargate."""

    image: ImageUri
    """Container image with a tag or digest."""

    command: tuple[Text, ...] = ()
    """Command that overrides the command of the image."""

    port: int | None = Field(default=None, ge=1, le=65_535)
    """Port that the container listens on."""

    cpu: int = 256
    """CPU of the task in units of 1/1024 vCPU, shared by the service and its collector."""

    memory_mib: int = 512
    """Memory of the task in MiB, shared by the service and its collector."""

    architecture: Architecture = "arm64"
    """Processor that the image is built for."""

    desired_count: int = Field(default=2, ge=0, le=5000)
    """Desired number of tasks."""

    load_balancer: LoadBalancer | None = None
    """The load balancer in front of the service, if there is one."""

    awslogs: ServiceAwslogs = ServiceAwslogs()
    """The log driver, where it differs from `logs.awslogs`."""

    @model_validator(mode="after")
    def _load_balancers_need_a_port(self) -> EcsService:
        if self.load_balancer and self.port is None:
            raise refuse("requires port: the load balancer sends requests to it", at=("load_balancer",))
        return self

    @model_validator(mode="after")
    def _fargate_offers_it(self) -> EcsService:
        if self.cpu not in FARGATE_MEMORY_MIB:
            allowed = ", ".join(map(str, FARGATE_MEMORY_MIB))
            raise refuse("Fargate offers a cpu of: {allowed}", at=("cpu",), allowed=allowed)
        if self.memory_mib not in FARGATE_MEMORY_MIB[self.cpu]:
            allowed = ", ".join(map(str, FARGATE_MEMORY_MIB[self.cpu]))
            raise refuse(
                "with cpu {cpu}, Fargate offers a memory_mib of: {allowed}",
                at=("memory_mib",),
                because=("cpu",),
                cpu=self.cpu,
                allowed=allowed,
            )
        return self


class StateMachine(Service):
    """An existing Step Functions state machine. It is monitored only."""

    kind: Literal["state-machine"]
    """This is a Step Functions state machine."""

    state_machine: StateMachineName
    """Name of the state machine, in the region and account of the environment."""

    timeout_s: int | None = Field(default=None, ge=1, le=31_536_000)
    """`TimeoutSeconds` of its definition, for the alarm on slow executions."""


AnyService = Annotated[LambdaService | EcsService | StateMachine, Field(discriminator="kind")]

SERVICE_MODELS: dict[str, type[Service]] = {
    typing.get_args(model.model_fields["kind"].annotation)[0]: model
    for model in typing.get_args(typing.get_args(AnyService)[0])
}
"""Kind -> the model of its services."""


_RECIPIENTS = 1000


class _Channel:
    """Marks a key of `Recipients` as a channel of the notifier, which holds references to secrets."""


_Secrets = Annotated[tuple[SecretReference, ...], at_most(_RECIPIENTS), _Channel()]
"""Secrets of one channel and severity."""


class Recipients(Model):
    """Recipients of the notifications of one severity."""

    emails: Annotated[tuple[Email, ...], at_most(_RECIPIENTS)] = ()
    """E-mail addresses. Each must confirm the subscription once."""

    webhooks: Annotated[tuple[WebhookUrl, ...], at_most(_RECIPIENTS)] = ()
    """https endpoints, which receive the JSON of SNS. Do not put a URL that is a secret into a file."""

    slack: _Secrets = ()
    """Secrets with URLs of Slack incoming webhooks: `ssm:/a/parameter` or `secretsmanager:a/secret`."""

    pagerduty: _Secrets = ()
    """Secrets with integration keys of PagerDuty services (Events API v2), as for `slack`."""

    ok_notifications: bool = True
    """Whether a message is also sent when an alarm is OK again. PagerDuty resolves its incident by it."""

    @model_validator(mode="after")
    def _nobody_twice(self) -> Recipients:
        for key in ("emails", "webhooks", *self.references):
            values = getattr(self, key)
            # Mail addresses are not case-sensitive: the same person would get each message twice.
            same = [value.casefold() if key == "emails" else value for value in values]
            first: dict[str, int] = {}
            for position, value in enumerate(same):
                if first.setdefault(value, position) != position:
                    raise refuse("is listed twice", at=(key, position))
        return self

    @property
    def references(self) -> dict[str, tuple[str, ...]]:
        """Channel of the notifier -> references to the secrets of its recipients."""
        fields = Recipients.model_fields.items()
        channels = [
            name for name, field in fields if any(isinstance(entry, _Channel) for entry in field.metadata)
        ]
        return {channel: getattr(self, channel) for channel in channels}

    @property
    def addresses(self) -> tuple[str, ...]:
        """All recipients: addresses, and channels with references to secrets."""
        secrets = (f"{channel} {secret}" for channel, keys in self.references.items() for secret in keys)
        return (*self.direct, *secrets)

    @property
    def direct(self) -> tuple[str, ...]:
        """The recipients to which SNS delivers without the notifier."""
        return (*self.emails, *self.webhooks)


class Notifications(Model):
    """Recipients by severity. Every notification is also sent to the alarm queue."""

    critical: Recipients = Recipients()
    """Recipients of pages. Its e-mail addresses and webhooks are also notified when notifications fail,
    without the notifier."""

    warning: Recipients = Recipients()
    """Recipients of tickets."""

    pagerduty_region: Literal["us", "eu"] = "us"
    """Service region of the PagerDuty account."""

    runbooks_url: HttpsUrl | None = None
    """URL of the folder `docs/runbooks`, such as on the site of your repository. Without it, descriptions
    name the file. At most 200 characters, because an alarm description has at most 1,024."""

    queue_retention_days: int = Field(default=4, ge=1, le=13)
    """Days that the alarm queue keeps a notification. Less than in the dead-letter queue: SQS counts from the
    time at which a message was first sent."""

    queue_max_receives: int = Field(default=3, ge=1, le=1000)
    """Times a message of the alarm queue is received before it is moved to the dead-letter queue."""

    dead_letter_retention_days: int = Field(default=14, ge=1, le=14)
    """Days that the dead-letter queues keep notifications."""


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


class Dashboard(Model):
    """The CloudWatch dashboard `<project>-<env>`."""

    start: Since = "-PT8H"
    """Start of the graphs as a negative ISO 8601 duration: `-PT8H` is eight hours ago."""

    period_s: int = Field(default=60, ge=60, le=86_400, multiple_of=60)
    """Period of a datapoint in graphs, in seconds."""

    recent_errors: int = Field(default=50, ge=1, le=1000)
    """Number of rows in the tables of recent errors."""


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

    services: Annotated[dict[ServiceName, AnyService], at_most(MOST_SERVICES)]
    """The services, by name."""

    @property
    def is_local(self) -> bool:
        """Whether this environment is deployed to a local AWS."""
        return self.endpoint is not None

    @property
    def functions(self) -> dict[str, LambdaService]:
        """The Lambda functions, by name."""
        return {
            name: service for name, service in self.services.items() if isinstance(service, LambdaService)
        }

    @property
    def containers(self) -> dict[str, EcsService]:
        """The ECS services, by name."""
        return {name: service for name, service in self.services.items() if isinstance(service, EcsService)}

    def insights_layer_arn(self, architecture: Architecture) -> str:
        """Return the ARN of the Lambda Insights layer: the configured one, else that of AWS."""
        configured = {"arm64": self.insights.layer_arn_arm64, "x86_64": self.insights.layer_arn_x86_64}
        return configured[architecture] or LAMBDA_INSIGHTS_LAYERS[architecture][self.region]
