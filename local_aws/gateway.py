"""The gateway: the ASGI application in front of MiniStack.

The gateway answers the operations that it implements (`local_aws.services`). It forwards every other request
to MiniStack unchanged and streams body and answer. A server error of MiniStack (5xx) becomes a 400: clients
retry a 5xx, the Terraform provider for up to ten minutes, and MiniStack would fail again.
"""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws import control, evaluation_loop, relay, violations
from local_aws.calls import Call, Store, account_of, caller_of, unsupported
from local_aws.clock import Clock
from local_aws.errors import REST_XML, AwsError, read_error, write_error, write_rest_xml_error
from local_aws.guard import Guard
from local_aws.http import Body, DisconnectedError, Request, Response, Upstream
from local_aws.identity import HEALTH, NAME
from local_aws.protocols import operation_of, read_input
from local_aws.services import SERVICES
from local_aws.services.sns import signed_confirmation

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from local_aws.calls import Answer, Caller, Service
    from local_aws.http import AsgiApp, Message, Receive, Scope, Send

_RESET = "/_ministack/reset"
_INVOKE = re.compile(r"/\d{4}-\d\d-\d\d/functions/[^/]+/(invocations|response-streaming-invocations)")
"""Paths on which a 5xx comes from a function, not from MiniStack."""

_OK, _BAD_REQUEST, _SERVER_ERROR = 200, 400, 500
_OBSERVED = frozenset({"cloudwatch", "logs", "lambda"})
"""Services whose first call in an account and region starts the evaluation loop there."""

_UNSUPPORTED = b"Unsupported service"
"""The beginning of MiniStack's message for a service that it does not implement, in no AWS protocol."""

log = logging.getLogger("local_aws")


class Gateway:
    """The gateway in front of MiniStack.

    Args:
        upstream: MiniStack's ASGI application.
        port: the TCP port of the server; requests for another port are rejected.
        token: the token in the answer of the health endpoint, which identifies the server process.
        clock: the clock; by default simulated time is real time.
    """

    def __init__(self, upstream: AsgiApp, *, port: int, token: str = "", clock: Clock | None = None) -> None:
        self._upstream = upstream
        self._guard = Guard(self._admitted, port)
        self._token = token
        self._clock = clock or Clock()
        self._store = Store()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one ASGI connection, if `local_aws.admission` admits it."""
        await self._guard(scope, receive, send)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process a connection that was admitted."""
        if scope["type"] != "http":
            await self._upstream(scope, receive, send)
            return
        request = Request.from_scope(scope)
        if request.path == HEALTH:
            await self._health().send(send)
        elif request.path in {control.PATH, violations.PATH}:
            await self._control(request, receive, send)
        elif request.path.startswith(relay.PATH):
            await self._relay(request, scope, receive, send)
        elif request.path == _RESET:
            await self._upstream(scope, receive, _Clearing(self._store, send))
        else:
            await self._aws(signed_confirmation(request), scope, receive, send)

    async def run(self) -> None:
        """Run the evaluation loop."""
        await evaluation_loop.run(self._upstream, self._store, self._clock)

    async def _aws(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Process a request to AWS."""
        caller = caller_of(request)
        if caller is None:
            await self._upstream(scope, receive, send)
            return
        try:
            await self._answer(request, caller, _Connection(scope, Body(receive), send))
        except DisconnectedError:
            return

    async def _control(self, request: Request, receive: Receive, send: Send) -> None:
        """Process a request to the clock, or to the violations of assumptions."""
        try:
            complete = request.with_body(await Body(receive).read())
        except DisconnectedError:
            return
        if request.path == control.PATH:
            await control.answer(complete, self._clock).send(send)
        else:
            await violations.answer(complete, self._store).send(send)

    async def _relay(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Process an SNS notification to a function."""
        try:
            complete = request.with_body(await Body(receive).read())
        except DisconnectedError:
            return
        response = await relay.receive(complete, self._store, Upstream(self._upstream, scope))
        await response.send(send)

    def _health(self) -> Response:
        body = json.dumps({"name": NAME, "pid": os.getpid(), "token": self._token}).encode()
        return Response(200, (("content-type", "application/json"),), body)

    async def _answer(self, request: Request, caller: Caller, connection: _Connection) -> None:
        """Process a signed request in the gateway, or forward it to MiniStack."""
        service = SERVICES.get(caller.service)
        operation = await _operation(request, service, connection.body) if service else None
        answer = service.answers.get(operation.name) if service and operation else None
        if service and operation and answer:
            complete = request.with_body(await connection.body.read())
            response = await self._called(complete, caller, service, operation, answer, connection.scope)
            await response.send(connection.send)
        elif service and service.standalone:
            action = operation.name if operation else request.path
            await write_error(request, unsupported(service.name, action)).send(connection.send)
        else:
            sender = _FailFast(request, caller, connection.send)
            await self._upstream(connection.scope, connection.body.receive, sender)

    async def _called(  # noqa: PLR0913, PLR0917 - the parts of one call
        self,
        request: Request,
        caller: Caller,
        service: Service,
        operation: OperationModel,
        answer: Answer,
        scope: Scope,
    ) -> Response:
        """Return the answer of a handler to a call, or its error."""
        upstream = Upstream(self._upstream, scope)
        try:
            call = Call(
                service=service.name,
                operation=operation,
                input=read_input(request, operation),
                account=await account_of(caller.access_key, request, upstream),
                region=caller.region,
                request=request,
                upstream=upstream,
                store=self._store,
                clock=self._clock,
            )
            if service.name in _OBSERVED:
                evaluation_loop.register(call)
            result = await answer(call)
        except AwsError as error:
            return write_error(request, error)
        except Exception:
            log.exception("internal error in %s:%s", service.name, operation.name)
            code = "InternalFailure"
            message = (
                f"Internal error of the local AWS in {service.name}:{operation.name}. See its server.log."
            )
            return write_error(request, AwsError(code, message))
        return result if isinstance(result, Response) else call.respond(result)


@dataclass(frozen=True)
class _Connection:
    """An HTTP exchange in ASGI, whose body can be read twice."""

    scope: Scope
    body: Body
    send: Send


async def _operation(request: Request, service: Service, body: Body) -> OperationModel | None:
    """Return the operation of a request. Only the Query protocol names it in the body."""
    if "form" in request.header("content-type") and not request.header("x-amz-target"):
        request = request.with_body(await body.read())
    return operation_of(request, service.model)


class _Clearing:
    """Forwards MiniStack's answer to a reset; if it is a success, clears the gateway's store first.

    Args:
        store: the gateway's data.
        send: the client's `send`.
    """

    def __init__(self, store: Store, send: Send) -> None:
        self._store = store
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == _OK:
            self._store.clear()
        await self._send(message)


class _FailFast:
    """Forwards MiniStack's answer; a server error becomes a client error that names the action.

    Args:
        request: the request.
        caller: its credential scope.
        send: the client's `send`.
    """

    def __init__(self, request: Request, caller: Caller, send: Send) -> None:
        self._request = request
        self._caller = caller
        self._send = send
        self._failed: list[Message] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_failure(message):
            self._failed.append(message)
            return
        if not self._failed:
            await self._send(message)
            return
        self._failed.append(message)
        if not message.get("more_body", False):
            await self._error().send(self._send)

    def _is_failure(self, start: Message) -> bool:
        if _INVOKE.fullmatch(self._request.path):
            return False
        plain = not any(name.lower() == b"x-amzn-requestid" for name, _ in start["headers"])
        # MiniStack rejects a service that it does not implement without a request id, unlike AWS's protocols.
        return start["status"] >= _SERVER_ERROR or (start["status"] == _BAD_REQUEST and plain)

    def _error(self) -> Response:
        start, *chunks = self._failed
        body = b"".join(message.get("body", b"") for message in chunks)
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
        response = Response(start["status"], headers, body)
        target = self._request.header("x-amz-target").rpartition(".")[2]
        action = (
            target or self._request.fields().get("Action") or f"{self._request.method} {self._request.path}"
        )
        if _UNSUPPORTED in body:
            return write_error(self._request, unsupported(self._caller.service, action))
        if start["status"] < _SERVER_ERROR:
            return response
        cause = read_error(response)
        message = f"Internal error of the local AWS in {self._caller.service}:{action}: {cause.message}"
        error = AwsError(cause.code, message)
        rest_xml = self._caller.service in REST_XML
        return write_rest_xml_error(error) if rest_xml else write_error(self._request, error)
