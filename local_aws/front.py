"""The ASGI application that stands in front of MiniStack.

A request whose operation has an answer here is answered here; every other request goes to MiniStack as it
came, its body and its answer streamed.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

from local_aws.calls import Call, Store, account_of, caller_of, unsupported
from local_aws.identity import HEALTH, NAME
from local_aws.protocols import AwsError, operation_of, read_input, write_error
from local_aws.services import SERVICES
from local_aws.wire import AsgiApp, Disconnected, Receive, Request, Response, Scope, Send, Upstream

if TYPE_CHECKING:
    from local_aws.calls import Caller, Service


_RESET = "/_ministack/reset"

log = logging.getLogger("local_aws")


class Front:
    """The front.

    Args:
        upstream: MiniStack's ASGI application.
        token: what the health endpoint says, so that whoever started the process knows it again.
    """

    def __init__(self, upstream: AsgiApp, token: str = "") -> None:
        self._upstream = upstream
        self._token = token
        self._store = Store()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] != "http":
            await self._upstream(scope, receive, send)
            return
        request = Request.from_scope(scope)
        if request.path == HEALTH:
            await self._health().send(send)
            return
        if request.path == _RESET:
            self._store.clear()
        caller = caller_of(request)
        service = SERVICES.get(caller.service) if caller else None
        if caller is None or service is None:
            await self._upstream(scope, receive, send)
            return
        try:
            request = await request.with_body(receive)
        except Disconnected:
            return
        response = await self._answer(request, caller, service, Upstream(self._upstream, scope))
        await response.send(send)

    def _health(self) -> Response:
        body = json.dumps({"name": NAME, "pid": os.getpid(), "token": self._token}).encode()
        return Response(200, (("content-type", "application/json"),), body)

    async def _answer(
        self, request: Request, caller: Caller, service: Service, upstream: Upstream
    ) -> Response:
        """Return the answer to a call of a service that the front knows."""
        operation = operation_of(request, service.model)
        answer = service.answers.get(operation.name) if operation else None
        try:
            if operation is None or answer is None:
                if service.alone:
                    raise unsupported(service.name, operation.name if operation else request.path)
                return await upstream(request)
            call = Call(
                service=service.name,
                operation=operation,
                input=read_input(request, operation),
                account=account_of(caller.access_key),
                region=caller.region,
                request=request,
                upstream=upstream,
                store=self._store,
            )
            result = await answer(call)
        except AwsError as error:
            return write_error(request, service.model, error)
        except Exception:
            log.exception("the front failed at %s", operation.name if operation else request.path)
            code = "InternalFailure"
            error = AwsError(code, f"The local AWS failed at {service.name}; its log says why.")
            return write_error(request, service.model, error)
        return result if isinstance(result, Response) else call.respond(result)
