"""The local AWS of an environment: find, start and stop it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from aws import errors as aws_errors
from aws.clients import ServiceName, client
from catalog import environment
from config.errors import CommandError, ConfigError, visible
from config.loader import environments
from config.models import Environment
from local_aws import process
from terraform import locking

SPEED_VARIABLE = "LOCAL_AWS_SPEED"
"""Environment variable with the initial speed of its clock (`local_aws.clock`)."""

LIVE_DRILL = "the live drill"
"""Name of the lock of live drills: two would read each other's messages and set the same clock."""

_SERVER_ERROR = 500
_ANSWER_S = 10
"""Seconds to wait for GetCallerIdentity; on an idle machine it takes milliseconds."""


def ensure(env: Environment) -> bool:
    """Start the local AWS of `env` unless one answers at its endpoint; return whether it was started.

    Raises:
        CommandError: it cannot be started.
    """
    from local_aws import clock  # noqa: PLC0415  # numpy, which takes a tenth of a second

    try:
        clock.initial_speed()
    except ValueError as error:
        message = f"environment variable {error}."
        raise CommandError(message) from error
    if answers(env):
        return False
    try:
        process.start(urlsplit(env.endpoint or "").port or process.PORT)
    except process.LocalAwsError as error:
        raise CommandError(str(error)) from error
    return True


def is_ours(env: Environment) -> bool:
    """Return whether the AWS at the endpoint of `env` was started from this folder."""
    server = process.status()
    return server is not None and server.endpoint == env.endpoint


def stop(env: Environment) -> tuple[str, ...]:
    """Stop the local AWS of `env` if it is empty.

    Returns:
        What is in it, such as "bucket x", when it was not stopped: states of other environments, and what
        other tools have created, such as services that exist already.
    """
    found = (
        *(f"bucket {bucket['Name']}" for bucket in client(env, "s3").list_buckets()["Buckets"]),
        *(
            f"function {name}"
            for name in _listed(env, "lambda", "list_functions", "Functions[].FunctionName")
        ),
        *(f"cluster {name}" for name in _clusters(env)),
        *(
            f"state machine {name}"
            for name in _listed(env, "stepfunctions", "list_state_machines", "stateMachines[].name")
        ),
    )
    if not found:
        process.stop()
    return found


def _listed(env: Environment, service: ServiceName, operation: str, path: str) -> list[str]:
    """Return what all pages of a list have at `path`, a JMESPath expression."""
    pages = client(env, service).get_paginator(operation).paginate()
    return [name for name in pages.search(path) if name is not None]


def _clusters(env: Environment) -> Iterator[str]:
    """Yield the names of the ECS clusters. Those that were deleted are listed for a time, as INACTIVE."""
    arns = _listed(env, "ecs", "list_clusters", "clusterArns[]")
    # Without names, DescribeClusters describes the cluster `default`.
    described = client(env, "ecs").describe_clusters(clusters=arns)["clusters"] if arns else ()
    yield from (cluster["clusterName"] for cluster in described if cluster["status"] == "ACTIVE")


def stop_unused(build: Path) -> bool:
    """Stop the local AWS that this folder started, unless a command uses it; return whether one was running.

    Args:
        build: folder with the locks of environments.

    Raises:
        CommandError: a command uses it.
    """
    with alone(build):
        users = [
            f"{name}: {holder or 'a command has just started'}."
            for name, holder in locking.holders(build).items()
            if _may_use_local_aws(name)
        ]
        if users:
            raise CommandError("\n".join(["the local AWS is in use.", *users, "Nothing was stopped."]))
        try:
            return process.stop()
        except process.LocalAwsError as error:
            raise CommandError(str(error)) from error


def alone(build: Path) -> AbstractContextManager[None]:
    """Hold the lock of the local AWS and its buckets, which local environments share."""
    return locking.shared(build / "locks", "local-aws", "another command that starts or stops the local AWS")


def _may_use_local_aws(name: str) -> bool:
    """Return whether the holder of a lock may use a local AWS; true if its configuration is not valid."""
    try:
        return environment.read(name)[0].is_local
    except ConfigError:
        return name == LIVE_DRILL or name in environments()


def require(env: Environment) -> None:
    """Stop if the local AWS of `env` does not run.

    Raises:
        CommandError: nothing answers at its endpoint.
    """
    if not answers(env):
        message = f"no local AWS answers at {env.endpoint}: `make deploy` starts one and deploys to it."
        raise CommandError(message)


def answers(env: Environment) -> bool:
    """Return whether an AWS with the environment's account answers at its endpoint.

    Raises:
        CommandError: another program or another account answers, or the local AWS fails.
    """
    statuses: list[int] = []
    sts = client(env, "sts", answers_in_s=_ANSWER_S, attempts=1)
    # Another program may answer with text that cannot be parsed; its status code is reported instead.
    sts.meta.events.register(
        "before-parse", lambda response_dict, **_: statuses.append(response_dict["status_code"])
    )
    try:
        account_id = sts.get_caller_identity()["Account"]
    except (EndpointConnectionError, ConnectTimeoutError):
        return False
    except (BotoCoreError, ClientError, KeyError, ResponseParserError) as error:
        status = statuses[-1] if statuses else 0
        if isinstance(error, (ReadTimeoutError, ConnectionClosedError)) or status >= _SERVER_ERROR:
            reason = (
                f"It answers with status {status}."
                if isinstance(error, (KeyError, ResponseParserError))
                else aws_errors.explain(error)
            )
            message = (
                f"the endpoint {env.endpoint} fails. {reason} The log of a local AWS that was started from "
                f"this folder is {process.log_path()}; `make local-stop` stops it."
            )
        else:
            reason = f"it answers with status {status}" if status else visible(str(error))
            message = (
                f"the endpoint {env.endpoint} is not an AWS ({reason}): stop the program that answers there, "
                f"or choose another port for endpoint in config/{env.environment}.yaml (or in "
                "REVEILLE_ENDPOINT)."
            )
        raise CommandError(message) from error
    if account_id != env.account_id:
        message = f"the AWS at {env.endpoint} is account {account_id}, but account_id is {env.account_id}."
        raise CommandError(message)
    return True
