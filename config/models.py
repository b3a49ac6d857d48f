"""The one list of legal keys: what an environment's file may say, with types, units, defaults and bounds."""

from __future__ import annotations

import typing
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.limits import (
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
"""What local AWSs take for an access key and its secret; it opens nothing else."""


class State(Model):
    """Where Terraform keeps its state: one S3 object per stack, `<project>/<env>/<stack>.tfstate`."""

    bucket: BucketName
    """The state bucket; `make bootstrap` creates it (versioned, encrypted, private, TLS only)."""


class Archive(Model):
    """What happens to log events in S3, where every log group but the archive's own is archived."""

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
                "must be at least glacier_after_days + 90 = {least}: S3 Glacier bills 90 days at least",
                at=("expire_after_days",),
                because=("glacier_after_days",),
                least=least,
            )
        return self


class Logs(Model):
    """Log groups and their archive."""

    retention_days: RetentionDays = 30
    """Days that CloudWatch Logs keeps events, for every log group of the environment."""

    archive: Archive = Archive()
    """The archive in S3."""


class Tracing(Model):
    """X-Ray: what share of requests is traced, and by which collector."""

    sampling_rate: float = Field(default=0.1, ge=0, le=1)
    """Share of requests that are traced after the reservoir is used up, 0 to 1. It decides for ECS services
    and for callers that ask X-Ray; a direct invocation of a Lambda function is traced as AWS decides."""

    reservoir_per_s: int = Field(default=1, ge=0, le=100)
    """Requests per second that are always traced, before the rate applies."""

    priority: int = Field(default=1000, ge=1, le=9999)
    """Order among the account's sampling rules: the lowest number is matched first."""

    collector_image: ImageUri = "public.ecr.aws/aws-observability/aws-otel-collector:v0.46.0"
    """Image of the AWS Distro for OpenTelemetry collector that runs beside every ECS service."""

    collector_cpu: int = Field(default=64, ge=32, le=1024)
    """CPU units reserved for the collector, of the task's."""

    collector_memory_mib: int = Field(default=128, ge=64, le=2048)
    """MiB of memory that the collector may use, of the task's."""

    manage_encryption: bool = True
    """Whether this environment sets X-Ray's encryption key, of which an account has one per region."""


class Kms(Model):
    """The customer-managed key that encrypts logs, notifications, queues, archive and traces."""

    deletion_window_days: int = Field(default=30, ge=7, le=30)
    """Days between `make destroy` and the key being gone for good."""

    rotation_period_days: int = Field(default=365, ge=90, le=2560)
    """Days between automatic rotations of the key."""


class Network(Model):
    """Where ECS tasks run: a VPC made for them, or given subnets."""

    cidr: Cidr = "10.20.0.0/16"
    """Address block of the VPC that is created; ignored when a VPC is given."""

    availability_zones: int = Field(default=2, ge=2, le=3)
    """Availability zones the created VPC spans."""

    nat_gateways: int = Field(default=1, ge=1, le=3)
    """NAT gateways in the created VPC: 1 is cheaper, one per zone survives the loss of a zone."""

    vpc_id: VpcId | None = None
    """An existing VPC to use instead of creating one."""

    subnet_ids: tuple[SubnetId, ...] = ()
    """Private subnets of the given VPC, with a way out to AWS's APIs and the image registry."""

    security_group_ids: tuple[SecurityGroupId, ...] = ()
    """Security groups for the tasks in the given VPC, beside the one that is created."""

    @model_validator(mode="after")
    def _given_wholly_or_not(self) -> Network:
        if (self.vpc_id is None) != (not self.subnet_ids):
            given = "vpc_id" if self.vpc_id else "subnet_ids"
            raise refuse(
                "vpc_id and subnet_ids go together: give both, or neither to have a VPC created", at=(given,)
            )
        if self.vpc_id is None and self.security_group_ids:
            raise refuse(
                "needs vpc_id: the groups must be of the given VPC",
                at=("security_group_ids",),
            )
        if self.nat_gateways > self.availability_zones:
            raise refuse(
                "can be at most availability_zones, which is {zones}: one per zone",
                at=("nat_gateways",),
                because=("availability_zones",),
                zones=self.availability_zones,
            )
        return self


class Insights(Model):
    """Container Insights and Lambda Insights."""

    containers: Literal["enhanced", "enabled", "disabled"] = "enhanced"
    """Container Insights on the ECS cluster; `enhanced` adds metrics per task, and costs more."""

    functions: bool = True
    """Lambda Insights on every function: memory, CPU and network use of each invocation."""

    layer_arn_arm64: LayerArn | None = None
    """Lambda Insights layer for arm64 functions, in place of the built-in one for the region."""

    layer_arn_x86_64: LayerArn | None = None
    """Lambda Insights layer for x86_64 functions, in place of the built-in one for the region."""

    manage_log_group: bool = True
    """Whether this environment owns `/aws/lambda-insights`, of which an account has one per region."""


class Tuning(Model):
    """One alarm, tuned. What is not set keeps the value of the level above (environment, then alarm)."""

    threshold: float | None = Field(default=None, ge=0)
    """The value that must be crossed, in the alarm's own unit (docs/config.md, alarm keys)."""

    anomaly_band: float | None = Field(default=None, gt=0, le=10)
    """Instead of a threshold: how many standard deviations off its usual course the metric must be."""

    min_samples: int | None = Field(default=None, ge=1)
    """Events that a datapoint needs to count, for alarms on a rate: one failure in two is no rate."""

    period_s: int | None = Field(default=None, ge=60, le=86_400, multiple_of=60)
    """Seconds that one datapoint covers."""

    evaluation_periods: int | None = Field(default=None, ge=1, le=1440)
    """How many of the newest datapoints are looked at (N)."""

    datapoints_to_alarm: int | None = Field(default=None, ge=1, le=1440)
    """How many of those must breach (M)."""

    enabled: bool | None = None
    """`false` leaves the alarm out; say why in `reason`. `true` switches on one that is off by itself."""

    reason: Reason | None = None
    """Why the alarm is switched off, for whoever wonders later."""

    @model_validator(mode="after")
    def _off_needs_a_reason(self) -> Tuning:
        if self.enabled is False and not self.reason:
            raise refuse("an alarm that is switched off needs a reason", at=("enabled",))
        if self.threshold is not None and self.anomaly_band is not None:
            raise refuse(
                "an anomaly band takes the place of a threshold: give one, and null for the other",
                at=("threshold",),
                because=("anomaly_band",),
            )
        return self


AlarmTunings = dict[Slug, Tuning]
"""Alarm key -> its tuning. Which keys a kind of service has is the catalog's knowledge; it refuses others."""


class Alarms(Model):
    """Thresholds for all services of a kind; a service's own `alarms` goes before them."""

    lambda_: AlarmTunings = Field(default={}, alias="lambda")
    """Alarms of Lambda functions."""

    ecs: AlarmTunings = {}
    """Alarms of ECS services."""

    state_machine: AlarmTunings = Field(default={}, alias="state-machine")
    """Alarms of Step Functions state machines."""

    platform: AlarmTunings = {}
    """Alarms of the platform itself: notifications, dead letters, the notifier, the account's quotas."""

    def of(self, kind: str) -> AlarmTunings:
        """Return what is said for all services of a kind, or of the platform."""
        by_key = {field.alias or name: name for name, field in type(self).model_fields.items()}
        tunings: AlarmTunings = getattr(self, by_key[kind])
        return tunings


class Slo(Model):
    """A service level objective: what share of events must be good, over which time."""

    objective_percent: float = Field(gt=0, le=99.95)
    """Per cent of the events that must be good. More than 99.95 leaves a budget of minutes a month, which is
    gone before anybody can act."""

    window_days: int = Field(default=30, ge=7, le=90)
    """Days over which the objective holds: the error budget is what may go wrong in them."""

    events: Slug | None = None
    """What is counted; without it, what the kind of service counts first (docs/config.md, events of SLOs)."""

    slower_than_ms: float | None = Field(default=None, gt=0)
    """For an objective on latency: an event is bad when it takes longer than this."""

    min_events: int = Field(default=100, ge=1)
    """Events that the longer window of a burn-rate alarm needs: with fewer, nobody is woken."""


class Grant(Model):
    """One statement of what a service may do, added to its role."""

    actions: Annotated[tuple[IamAction, ...], at_most(1000)] = Field(min_length=1)
    """IAM actions, such as `dynamodb:GetItem`."""

    resources: Annotated[tuple[Arn, ...], at_most(1000)] = Field(min_length=1)
    """ARNs the actions are allowed on."""


class Service(Model):
    """What all services have in common."""

    description: Description
    """What the service does, in one line; shown in the console and on the dashboard."""

    owner: OwnerName = "platform"
    """The team to ask; a tag on its resources and part of each alarm's text."""

    alarms: AlarmTunings = {}
    """This service's own thresholds, before those of the environment."""

    slos: Annotated[dict[Annotated[Slug, Field(max_length=16)], Slo], at_most(20)] = Field(
        default={}, max_length=20
    )
    """Objectives, by name. Each has burn-rate alarms and an error budget on the dashboard.
    At most 20: three composites of each name the service's impact, which CloudWatch lets 150 do."""


class DeployedService(Service):
    """What services have in common that the platform deploys, beside what it watches."""

    log_format: LogFormat = "json"
    """`json`: one JSON object per line with `level` and `duration_ms`; `text`: lines with ERROR or FATAL."""

    environment: EnvironmentVariables = {}
    """Environment variables of the service. Not for secrets."""

    grants: Annotated[tuple[Grant, ...], at_most(200)] = ()
    """What the service may do in AWS beyond writing its logs and sending traces."""


class SqsTrigger(Model):
    """A queue that feeds the function, made with it, with a dead-letter queue of its own."""

    batch_size: int = Field(default=10, ge=1, le=10_000)
    """Messages handed to one invocation at most."""

    batching_window_s: int = Field(default=0, ge=0, le=300)
    """Seconds to wait for a full batch; needed for batches over 10."""

    max_receives: int = Field(default=3, ge=1, le=1000)
    """Times a message is tried before it goes to the dead-letter queue."""

    max_concurrency: int | None = Field(default=None, ge=2, le=1000)
    """Invocations at once that the queue may cause."""

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
    """Seconds until an invocation is ended."""

    memory_mib: int = Field(default=256, ge=LAMBDA_MEMORY_MIB[0], le=LAMBDA_MEMORY_MIB[1])
    """MiB of memory; CPU grows with it."""

    reserved_concurrency: int | None = Field(default=None, ge=1)
    """Invocations at once that are kept for this function, and that it cannot exceed."""

    sqs_trigger: SqsTrigger | None = None
    """A queue that feeds the function."""


class LoadBalancer(Model):
    """An Application Load Balancer that exists already and sends requests to the service."""

    load_balancer_arn: LoadBalancerArn
    """The load balancer."""

    target_group_arn: TargetGroupArn
    """Its target group for this service, with targets of type `ip`; the service registers its tasks in it."""

    security_group_id: SecurityGroupId
    """The load balancer's security group, which is let in to the service's port."""


class EcsService(DeployedService):
    """A service of containers on Fargate."""

    kind: Literal["ecs"]
    """This is an ECS service on Fargate."""

    image: ImageUri
    """Container image with a tag or digest."""

    command: tuple[Text, ...] = ()
    """Command in place of the image's own."""

    port: int | None = Field(default=None, ge=1, le=65_535)
    """Port that the container listens on."""

    cpu: int = 256
    """CPU of the task in units of 1/1024 vCPU, shared by the service and its collector."""

    memory_mib: int = 512
    """Memory of the task in MiB, shared by the service and its collector."""

    architecture: Architecture = "arm64"
    """Processor that the image is built for."""

    desired_count: int = Field(default=2, ge=0, le=5000)
    """Tasks that should run."""

    load_balancer: LoadBalancer | None = None
    """The load balancer in front of the service, if there is one."""

    @model_validator(mode="after")
    def _load_balancers_need_a_port(self) -> EcsService:
        if self.load_balancer and self.port is None:
            raise refuse("needs port: where the load balancer sends requests", at=("load_balancer",))
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
    """A state machine of Step Functions that exists already: it is watched, and nothing is created."""

    kind: Literal["state-machine"]
    """This is a Step Functions state machine."""

    state_machine: StateMachineName
    """Its name in AWS, in the environment's region and account."""

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
"""Addresses of one kind for one severity: a mailing list is one."""


class Recipients(Model):
    """Who is told about alarms of one severity."""

    emails: Annotated[tuple[Email, ...], at_most(_RECIPIENTS)] = ()
    """E-mail addresses; each must confirm the subscription once."""

    webhooks: Annotated[tuple[WebhookUrl, ...], at_most(_RECIPIENTS)] = ()
    """https endpoints, which get AWS's own JSON. A URL that is itself a secret does not belong in a file."""

    slack: _Secrets = ()
    """Where URLs of Slack's incoming webhooks are kept: `ssm:/a/parameter` or `secretsmanager:a/secret`."""

    pagerduty: _Secrets = ()
    """Where the integration keys of PagerDuty services (Events API v2) are kept, as for `slack`."""

    ok_notices: bool = True
    """Whether to say so when it is over. PagerDuty closes its incident by it."""

    @model_validator(mode="after")
    def _nobody_twice(self) -> Recipients:
        for what in ("emails", "webhooks", *self.references):
            values = getattr(self, what)
            # Mail is delivered whatever the case of the letters: the same person would be told twice.
            same = [value.casefold() if what == "emails" else value for value in values]
            first: dict[str, int] = {}
            for position, value in enumerate(same):
                if first.setdefault(value, position) != position:
                    raise refuse("is there already", at=(what, position))
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
        kept = (f"{channel} {each}" for channel, of in self.references.items() for each in of)
        return (*self.direct, *kept)

    @property
    def direct(self) -> tuple[str, ...]:
        """Those whom SNS reaches itself: without the notifier, should that be what is broken."""
        return (*self.emails, *self.webhooks)


class Notifications(Model):
    """Who is told, by severity. Every notification also arrives in the alarm queue."""

    critical: Recipients = Recipients()
    """Alarms that should wake somebody. Its e-mail addresses and webhooks also hear, without the notifier
    between, when notifications themselves fail."""

    warning: Recipients = Recipients()
    """Alarms for working hours."""

    pagerduty_region: Literal["us", "eu"] = "us"
    """The service region of the PagerDuty account."""

    runbooks_url: HttpsUrl | None = None
    """Where people read `docs/runbooks`, such as the folder on the site of your repository. Without it, texts
    name the file. At most 200 characters, so that the text of every alarm stays within CloudWatch's 1,024."""

    queue_retention_days: int = Field(default=4, ge=1, le=13)
    """Days that the alarm queue keeps a notification for its consumer. Fewer than the dead-letter queue's:
    SQS counts on from when a message was first sent."""

    queue_max_receives: int = Field(default=3, ge=1, le=1000)
    """Times a consumer may try a message of the alarm queue before it goes to the dead-letter queue."""

    dead_letter_retention_days: int = Field(default=14, ge=1, le=14)
    """Days that undelivered and unprocessed notifications are kept."""


class Deployments(Model):
    """What is said about deployments while they run."""

    quiet_s: int = Field(default=600, ge=0, le=3600, multiple_of=60)
    """Seconds after the start of a deployment in which the deployed service notifies nobody; what is still
    wrong afterwards is said then. 0 for none."""


class MaintenanceWindow(Model):
    """A time, again and again, in which composites notify nobody.

    Alarms that notify by themselves (dead letters, silence, floods) and the events of ECS are not silenced.
    """

    cron: Cron
    """When it begins, in AWS's six fields: minutes hours day-of-month month day-of-week year."""

    timezone: TimeZone = "UTC"
    """The time zone of `cron`, by its IANA name; daylight saving is followed."""

    duration_min: int = Field(ge=1, le=1440)
    """Minutes it lasts. CloudWatch looks back one day at most."""

    reason: WindowReason
    """What happens in it, for whoever wonders why nobody was told."""


class Quotas(Model):
    """Quotas of the account, which AWS reports to nobody who looks at metrics."""

    lambda_concurrency: int = Field(default=1000, ge=10)
    """Concurrent executions of Lambda in the account and region (Lambda quotas; the default is AWS's)."""


class Drills(Model):
    """Rehearsals of alarms with what is deployed: `make drill LIVE=1`."""

    allowed: bool = False
    """Whether functions fail when a request asks them to, and live drills may send such requests. Not where
    `deletion_protection` is on: what is protected is not made to fail."""


class Dashboard(Model):
    """The CloudWatch dashboard `<project>-<env>`."""

    start: Since = "-PT8H"
    """How far back graphs begin, as an ISO 8601 duration: `-PT8H` is eight hours."""

    period_s: int = Field(default=60, ge=60, le=86_400, multiple_of=60)
    """Seconds that one point of a graph covers."""

    recent_errors: int = Field(default=50, ge=1, le=1000)
    """Lines in the tables of recent errors."""


class Environment(Model):
    """One environment, whole: config/base.yaml with config/<env>.yaml laid over it."""

    environment: EnvironmentName
    """Name of the environment; the suffix of every resource's name."""

    project: ProjectName
    """Name of the project; the prefix of every resource's name."""

    region: Region
    """AWS region."""

    account_id: AccountId
    """The AWS account; Terraform refuses to run against any other."""

    endpoint: LocalUrl | None = None
    """URL of a local AWS; without it, AWS itself."""

    tags: Annotated[dict[TagKey, TagValue], at_most(MOST_TAGS - len(OWN_TAGS))] = {}
    """Tags for every resource, beside those that the platform sets itself. At most 43: a resource has 50."""

    deletion_protection: bool = False
    """Whether log groups, keys and the archive refuse to be destroyed."""

    state: State
    """Where Terraform keeps its state."""

    logs: Logs = Logs()
    """Log groups and their archive."""

    tracing: Tracing = Tracing()
    """X-Ray."""

    kms: Kms = Kms()
    """The encryption key."""

    network: Network = Network()
    """Where ECS tasks run."""

    insights: Insights = Insights()
    """Container Insights and Lambda Insights."""

    alarms: Alarms = Alarms()
    """Thresholds."""

    notifications: Notifications = Notifications()
    """Who is told."""

    deployments: Deployments = Deployments()
    """Quiet while a deployment runs."""

    maintenance: Annotated[dict[Annotated[Slug, Field(max_length=20)], MaintenanceWindow], at_most(20)] = (
        Field(default={}, max_length=20)
    )
    """Maintenance windows, by name. Of at most 20 characters: with project and environment, the name of a
    schedule of EventBridge Scheduler has 64."""

    quotas: Quotas = Quotas()
    """Quotas of the account."""

    owner: OwnerName = "platform"
    """The team that runs the platform: it is named where an alarm is about the platform itself."""

    drills: Drills = Drills()
    """Live drills."""

    dashboard: Dashboard = Dashboard()
    """The dashboard."""

    services: Annotated[dict[ServiceName, AnyService], at_most(MOST_SERVICES)]
    """The services, by name: adding one is adding an entry."""

    @property
    def is_local(self) -> bool:
        """Whether this environment lives in a local AWS."""
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
        """Return the Lambda Insights layer for this region and `architecture`: the config's, else AWS's."""
        given = {"arm64": self.insights.layer_arn_arm64, "x86_64": self.insights.layer_arn_x86_64}
        return given[architecture] or LAMBDA_INSIGHTS_LAYERS[architecture][self.region]
