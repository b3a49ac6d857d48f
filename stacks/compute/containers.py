"""The ECS cluster and its services on Fargate, each with a collector beside it that sends traces to X-Ray."""

from __future__ import annotations

import json
import re
from typing import Any

from catalog.kinds.ecs import DEPLOYMENT_MAXIMUM_PERCENT
from config.logs import Awslogs
from config.services import EcsService
from stacks import aws, policies
from stacks.base import Stack
from stacks.compute.log_groups import LogGroups
from stacks.compute.network import Network
from stacks.compute.permissions import ask_for_sampling, grants, send_traces, write_logs

_CPU_ARCHITECTURE = {"arm64": "ARM64", "x86_64": "X86_64"}

_PRIVATE_REGISTRY = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)")

_OTLP = "127.0.0.1:4318"
"""Address of the collector: containers of a task share the loopback interface."""

COLLECTOR_CONFIG = {
    "extensions": {
        "health_check": {},
        # Proxy for requests of sampling rules, so that SDKs sample by the X-Ray rule.
        "awsproxy": {"endpoint": "127.0.0.1:2000"},
    },
    "receivers": {
        "otlp": {"protocols": {"grpc": {"endpoint": "127.0.0.1:4317"}, "http": {"endpoint": _OTLP}}}
    },
    "processors": {
        "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
        "resourcedetection": {"detectors": ["env", "ecs"]},
        "batch": {"timeout": "5s"},
    },
    "exporters": {"awsxray": {}},
    "service": {
        "extensions": ["health_check", "awsproxy"],
        "pipelines": {
            "traces": {
                "receivers": ["otlp"],
                "processors": ["memory_limiter", "resourcedetection", "batch"],
                "exporters": ["awsxray"],
            }
        },
    },
}
"""Configuration of the OpenTelemetry collector: it receives traces by OTLP and sends them to X-Ray."""


class Containers:
    """The cluster and its services."""

    def __init__(self, stack: Stack, logs: LogGroups, network: Network) -> None:
        """Add the cluster of `stack`'s environment and every ECS service."""
        self._stack = stack
        self._logs = logs
        self._network = network
        cluster = stack.add(
            aws.EcsCluster,
            "main",
            name=stack.names.whole,
            setting=[
                aws.EcsClusterSetting(name="containerInsights", value=stack.env.insights.containers),
            ],
            # Otherwise Container Insights creates its log group, unencrypted and without retention.
            depends_on=logs.get("container-insights"),
        )
        self._cluster = cluster
        self.cluster_name: str = cluster.name
        self.service_names = {
            name: self._service(name, service) for name, service in stack.env.containers.items()
        }

    def _service(self, name: str, service: EcsService) -> str:
        stack = self._stack
        tags = {"Service": name, "Owner": service.owner}
        names = stack.names
        execution, may_start = self._role(
            f"{name}_exec",
            names.execution_role(name),
            f"Starts the tasks of {name}",
            self._starting(name, service),
        )
        task, may_run = self._role(
            f"{name}_task",
            names.task_role(name),
            service.description,
            [send_traces(), ask_for_sampling(), *grants(service.grants)],
        )
        definition = stack.add(
            aws.EcsTaskDefinition,
            name,
            family=names.of_service(name),
            cpu=str(service.cpu),
            memory=str(service.memory_mib),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform=aws.EcsTaskDefinitionRuntimePlatform(
                cpu_architecture=_CPU_ARCHITECTURE[service.architecture], operating_system_family="LINUX"
            ),
            execution_role_arn=execution.arn,
            task_role_arn=task.arn,
            container_definitions=json.dumps([self._main(name, service), self._collector(name, service)]),
            tags=tags,
            # ECS, a person or an earlier state may go back to a revision, and an update to a deregistered one
            # fails (Amazon ECS API Reference, DeregisterTaskDefinition). `make destroy` deregisters them.
            skip_destroy=True,
            lifecycle={"create_before_destroy": True},
        )
        # `make deploy` waits for the deployment (ops/containers.py), not the provider: for its
        # `wait_for_steady_state`, a service that was rolled back has reached its steady state.
        resource = stack.add(
            aws.EcsService,
            name,
            name=names.of_service(name),
            cluster=self._cluster.arn,
            task_definition=definition.arn,
            desired_count=service.desired_count,
            launch_type="FARGATE",
            availability_zone_rebalancing="ENABLED",
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=DEPLOYMENT_MAXIMUM_PERCENT,
            deployment_circuit_breaker=aws.EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            network_configuration=aws.EcsServiceNetworkConfiguration(
                subnets=self._network.subnet_ids,
                security_groups=self._network.security_group_ids,
                assign_public_ip=False,
            ),
            load_balancer=self._load_balancer(name, service),
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            tags=tags,
            depends_on=[may_start, may_run, *self._network.ready],
        )
        return str(resource.name)

    def _load_balancer(self, name: str, service: EcsService) -> list[Any] | None:
        """Return the target group of the tasks, if the service has a load balancer."""
        if service.load_balancer is None:
            return None
        return [
            aws.EcsServiceLoadBalancer(
                target_group_arn=service.load_balancer.target_group_arn,
                container_name=name,
                container_port=service.port,
            )
        ]

    def _role(
        self, key: str, name: str, description: str, statements: list[policies.Statement]
    ) -> tuple[Any, Any]:
        """Add a role for tasks; return it and its policy."""
        names = self._stack.names
        role = self._stack.add(
            aws.IamRole,
            key,
            name=name,
            description=description,
            # ECS Developer Guide, "Task IAM role": the conditions exclude tasks of other accounts.
            assume_role_policy=policies.trust(
                "ecs-tasks.amazonaws.com",
                {
                    "StringEquals": {"aws:SourceAccount": names.account_id},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{names.region}:{names.account_id}:*"},
                },
            ),
        )
        policy = self._stack.add(
            aws.IamRolePolicy, key, name="run", role=role.id, policy=policies.document(*statements)
        )
        return role, policy

    def _starting(self, name: str, service: EcsService) -> list[policies.Statement]:
        """Return the permissions of ECS to start a task: its log groups, and its image if it is private."""
        statements = [write_logs([self._logs[name].arn, self._logs[f"{name}_collector"].arn])]
        images = {service.image, self._stack.env.tracing.collector_image}
        private = sorted(match.groups() for match in map(_PRIVATE_REGISTRY.match, images) if match)
        if private:
            repositories = [
                f"arn:aws:ecr:{region}:{account}:repository/{repository}"
                for account, region, repository in private
            ]
            pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
            statements += [
                policies.allow("PullImages", pull, repositories),
                # `*`: the token is the account's, not a repository's (Amazon ECR User Guide, "Identity-based
                # policy examples").
                policies.allow("LogInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
            ]
        return statements

    def _main(self, name: str, service: EcsService) -> dict[str, Any]:
        names, tracing = self._stack.names, self._stack.env.tracing
        variables = {
            "ENVIRONMENT": names.environment,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{_OTLP}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_PROPAGATORS": "xray",
            "OTEL_SERVICE_NAME": names.of_service(name),
            "OTEL_TRACES_SAMPLER": "xray",
            **service.environment,
        }
        container: dict[str, Any] = {
            "name": name,
            "image": service.image,
            "essential": True,
            "cpu": service.cpu - tracing.collector_cpu,
            "memory": service.memory_mib - tracing.collector_memory_mib,
            "environment": _variables(variables),
            "logConfiguration": self._log(name, name, service.awslogs.over(self._stack.env.logs.awslogs)),
        }
        if service.command:
            container["command"] = list(service.command)
        if service.port:
            container["portMappings"] = [
                {"containerPort": service.port, "hostPort": service.port, "protocol": "tcp"}
            ]
        return container

    def _collector(self, name: str, service: EcsService) -> dict[str, Any]:
        tracing, awslogs = self._stack.env.tracing, service.awslogs.over(self._stack.env.logs.awslogs)
        # No alarm counts its lines: a collector that blocks would lose traces for them.
        awslogs = Awslogs(mode="non-blocking", max_buffer_size_mib=awslogs.max_buffer_size_mib)
        return {
            "name": "collector",
            "image": tracing.collector_image,
            "essential": False,  # losing traces must not stop the service
            "cpu": tracing.collector_cpu,
            "memory": tracing.collector_memory_mib,
            "environment": _variables({"AOT_CONFIG_CONTENT": json.dumps(COLLECTOR_CONFIG)}),
            "healthCheck": {
                "command": ["CMD", "/healthcheck"],
                "interval": 30,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 10,
            },
            "logConfiguration": self._log(f"{name}_collector", "collector", awslogs),
        }

    def _log(self, group_key: str, prefix: str, awslogs: Awslogs) -> dict[str, Any]:
        """Return the log configuration of a container.

        `mode` is always set: without it, the account setting `defaultLogDriverMode` decides whether lines can
        be lost (Amazon ECS API Reference, LogConfiguration).
        """
        options = {
            "awslogs-group": self._logs[group_key].name,
            "awslogs-region": self._stack.env.region,
            "awslogs-stream-prefix": prefix,
            "mode": awslogs.mode,
        }
        if awslogs.mode == "non-blocking":
            options["max-buffer-size"] = f"{awslogs.max_buffer_size_mib}m"
        return {"logDriver": "awslogs", "options": options}


def _variables(variables: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(variables.items())]
