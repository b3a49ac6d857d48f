"""A server on this machine that is AWS, Slack and PagerDuty at once, as far as the notifier talks to them."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

_PUBLISHED = (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId>'
    "</PublishResult></PublishResponse>"
)
_REFUSED = (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
    "<Code>{}</Code><Message>no</Message></Error></ErrorResponse>"
)


@dataclass
class Wire:
    """What the server holds, answers and has received.

    Attributes:
        url: Where it is.
        secrets: Reference -> value; any other is not found.
        read: References in the order in which they were read.
        statuses: Path -> status codes to answer with, the last for ever; 200 for a path without any.
        posts: Path and JSON body of everything posted to a receiver.
        mails: Parameters of every call of SNS's Publish.
        mail_error: Error code that Publish answers; none for success.
        alarms: What DescribeAlarms knows, as it answers.
        alarms_error: Error code that it answers; none for success.
        asked: Parameters of every call of it.
        before_alarms: Called before it answers.
        before_answer: Called with the path before a receiver answers.
        invoked: Function and event of every asynchronous invocation.
        invoke_status: Status code that Lambda answers.
    """

    url: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    posts: list[tuple[str, Any]] = field(default_factory=list)
    mails: list[dict[str, str]] = field(default_factory=list)
    mail_error: str = ""
    alarms: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    alarms_error: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    before_alarms: Callable[[], object] = str
    before_answer: Callable[[str], object] = str
    invoked: list[tuple[str, Any]] = field(default_factory=list)
    invoke_status: int = 202

    def answer(self, path: str, target: str, body: bytes) -> tuple[int, str]:
        """Answer one request: AWS's JSON protocol, AWS's query protocol, or a receiver."""
        if target.endswith(".DescribeAlarms"):
            return self._described(json.loads(body))
        if target:
            return self._secret(target.rsplit(".", 1)[-1], json.loads(body))
        if path.startswith("/2015-03-31/functions/"):
            self.invoked.append((unquote(path.split("/")[3]), json.loads(body)))
            return self.invoke_status, "{}"
        if path == "/" and b"Action=Publish" in body:
            self.mails.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
            return (400, _REFUSED.format(self.mail_error)) if self.mail_error else (200, _PUBLISHED)
        self.posts.append((path, json.loads(body)))
        self.before_answer(path)
        waiting = self.statuses.get(path, [200])
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0]), "answered"

    def _described(self, request: dict[str, Any]) -> tuple[int, str]:
        """Answer as AWS does: metric alarms alone unless asked for both, at most 50 unless asked for more."""
        self.asked.append(request)
        self.before_alarms()
        if self.alarms_error:
            return 400, json.dumps({"__type": self.alarms_error, "message": "no"})
        kinds = [f"{kind}s" for kind in request.get("AlarmTypes", ["MetricAlarm"])]
        found = [
            (kind, alarm)
            for kind in kinds
            for alarm in self.alarms.get(kind, [])
            if alarm["AlarmName"] in request["AlarmNames"]
        ][: request.get("MaxRecords", 50)]
        return 200, json.dumps({kind: [entry for its, entry in found if its == kind] for kind in kinds})

    def _secret(self, call: str, request: dict[str, Any]) -> tuple[int, str]:
        if call == "GetParameter":
            assert request["WithDecryption"] is True
            reference = f"ssm:{request['Name']}"
        else:
            assert call == "GetSecretValue"
            reference = f"secretsmanager:{request['SecretId']}"
        self.read.append(reference)
        value = self.secrets.get(reference)
        if value is None:
            kind = "ParameterNotFound" if call == "GetParameter" else "ResourceNotFoundException"
            return 400, json.dumps({"__type": kind, "message": "not there"})
        if call == "GetParameter":
            return 200, json.dumps({"Parameter": {"Name": request["Name"], "Value": value}})
        return 200, json.dumps({"Name": request["SecretId"], "SecretString": value})


@contextlib.contextmanager
def serve(wire: Wire) -> Iterator[None]:
    """Serve on a free port, whose URL is noted in `wire`, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, text = wire.answer(self.path, self.headers.get("X-Amz-Target", ""), body)
            with contextlib.suppress(ConnectionError):  # whoever asked has given up waiting
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("Retry-After", "3600")
                self.send_header("Location", f"{wire.url}/elsewhere")
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wire.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
