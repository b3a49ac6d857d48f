"""Check that the secrets of notifications exist, without reading them."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError

from aws.clients import client
from config.errors import CommandError
from config.models import Environment

_MISSING = {"ParameterNotFound", "ResourceNotFoundException"}


def find(env: Environment, references: Sequence[str]) -> str:
    """Check that every secret exists; return their number in words.

    Raises:
        CommandError: a secret does not exist; the message names all of these, and how to create one.
    """
    missing = [reference for reference in references if not _exists(env, reference)]
    if missing:
        kind, _, name = missing[0].partition(":")
        command = {
            "ssm": f"aws ssm put-parameter --type SecureString --name {name} --value …",
            "secretsmanager": f"aws secretsmanager create-secret --name {name} --secret-string …",
        }[kind]
        verb = "do" if missing[1:] else "does"
        message = (
            f"{', '.join(missing)} {verb} not exist: recipients would not be notified. Create it: `{command}`"
        )
        raise CommandError(message)
    return f"{len(references)} found"


def _exists(env: Environment, reference: str) -> bool:
    """Return whether a secret exists, without reading it."""
    kind, _, name = reference.partition(":")
    try:
        if kind == "ssm":
            answer = client(env, "ssm").describe_parameters(
                ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [name]}]
            )
            return bool(answer["Parameters"])
        client(env, "secretsmanager").describe_secret(SecretId=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return False
        raise
    return True
