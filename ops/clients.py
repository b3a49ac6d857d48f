"""boto3 clients of an environment: its region, its endpoint, its account and no other."""

from __future__ import annotations

import functools
from collections.abc import MutableMapping
from typing import Any, Literal, cast

from config.models import LOCAL_CREDENTIALS, Environment
from ops import aws_errors, waiting
from ops.errors import OpsError

ServiceName = Literal[
    "cloudwatch", "kms", "lambda", "logs", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts", "xray"
]  # fmt: skip


def client(env: Environment, service: ServiceName, *, answers_in_s: int = 20, attempts: int = 4) -> Any:  # noqa: ANN401  # its type depends on `service`
    """Return a boto3 client for `service` in `env`.

    Args:
        env: the environment.
        service: boto3's name of the service.
        answers_in_s: seconds to wait for an answer, at each attempt.
        attempts: how often a call is tried in all.
    """
    # Imported late: a third of a second that synthesis does not need.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    local: dict[str, Any] = {}
    if env.endpoint:
        local = {
            "endpoint_url": env.endpoint,
            "aws_access_key_id": LOCAL_CREDENTIALS,
            "aws_secret_access_key": LOCAL_CREDENTIALS,
        }
    config = Config(
        connect_timeout=5,
        read_timeout=answers_in_s,
        retries={"total_max_attempts": attempts},
        s3={"addressing_style": "path"} if local else {},
    )
    made = cast("Any", boto3).client(service, region_name=env.region, config=config, **local)
    where = env.endpoint or f"AWS in {env.region}"
    # "Extensibility guide", boto3 documentation: what is registered is called around every call, retries
    # included.
    made.meta.events.register("before-call", functools.partial(_begin, where))
    for event in ("after-call", "after-call-error"):
        made.meta.events.register(event, _end)
    return made


_WAIT = "reveille_wait"


def _begin(where: str, model: Any, context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401  # botocore's
    context[_WAIT] = waiting.begin(f"{where} to answer {model.service_model.service_name}:{model.name}")


def _end(context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401  # botocore's
    waiting.end(context.pop(_WAIT, 0))


def forget_the_users_aws(variables: MutableMapping[str, str]) -> None:
    """Take out of `variables` what would lead to the user's own AWS, or not to the loopback interface."""
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
    """Refuse to go on with credentials of another account, before anything is touched.

    Raises:
        OpsError: there are no usable credentials, or they are another account's.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # as in client()

    try:
        account_id = client(env, "sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        message = f"{aws_errors.explain(error)} Nothing was changed in {env.environment}."
        raise OpsError(message) from error
    if account_id != env.account_id:
        message = (
            f"these credentials are for account {account_id}, and {env.environment} is in account "
            f"{env.account_id} (config/{env.environment}.yaml): nothing was changed."
        )
        raise OpsError(message)
