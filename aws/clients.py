"""boto3 clients of an environment, for its region, endpoint and account only."""

from __future__ import annotations

import io
from collections.abc import Callable, MutableMapping
from typing import Any, Literal, cast

from aws import errors as aws_errors
from aws.deadline import is_left, within
from aws.waiting import waiting_for
from config.errors import CommandError
from config.models import LOCAL_CREDENTIALS, Environment

ServiceName = Literal[
    "application-autoscaling", "cloudwatch", "ec2", "ecs", "elbv2", "events", "kms", "lambda", "logs",
    "resourcegroupstaggingapi", "s3", "secretsmanager", "sns", "sqs", "ssm", "stepfunctions", "sts", "xray"
]  # fmt: skip

_CONNECT_S = 5
"""Seconds to wait for a connection, at each attempt."""
_BACKOFF_S = 10
"""Maximum seconds between four attempts: 1, 2 and 4 (boto3 documentation, "Retries", legacy mode)."""


def client(env: Environment, service: ServiceName, *, answers_in_s: int = 20, attempts: int = 4) -> Any:  # noqa: ANN401  # its type depends on `service`
    """Return a boto3 client for `service` in `env`.

    Args:
        env: the environment.
        service: boto3's name of the service.
        answers_in_s: seconds to wait for a response, at each attempt.
        attempts: total number of attempts.
    """
    # Imported late: the import takes a third of a second, and synthesis does not need it.
    import boto3  # noqa: PLC0415

    more: dict[str, Any] = {"region_name": env.region}
    if env.endpoint:
        more |= {
            "endpoint_url": env.endpoint,
            "aws_access_key_id": LOCAL_CREDENTIALS,
            "aws_secret_access_key": LOCAL_CREDENTIALS,
        }
    make = cast("Any", boto3).client
    return bounded(make, env.region, service, answers_in_s=answers_in_s, attempts=attempts, **more)


def bounded(
    make: Callable[..., Any],
    region: str,
    service: str,
    *,
    answers_in_s: int = 20,
    attempts: int = 4,
    **more: Any,  # noqa: ANN401  # boto3's
) -> Any:  # noqa: ANN401  # its type depends on `service`
    """Return a boto3 client that prints what it waits for, and whose calls have a timeout.

    Args:
        make: creates the client, such as `boto3.Session().client`.
        region: its region.
        service: boto3's name of the service.
        answers_in_s: seconds to wait for a response, at each attempt.
        attempts: total number of attempts.
        more: further arguments of `make`.
    """
    from botocore.config import Config  # noqa: PLC0415  # as above

    endpoint = more.get("endpoint_url")
    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=answers_in_s,
        retries={"total_max_attempts": attempts},
        s3={"addressing_style": "path"} if endpoint else {},
    )
    client_ = make(service, config=config, **more)
    _bound(client_, endpoint or f"AWS in {region}", attempts * (answers_in_s + _CONNECT_S) + _BACKOFF_S)
    return client_


def _bound(client_: Any, where: str, limit_s: float) -> None:  # noqa: ANN401  # a client
    """Print progress messages during each call of a client, and end a call after `limit_s` seconds.

    Every operation, paginators and retries included, is called through one method.
    """
    from botocore.exceptions import ReadTimeoutError  # noqa: PLC0415  # as in client()

    call = client_._make_api_call  # noqa: SLF001 - there is no public method
    service = client_.meta.service_model.service_name

    def timed(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        with waiting_for(f"{where} to answer {service}:{operation}"):
            try:
                return within(limit_s, lambda: _whole(call(operation, parameters)))
            except TimeoutError as error:
                raise ReadTimeoutError(endpoint_url=where, error=error) from error

    client_._make_api_call = timed  # noqa: SLF001 - as above

    def refuse(**_: Any) -> None:  # noqa: ANN401  # botocore's
        # At each attempt: a call that has timed out must not be retried in the background.
        if is_left():
            raise ReadTimeoutError(endpoint_url=where, error="the call has timed out")

    client_.meta.events.register("request-created", refuse)


def _whole(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response with its body read: reading it is part of the call."""
    bodies = {
        name: io.BytesIO(value.read()) for name, value in response.items() if hasattr(value, "iter_chunks")
    }
    return {**response, **bodies}


def forget_the_users_aws(variables: MutableMapping[str, str]) -> None:
    """Remove the settings of the user's own AWS account from `variables`, and bypass proxies for loopback."""
    for name in (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        variables.pop(name, None)
    for name in ("NO_PROXY", "no_proxy"):
        variables[name] = ",".join(filter(None, [variables.get(name), "127.0.0.1", "localhost"]))


def check_account(env: Environment) -> None:
    """Check that the credentials are for the account of the environment, before any change.

    Raises:
        CommandError: there are no usable credentials, or they are for another account.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # as in client()

    try:
        account_id = client(env, "sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        message = f"{aws_errors.explain(error)} Nothing was changed in {env.environment}."
        raise CommandError(message) from error
    if account_id != env.account_id:
        message = (
            f"these credentials are for account {account_id}, but {env.environment} is in account "
            f"{env.account_id} (config/{env.environment}.yaml): nothing was changed."
        )
        raise CommandError(message)
