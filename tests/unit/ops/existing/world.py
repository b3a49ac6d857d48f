"""An account with existing resources: what AWS answers to the calls that read them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

from aws import clients
from config.models import Environment

REGION, ACCOUNT = "eu-west-1", "333333333333"
HERE = f"{REGION}:{ACCOUNT}"
WEB_GROUP = f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/web/0123456789abcdef"
BALANCER = f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/shop/fedcba9876543210"
SETTINGS: dict[str, Any] = {
    "environment": "prod",
    "project": "reveille",
    "region": REGION,
    "account_id": ACCOUNT,
    "state": {"bucket": "state-bucket"},
    "notifications": {"critical": {"emails": ["oncall@example.com"]}},
}


def environment(**services: Mapping[str, Any]) -> Environment:
    """Return an environment with these services; `_` in a name stands for `-`."""
    named = {name.replace("_", "-"): {"description": "x", **service} for name, service in services.items()}
    return Environment.model_validate({**SETTINGS, "services": named})


def function(name: str = "orders", **more: Any) -> dict[str, Any]:
    """Return the configuration of a function as Lambda describes it."""
    return {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:{HERE}:function:{name}",
        "Timeout": 10,
        "PackageType": "Zip",
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        **more,
    }


def mapping(uuid: str, source: str, target: str = "orders", **more: Any) -> dict[str, Any]:
    """Return an event source mapping of a queue of this account, or of another source by its ARN."""
    arn = source if source.startswith("arn:") else f"arn:aws:sqs:{HERE}:{source}"
    function_arn = f"arn:aws:lambda:{HERE}:function:{target}"
    return {"UUID": uuid, "EventSourceArn": arn, "FunctionArn": function_arn, **more}


def service(name: str = "web", **more: Any) -> dict[str, Any]:
    """Return an ECS service as ECS describes it."""
    return {
        "serviceName": name,
        "status": "ACTIVE",
        "desiredCount": 3,
        "launchType": "FARGATE",
        "taskDefinition": "web:1",
        "loadBalancers": [{"targetGroupArn": WEB_GROUP}],
        "schedulingStrategy": "REPLICA",
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        **more,
    }


def container(name: str = "web", group: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a container definition with the log driver awslogs."""
    options = {"awslogs-group": group or f"/shop/{name}", "awslogs-region": REGION}
    return {"name": name, "logConfiguration": {"logDriver": "awslogs", "options": options}, **more}


@dataclass
class World:
    """The account."""

    functions: dict[str, dict[str, Any]] = field(default_factory=lambda: {"orders": function()})
    """Name, or name and alias joined by a colon -> configuration."""
    reserved: dict[str, int] = field(default_factory=dict)
    mappings: list[dict[str, Any]] = field(default_factory=list)
    queues: dict[str, dict[str, str]] = field(default_factory=dict)
    services: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"shop": {"web": service()}}
    )
    """Cluster -> name -> service."""
    containers: list[dict[str, Any]] = field(default_factory=lambda: [container()])
    bounds: dict[str, tuple[int, int]] = field(default_factory=dict)
    """`service/<cluster>/<service>` -> minimum and maximum."""
    insights: str = "disabled"
    target_groups: dict[str, list[str]] = field(default_factory=lambda: {WEB_GROUP: [BALANCER]})
    """Target group -> its load balancers."""
    machines: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name -> definition."""
    log_groups: dict[str, str] = field(
        default_factory=lambda: {"/aws/lambda/orders": "STANDARD", "/shop/web": "STANDARD"}
    )
    """Name -> class."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """ARN -> tags."""
    denied: set[str] = field(default_factory=set)
    """Operations that are not permitted."""
    refused: set[str] = field(default_factory=set)
    """Names of resources for which AWS refuses every call, for another reason than a missing permission."""
    calls: list[str] = field(default_factory=list)

    def answer(self, operation: str, given: dict[str, Any]) -> Any:
        """Answer as AWS does."""
        self.calls.append(operation)
        if operation in self.denied:
            code = "AccessDeniedException"
            raise _error(code, operation)
        if self.refused & {name for value in given.values() for name in _names(value)}:
            code = "InvalidParameterException"
            raise _error(code, operation)
        return getattr(self, f"_{xform_name(operation)}")(given)

    def _list_functions(self, _: dict[str, Any]) -> Any:
        return {"Functions": [row for name, row in self.functions.items() if ":" not in name]}

    def _get_function_configuration(self, given: dict[str, Any]) -> Any:
        name = ":".join(filter(None, [given["FunctionName"], given.get("Qualifier")]))
        return self._of(self.functions, name, "ResourceNotFoundException", "GetFunctionConfiguration")

    def _get_function_concurrency(self, given: dict[str, Any]) -> Any:
        reserved = self.reserved.get(given["FunctionName"])
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def _list_aliases(self, given: dict[str, Any]) -> Any:
        start = f"{given['FunctionName']}:"
        return {
            "Aliases": [
                {"Name": name.removeprefix(start)} for name in self.functions if name.startswith(start)
            ]
        }

    def _list_event_source_mappings(self, given: dict[str, Any]) -> Any:
        # As little as AWS may list for a function, and as much for an alias: it documents neither.
        name = given["FunctionName"]
        rows = [(row, row["FunctionArn"].partition(":function:")[2]) for row in self.mappings]
        of_function = name.partition(":")[0]
        listed = [
            row
            for row, target in rows
            if target == name or (":" in name and target.partition(":")[0] == of_function)
        ]
        return {"EventSourceMappings": listed}

    def _get_queue_url(self, given: dict[str, Any]) -> Any:
        self._of(self.queues, given["QueueName"], "AWS.SimpleQueueService.NonExistentQueue", "GetQueueUrl")
        return {"QueueUrl": given["QueueName"]}

    def _get_queue_attributes(self, given: dict[str, Any]) -> Any:
        return {"Attributes": self.queues[given["QueueUrl"]]}

    def _list_clusters(self, _: dict[str, Any]) -> Any:
        return {"clusterArns": [f"arn:aws:ecs:{HERE}:cluster/{name}" for name in self.services]}

    def _list_services(self, given: dict[str, Any]) -> Any:
        cluster = given["cluster"]
        names = self._of(self.services, cluster, "ClusterNotFoundException", "ListServices")
        return {"serviceArns": [f"arn:aws:ecs:{HERE}:service/{cluster}/{name}" for name in names]}

    def _describe_services(self, given: dict[str, Any]) -> Any:
        found = self._of(self.services, given["cluster"], "ClusterNotFoundException", "DescribeServices")
        return {"services": [found[name] for name in given["services"] if name in found]}

    def _describe_clusters(self, _: dict[str, Any]) -> Any:
        return {"clusters": [{"settings": [{"name": "containerInsights", "value": self.insights}]}]}

    def _describe_task_definition(self, _: dict[str, Any]) -> Any:
        return {"taskDefinition": {"containerDefinitions": self.containers}}

    def _describe_scalable_targets(self, given: dict[str, Any]) -> Any:
        rows = [(name, self.bounds[name]) for name in given["ResourceIds"] if name in self.bounds]
        return {
            "ScalableTargets": [
                {"ResourceId": name, "MinCapacity": least, "MaxCapacity": most}
                for name, (least, most) in rows
            ]
        }

    def _describe_target_groups(self, given: dict[str, Any]) -> Any:
        (arn,) = given["TargetGroupArns"]
        balancers = self._of(self.target_groups, arn, "TargetGroupNotFound", "DescribeTargetGroups")
        return {"TargetGroups": [{"TargetGroupArn": arn, "LoadBalancerArns": balancers}]}

    def _list_state_machines(self, _: dict[str, Any]) -> Any:
        return {"stateMachines": [{"name": name} for name in self.machines]}

    def _describe_state_machine(self, given: dict[str, Any]) -> Any:
        name = given["stateMachineArn"].rpartition(":")[2]
        definition = self._of(self.machines, name, "StateMachineDoesNotExist", "DescribeStateMachine")
        return {"definition": json.dumps(definition)}

    def _describe_log_groups(self, given: dict[str, Any]) -> Any:
        prefix = given.get("logGroupNamePrefix", "")
        groups = [(name, class_) for name, class_ in self.log_groups.items() if name.startswith(prefix)]
        return {"logGroups": [{"logGroupName": name, "logGroupClass": class_} for name, class_ in groups]}

    def _describe_log_streams(self, given: dict[str, Any]) -> Any:
        name = given["logGroupName"]
        self._of(self.log_groups, name, "ResourceNotFoundException", "DescribeLogStreams")
        return {"logStreams": [{"logStreamName": name}] if name in self.lines else []}

    def _get_log_events(self, given: dict[str, Any]) -> Any:
        return {"events": [{"message": line} for line in self.lines[given["logGroupName"]]]}

    def _get_resources(self, _: dict[str, Any]) -> Any:
        return {
            "ResourceTagMappingList": [
                {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
                for arn, tags in self.tags.items()
            ]
        }

    @staticmethod
    def _of(rows: Mapping[str, Any], name: str, code: str, operation: str) -> Any:
        if name not in rows:
            raise _error(code, operation)
        return rows[name]

    def client(self, _: Environment, service: str, **__: int) -> Any:
        """Return a client that checks the parameters of calls, and paginates."""
        real = _client(service)

        def call(operation: str, parameters: dict[str, Any]) -> Any:
            model = real.meta.service_model.operation_model(operation)
            assert set(parameters) <= set(model.input_shape.members if model.input_shape else ())
            assert operation.startswith(("Get", "List", "Describe"))
            return self.answer(operation, parameters)

        real._make_api_call = call  # noqa: SLF001 - there is no public method
        return real


def _names(value: Any) -> set[str]:
    return set(value) if isinstance(value, list) else {str(value).rpartition(":")[2]}


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, operation)


@functools.cache
def _client(service: str) -> Any:
    """Return a client; creating one takes a third of a second."""
    make: Any = boto3.client
    return make(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106


def replace_aws(monkeypatch: Any, world: World) -> None:
    """Let `world` answer all calls."""
    made: Callable[..., Any] = world.client
    monkeypatch.setattr(clients, "client", made)
