"""A parsed AWS API call: its operation, input, account and region."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local_aws.errors import AwsError, read_error
from local_aws.http import Request, Upstream
from local_aws.protocols import Value, service_model, write_output

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

    from local_aws.clock import Clock
    from local_aws.http import AsgiApp, Response

_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_ACCOUNT = re.compile(r"\d{12}")

DEFAULT_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Caller:
    """The credential scope of a signed request (Signature Version 4)."""

    access_key: str
    region: str
    service: str


def caller_of(request: Request) -> Caller | None:
    """Return the credential scope of a request, or None if it is not signed."""
    match = _SCOPE.search(request.header("authorization"))
    return Caller(match[1], match[2], match[3]) if match else None


def signed_for(request: Request, service: str) -> Request:
    """Return an empty POST request of the same caller to another service in the same region.

    Args:
        request: the caller's request.
        service: the other service's signing name.
    """
    # The signature is not checked, so the service in its scope can be replaced.
    scope = rf"Credential=\1/20000101/\2/{service}/aws4_request"
    headers = tuple(
        (name, _SCOPE.sub(scope, value)) for name, value in request.headers if name != "x-amz-target"
    )
    return replace(request, method="POST", path="/", query="", headers=headers).with_content(b"")


def signed_by(request: Request, arn: str) -> Request:
    """Return an empty POST request to a resource's service, in the resource's account and region.

    Args:
        request: a request, signed or not.
        arn: the resource's ARN.
    """
    _, _, service, region, account, _ = arn.split(":", 5)
    scope = f"AWS4-HMAC-SHA256 Credential={account}/20000101/{region}/{service}/aws4_request"
    signed = request.with_header("authorization", scope)
    return signed_for(signed, service)


LOGS, CLOUDWATCH = "Logs_20140328", "GraniteServiceVersion20100801"
"""Prefixes of `X-Amz-Target`, which name the service in JSON requests."""


class Store:
    """The gateway's data, in memory: tables of rows, by account and region.

    A table is a dict that the handlers of a service read and write.
    """

    def __init__(self) -> None:
        self._tables: dict[tuple[str, ...], dict[str, Any]] = {}

    def table(self, *key: str) -> dict[str, Any]:
        """Return a table; create it if it does not exist."""
        return self._tables.setdefault(key, {})

    def clear(self) -> None:
        """Delete all tables."""
        self._tables.clear()


@dataclass(frozen=True)
class Call:
    """One API call.

    Args:
        service: botocore's name of the service.
        operation: the operation's model.
        input: its input; the members are named as in the model.
        account: the id of the account, 12 digits.
        region: the region.
        request: the HTTP request.
        upstream: MiniStack.
        store: the gateway's data.
        clock: simulated time.
    """

    service: str
    operation: OperationModel
    input: Value
    account: str
    region: str
    request: Request
    upstream: Upstream
    store: Store
    clock: Clock

    def table(self, name: str) -> dict[str, Any]:
        """Return one of the service's tables for the call's account and region."""
        return self.store.table(self.account, self.region, self.service, name)

    def arn(self, resource: str) -> str:
        """Return the ARN of one of the service's resources for the call's account and region."""
        return f"arn:aws:{self.operation.service_model.signing_name}:{self.region}:{self.account}:{resource}"

    async def forward(self) -> Response:
        """Send the request to MiniStack unchanged and return the answer.

        Raises:
            AwsError: MiniStack's error, with its code, message and status.
        """
        response = await self.upstream(self.request)
        if not response.ok:
            raise read_error(response)
        return response

    def respond(self, output: Value) -> Response:
        """Return an output in the protocol of the request."""
        return write_output(self.request, self.operation, output)


Answer = Callable[[Call], Awaitable["Response | Value"]]


@dataclass(frozen=True)
class Service:
    """The operations of one AWS service that the gateway implements.

    Args:
        name: botocore's name of the service.
        answers: operation -> its handler; all other operations are forwarded to MiniStack.
        standalone: MiniStack does not implement the service, so all other operations are rejected.
    """

    name: str
    answers: Mapping[str, Answer]
    standalone: bool = False
    model: ServiceModel = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", service_model(self.name))
        unknown = set(self.answers) - set(self.model.operation_names)
        if unknown:
            message = f"{self.name}: operations not in the service model: {', '.join(sorted(unknown))}"
            raise ValueError(message)


def internal_call(upstream: AsgiApp, store: Store, clock: Clock, account: str, region: str) -> Call:
    """Return a call to CloudWatch that the gateway itself makes, without a client's request."""
    model = service_model("cloudwatch")
    arn = f"arn:aws:{model.signing_name}:{region}:{account}:"
    return Call(
        service=model.service_name,
        operation=model.operation_model("SetAlarmState"),
        input={},
        account=account,
        region=region,
        request=signed_by(Request("POST", "/", "", ()), arn),
        upstream=Upstream.internal(upstream),
        store=store,
        clock=clock,
    )


async def ask(call: Call, service: str, target: str, parameters: Value) -> Value:
    """Call an action of a service with a JSON protocol in MiniStack and return its output.

    Args:
        call: a call of the same account and region.
        service: the service's signing name.
        target: the value of `X-Amz-Target`.
        parameters: the action's input.

    Raises:
        AwsError: MiniStack's error.
    """
    request = signed_for(call.request, service).with_content(
        json.dumps(parameters).encode(), content_type="application/x-amz-json-1.1", x_amz_target=target
    )
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    answer: Value = json.loads(response.body or b"{}")
    return answer


async def account_of(access_key: str, request: Request, upstream: Upstream) -> str:
    """Return the account of an access key, as MiniStack resolves it.

    A key of twelve digits is the account id. The key of an assumed role belongs to the role's account, which
    MiniStack is asked for. Any other key belongs to the default account.
    """
    if _ACCOUNT.fullmatch(access_key):
        return access_key
    if not access_key.startswith("ASIA"):
        return DEFAULT_ACCOUNT
    identity_request = signed_for(request, "sts").with_content(
        b"Action=GetCallerIdentity&Version=2011-06-15", content_type="application/x-www-form-urlencoded"
    )
    answer = await upstream(identity_request)
    match = re.search(rb"<Account>(\d{12})</Account>", answer.body)
    return match[1].decode() if match else DEFAULT_ACCOUNT


def unsupported(service: str, action: str) -> AwsError:
    """Return the error of an operation that the local AWS does not support."""
    code = "UnsupportedOperation"
    return AwsError(code, f"The local AWS does not support {service}:{action}.")
