"""HTTP requests and responses as values, and MiniStack as a function from request to response.

ASGI delivers a request in chunks. A request that the gateway processes is read completely into a `Request`;
a request that it only forwards is streamed.
"""

from __future__ import annotations

import asyncio
import gzip
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from local_aws.identity import HOST

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = tuple[tuple[str, str], ...]

_FRAMING = {"content-length", "transfer-encoding", "content-encoding"}
"""Headers that describe the encoding of a body and are not valid after it has been read."""


class DisconnectedError(Exception):
    """The client closed the connection before its request was read."""


@dataclass(frozen=True)
class Response:
    """A complete HTTP response."""

    status: int
    headers: Headers
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is a success (2xx)."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own range

    def header(self, name: str) -> str:
        """Return the first value of a header, or an empty string."""
        return _first(self.headers, name)

    async def send(self, send: Send) -> None:
        """Write the response to an ASGI client."""
        kept = [(name, value) for name, value in self.headers if name.lower() != "content-length"]
        kept.append(("content-length", str(len(self.body))))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in kept]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


@dataclass(frozen=True)
class Request:
    """A complete HTTP request. A compressed body is decompressed."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = b""

    @classmethod
    def from_scope(cls, scope: Scope) -> Request:
        """Return the request without its body."""
        return cls(
            method=str(scope["method"]),
            path=str(scope["path"]),
            query=scope.get("query_string", b"").decode("latin-1"),
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
            ),
        )

    def with_body(self, body: bytes) -> Request:
        """Return the request with its body, decompressed if it was compressed."""
        # SDKs compress large bodies of some operations (Smithy's requestCompression trait).
        if "gzip" in self.header("content-encoding"):
            body = gzip.decompress(body)
        kept = tuple((name, value) for name, value in self.headers if name not in _FRAMING)
        return replace(self, body=body, headers=(*kept, ("content-length", str(len(body)))))

    def with_content(self, body: bytes, **headers: str) -> Request:
        """Return the request with another body and other headers (`_` in a name stands for `-`)."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        changed["content-length"] = str(len(body))
        kept = tuple((name, value) for name, value in self.headers if name not in changed)
        return replace(self, body=body, headers=(*kept, *changed.items()))

    def with_header(self, name: str, value: str) -> Request:
        """Return the request with one header set."""
        kept = tuple((key, old) for key, old in self.headers if key != name)
        return replace(self, headers=(*kept, (name, value)))

    def header(self, name: str) -> str:
        """Return the first value of a header, or an empty string."""
        return _first(self.headers, name)

    def fields(self) -> dict[str, str]:
        """Return the fields of the query string and of a form body; the body takes precedence."""
        fields = dict(parse_qsl(self.query, keep_blank_values=True))
        if "form" in self.header("content-type"):
            fields |= dict(parse_qsl(self.body.decode("utf-8", errors="replace"), keep_blank_values=True))
        return fields


class Body:
    """A request body that can be read by the gateway and then still be received by MiniStack.

    Args:
        receive: the client's ASGI `receive`.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []

    async def read(self) -> bytes:
        """Return the complete body.

        Raises:
            DisconnectedError: the client closed the connection.
        """
        while not self._messages or self._messages[-1].get("more_body", False):
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise DisconnectedError
            self._messages.append(message)
        return b"".join(message.get("body", b"") for message in self._messages)

    async def receive(self) -> Message:
        """Return the next message (ASGI's `receive`), first those that were already read."""
        return self._messages.pop(0) if self._messages else await self._receive()


@dataclass(frozen=True)
class Upstream:
    """MiniStack: an ASGI application, called for one client's request.

    Args:
        app: the ASGI application.
        scope: the client's scope, with the data that a `Request` does not have (address, HTTP version).
    """

    app: AsgiApp
    scope: Scope

    @classmethod
    def internal(cls, app: AsgiApp) -> Upstream:
        """Return MiniStack for requests that the gateway itself makes, without a client."""
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "root_path": "",
            "client": (HOST, 0),
            "server": (HOST, 0),
        }
        return cls(app, scope)

    async def __call__(self, request: Request) -> Response:
        """Send a request to MiniStack and return the complete answer."""
        scope = dict(self.scope)
        scope["method"] = request.method
        scope["path"] = request.path
        scope["raw_path"] = (
            request.path.encode("utf-8") if request.path != self.scope["path"] else scope.get("raw_path")
        )
        scope["query_string"] = request.query.encode("latin-1")
        scope["headers"] = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers
        ]
        pending: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]
        started: list[Message] = []
        chunks: list[bytes] = []

        async def receive() -> Message:
            if pending:
                return pending.pop()
            # A disconnect message would make MiniStack cancel its answer.
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        await self.app(scope, receive, send)
        start = started[0]
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
        return Response(status=start["status"], headers=headers, body=b"".join(chunks))


def request_id() -> tuple[str, str]:
    """Return a new request id header, as in every answer of AWS."""
    return ("x-amzn-requestid", str(uuid.uuid4()))


def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")
