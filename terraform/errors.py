"""The cause of Terraform's errors if it is AWS or the network, with the sentences of `aws.errors`.

Terraform reports a lost connection with twenty lines for each call, and recommends `terraform force-unlock`
and `terraform state push`; here `make unlock` and the next run replace them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws import errors as aws_errors
from aws.errors import Cause

_ANSWER = re.compile(
    r"https response error StatusCode: (?P<status>\d+), RequestID: [^,]*,(?: HostID: [^,]*,)? (?P<rest>.*)",
    re.DOTALL,
)
"""The AWS SDK for Go's text for every failed call. The first match in an error is the SDK's: only names
precede it, and the text after it may contain user input."""
_CODE = re.compile(r"(?:api error )?(\w+)")

_OF_THE_NETWORK: tuple[tuple[str, Cause], ...] = (
    (r"proxyconnect |Proxy Authentication Required", aws_errors.PROXY),
    (r": (x509|tls): |TLS handshake", aws_errors.TLS),
    (r"connection refused|no such host|network is unreachable|no route to host", aws_errors.UNREACHABLE),
    (r"\bdial tcp\b", aws_errors.UNREACHABLE),
    (r"connection reset by peer|broken pipe|\bEOF\b|server closed", aws_errors.CLOSED),
    (r"i/o timeout|deadline exceeded|Client\.Timeout", aws_errors.NO_ANSWER),
)
"""Text in errors of Go's network library -> its cause; the first that matches counts."""
_NOT_IMPLEMENTED = 501

_OF_THE_STATE = re.compile(r"(Error (acquiring|releasing) the state lock|Failed to (save|persist) state)")
"""Errors about the state and its lock, for which the command has its own advice."""


def cause(errors: Sequence[str]) -> Cause | None:
    """Return the cause of errors if it is AWS or the network; None if there is also another cause.

    Args:
        errors: Terraform's errors, each with its details.
    """
    causes = {error: _cause(error) for error in errors}
    of_aws = [cause for cause in causes.values() if cause]
    others = [error for error, cause in causes.items() if not cause and not _OF_THE_STATE.match(error)]
    if not of_aws or others:
        return None
    return of_aws[0]


def about_the_state(error: str) -> bool:
    """Return whether an error concerns only the state or its lock."""
    return bool(_OF_THE_STATE.match(error))


def _cause(error: str) -> Cause | None:
    answer = _ANSWER.search(error)
    if answer is None:
        missing = error.startswith("No valid credential sources") and "AccessDenied" not in error
        return aws_errors.NO_CREDENTIALS if missing else None
    status, rest = int(answer["status"]), answer["rest"].strip()
    if status == 0:
        return next((cause for pattern, cause in _OF_THE_NETWORK if re.search(pattern, rest)), None)
    code = _CODE.match(rest)
    known = aws_errors.of_code(code[1] if code else "", rest)
    if known or status < aws_errors.SERVER_ERROR or status == _NOT_IMPLEMENTED:
        return known
    return aws_errors.FAILING[0].format(status=status), aws_errors.FAILING[1]
