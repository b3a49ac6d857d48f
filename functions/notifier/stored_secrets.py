"""Secrets by reference: `ssm:<parameter name>` (SecureString) or `secretsmanager:<secret id>`.

Exceptions contain the reference, which is not secret, and never the value.
"""

from __future__ import annotations

import functools

from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config

from functions.shared.errors import SafeError

MAX_AGE_S = 300
"""Seconds for which a value is cached."""

AWS_CALLS = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
"""Two attempts of at most 8 s (botocore waits up to 1 s between them) leave time for the delivery."""


class SecretUnreadableError(SafeError):
    """A secret does not exist, cannot be read, or is empty."""


def read_secret(reference: str, *, again: bool = False) -> str:
    """Return a secret.

    Args:
        reference: A reference in one of the two forms above.
        again: Whether to read it from AWS again, because the recipient rejected the cached value.

    Raises:
        SecretUnreadableError: The secret cannot be used; the message has the reference and AWS's error.
    """
    source, _, name = reference.partition(":")
    try:
        if source == "ssm":
            value = _parameters().get(name, max_age=MAX_AGE_S, decrypt=True, force_fetch=again)
        else:
            value = _secrets().get(name, max_age=MAX_AGE_S, force_fetch=again)
    except GetParameterError as error:  # has botocore's message: code and operation, not the value
        message = f"secret {reference}: {error}"
        raise SecretUnreadableError(message) from None
    secret = value.strip() if isinstance(value, str) else ""
    if not secret:
        message = f"secret {reference}: is empty or not a text"
        raise SecretUnreadableError(message)
    return secret


@functools.cache
def _parameters() -> SSMProvider:
    """Return the client of Parameter Store, created on first use, which takes a tenth of a second."""
    return SSMProvider(boto_config=AWS_CALLS)


@functools.cache
def _secrets() -> SecretsProvider:
    return SecretsProvider(boto_config=AWS_CALLS)
