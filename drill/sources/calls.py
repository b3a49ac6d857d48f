"""Read-only calls of AWS APIs, with errors that explain what to do."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from aws import errors as aws_errors
from drill.sources.errors import SourceError

Client = Callable[[str], Any]
"""Name of a service in boto3 -> client."""
Progress = Callable[[str], None]

DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
"""Error codes for denied access, of the services that are used here."""

_SIGN_IN: Final = "sign in (aws sso login, or AWS_PROFILE=…) and try again"
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"})


def explained_client(client: Client) -> Client:
    """Return a factory that caches clients, with errors as for calls.

    Args:
        client: the factory of clients, such as `boto3.Session(region_name="eu-west-1").client`.
    """

    @functools.cache
    def make(service: str) -> Any:  # noqa: ANN401  # its type depends on `service`
        with explained(service, ""):
            return client(service)

    return make


def call(client: Any, name: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  # as above
    """Return the answer to a call.

    Raises:
        SourceError: the call failed or is not allowed.
    """
    with explained(client.meta.service_model.service_name, name):
        answer: dict[str, Any] = getattr(client, name)(**arguments)
        return answer


def pages(client: Any, name: str, **arguments: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # as above
    """Yield the pages of the answer to a call.

    Raises:
        SourceError: the call failed or is not allowed.
    """
    with explained(client.meta.service_model.service_name, name):
        yield from client.get_paginator(name).paginate(**arguments)


@contextlib.contextmanager
def explained(service: str, name: str) -> Iterator[None]:
    """Raise errors within as errors that explain what to do.

    Args:
        service: the name of the service in boto3, here also the prefix of its actions.
        name: the name of the call in boto3; empty while the client is created.
    """
    action = f"{service}:{''.join(map(str.capitalize, name.split('_')))}" if name else "AWS"
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        message = f"no usable AWS credentials ({error}): {_SIGN_IN}"
        raise SourceError(message) from error
    except NoRegionError as error:
        message = "no region: use --region, such as --region eu-west-1, or set AWS_REGION"
        raise SourceError(message) from error
    except ClientError as error:
        raise RefusedError(action, error) from error
    except BotoCoreError as error:
        message = f"{action} failed. {aws_errors.explain(error)}"
        raise SourceError(message) from error


class RefusedError(SourceError):
    """AWS answered with an error."""

    def __init__(self, action: str, error: ClientError) -> None:
        """Create the error from the action, by its name in IAM, and the answer."""
        self.code = str(error.response.get("Error", {}).get("Code", ""))
        if self.code in DENIED:
            message = f"{action} is not allowed: add it to the policy of the role. AWS answered: {error}"
        elif self.code in _EXPIRED:
            message = f"these AWS credentials are no longer valid ({self.code}): {_SIGN_IN}"
        else:
            message = f"{action} failed. {aws_errors.explain(error)}"
        super().__init__(message)
