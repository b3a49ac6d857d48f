"""Configuration of the services, by kind."""

from __future__ import annotations

import typing
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from config.alarms import AlarmTunings, Slo
from config.limits import FARGATE_MEMORY_MIB, LAMBDA_MEMORY_MIB, LAMBDA_TIMEOUT_S
from config.logs import ServiceAwslogs, ServiceLogs
from config.types import (
    Arn,
    Description,
    EnvironmentVariables,
    Handler,
    IamAction,
    ImageUri,
    LoadBalancerArn,
    Model,
    OwnerName,
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
    """Alarm settings of this service, which override those of the environment."""

    slos: Annotated[dict[Annotated[Slug, Field(max_length=16)], Slo], at_most(20)] = Field(
        default={}, max_length=20
    )
    """SLOs, by name. Each has burn-rate alarms, and an error budget on the dashboard. At most 20: three
    composites of each name the impact of the service, and CloudWatch allows 150 to name one alarm."""


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
