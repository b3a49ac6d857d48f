"""The ASGI application that stands in front of MiniStack.

A request whose operation has an answer here is answered here. Every other request goes to MiniStack as it
came, its body and its answer streamed, except that MiniStack's failures (5xx) become 400: clients retry a
5xx, the Terraform provider for up to ten minutes, and what MiniStack cannot do now it cannot do then.
"""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws import control, relay, rounds
from local_aws.calls import Call, Store, account_of, caller_of, unsupported
from local_aws.clock import Clock
from local_aws.errors import REST_XML, AwsError, read_error, write_error, write_rest_xml_error
from local_aws.guard import Guard
from local_aws.identity import HEALTH, NAME
from local_aws.protocols import operation_of, read_input
from local_aws.services import SERVICES
from local_aws.services.sns import signed_confirmation
from local_aws.wire import Body, DisconnectedError, Request, Response, Upstream

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from local_aws.calls import Answer, Caller, Service
    from local_aws.wire import AsgiApp, Message, Receive, Scope, Send

_RESET = "/_ministack/reset"
_INVOKE = re.compile(r"/\d{4}-\d\d-\d\d/functions/[^/]+/(invocations|response-streaming-invocations)")
"""Paths whose 5xx is a function's business, not MiniStack's."""

_OK, _BAD_REQUEST, _SERVER_ERROR = 200, 400, 500
_OBSERVED = frozenset({"cloudwatch", "logs", "lambda"})
"""Services by whose use an account's region is known to have something to be watched."""

_UNSUPPORTED = b"Unsupported service"
"""How MiniStack begins its message for a service that it does not have, in no AWS protocol."""

log = logging.getLogger("local_aws")


class Front:
    """The front.

    Args:
        upstream: MiniStack's ASGI application.
        port: the TCP port that it is served at; requests for another one are refused.
        token: what the health endpoint says, so that whoever started the process knows it again.
        clock: simulated time; the world's when none is given.
    """

    def __init__(self, upstream: AsgiApp, *, port: int, token: str = "", clock: Clock | None = None) -> None:
        self._upstream = upstream
        self._guard = Guard(self._admitted, port)
        self._token = token
        self._clock = clock or Clock()
        self._store = Store()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection, if `local_aws.admission` admits it."""
        await self._guard(scope, receive, send)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection that was admitted."""
        if scope["type"] != "http":
            await self._upstream(scope, receive, send)
            return
        request = Request.from_scope(scope)
        if request.path == HEALTH:
            await self._health().send(send)
        elif request.path == control.PATH:
            await self._control(request, receive, send)
        elif request.path.startswith(relay.PATH):
            await self._relay(request, scope, receive, send)
        elif request.path == _RESET:
            await self._upstream(scope, receive, _Clearing(self._store, send))
        else:
            await self._aws(signed_confirmation(request), scope, receive, send)

    async def run(self) -> None:
        """Do every simulated minute what AWS does by itself, for ever."""
        await rounds.run(self._upstream, self._store, self._clock)

    async def _aws(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to AWS."""
        caller = caller_of(request)
        if caller is None:
            await self._upstream(scope, receive, send)
            return
        try:
            await self._answer(request, caller, _Connection(scope, Body(receive), send))
        except DisconnectedError:
            return

    async def _control(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer who asks the clock, or sets it."""
        try:
            whole = request.with_body(await Body(receive).whole())
        except DisconnectedError:
            return
        await control.answer(whole, self._clock).send(send)

    async def _relay(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a notification to a function."""
        try:
            whole = request.with_body(await Body(receive).whole())
        except DisconnectedError:
            return
        response = await relay.receive(whole, self._store, Upstream(self._upstream, scope))
        await response.send(send)

    def _health(self) -> Response:
        body = json.dumps({"name": NAME, "pid": os.getpid(), "token": self._token}).encode()
        return Response(200, (("content-type", "application/json"),), body)

    async def _answer(self, request: Request, caller: Caller, connection: _Connection) -> None:
        """Answer a signed request, here or in MiniStack."""
        service = SERVICES.get(caller.service)
        operation = await _operation(request, service, connection.body) if service else None
        answer = service.answers.get(operation.name) if service and operation else None
        if service and operation and answer:
            whole = request.with_body(await connection.body.whole())
            response = await self._called(whole, caller, service, operation, answer, connection.scope)
            await response.send(connection.send)
        elif service and service.alone:
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
                rounds.remember(call)
            result = await answer(call)
        except AwsError as error:
            return write_error(request, error)
        except Exception:
            log.exception("the front failed at %s:%s", service.name, operation.name)
            code = "InternalFailure"
            message = f"The local AWS failed at {service.name}:{operation.name}; its log says why."
            return write_error(request, AwsError(code, message))
        return result if isinstance(result, Response) else call.respond(result)


@dataclass(frozen=True)
class _Connection:
    """One HTTP exchange as ASGI gives it, its body readable twice."""

    scope: Scope
    body: Body
    send: Send


async def _operation(request: Request, service: Service, body: Body) -> OperationModel | None:
    """Return the operation that a request names; only the Query protocol names it in the body."""
    if "form" in request.header("content-type") and not request.header("x-amz-target"):
        request = request.with_body(await body.whole())
    return operation_of(request, service.model)


class _Clearing:
    """Sends MiniStack's answer to a reset on; when it is a success, empties the front's store first.

    Args:
        store: what the front remembers.
        send: where the answer goes.
    """

    def __init__(self, store: Store, send: Send) -> None:
        self._store = store
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == _OK:
            self._store.clear()
        await self._send(message)


class _FailFast:
    """Sends MiniStack's answer on, but a failure as a client error that names the action.

    Args:
        request: the request that is answered.
        caller: who signed it, and for which service.
        send: where the answer goes.
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
            await self._refusal().send(self._send)

    def _is_failure(self, start: Message) -> bool:
        if _INVOKE.fullmatch(self._request.path):
            return False
        plain = not any(name.lower() == b"x-amzn-requestid" for name, _ in start["headers"])
        # MiniStack refuses a service it does not have without the request id that AWS's protocols carry.
        return start["status"] >= _SERVER_ERROR or (start["status"] == _BAD_REQUEST and plain)

    def _refusal(self) -> Response:
        start, *rest = self._failed
        body = b"".join(message.get("body", b"") for message in rest)
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
        found = read_error(response)
        message = f"The local AWS failed at {self._caller.service}:{action}: {found.message}"
        error = AwsError(found.code, message)
        rest_xml = self._caller.service in REST_XML
        return write_rest_xml_error(error) if rest_xml else write_error(self._request, error)
