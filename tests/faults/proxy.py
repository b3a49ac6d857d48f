"""A proxy before a local AWS that fails on request: by service, operation or path, as AWS and networks do.

It can also change what the local AWS answers.

microburst, a fault-injecting proxy of PyPI, was tried: its errors of CloudWatch are not of a form that the
Terraform provider reads, and it cannot tell a state object from its lock.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local_aws.identity import HOST

UNAVAILABLE, FAILING, THROTTLED, HANGING, CUT, CUT_AFTERWARDS = (
    "503", "500", "throttled", "hangs", "cut", "cut afterwards"
)  # fmt: skip
"""How a request fails; `cut afterwards` does what is asked and then closes the connection unanswered."""

_ERRORS = {
    UNAVAILABLE: (503, "ServiceUnavailable"),
    FAILING: (500, "InternalFailure"),
    THROTTLED: (400, "ThrottlingException"),
}


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    service: str
    """The service's signing name, such as `s3`; empty when the request is not signed."""
    operation: str
    """The operation, for services that name it."""


@dataclass
class Proxy:
    """The proxy: `fails` decides for each request how it fails, None for not at all."""

    url: str
    fails: Callable[[Asked], str | None] = lambda _: None
    changes: Callable[[Asked, bytes], bytes] = lambda _, content: content
    """Returns what is answered instead of a content."""
    asked: list[Asked] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__((HOST, 0), _Handler)
        self.upstream = upstream
        self.proxy = Proxy(f"http://{HOST}:{self.server_address[1]}")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.body()
        asked = self.asked(body)
        self.server.proxy.asked.append(asked)
        how = self.server.proxy.fails(asked)
        if how == HANGING:
            self.server.proxy.ended.wait(600)
            self.cut()
        elif how == CUT:
            self.cut()
        elif how in _ERRORS:
            self.fail(*_ERRORS[how])
        else:
            status, headers, content = self.forwarded(body)
            content = self.server.proxy.changes(asked, content)
            if how == CUT_AFTERWARDS:
                self.cut()
            else:
                self.write(status, headers, content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 - http.server's names

    def body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def asked(self, body: bytes) -> Asked:
        signed = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", ""))
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        named = re.search(rb"(?:^|&)Action=(\w+)", body)
        routed = re.search(r"/operation/(\w+)", self.path)
        operation = target or (named[1].decode() if named else routed[1] if routed else "")
        return Asked(self.command, self.path, signed[1] if signed else "", operation)

    def forwarded(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        # The local AWS answers its own host name alone.
        dropped = {"host", "connection", "content-length", "transfer-encoding", "expect"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        connection.request(self.command, self.path, body, {**headers, "Host": self.server.upstream})
        got = connection.getresponse()
        content = got.read()
        kept = [(name, value) for name, value in got.getheaders() if name.lower() not in dropped]
        if self.command == "HEAD":
            kept.append(("Content-Length", got.getheader("Content-Length", "0")))
        connection.close()
        return got.status, kept, content

    def fail(self, status: int, code: str) -> None:
        kind, content = "text/xml", _xml(code, in_response=self.asked(b"").service != "s3")
        if "json" in self.headers.get("Content-Type", ""):
            kind = self.headers["Content-Type"]
            content = json.dumps({"__type": code, "message": "injected"}).encode()
        self.write(status, [("Content-Type", kind), ("x-amzn-RequestId", "injected")], content)

    def write(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def proxied(endpoint: str) -> Iterator[Proxy]:
    """Yield a proxy on a free port before the local AWS at `endpoint`."""
    server = _Server(urlsplit(endpoint).netloc)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.proxy
    finally:
        server.proxy.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _xml(code: str, *, in_response: bool) -> bytes:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>injected</Message></Error>"
    wrapped = f"<ErrorResponse>{error}<RequestId>injected</RequestId></ErrorResponse>"
    return (wrapped if in_response else error).encode()
