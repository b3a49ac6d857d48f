"""What Terraform says when AWS is the cause is one sentence; what it says of anything else stays as it is."""

from __future__ import annotations

from terraform import errors as terraform_errors
from tests.support.tables import each

CALL = "operation error KMS: CreateKey, exceeded maximum number of attempts, 10, https response error "
SENT = f'{CALL}StatusCode: 0, RequestID: , request send failed, Post "https://kms.eu-west-1.amazonaws.com/": '
LOCK = "Error releasing the state lock\n  failed to retrieve lock info: unable to retrieve file: "

ERRORS: dict[str, tuple[str, str]] = {
    "refused": (f"{SENT}dial tcp 127.0.0.1:4566: connect: connection refused", "cannot be reached"),
    "no name": (f"{SENT}dial tcp: lookup kms.eu-west-1.amazonaws.com: no such host", "cannot be reached"),
    "no route": (f"{SENT}dial tcp 10.0.0.1:443: connect: no route to host", "cannot be reached"),
    "reset": (f"{SENT}read tcp 10.0.0.1:5->10.0.0.2:443: read: connection reset by peer", "closes the conn"),
    "closed": (f"{SENT}EOF", "closes the connection"),
    "no answer": (f"{SENT}net/http: timeout awaiting response: i/o timeout", "does not answer"),
    "certificate": (
        f"{SENT}tls: failed to verify certificate: x509: unknown authority",
        "The TLS connection",
    ),
    "proxy": (f"{SENT}proxyconnect tcp: dial tcp 10.0.0.3:3128: connect: connection refused", "The proxy"),
    "503": (
        f"{CALL}StatusCode: 503, RequestID: x, api error ServiceUnavailable: no",
        "answers with status 503",
    ),
    "500": (f"{CALL}StatusCode: 500, RequestID: x, api error InternalFailure: no", "answers with status 500"),
    "throttled": (
        f"{CALL}StatusCode: 400, RequestID: x, api error ThrottlingException: Rate exceeded",
        "throttles",
    ),
    "no credentials": (
        "No valid credential sources found\n  Error: no EC2 IMDS role found, dial tcp 169.254.1.1:80",
        "There are no usable AWS credentials",
    ),
    "unexpected end": (f"{SENT}unexpected EOF", "closes the connection"),
    "a proxy's certificate": (f"{SENT}proxyconnect tcp: tls: no", "The proxy"),
    "typed": (f"{CALL}StatusCode: 429, RequestID: x, TooManyRequestsException: Rate exceeded", "throttles"),
    "clock": (
        f"{CALL}StatusCode: 403, RequestID: x, api error SignatureDoesNotMatch: Signature expired: x",
        "The clock",
    ),
    "S3": (f"{CALL}StatusCode: 503, RequestID: x, HostID: y, api error SlowDown: no", "throttles"),
    "expired": (f"{CALL}StatusCode: 403, RequestID: x, api error ExpiredToken: expired", "does not accept"),
}

INVALID = f"{CALL}StatusCode: 400, RequestID: x, api error ValidationError: "
OTHERS = {
    "an alarm of throttles": f"creating CloudWatch Metric Alarm (shop-api-throttles-prod): {INVALID}no",
    "a name like a code": f"creating Alarm (Throttling-SlowDown-ExpiredToken): {INVALID}no",
    "a function of EOF": f"creating Lambda Function (EOF-x509): {INVALID}no",
    "a status in a text": f'{INVALID}description "https response error StatusCode: 503, RequestID: x, EOF"',
    "a code in a text": f"{INVALID}Value 'see api error ThrottlingException' failed",
    "a URL in a text": f"""{INVALID}description: 'Get "https://status/health" answers i/o timeout'""",
    "a webhook": f'{CALL}StatusCode: 400, RequestID: x, Invalid: Post "https://a": connection refused',
    "a postcondition": 'Resource postcondition failed\n  Get "https://health/": EOF expected',
    "the registry": (
        "could not connect to registry.terraform.io: failed to request discovery document: Get "
        '"https://registry.terraform.io/.well-known/terraform.json": dial tcp: lookup: no such host'
    ),
    "interrupted": f"{SENT}context canceled",
    "not implemented": f"{CALL}StatusCode: 501, RequestID: x, api error NotImplemented: no",
    "a role that may not be taken": "No valid credential sources found\n  AssumeRole: AccessDenied",
    "denied": f"{CALL}StatusCode: 403, RequestID: x, api error AccessDeniedException: not authorized",
    "exists": f"{CALL}StatusCode: 400, RequestID: x, ResourceAlreadyExistsException: it is there",
    "configuration": "Unsupported argument\n  An argument named x is not expected here.",
}


@each("name", ERRORS)
def test_a_cause_is_one_sentence_with_its_advice(name: str) -> None:
    """Alone, several times over, and with what it does to the state and its lock."""
    text, said = ERRORS[name]
    for errors in (
        [text],
        [text] * 20,
        [text, LOCK + text],
        [text, "Failed to save state\n  Error saving state: x"],
    ):
        found = terraform_errors.cause(errors)
        assert found
        assert said in found[0]
        assert "{" not in found[0]
        assert found[1].endswith(".")


@each("name", OTHERS)
def test_another_error_is_told_as_terraform_words_it(name: str) -> None:
    """Alone, and beside one of which AWS is the cause: nothing is hidden."""
    assert terraform_errors.cause([OTHERS[name]]) is None
    assert terraform_errors.cause([ERRORS["refused"][0], OTHERS[name]]) is None
    assert terraform_errors.cause([]) is None


def test_an_error_of_the_lock_alone_is_none_of_aws() -> None:
    """What the command itself says of the lock is what is told."""
    assert terraform_errors.cause(["Error acquiring the state lock\n  state blob is locked"]) is None
    assert terraform_errors.about_the_state(LOCK)
