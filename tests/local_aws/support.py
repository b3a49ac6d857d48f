"""What the tests of the local AWS share."""

from __future__ import annotations

import json
import threading
import urllib.request
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

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "111122223333"
REGION = "eu-west-1"


class QueryClient:
    """Calls a service in the Query (XML) protocol, which boto3 no longer chooses for CloudWatch.

    Args:
        endpoint: the URL of the local AWS.
        service: botocore's name of the service.
    """

    def __init__(self, endpoint: str, service: str) -> None:
        self._endpoint = endpoint
        self._model = botocore.session.get_session().get_service_model(service)

    def call(self, name: str, **given: object) -> dict[str, Any]:
        """Return an operation's output.

        Raises:
            ClientError: the error that AWS answered with.
        """
        operation = self._model.operation_model(name)
        made = create_serializer("query").serialize_to_request(given, operation)
        request = AWSRequest("POST", self._endpoint + "/", data=made["body"], headers=made["headers"])
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
def confirming_webhook() -> Iterator[str]:
    """Serve a webhook that confirms whatever subscribes it, as incident tools do; give its URL."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            if message["Type"] == "SubscriptionConfirmation":
                urllib.request.urlopen(message["SubscribeURL"], timeout=10).close()  # noqa: S310 - the local AWS

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()
