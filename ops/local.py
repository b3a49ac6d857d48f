"""The local AWS that belongs to an environment: found, started, stopped."""

from __future__ import annotations

from typing import TypeGuard
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

from config.models import Environment
from local_aws import process
from ops import aws_errors
from ops.clients import client
from ops.errors import OpsError

_SERVER_ERROR = 500
_ANSWER_S = 10
"""Seconds in which a local AWS says who it is; on an idle machine it takes milliseconds."""


def ensure(env: Environment) -> bool:
    """Start the local AWS of `env` unless one answers at its endpoint; tell whether it was started.

    Raises:
        OpsError: it cannot be started.
    """
    if answers(env):
        return False
    try:
        process.start(urlsplit(env.endpoint or "").port or process.PORT)
    except process.LocalAwsError as error:
        raise OpsError(str(error)) from error
    return True


def is_ours(env: Environment) -> bool:
    """Tell whether the AWS at the endpoint of `env` is the one that this folder started."""
    server = process.status()
    return server is not None and server.endpoint == env.endpoint


def stop(env: Environment) -> bool:
    """Stop the local AWS of `env` if this folder started it and nothing is left in it; tell whether."""
    empty = not client(env, "s3").list_buckets()["Buckets"]
    return empty and is_ours(env) and process.stop()


def require(env: Environment) -> None:
    """Refuse to go on when the local AWS of `env` does not run.

    Raises:
        OpsError: nothing answers at its endpoint.
    """
    if not answers(env):
        message = f"no local AWS answers at {env.endpoint}: `make deploy` starts one and deploys."
        raise OpsError(message)


def answers(env: Environment) -> bool:
    """Tell whether an AWS with the environment's account answers at its endpoint.

    Raises:
        OpsError: something else answers there.
    """
    try:
        account_id = client(env, "sts", answers_in_s=_ANSWER_S, attempts=1).get_caller_identity()["Account"]
    except (EndpointConnectionError, ConnectTimeoutError):
        return False
    except (BotoCoreError, ClientError, KeyError, ResponseParserError) as error:
        if isinstance(error, (ReadTimeoutError, ConnectionClosedError)) or _is_failure(error):
            message = (
                f"the endpoint {env.endpoint} fails. {aws_errors.explain(error)} The log of a local AWS "
                "that this "
                f"folder started is {process.log_path()}; `make local-stop` ends it."
            )
        else:
            message = (
                f"the endpoint {env.endpoint} is not an AWS ({type(error).__name__}): end the program that "
                f"answers there, or choose another port for endpoint in config/{env.environment}.yaml (or in "
                "REVEILLE_ENDPOINT)."
            )
        raise OpsError(message) from error
    if account_id != env.account_id:
        message = f"the AWS at {env.endpoint} is account {account_id}; account_id says {env.account_id}."
        raise OpsError(message)
    return True


def _is_failure(error: Exception) -> TypeGuard[ClientError]:
    """Return whether the endpoint answered that it fails itself (5xx)."""
    if not isinstance(error, ClientError):
        return False
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= _SERVER_ERROR
