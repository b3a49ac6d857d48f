"""Secrets by reference: `ssm:<parameter name>` (SecureString) or `secretsmanager:<secret id>`.

Nothing here puts a secret's value into an exception; references are names and may be shown.
"""

from __future__ import annotations

import functools

from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config

from functions.shared.errors import SafeError

MAX_AGE_S = 300
"""Seconds for which a value is used without asking again."""

AWS_CALLS = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
"""Two attempts of at most 8 s (botocore waits up to 1 s between them) leave time to use what was read."""


class SecretUnreadableError(SafeError):
    """A secret is not there, may not be read, or is empty."""


def read_secret(reference: str, *, again: bool = False) -> str:
    """Return a secret.

    Args:
        reference: Where it is, in one of the two forms above.
        again: Ask AWS even though a value is at hand: the receiver did not take that one.

    Raises:
        SecretUnreadableError: With the reference, and what AWS answered.
    """
    source, _, name = reference.partition(":")
    try:
        if source == "ssm":
            value = _parameters().get(name, max_age=MAX_AGE_S, decrypt=True, force_fetch=again)
        else:
            value = _secrets().get(name, max_age=MAX_AGE_S, force_fetch=again)
    except GetParameterError as error:  # holds botocore's message: code and operation, no value
        message = f"secret {reference}: {error}"
        raise SecretUnreadableError(message) from None
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        message = f"secret {reference}: holds no text"
        raise SecretUnreadableError(message)
    return text


@functools.cache
def _parameters() -> SSMProvider:
    """Return the client of Parameter Store, made on first use: a client costs a tenth of a second."""
    return SSMProvider(boto_config=AWS_CALLS)


@functools.cache
def _secrets() -> SecretsProvider:
    return SecretsProvider(boto_config=AWS_CALLS)
