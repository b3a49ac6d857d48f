"""What Terraform's messages mean when AWS, or the way to it, is the cause: the sentences of `aws_errors`.

Terraform answers a lost connection with twenty lines for each call, and advises `terraform force-unlock` and
`terraform state push`, which `make unlock` and the next run do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws import errors as aws_errors
from aws.errors import Cause

_OF_AWS: tuple[tuple[str, Cause], ...] = (
    (
        (
            r"No valid credential sources|failed to refresh cached credentials|no EC2 IMDS role found"
            r"|failed to load AWS config|failed to get shared config profile"
        ),
        aws_errors.NO_CREDENTIALS,
    ),
    (
        (
            r"api error (ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId"
            r"|SignatureDoesNotMatch|InvalidSignature)"
        ),
        aws_errors.NOT_ACCEPTED,
    ),
    (r"api error (Throttl|TooManyRequests|RequestLimitExceeded|SlowDown)", aws_errors.THROTTLED),
    (r"https response error StatusCode: 5\d\d\b", aws_errors.FAILING),
)
"""Text in errors of the AWS SDK for Go -> its cause; the first that matches counts. A code counts after "api
error" only: names of resources, as `payment-handler-throttles`, are in errors too."""

_SENT = re.compile(r'request send failed|\bdial tcp\b|\b(Get|Post|Put|Head|Delete) "https?://')
"""What stands in every error of Go's network library."""

_OF_THE_NETWORK: tuple[tuple[str, Cause], ...] = (
    (r": (x509|tls): |TLS handshake", aws_errors.TLS),
    (r"\bproxyconnect ", aws_errors.PROXY),
    (r"connection refused|no such host|network is unreachable|no route to host", aws_errors.UNREACHABLE),
    (r"\bdial tcp\b", aws_errors.UNREACHABLE),
    (r"connection reset by peer|broken pipe|: EOF|server closed", aws_errors.CLOSED),
    (r"i/o timeout|deadline exceeded|Client\.Timeout", aws_errors.NO_ANSWER),
    (r"", aws_errors.UNREACHABLE),
)
"""Text in errors of that library -> its cause; the first that matches counts."""

_OF_THE_STATE = re.compile(r"(Error (acquiring|releasing) the state lock|Failed to (save|persist) state)")
"""Errors about the state and its lock, of which the command says itself what to do."""


def cause(errors: Sequence[str]) -> Cause | None:
    """Return the cause of errors that has to do with AWS, and None when there is another one as well.

    Args:
        errors: Terraform's errors, each with its details.
    """
    causes = {error: _cause(error) for error in errors}
    of_aws = [cause for cause in causes.values() if cause]
    others = [error for error, cause in causes.items() if not cause and not _OF_THE_STATE.match(error)]
    if not of_aws or others:
        return None
    what, advice = of_aws[0]
    status = re.search(r"StatusCode: (5\d\d)", "\n".join(errors))
    return what.format(status=status[1] if status else ""), advice


def about_the_state(error: str) -> bool:
    """Return whether an error is about the state or its lock alone."""
    return bool(_OF_THE_STATE.match(error))


def _cause(error: str) -> Cause | None:
    patterns = (*_OF_AWS, *(_OF_THE_NETWORK if _SENT.search(error) else ()))
    return next((cause for pattern, cause in patterns if re.search(pattern, error)), None)
