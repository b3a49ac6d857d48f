"""Explanations of boto3's errors: for each cause one sentence about it and one sentence of advice.

boto3 raises the same class for different causes and different classes for the same cause. Here each error is
assigned one cause: no network, no response, a failure of AWS, throttling, no credentials, no permission; for
all other errors AWS's own message is used.
"""

from __future__ import annotations

from typing import TypeAlias

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectionError,  # noqa: A004 - botocore's name
    ConnectTimeoutError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

SERVER_ERROR = 500

_CREDENTIALS = (
    CredentialRetrievalError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

_CREDENTIALS_CODES = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
}
"""Codes about the caller's identity (AWS documentation, "Common errors", of the services in use; S3, "Error
responses")."""

_PERMISSION_CODES = {
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "Forbidden", "OptInRequired", "403",
    "UnauthorizedOperation",
}  # fmt: skip

_THROTTLING_CODES = {
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
"""botocore, `retries/standard.py`, `ThrottledRetryableChecker`."""


_SIGN_IN = "Sign in (`aws sso login`, or set AWS_PROFILE) and try again."

Cause: TypeAlias = tuple[str, str]
"""The problem, and the advice."""

NO_CREDENTIALS: Cause = ("There are no usable AWS credentials", _SIGN_IN)
NOT_ACCEPTED: Cause = ("AWS does not accept the credentials", _SIGN_IN)
FORBIDDEN: Cause = (
    "The credentials do not allow this",
    "Ask for the permission, or use another role (AWS_PROFILE).",
)
THROTTLED: Cause = ("AWS throttles requests", "Try again in a minute.")
FAILING: Cause = ("AWS answers with status {status}", "The request is not the cause; try again later.")
CLOCK: Cause = ("The clock of this machine is wrong", "Set it and try again.")
PROXY: Cause = ("The proxy cannot be reached", "Check HTTPS_PROXY and NO_PROXY.")
TLS: Cause = ("The TLS connection fails", "Check AWS_CA_BUNDLE and the proxy's certificate.")
NO_ANSWER: Cause = ("AWS accepts connections and does not answer", "Try again later.")
CLOSED: Cause = (
    "AWS closes the connection before it has answered",
    "Check proxies on the way, or try again later.",
)
UNREACHABLE: Cause = ("AWS cannot be reached", "Check the network, the VPN and the proxy.")

_CAUSES: tuple[tuple[tuple[type[Exception], ...], Cause], ...] = (
    (_CREDENTIALS, NO_CREDENTIALS),
    ((ProxyConnectionError,), PROXY),
    ((SSLError,), TLS),
    ((ReadTimeoutError,), NO_ANSWER),
    ((ConnectionClosedError, IncompleteReadError), CLOSED),
    ((ConnectionError, ConnectTimeoutError), UNREACHABLE),
    ((HTTPClientError,), ("The connection to AWS fails", "Check the network and try again.")),
    ((BotoCoreError,), ("AWS could not be called", "")),
)
"""Classes of errors without a response of AWS, and their causes; the first that matches counts."""


def explain(error: BotoCoreError | ClientError) -> str:
    """Return the cause of an error, its message and the advice, in one or two sentences."""
    text = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, ClientError):
        problem, advice = _of_response(error)
    else:
        problem, advice = next(cause for kinds, cause in _CAUSES if isinstance(error, kinds))
    return f"{problem}: {text}. {advice}".rstrip()


def concerns_one_resource(error: BotoCoreError | ClientError) -> bool:
    """Return whether an error can be that of one resource: neither access nor the connection is the cause."""
    if isinstance(error, ClientError):
        return _of_response(error) not in {NOT_ACCEPTED, CLOCK, FORBIDDEN}
    return isinstance(error, ParamValidationError)


def of_code(code: str, text: str) -> Cause | None:
    """Return the cause for an error code of AWS: throttling, the clock, the credentials; None for others.

    Args:
        code: the error code, such as `ExpiredToken`.
        text: the whole error message.
    """
    if code in _THROTTLING_CODES:
        return THROTTLED
    if code == "RequestTimeTooSkewed" or (code in _CREDENTIALS_CODES and "Signature expired" in text):
        return CLOCK
    return NOT_ACCEPTED if code in _CREDENTIALS_CODES else None


def _of_response(error: ClientError) -> Cause:
    """Return the cause of an error response."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    if known := of_code(code, str(error)):
        return known
    if status >= SERVER_ERROR or (code.isdigit() and int(code) >= SERVER_ERROR):
        problem, advice = FAILING
        return problem.format(status=status or code), advice
    if code in _PERMISSION_CODES:
        return FORBIDDEN
    return "AWS refuses the request", ""
