"""The local AWS that belongs to an environment: found, started, stopped."""

from __future__ import annotations

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
from aws.clients import client
from catalog import environment
from config.errors import CommandError, ConfigError, visible
from config.loader import environments
from config.models import Environment
from local_aws import process
from terraform import locking

SPEED_VARIABLE = "LOCAL_AWS_SPEED"
"""Environment variable with the speed of its clock from the beginning (`local_aws.clock`)."""

LIVE_DRILL = "the live drill"
"""What one live drill at a time locks: two would take each other's messages and set one clock."""

_SERVER_ERROR = 500
_ANSWER_S = 10
"""Seconds in which a local AWS says who it is; on an idle machine it takes milliseconds."""


def ensure(env: Environment) -> bool:
    """Start the local AWS of `env` unless one answers at its endpoint; tell whether it was started.

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
    """Tell whether the AWS at the endpoint of `env` is the one that this folder started."""
    server = process.status()
    return server is not None and server.endpoint == env.endpoint


def stop(env: Environment) -> bool:
    """Stop the local AWS of `env` if this folder started it and nothing is left in it; tell whether."""
    empty = not client(env, "s3").list_buckets()["Buckets"]
    return empty and is_ours(env) and process.stop()


def stop_unused(build: Path) -> bool:
    """Stop the local AWS that this folder started, unless a command works with it; tell whether one ran.

    Args:
        build: folder with the locks of environments.

    Raises:
        CommandError: a command deploys to it, or rehearses in it.
    """
    with alone(build):
        users = [
            f"{name}: {holder or 'a command has just begun'}."
            for name, holder in locking.holders(build).items()
            if _may_use_a_local_aws(name)
        ]
        if users:
            raise CommandError("\n".join(["the local AWS is in use.", *users, "Nothing was stopped."]))
        try:
            return process.stop()
        except process.LocalAwsError as error:
            raise CommandError(str(error)) from error


def alone(build: Path) -> AbstractContextManager[None]:
    """Hold the lock of the local AWS and its buckets, which local environments share."""
    what = "another command that starts or leaves the local AWS"
    return locking.shared(build / "locks", "local-aws", what)


def _may_use_a_local_aws(name: str) -> bool:
    """Return whether the holder of a lock may use one; of what cannot be read, it is not known."""
    try:
        return environment.read(name)[0].is_local
    except ConfigError:
        return name == LIVE_DRILL or name in environments()


def require(env: Environment) -> None:
    """Refuse to go on when the local AWS of `env` does not run.

    Raises:
        CommandError: nothing answers at its endpoint.
    """
    if not answers(env):
        message = f"no local AWS answers at {env.endpoint}: `make deploy` starts one and deploys."
        raise CommandError(message)


def answers(env: Environment) -> bool:
    """Tell whether an AWS with the environment's account answers at its endpoint.

    Raises:
        CommandError: something else answers there.
    """
    statuses: list[int] = []
    sts = client(env, "sts", answers_in_s=_ANSWER_S, attempts=1)
    # What is no AWS may answer with text that cannot be parsed: its status says more.
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
            why = (
                f"It answers with status {status}."
                if isinstance(error, (KeyError, ResponseParserError))
                else aws_errors.explain(error)
            )
            message = (
                f"the endpoint {env.endpoint} fails. {why} The log of a local AWS "
                "that this "
                f"folder started is {process.log_path()}; `make local-stop` ends it."
            )
        else:
            said = f"it answers with status {status}" if status else visible(str(error))
            message = (
                f"the endpoint {env.endpoint} is not an AWS ({said}): end the program that "
                f"answers there, or choose another port for endpoint in config/{env.environment}.yaml (or in "
                "REVEILLE_ENDPOINT)."
            )
        raise CommandError(message) from error
    if account_id != env.account_id:
        message = f"the AWS at {env.endpoint} is account {account_id}; account_id says {env.account_id}."
        raise CommandError(message)
    return True
