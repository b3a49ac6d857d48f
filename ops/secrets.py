"""The secrets that notifications refer to: that they are there, never what they are."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError

from aws.clients import client
from config.errors import CommandError
from config.models import Environment

_MISSING = {"ParameterNotFound", "ResourceNotFoundException"}


def find(env: Environment, wanted: Sequence[str]) -> str:
    """Return how many secrets there are; refuse to go on without one.

    Raises:
        CommandError: some are missing; the message names them and says how to make one.
    """
    missing = [reference for reference in wanted if not _exists(env, reference)]
    if missing:
        kind, _, name = missing[0].partition(":")
        how = {
            "ssm": f"aws ssm put-parameter --type SecureString --name {name} --value …",
            "secretsmanager": f"aws secretsmanager create-secret --name {name} --secret-string …",
        }[kind]
        message = f"no {', '.join(missing)}: nobody behind them would be told. `{how}`"
        raise CommandError(message)
    return f"{len(wanted)} found"


def _exists(env: Environment, reference: str) -> bool:
    """Tell whether a secret exists, without reading it."""
    kind, _, name = reference.partition(":")
    try:
        if kind == "ssm":
            found = client(env, "ssm").describe_parameters(
                ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [name]}]
            )
            return bool(found["Parameters"])
        client(env, "secretsmanager").describe_secret(SecretId=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return False
        raise
    return True
