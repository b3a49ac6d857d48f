"""Calls of AWS's APIs that read, and what their failures mean for whoever made them."""

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
"""From boto3's name of a service to a client."""
Progress = Callable[[str], None]

DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
"""Error codes of "you may not", by the services that are asked here."""

_SIGN_IN: Final = "sign in (aws sso login, or AWS_PROFILE=…) and try again"
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"})


def explained_client(client: Client) -> Client:
    """Return what makes each client once; why one cannot be made is said as for calls.

    Args:
        client: makes clients, such as `boto3.Session(region_name="eu-west-1").client`.
    """

    @functools.cache
    def make(service: str) -> Any:  # noqa: ANN401  # its type depends on `service`
        with explained(service, ""):
            return client(service)

    return make


def call(client: Any, name: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  # as above
    """Return what a call answers.

    Raises:
        SourceError: it is not possible, or not allowed.
    """
    with explained(client.meta.service_model.service_name, name):
        answer: dict[str, Any] = getattr(client, name)(**arguments)
        return answer


def pages(client: Any, name: str, **arguments: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # as above
    """Yield every page of what a call answers.

    Raises:
        SourceError: it is not possible, or not allowed.
    """
    with explained(client.meta.service_model.service_name, name):
        yield from client.get_paginator(name).paginate(**arguments)


@contextlib.contextmanager
def explained(service: str, name: str) -> Iterator[None]:
    """Raise what fails within as an error that says what to do.

    Args:
        service: boto3's name of the service, which for these is the prefix of its actions too.
        name: boto3's name of the call; empty while the client is made.
    """
    action = f"{service}:{''.join(map(str.capitalize, name.split('_')))}" if name else "AWS"
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        message = f"no usable AWS credentials ({error}): {_SIGN_IN}"
        raise SourceError(message) from error
    except NoRegionError as error:
        message = "no region: say which, `--region eu-west-1`, or set AWS_REGION"
        raise SourceError(message) from error
    except ClientError as error:
        raise RefusedError(action, error) from error
    except BotoCoreError as error:
        message = f"{action} failed. {aws_errors.explain(error)}"
        raise SourceError(message) from error


class RefusedError(SourceError):
    """AWS answered with an error."""

    def __init__(self, action: str, error: ClientError) -> None:
        """Take the action as IAM calls it, and the answer."""
        self.code = str(error.response.get("Error", {}).get("Code", ""))
        if self.code in DENIED:
            says = f"{action} is not allowed: add it to the role's policy. AWS says: {error}"
        elif self.code in _EXPIRED:
            says = f"these AWS credentials are not valid any more ({self.code}): {_SIGN_IN}"
        else:
            says = f"{action} failed. {aws_errors.explain(error)}"
        super().__init__(says)
