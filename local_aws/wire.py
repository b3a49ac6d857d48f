"""HTTP requests and responses as values, and MiniStack as a function from one to the other.

ASGI hands a request over in pieces. What the front looks into is read whole into a `Request`; what it does
not look into never passes through here.
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
"""Headers that describe how a body was sent, no longer true once it has been read."""


class DisconnectedError(Exception):
    """The client went away before its request was read."""


@dataclass(frozen=True)
class Response:
    """An HTTP response, whole."""

    status: int
    headers: Headers
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
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
    """An HTTP request, whole, its body inflated if the client had compressed it."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = b""

    @classmethod
    def from_scope(cls, scope: Scope) -> Request:
        """Return what is known before the body is read."""
        return cls(
            method=str(scope["method"]),
            path=str(scope["path"]),
            query=scope.get("query_string", b"").decode("latin-1"),
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
            ),
        )

    def with_body(self, body: bytes) -> Request:
        """Return the request with the body that came with it, inflated if it was compressed."""
        # SDKs compress large bodies of some operations (Smithy's requestCompression trait).
        if "gzip" in self.header("content-encoding"):
            body = gzip.decompress(body)
        kept = tuple((name, value) for name, value in self.headers if name not in _FRAMING)
        return replace(self, body=body, headers=(*kept, ("content-length", str(len(body)))))

    def with_content(self, body: bytes, **headers: str) -> Request:
        """Return the request with another body, and headers set (`_` in a name stands for `-`)."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        changed["content-length"] = str(len(body))
        kept = tuple((name, value) for name, value in self.headers if name not in changed)
        return replace(self, body=body, headers=(*kept, *changed.items()))

    def with_header(self, name: str, value: str) -> Request:
        """Return the request with one header set."""
        kept = tuple((key, before) for key, before in self.headers if key != name)
        return replace(self, headers=(*kept, (name, value)))

    def header(self, name: str) -> str:
        """Return the first value of a header, or an empty string."""
        return _first(self.headers, name)

    def fields(self) -> dict[str, str]:
        """Return the query string's fields and, over them, those of a form body."""
        found = dict(parse_qsl(self.query, keep_blank_values=True))
        if "form" in self.header("content-type"):
            found |= dict(parse_qsl(self.body.decode("utf-8", errors="replace"), keep_blank_values=True))
        return found


class Body:
    """A request's body, which can be looked at and then still be received.

    Args:
        receive: the client's side of the connection.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen: list[Message] = []

    async def whole(self) -> bytes:
        """Return the whole body.

        Raises:
            DisconnectedError: the client went away first.
        """
        while not self._seen or self._seen[-1].get("more_body", False):
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise DisconnectedError
            self._seen.append(message)
        return b"".join(message.get("body", b"") for message in self._seen)

    async def receive(self) -> Message:
        """Return the next message: those already looked at first (ASGI's `receive`)."""
        return self._seen.pop(0) if self._seen else await self._receive()


@dataclass(frozen=True)
class Upstream:
    """MiniStack: an ASGI application, called for one client's request.

    Args:
        app: the ASGI application.
        scope: the client's own scope, which gives what a `Request` does not carry (address, HTTP version).
    """

    app: AsgiApp
    scope: Scope

    @classmethod
    def own(cls, app: AsgiApp) -> Upstream:
        """Return MiniStack for requests of the front's own, which no client sent."""
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
        """Return MiniStack's whole answer to a request."""
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
            # A disconnect here would tell MiniStack to give up on its own answer.
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
    """Return a new header that names a request, as every answer of AWS carries one."""
    return ("x-amzn-requestid", str(uuid.uuid4()))


def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")
