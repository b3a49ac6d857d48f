"""The local AWS that belongs to an environment: found, started, stopped."""

from __future__ import annotations

from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from config.models import Environment
from local_aws import process
from ops.clients import client
from ops.errors import OpsError


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


def stop(env: Environment) -> bool:
    """Stop the local AWS if it is ours and serves `env`; tell whether it was stopped."""
    server = process.status()
    return server is not None and server.endpoint == env.endpoint and process.stop()


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
        account_id = client(env, "sts").get_caller_identity()["Account"]
    except (NoConnectionError, HTTPClientError):
        return False
    except (BotoCoreError, ClientError, KeyError) as error:
        message = (
            f"what answers at {env.endpoint} is no AWS ({error}): end it, or choose another port for "
            f"endpoint in config/{env.environment}.yaml (or in REVEILLE_ENDPOINT)."
        )
        raise OpsError(message) from error
    if account_id != env.account_id:
        message = f"the AWS at {env.endpoint} is account {account_id}; account_id says {env.account_id}."
        raise OpsError(message)
    return True
