"""An http endpoint of a test: a webhook that SNS confirms and delivers to, and Slack's incoming webhook."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local_aws.identity import HOST

WEBHOOK = "/alarms"
SLACK = "/slack"


class Endpoint:
    """What has arrived so far, by path."""

    def __init__(self, port: int) -> None:
        """Listen on `port`."""
        self.url = f"http://{HOST}:{port}"
        self.received: dict[str, list[dict[str, Any]]] = {WEBHOOK: [], SLACK: []}

    def notices(self) -> list[dict[str, Any]]:
        """Return what CloudWatch said, of the notifications that arrived at the webhook."""
        return [
            json.loads(entry["Message"])
            for entry in list(self.received[WEBHOOK])
            if entry["Type"] == "Notification"
        ]


@contextmanager
def listening() -> Iterator[Endpoint]:
    """Yield an endpoint on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is http.server's
            """Keep what came; confirm a subscription, as a webhook has to."""
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.received[self.path].append(body)
            self.send_response(200)
            self.end_headers()
            if body.get("Type") == "SubscriptionConfirmation":
                # SNS waits for this answer before it can be asked to confirm.
                visit = threading.Thread(target=urllib.request.urlopen, args=(body["SubscribeURL"],))
                visit.daemon = True
                visit.start()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    endpoint = Endpoint(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
