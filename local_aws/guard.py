"""The guard of the gateway: it rejects requests before they are read, and removes CORS headers from answers.

`local_aws.admission` decides which requests are rejected. A rejection does not read the request's body: over
HTTP/1 it closes the connection, so that the body is not parsed as the next request (RFC 9112, section 9.6).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from local_aws import admission
from local_aws.calls import caller_of
from local_aws.errors import REST_XML, AwsError, write_error, write_rest_xml_error
from local_aws.http import Request

if TYPE_CHECKING:
    from local_aws.http import AsgiApp, Message, Receive, Response, Scope, Send

_CORS = b"access-control-"
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""ASGI messages that carry the headers of an answer."""

_WEBSOCKET_RESPONSE = "websocket.http.response"
"""The ASGI extension that answers a handshake with a status and a body."""

_MAX_SHOWN = 100
"""Maximum number of characters of a path in a message or log entry."""

log = logging.getLogger("local_aws.guard")


class Guard:
    """An ASGI application that passes admitted requests to another one.

    Args:
        app: the application that is protected.
        port: the TCP port that the server is bound to.
    """

    def __init__(self, app: AsgiApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        rejection = self._rejection(scope)
        if rejection is None:
            await self._app(scope, receive, without_cors(send))
            return
        if scope["type"] == "http":
            await rejection.send(send)
        else:
            await _reject_handshake(rejection, scope, send)

    def _rejection(self, scope: Scope) -> Response | None:
        """Return the answer to a request that is rejected, or None if it is admitted."""
        target = scope.get("raw_path") or str(scope["path"]).encode()
        version = str(scope.get("http_version", "1.1"))
        reason = admission.rejection(target, scope["headers"], self._port, version)
        if reason:
            path = ascii(scope["path"])[:_MAX_SHOWN]
            log.warning("%s %s: %s", scope.get("method", "websocket"), path, reason)
            return _response(scope, AwsError("AccessDenied", reason, 403))
        allowed = admission.method_of(scope["path"])
        if allowed in {None, scope.get("method")}:
            return None
        path = ascii(scope["path"])[:_MAX_SHOWN]
        reason = f"Rejected: {path} changes the local AWS and allows only the method {allowed}."
        response = _response(scope, AwsError("MethodNotAllowed", reason, 405))
        return replace(response, headers=(*response.headers, ("allow", str(allowed))))


def without_cors(send: Send) -> Send:
    """Return a `send` that removes the headers with which a browser lets pages of other origins read.

    Source: WHATWG Fetch, section 3.3 (CORS protocol). All its response headers begin with `Access-Control-`.
    """

    async def filtered(message: Message) -> None:
        if message["type"] in _STARTS:
            kept = [
                header for header in message.get("headers", []) if not header[0].lower().startswith(_CORS)
            ]
            message = {**message, "headers": kept}
        await send(message)

    return filtered


def _response(scope: Scope, error: AwsError) -> Response:
    """Return an error in the protocol of the request; over HTTP/1, it closes the connection."""
    request = Request.from_scope({"method": "GET", **scope})
    caller = caller_of(request)
    rest_xml = caller is not None and caller.service in REST_XML
    response = write_rest_xml_error(error) if rest_xml else write_error(request, error)
    if request.method == "HEAD":
        response = replace(response, body=b"")
    # HTTP/2 has no such header (RFC 9113, section 8.2.2).
    last = (("connection", "close"),) if str(scope.get("http_version", "1.1")).startswith("1.") else ()
    return replace(response, headers=(*response.headers, *last))


async def _reject_handshake(response: Response, scope: Scope, send: Send) -> None:
    """Answer a WebSocket handshake with a response (ASGI, "Websocket Denial Response")."""

    async def denied(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    if _WEBSOCKET_RESPONSE in scope.get("extensions", {}):
        await response.send(denied)
    else:
        await send({"type": "websocket.close", "code": 1008})
