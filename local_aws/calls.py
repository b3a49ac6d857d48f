"""One AWS API call, understood: which operation, for whom, with what input."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local_aws.errors import AwsError, read_error
from local_aws.protocols import Value, service_model, write_output
from local_aws.wire import Request, Upstream

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

    from local_aws.clock import Clock
    from local_aws.wire import AsgiApp, Response

_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_ACCOUNT = re.compile(r"\d{12}")

DEFAULT_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Caller:
    """Who signed a request, and for what (Signature Version 4, "credential scope")."""

    access_key: str
    region: str
    service: str


def caller_of(request: Request) -> Caller | None:
    """Return who signed a request, or None when it is not signed."""
    match = _SCOPE.search(request.header("authorization"))
    return Caller(match[1], match[2], match[3]) if match else None


def signed_for(request: Request, service: str) -> Request:
    """Return a request of the same caller, in the same region, to another service: a POST without content.

    Args:
        request: the caller's request.
        service: the other service's signing name.
    """
    # The signature is not checked, so the service it names can be another.
    scope = rf"Credential=\1/20000101/\2/{service}/aws4_request"
    headers = tuple(
        (name, _SCOPE.sub(scope, value)) for name, value in request.headers if name != "x-amz-target"
    )
    return replace(request, method="POST", path="/", query="", headers=headers).with_content(b"")


def signed_by(request: Request, arn: str) -> Request:
    """Return a request to a resource's service, in the resource's account and region: a POST without content.

    Args:
        request: a request, signed or not.
        arn: the resource's ARN.
    """
    _, _, service, region, account, _ = arn.split(":", 5)
    scope = f"AWS4-HMAC-SHA256 Credential={account}/20000101/{region}/{service}/aws4_request"
    signed = request.with_header("authorization", scope)
    return signed_for(signed, service)


LOGS, CLOUDWATCH = "Logs_20140328", "GraniteServiceVersion20100801"
"""What names a service in the targets of requests over JSON."""


class Store:
    """What the front remembers, in memory: tables of rows, by account and region.

    A table is a plain dict that a service's answers read and write.
    """

    def __init__(self) -> None:
        self._tables: dict[tuple[str, ...], dict[str, Any]] = {}

    def table(self, *key: str) -> dict[str, Any]:
        """Return the table of this name, empty when it is new."""
        return self._tables.setdefault(key, {})

    def clear(self) -> None:
        """Forget everything."""
        self._tables.clear()


@dataclass(frozen=True)
class Call:
    """One API call.

    Args:
        service: botocore's name of the service.
        operation: the operation's model.
        input: its input, members named as the model names them.
        account: the account id it is for, 12 digits.
        region: the region it is for.
        request: the request it came in.
        upstream: MiniStack.
        store: what the front remembers.
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
        """Return MiniStack's answer to the request as it came.

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
    """What the front answers of one AWS service.

    Args:
        name: botocore's name of the service.
        answers: by operation; an operation that is not here goes to MiniStack.
        alone: MiniStack has nothing of this service, so that what is not here is refused.
    """

    name: str
    answers: Mapping[str, Answer]
    alone: bool = False
    model: ServiceModel = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", service_model(self.name))
        unknown = set(self.answers) - set(self.model.operation_names)
        if unknown:
            message = f"{self.name} has no such operation: {', '.join(sorted(unknown))}"
            raise ValueError(message)


def own_call(upstream: AsgiApp, store: Store, clock: Clock, account: str, region: str) -> Call:
    """Return a call of the front's own to CloudWatch, for what it does without being asked."""
    model = service_model("cloudwatch")
    arn = f"arn:aws:{model.signing_name}:{region}:{account}:"
    return Call(
        service=model.service_name,
        operation=model.operation_model("SetAlarmState"),
        input={},
        account=account,
        region=region,
        request=signed_by(Request("POST", "/", "", ()), arn),
        upstream=Upstream.own(upstream),
        store=store,
        clock=clock,
    )


async def ask(call: Call, service: str, target: str, given: Value) -> Value:
    """Return the answer of MiniStack to an action of a service that speaks JSON.

    Args:
        call: whose account and region it is asked for.
        service: the service's signing name.
        target: what the service calls the action, in `X-Amz-Target`.
        given: the action's input.

    Raises:
        AwsError: MiniStack's error.
    """
    request = signed_for(call.request, service).with_content(
        json.dumps(given).encode(), content_type="application/x-amz-json-1.1", x_amz_target=target
    )
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    answer: Value = json.loads(response.body or b"{}")
    return answer


async def account_of(access_key: str, request: Request, upstream: Upstream) -> str:
    """Return the account of an access key, as MiniStack has it.

    Twelve digits are the account itself; the key of an assumed role belongs to the role's account, which only
    MiniStack knows; any other key belongs to the default account.
    """
    if _ACCOUNT.fullmatch(access_key):
        return access_key
    if not access_key.startswith("ASIA"):
        return DEFAULT_ACCOUNT
    question = signed_for(request, "sts").with_content(
        b"Action=GetCallerIdentity&Version=2011-06-15", content_type="application/x-www-form-urlencoded"
    )
    answer = await upstream(question)
    match = re.search(rb"<Account>(\d{12})</Account>", answer.body)
    return match[1].decode() if match else DEFAULT_ACCOUNT


def unsupported(service: str, action: str) -> AwsError:
    """Return the error for what the local AWS does not do."""
    code = "UnsupportedOperation"
    return AwsError(code, f"The local AWS does not support {service}:{action}.")
