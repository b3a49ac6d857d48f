"""The account of an environment: what exists in it, and calls that say what they could not read.

Nothing in this package changes the account: every operation is a List, Describe or Get. What cannot be read,
for example because a permission is missing, is `UNREAD`; `Account.unread` has the reason, once for each kind
of call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, TypeAlias, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from aws import clients
from aws import errors as aws_errors
from aws.clients import ServiceName
from config.models import Environment

_T = TypeVar("_T")


class Unread(Enum):
    """The type of `UNREAD`."""

    UNREAD = auto()


UNREAD: Final = Unread.UNREAD
"""The answer of a call that failed for another reason than that a resource does not exist."""

Names: TypeAlias = tuple[str, ...] | Unread

_MISSING = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "ClusterNotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
    "TargetGroupNotFound",
}
"""Error codes for a resource that does not exist (API References of SQS, ECS, Lambda, CloudWatch Logs, Step
Functions and Elastic Load Balancing)."""

_STREAMS, _LINES = 3, 50
"""Log streams, and lines of each, from which the format of a log is recognized."""


@dataclass(frozen=True)
class Resource:
    """An existing resource, in the terms of the configuration."""

    kind: str
    """Kind of the service that watches it."""

    names: Mapping[str, str]
    """Keys that name it -> their values: `function`; `cluster` and `ecs_service`; `state_machine`."""

    facts: Mapping[str, Any]
    """Key of the configuration -> the value in the account; a key that could not be read is not there."""

    description: str = ""

    alarms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Settings of alarms that would be in ALARM while it is healthy."""

    log_groups: tuple[str, ...] = ()
    """Log groups that it writes to."""

    remarks: tuple[str, ...] = ()
    """What of it is not watched, or cannot be read, and what to do about it."""


@dataclass
class Account:
    """Reads the account of an environment."""

    env: Environment
    unread: dict[str, str] = field(default_factory=dict)
    """What could not be read -> why, of the first failure."""
    _closed: set[str] = field(default_factory=set)
    """What no further call is made for."""
    _lists: dict[tuple[str, ...], Names] = field(default_factory=dict)
    """Operation and arguments -> the names that it lists, for several patterns and services."""
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """boto3 clients can be used in several threads, but must not be created in several at once."""

    def client(self, service: ServiceName) -> Any:  # noqa: ANN401  # boto3's clients have no type
        """Return a client that gives up early: no deployment waits minutes for what cannot be read."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = clients.client(self.env, service, answers_in_s=10, attempts=3)
            return self._clients[service]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the Region and account of the environment."""
        return f"arn:aws:{service}:{self.env.region}:{self.env.account_id}:{resource}"

    def ask(self, what: str, call: Callable[[], _T]) -> _T | Unread | None:
        """Return the answer of a call; None if the resource does not exist; UNREAD if the call failed.

        Args:
            what: what the call reads, in the plural. No call for the same is made after a failure that would
                be that of every resource, such as a missing permission.
            call: the call.
        """
        if what in self._closed:
            return UNREAD
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _MISSING:
                return None
            self.unread.setdefault(what, aws_errors.explain(error))
            if not aws_errors.concerns_one_resource(error):
                self._closed.add(what)
            return UNREAD

    def pages(self, service: ServiceName, operation: str, path: str, **arguments: Any) -> list[Any]:  # noqa: ANN401
        """Return what all pages of an operation have at `path`, a JMESPath expression."""
        pages = self.client(service).get_paginator(operation).paginate(**arguments)
        return [value for value in pages.search(path) if value is not None]

    def functions(self) -> Names:
        """Return the names of all functions."""
        return self._names("the list of functions", "lambda", "list_functions", "Functions[].FunctionName")

    def aliases(self, function: str) -> Names:
        """Return the names of the aliases of a function."""
        what, path = "the aliases of functions", "Aliases[].Name"
        return self._names(what, "lambda", "list_aliases", path, FunctionName=function)

    def clusters(self) -> Names:
        """Return the names of all ECS clusters."""
        return self._names("the list of ECS clusters", "ecs", "list_clusters", "clusterArns[]")

    def ecs_services(self, cluster: str) -> Names:
        """Return the names of all services of an ECS cluster."""
        what, path = "the list of ECS services", "serviceArns[]"
        return self._names(what, "ecs", "list_services", path, cluster=cluster)

    def state_machines(self) -> Names:
        """Return the names of all state machines."""
        what, path = "the list of state machines", "stateMachines[].name"
        return self._names(what, "stepfunctions", "list_state_machines", path)

    def _names(self, what: str, service: ServiceName, operation: str, path: str, **arguments: str) -> Names:
        """Return the names that an operation lists, sorted; of an ARN, its last part."""

        def call() -> tuple[str, ...]:
            listed = self.pages(service, operation, path, **arguments)
            return tuple(sorted(str(name).rpartition("/")[2] for name in listed))

        key = (operation, *arguments.values())
        if key not in self._lists:
            self._lists[key] = self.ask(what, call) or ()
        return self._lists[key]

    def log_groups(self, prefix: str) -> Mapping[str, str] | Unread:
        """Return name -> class of the log groups that begin with `prefix`."""

        def call() -> dict[str, str]:
            arguments = {"logGroupNamePrefix": prefix} if prefix else {}
            groups = self.pages("logs", "describe_log_groups", "logGroups[]", **arguments)
            return {group["logGroupName"]: group.get("logGroupClass", "STANDARD") for group in groups}

        return self.ask("log groups", call) or {}

    def newest_lines(self, group: str) -> tuple[str, ...]:
        """Return some of the newest lines of a log group; none if it has none or they cannot be read."""
        logs = self.client("logs")

        def call() -> tuple[str, ...]:
            streams = logs.describe_log_streams(
                logGroupName=group, orderBy="LastEventTime", descending=True, limit=_STREAMS
            )["logStreams"]
            answers = (
                logs.get_log_events(
                    logGroupName=group,
                    logStreamName=stream["logStreamName"],
                    limit=_LINES,
                    startFromHead=False,
                )
                for stream in streams
            )
            return tuple(event["message"] for answer in answers for event in answer["events"])

        lines = self.ask("lines of log groups", call)
        return () if lines is UNREAD or lines is None else lines

    def tags(self, *types: str) -> Mapping[str, Mapping[str, str]]:
        """Return ARN -> tags, of the resources of some types that have tags.

        Args:
            types: types of the Resource Groups Tagging API, such as `lambda:function`.
        """

        def call() -> dict[str, dict[str, str]]:
            path = "ResourceTagMappingList[]"
            rows = self.pages(
                "resourcegroupstaggingapi", "get_resources", path, ResourceTypeFilters=list(types)
            )
            return {row["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in row["Tags"]} for row in rows}

        tags = self.ask("tags", call)
        return {} if tags is UNREAD or tags is None else tags
