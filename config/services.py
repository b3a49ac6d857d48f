"""Configuration of the services, by kind."""

from __future__ import annotations

import typing
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from config.alarms import AlarmTunings, Slo
from config.dashboards import ServiceDashboard
from config.limits import FARGATE_MEMORY_MIB, LAMBDA_MEMORY_MIB, LAMBDA_TIMEOUT_S
from config.logs import ServiceAwslogs, ServiceLogs
from config.metrics import OwnMetrics
from config.types import (
    AliasName,
    Arn,
    ClusterName,
    Description,
    EcsServiceName,
    EnvironmentVariables,
    FunctionName,
    Handler,
    IamAction,
    ImageUri,
    LoadBalancerArn,
    LogGroupName,
    Model,
    OwnerName,
    QueueName,
    SecurityGroupId,
    Slug,
    SourceFolder,
    StateMachineName,
    TargetGroupArn,
    Text,
    at_most,
    refuse,
)

Architecture = Literal["arm64", "x86_64"]


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
    """Alarm settings of this service, which override those of the environment; and its own alarms."""

    metrics: OwnMetrics = {}
    """Own metrics of the service, by key. The key is the id in expressions, SLOs and widgets."""

    dashboard: ServiceDashboard = ServiceDashboard()
    """The section of the service on the dashboard."""

    slos: Annotated[dict[Annotated[Slug, Field(max_length=16)], Slo], at_most(20)] = Field(
        default={}, max_length=20
    )
    """SLOs, by name. Each has burn-rate alarms, and an error budget on the dashboard. At most 20: three
    composites of each name the impact of the service, and CloudWatch allows 150 to name one alarm."""

    names_it: ClassVar[tuple[str, ...]] = ()
    """The keys that name what exists, of a service that exists already."""


class LoggingService(Service):
    """Keys of services that write a log."""

    logs: ServiceLogs = ServiceLogs()
    """The format of its log lines, where it differs from `logs.lambda` or `logs.ecs`."""

    @model_validator(mode="before")
    @classmethod
    def _log_format_has_moved(cls, data: Any) -> Any:
        if isinstance(data, dict) and "log_format" in data:
            raise refuse("is no longer a key: write logs: {format: …}", at=("log_format",))
        return data


class DeployedService(LoggingService):
    """Keys of services that the platform deploys, not only monitors."""

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


class ExistingService(LoggingService):
    """Keys of services that exist already. The platform watches them; it does not create or change them."""

    created: ClassVar[type[DeployedService]]
    """The model of services of the same kind that the platform creates."""

    @model_validator(mode="before")
    @classmethod
    def _has_no_keys_of_created_services(cls, data: Any) -> Any:
        keys = cls.created.model_fields.keys() - cls.model_fields.keys()
        found = [key for key in data if key in keys] if isinstance(data, dict) else []
        if found:
            named = next(key for key in cls.names_it if key in data)
            raise refuse(
                "is only for a service that is created here, but {named} names one that exists already "
                "and is never changed: remove {keys}, or {named}",
                at=(found[0],),
                because=(named,),
                named=named,
                keys=" and ".join(found),
            )
        return data


class ExistingTrigger(Model):
    """The existing SQS queue that invokes an existing function."""

    queue: QueueName
    """Name of the queue, in the region and account of the environment."""

    dead_letter_queue: QueueName | None = None
    """Name of its dead-letter queue. Without it, the alarm on dead letters is left out."""

    visibility_timeout_s: int | None = Field(default=None, ge=0, le=43_200)
    """Visibility timeout of the queue in seconds: the time until a failed message is received again. Without
    it, alarms assume six timeouts of the function, as AWS recommends."""

    batching_window_s: int = Field(default=0, ge=0, le=300)
    """Seconds that the event source mapping waits for a full batch."""

    @model_validator(mode="after")
    def _queues_differ(self) -> ExistingTrigger:
        if self.queue == self.dead_letter_queue:
            raise refuse("must be another queue than queue", at=("dead_letter_queue",), because=("queue",))
        # Amazon SQS Developer Guide, "Configure a dead-letter queue using the Amazon SQS console".
        if self.dead_letter_queue and _is_fifo(self.dead_letter_queue) != _is_fifo(self.queue):
            raise refuse(
                "must be a {type} queue, of the type of queue: a FIFO queue has a name that ends with .fifo",
                at=("dead_letter_queue",),
                because=("queue",),
                type="FIFO" if _is_fifo(self.queue) else "standard",
            )
        return self

    @model_validator(mode="after")
    def _fifo_queues_have_no_batching_window(self) -> ExistingTrigger:
        # AWS Lambda Developer Guide, "Lambda parameters for Amazon SQS event source mappings".
        if self.batching_window_s and _is_fifo(self.queue):
            text = "must be 0: FIFO queues have no batching window"
            raise refuse(text, at=("batching_window_s",), because=("queue",))
        return self


def _is_fifo(queue: str) -> bool:
    """Return whether a queue is a FIFO queue; source: Amazon SQS API Reference, CreateQueue, QueueName."""
    return queue.endswith(".fifo")


class ExistingFunction(ExistingService):
    """A Lambda function that exists already, with any runtime, as a zip file or an image."""

    created: ClassVar[type[DeployedService]] = LambdaService
    names_it: ClassVar[tuple[str, ...]] = ("function",)

    kind: Literal["lambda"]
    """This is a Lambda function."""

    function: FunctionName
    """Name or ARN of the function, in the region and account of the environment, without version or alias."""

    alias: AliasName | None = None
    """An alias. Invocations, errors, throttles and durations are then those of the alias; CloudWatch has the
    other metrics of the function only as a whole."""

    log_group: LogGroupName | None = None
    """Name of its log group; by default `/aws/lambda/<function>`."""

    watch_log: bool = True
    """Whether its log is watched. `false` if another service has another alias of the function: a line of the
    log has no alias, and can only count for one of them. Alarms on its log are then left out."""

    timeout_s: int = Field(ge=1, le=LAMBDA_TIMEOUT_S)
    """Its timeout in seconds, after which its metrics arrive at the latest. `make import` reads it."""

    reserved_concurrency: int | None = Field(default=None, ge=1)
    """Its reserved concurrency. Without it, the alarm on the reserved concurrency is left out."""

    insights: bool = False
    """Whether it has the Lambda Insights layer. Without it, alarms on memory and cold starts are left out."""

    sqs_trigger: ExistingTrigger | None = None
    """The queue that invokes it."""

    @property
    def function_name(self) -> str:
        """Name of the function."""
        return self.function.rpartition(":")[2]

    @property
    def log_group_name(self) -> str | None:
        """Name of the log group that is watched; default: Lambda Developer Guide, "Log groups"."""
        return (self.log_group or f"/aws/lambda/{self.function_name}") if self.watch_log else None

    @model_validator(mode="after")
    def _watches_the_log_group_that_it_names(self) -> ExistingFunction:
        for key in ("log_group", "logs") if not self.watch_log else ():
            if key in self.model_fields_set:
                raise refuse("is not valid with watch_log: false", at=(key,), because=("watch_log",))
        return self


class Autoscaling(Model):
    """Bounds of the number of tasks that Application Auto Scaling sets."""

    min_tasks: int = Field(ge=0, le=5000)
    """Minimum number of tasks. Alarms on too few tasks use it instead of `desired_count`."""

    max_tasks: int = Field(ge=0, le=5000)
    """Maximum number of tasks."""

    @model_validator(mode="after")
    def _in_order(self) -> Autoscaling:
        if self.max_tasks < self.min_tasks:
            raise refuse(
                "must be at least {least} (min_tasks)",
                at=("max_tasks",),
                because=("min_tasks",),
                least=self.min_tasks,
            )
        return self


class TargetGroup(Model):
    """An existing target group of an Application Load Balancer."""

    load_balancer_arn: LoadBalancerArn
    """ARN of the load balancer."""

    target_group_arn: TargetGroupArn
    """ARN of the target group in which the tasks of the service are registered."""


class ExistingEcsService(ExistingService):
    """An ECS service that exists already, on Fargate or on EC2."""

    created: ClassVar[type[DeployedService]] = EcsService
    names_it: ClassVar[tuple[str, ...]] = ("cluster", "ecs_service")

    kind: Literal["ecs"]
    """This is an ECS service."""

    cluster: ClusterName
    """Name of the cluster, in the region and account of the environment."""

    ecs_service: EcsServiceName
    """Name of the ECS service."""

    launch_type: Literal["fargate", "ec2"] = "fargate"
    """Where its tasks run. ECS reports ephemeral storage only for tasks on Fargate."""

    desired_count: int | None = Field(default=None, ge=0, le=5000)
    """Desired number of tasks. Without it and without `autoscaling`, alarms on the number of tasks are left
    out."""

    autoscaling: Autoscaling | None = None
    """The bounds of its number of tasks, if it is scaled automatically."""

    log_groups: Annotated[tuple[LogGroupName, ...], at_most(20)] = ()
    """Names of its log groups. Without one, alarms on its log are left out. At most 20."""

    target_groups: Annotated[tuple[TargetGroup, ...], at_most(20)] = ()
    """Target groups of Application Load Balancers that send requests to it. SLOs count the requests of the
    first. At most 20."""

    container_insights: bool = False
    """Whether the cluster has Container Insights, which AWS does not switch on by default. Without it, alarms
    on tasks and storage are left out."""

    @model_validator(mode="after")
    def _resources_differ(self) -> ExistingEcsService:
        groups = [target.target_group_arn for target in self.target_groups]
        for key, values in (("log_groups", self.log_groups), ("target_groups", groups)):
            for position, value in enumerate(values):
                if value in values[:position]:
                    raise refuse("is in the list twice: {value}", at=(key, position), value=value)
        return self


class StateMachine(Service):
    """An existing Step Functions state machine. It is monitored only."""

    names_it: ClassVar[tuple[str, ...]] = ("state_machine",)

    kind: Literal["state-machine"]
    """This is a Step Functions state machine."""

    state_machine: StateMachineName
    """Name of the state machine, in the region and account of the environment."""

    timeout_s: int | None = Field(default=None, ge=1, le=31_536_000)
    """`TimeoutSeconds` of its definition, for the alarm on slow executions."""


def _kind_of(model: type[Service]) -> str:
    return str(typing.get_args(model.model_fields["kind"].annotation)[0])


def model_of(service: Any) -> type[Service] | None:
    """Return the model of a service, in data or validated; None if it has no valid kind."""
    if isinstance(service, Service):
        return type(service)
    kind = service.get("kind") if isinstance(service, dict) else None
    first, *others = SERVICE_MODELS.get(kind, (None,)) if isinstance(kind, str) else (None,)
    for model in others:
        if issubclass(model, ExistingService) and any(key in service for key in model.names_it):
            return model
    return first


def tag_of(service: Any) -> str | None:
    """Return the tag of the model of a service, as `model_of`; locations of pydantic's errors have it."""
    model = model_of(service)
    return _TAGS[model] if model else None


AnyService = Annotated[
    Annotated[LambdaService, Tag("lambda")]
    | Annotated[ExistingFunction, Tag("lambda function")]
    | Annotated[EcsService, Tag("ecs")]
    | Annotated[ExistingEcsService, Tag("ecs cluster")]
    | Annotated[StateMachine, Tag("state-machine")],
    Discriminator(tag_of),
]

_TAGS: dict[type[Service], str] = {
    typing.get_args(tagged)[0]: typing.get_args(tagged)[1].tag
    for tagged in typing.get_args(typing.get_args(AnyService)[0])
}
"""Model -> its tag."""

SERVICE_MODELS: dict[str, tuple[type[Service], ...]] = {
    _kind_of(model): tuple(other for other in _TAGS if _kind_of(other) == _kind_of(model)) for model in _TAGS
}
"""Kind -> the models of its services; the first is that of services without the keys of the others."""
