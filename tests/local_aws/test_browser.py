"""A real browser opens pages of other origins that attack the local AWS; all attacks fail.

Each page sends every kind of request: with and without CORS, forms, images, scripts, frames and WebSockets.
The pages come from another port of the same address, from another site, and from a name that resolves to the
local AWS (DNS rebinding). The same pages succeed against a server without its guard, which shows that the
attacks work.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from local_aws import process
from local_aws.ports import health
from tests.local_aws.support import eventually, free_port, packed, set_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

_ACCOUNT = "000000000000"
"""Whose a request without a signature is: the account of the environment `local`."""

_STATE = '{"version": 4, "outputs": {"secret": "s3cret"}}'
_PAGE = Path(__file__).with_name("attack.html")
_LIMIT_S = 60.0
_END_S = 5.0

_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--disable-popup-blocking", "--no-proxy-server", "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable", "--password-store=basic",
)  # fmt: skip

_EVERY = {"create", "invoke", "cors", "image", "script", "form", "top", "socket"}
_READS = {"read", "query", "put", "delete"}
_REACHES = {
    "port": _EVERY | _READS,
    "site": _EVERY | _READS,
    "name": _EVERY | _READS,
    "rebound": _EVERY | _READS | {"clock", "frame"},
}
"""Attempts of each page that succeed without the guard; MiniStack answers preflights with a wildcard."""

_UNGUARDED = """
import sys
from local_aws import admission, guard
admission.rejection = lambda *_: None
admission.method_of = lambda _: None
guard.without_cors = lambda send: send
from local_aws.server import serve
serve(int(sys.argv[1]), "unguarded", with_parent=True)
"""


def _chromium() -> str:
    chromium = shutil.which("chromium")
    if chromium is None:
        message = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return chromium


@dataclass
class _Attack:
    """The attacker's server: it serves pages, collects reports, and acts as the name server for rebinding.

    Args:
        port: the TCP port of the local AWS.
        marks: the folder in which invoked functions leave a file.
        api: the identifier of a WebSocket API.
    """

    port: int
    marks: Path
    api: str
    urls: list[str] = field(default_factory=list)
    reports: queue.Queue[tuple[str, dict[str, str]]] = field(default_factory=queue.Queue)
    goes: threading.Event = field(default_factory=threading.Event)

    def page(self, tag: str, base: str) -> bytes:
        """Return a page that attacks the local AWS under one of its host names."""
        parameters = {"tag": tag, "base": base, "api": self.api, "definition": self.definition(tag)}
        return _PAGE.read_text(encoding="utf-8").replace("/*PARAMETERS*/ {}", json.dumps(parameters)).encode()

    def definition(self, tag: str) -> dict[str, Any]:
        """Return a function that creates a file when it runs."""
        source = f"def handle(event, context):\n    open({str(self.marks / tag)!r}, 'w').close()\n"
        return {
            "Runtime": "python3.12",
            "Role": f"arn:aws:iam::{_ACCOUNT}:role/attacker",
            "Handler": "main.handle",
            "Code": {"ZipFile": base64.b64encode(packed(source)).decode()},
        }

    def collect(self) -> dict[str, dict[str, str]]:
        """Return tag -> the report of each page."""
        try:
            return dict(self.reports.get(timeout=_LIMIT_S) for _ in _REACHES)
        except queue.Empty:
            log = (self.marks / "chromium.log").read_text(encoding="utf-8", errors="replace")
            pytest.fail(f"a page did not report within {_LIMIT_S:.0f} s. The browser's log:\n{log[-2000:]}")


class _Attacker(ThreadingHTTPServer):
    """The attacker's web server.

    Args:
        attack: the pages that it serves.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, attack: _Attack) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.attack = attack


class _Handler(BaseHTTPRequestHandler):
    """Handles requests to the attacker, and to the local AWS under the rebound name."""

    protocol_version = "HTTP/1.1"
    server: _Attacker

    def do_GET(self) -> None:
        attack, url = self.server.attack, urlsplit(self.path)
        fields = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/start":
            # Headless Chromium opens only one address of its command line.
            opens = f"for (const url of {json.dumps(attack.urls)}) window.open(url, '', 'noopener')"
            self._send(f"<script>{opens}</script>".encode())
        elif url.path == "/attack":
            self._send(attack.page(**fields))
        elif url.path == "/go":
            attack.goes.wait(_LIMIT_S)
            self._send(b"")
        elif url.path == "/report":
            body = self.rfile.read(int(self.headers["Content-Length"]))
            attack.reports.put((fields["tag"], json.loads(body)))
            self._send(b"")
        else:
            self._forward()

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _forward(self) -> None:
        """Forward the request unchanged: the attacker's name now resolves to the local AWS."""
        self.close_connection = True
        if not self.headers["Host"].startswith("rebind.example:"):
            self.send_error(404)
            return
        connection = "Upgrade" if "Upgrade" in self.headers else "close"
        lines = [self.requestline]
        lines += [f"{name}: {value}" for name, value in self.headers.items() if name != "Connection"]
        lines += [f"Connection: {connection}", "", ""]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with socket.create_connection(("127.0.0.1", self.server.attack.port), timeout=_LIMIT_S) as upstream:
            upstream.sendall("\r\n".join(lines).encode("latin-1") + body)
            while chunk := upstream.recv(65536):
                self.wfile.write(chunk)
                self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def handle(self) -> None:
        # The browser may end during a request.
        with suppress(OSError):
            super().handle()


for _method in ("POST", "PUT", "DELETE", "OPTIONS"):
    setattr(_Handler, f"do_{_method}", _Handler.do_GET)


@contextmanager
def _serving(attack: _Attack) -> Iterator[int]:
    """Run the attacker's web server; yield its port."""
    server = _Attacker(attack)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        attack.goes.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _browser(folder: Path, rules: str, url: str) -> Iterator[None]:
    """Open a page in a browser with a new profile.

    Args:
        folder: the folder of its profile and log.
        rules: its rules for resolving host names.
        url: the page.
    """
    with (folder / "chromium.log").open("wb") as log:
        browser = subprocess.Popen(
            [
                _chromium(),
                *_OPTIONS,
                f"--user-data-dir={folder / 'profile'}",
                f"--host-resolver-rules={rules}",
                url,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(folder)},
            start_new_session=True,
        )
    try:
        yield
    finally:
        browser.terminate()
        with suppress(subprocess.TimeoutExpired):
            browser.wait(_END_S)
        with suppress(ProcessLookupError):
            os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


@contextmanager
def _local_aws(folder: Path, *, guarded: bool) -> Iterator[int]:
    """Run a local AWS with a state object, with or without its guard; yield its port."""
    port = free_port()
    if guarded:
        process.start(port, folder)
        try:
            yield port
        finally:
            process.stop(folder)
        return
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", _UNGUARDED, str(port)],
            cwd=process.ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(process.create_scratch(folder))},
            start_new_session=True,
        )
    try:
        eventually(lambda: health(port))
        yield port
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _client(port: int, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload] # the stubs list services one by one
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=_ACCOUNT,
        aws_secret_access_key="local",  # noqa: S106 - the local AWS checks no signature
    )


def _prepare(port: int) -> str:
    """Create the targets of the attacks; return the WebSocket API."""
    s3 = _client(port, "s3")
    s3.create_bucket(Bucket="state")
    s3.put_object(Bucket="state", Key="state.json", Body=_STATE.encode(), ContentType="application/json")
    for tag in _REACHES:
        s3.put_object(Bucket="state", Key=f"{tag}-victim", Body=b"x")
    _client(port, "xray").create_group(GroupName="kept")
    apis = _client(port, "apigatewayv2")
    api: str = apis.create_api(
        Name="sockets", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    apis.create_stage(ApiId=api, StageName="live")
    return api


def _reached(port: int, marks: Path, tag: str, results: dict[str, str]) -> set[str]:
    """Return the attempts of a page that succeeded, from its report and from the state of the local AWS."""
    functions = {row["FunctionName"] for row in _client(port, "lambda").list_functions()["Functions"]}
    queues = {url.rpartition("/")[2] for url in _client(port, "sqs").list_queues().get("QueueUrls", [])}
    objects = {row["Key"] for row in _client(port, "s3").list_objects_v2(Bucket="state")["Contents"]}
    reached = {name for name in ("create", "cors", "form", "top") if f"{tag}-{name}" in functions}
    reached |= {name for name in ("image", "script") if f"{tag}-{name}" in queues}
    reached |= {name for name in ("query", "clock", "cors") if results[name].startswith("ok:")}
    reached |= {name for name in ("read", "frame") if _STATE in results[name]}
    reached |= {name for name in ("socket",) if results[name] == "opened"}
    reached |= {"invoke"} if (marks / tag).exists() else set()
    reached |= {"put"} if f"{tag}-put" in objects else set()
    return reached | (set() if f"{tag}-victim" in objects else {"delete"})


def test_a_missing_browser_fails_in_continuous_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere the test is skipped, with the command that installs a browser."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    for value, outcome in (("true", pytest.fail.Exception), ("", pytest.skip.Exception)):
        monkeypatch.setenv("CI", value)
        with pytest.raises(outcome, match="apt-get install chromium"):
            _chromium()


@pytest.mark.parametrize("guarded", [True, False])
def test_pages_of_other_origins_reach_nothing(tmp_path: Path, *, guarded: bool) -> None:
    """They create, invoke, delete, read and reset nothing; without the guard most attempts succeed."""
    _chromium()
    with _local_aws(tmp_path, guarded=guarded) as port:
        attack = _Attack(port, tmp_path, _prepare(port))
        before = set_clock(f"http://127.0.0.1:{port}")["evaluating"]
        with _serving(attack) as own:
            rules = f"MAP rebind.example 127.0.0.1:{own},MAP *.example 127.0.0.1"
            attack.urls += (
                f"http://127.0.0.1:{own}/attack?tag=port&base=http://127.0.0.1:{port}",
                f"http://attack.example:{own}/attack?tag=site&base=http://localhost:{port}",
                f"http://attack.example:{own}/attack?tag=name&base=http://direct.example:{port}",
                f"http://rebind.example:{port}/attack?tag=rebound&base=http://rebind.example:{port}",
            )
            with _browser(tmp_path, rules, f"http://127.0.0.1:{own}/start"):
                reports = attack.collect()
                reached = {tag: _reached(port, tmp_path, tag, results) for tag, results in reports.items()}
                attack.goes.set()
                attack.collect()
        still_exists = bool(_client(port, "xray").get_groups()["Groups"])
        assert still_exists is guarded
        if not guarded:
            assert reached == _REACHES, reports
            return
        assert reached == {tag: set() for tag in _REACHES}, reports
        assert set_clock(f"http://127.0.0.1:{port}")["evaluating"] is before
        assert _program(port, attack)


def _program(port: int, attack: _Attack) -> bool:
    """Return whether a program succeeds with the same requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LIMIT_S)
    headers = {"Content-Type": "text/plain"}
    definition = json.dumps({"FunctionName": "program", **attack.definition("program")})
    connection.request("POST", "/2015-03-31/functions", definition, headers)
    created = connection.getresponse()
    created.read()
    connection.request("POST", "/2015-03-31/functions/program/invocations", "{}", headers)
    connection.getresponse().read()
    connection.request("GET", "/state/state.json")
    state = connection.getresponse().read().decode()
    connection.close()
    return created.status == 201 and (attack.marks / "program").exists() and state == _STATE
