"""Helpers of the tests of the local AWS."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
import urllib.request
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from local_aws import control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT = "111122223333"
REGION = "eu-west-1"

SPEED = 300.0
"""The speed of the fast local AWS, in simulated seconds per real second."""


def free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def set_clock(endpoint: str, **members: object) -> dict[str, Any]:
    """Set members of a local AWS's clock and return its state; without members, only return its state."""
    request = urllib.request.Request(  # noqa: S310 - the local AWS
        f"{endpoint}{control.PATH}",
        json.dumps(members).encode() if members else None,
        method="PUT" if members else "GET",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the local AWS
        state: dict[str, Any] = json.load(answer)
    return state


def eventually(condition: Callable[[], object], within_s: float = 20) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "the condition is not true in time"
        time.sleep(0.05)


class Inbox:
    """A queue that is subscribed to topics.

    Args:
        client: creates clients of the local AWS.
        name: the queue's name.
        topics: the ARNs of the topics.
    """

    def __init__(self, client: Callable[[str], Any], name: str, *topics: str) -> None:
        self._sqs = client("sqs")
        self.url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        for topic in topics:
            client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.arn)

    def take(self, count: int, within_s: float = 10) -> list[dict[str, Any]]:
        """Return the bodies of `count` messages, or of those received in time."""
        bodies: list[dict[str, Any]] = []
        deadline = time.monotonic() + within_s
        while len(bodies) < count and time.monotonic() < deadline:
            answer = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                bodies.append(json.loads(message["Body"]))
        return bodies

    def alarms(self, count: int, within_s: float = 10) -> list[dict[str, Any]]:
        """Return the alarm messages in `count` messages, or in those received in time."""
        return [json.loads(body["Message"]) for body in self.take(count, within_s)]

    def waiting(self) -> int:
        """Return the number of messages that were not received."""
        name = "ApproximateNumberOfMessages"
        return int(
            self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name]
        )

    def close(self) -> None:
        """Delete the queue."""
        self._sqs.delete_queue(QueueUrl=self.url)


def packed(source: str, name: str = "main.py") -> bytes:
    """Return a function's zip file with one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, source)
    return archive.getvalue()


class QueryClient:
    """A client with the Query (XML) protocol, which boto3 no longer uses for CloudWatch.

    Args:
        endpoint: the URL of the local AWS.
        service: botocore's name of the service.
    """

    def __init__(self, endpoint: str, service: str) -> None:
        self._endpoint = endpoint
        self._model = botocore.session.get_session().get_service_model(service)

    def call(self, name: str, **parameters: object) -> dict[str, Any]:
        """Call an operation and return its output.

        Raises:
            ClientError: the error in the answer.
        """
        operation = self._model.operation_model(name)
        serialized = create_serializer("query").serialize_to_request(parameters, operation)
        request = AWSRequest(
            "POST", self._endpoint + "/", data=serialized["body"], headers=serialized["headers"]
        )
        SigV4Auth(Credentials(ACCOUNT, "local"), self._model.signing_name, REGION).add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        raw = {"status_code": answer.status_code, "headers": answer.headers, "body": answer.content}
        shape = operation.output_shape
        parsed: dict[str, Any] = create_parser("query").parse(raw, shape)  # type: ignore[arg-type]
        if answer.status_code != 200:
            raise ClientError(parsed, name)  # type: ignore[arg-type]
        del parsed["ResponseMetadata"]
        return parsed


@contextmanager
def confirming_webhook(received: list[dict[str, Any]] | None = None) -> Iterator[str]:
    """Serve a webhook that confirms its subscriptions, as incident tools do; yield its URL.

    Args:
        received: the list to which later messages are added.
    """

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            if message["Type"] == "SubscriptionConfirmation":
                urllib.request.urlopen(message["SubscribeURL"], timeout=10).close()  # noqa: S310 - the local AWS
            elif received is not None:
                received.append(message)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()
