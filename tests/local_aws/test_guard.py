"""Requests that the server rejects before it processes them, over real connections."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import h2.connection
import h2.events
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import admission, process
from local_aws.gateway import Gateway
from local_aws.guard import without_cors
from tests.local_aws.support import REGION, free_port, packed
from tests.support.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.http import Message, Receive, Scope, Send

pytestmark = pytest.mark.xdist_group("guard")

_ACCOUNT = "000000000000"
"""The account of requests without a signature."""

_BUCKET = "my.state-bucket"
_STATE = b'{"version": 4, "outputs": {"secret": "s3cret"}}'

REQUESTS = (
    ("GET", "/"),
    ("GET", "/?Action=CreateQueue&QueueName=made"),
    ("POST", "/"),
    ("POST", "/2015-03-31/functions"),
    ("POST", "/2015-03-31/functions/made/invocations"),
    ("GET", f"/{_BUCKET}/state.json"),
    ("HEAD", f"/{_BUCKET}/state.json"),
    ("PUT", f"/{_BUCKET}/made"),
    ("DELETE", f"/{_BUCKET}/state.json"),
    ("OPTIONS", f"/{_BUCKET}/state.json"),
    ("GET", "/_aws/execute-api/made/live/"),
    ("GET", "/_aws/lambda-url/made/"),
    ("GET", "/_localstack/health"),
    ("GET", "/_ministack/health"),
    ("GET", "/_ministack/ready"),
    ("GET", "/_ministack/sqs/messages"),
    ("GET", "/_ministack/ses/messages"),
    ("GET", "/_ministack/lambda-code/made"),
    ("POST", "/_ministack/config"),
    ("GET", "/_ministack/reset"),
    ("POST", "/_ministack/reset"),
    ("POST", "/%5Fministack/%72eset"),
    ("GET", "/_reveille/health"),
    ("GET", "/_reveille/clock"),
    ("PUT", "/_reveille/clock"),
    ("PUT", "/_reveille/violations"),
    ("POST", "/_local_aws/functions/made"),
    ("BREW", "/no/such/path"),
)
"""Administrative and AWS paths: paths that read, paths that change something, and one that does not exist."""

_FOREIGN = {
    "host": {"Host": "rebind.example:{port}"},
    "port": {"Host": "127.0.0.1:1"},
    "no port": {"Host": "localhost"},
    "origin": {"Host": "127.0.0.1:{port}", "Origin": "http://127.0.0.1:1"},
    "null": {"Host": "127.0.0.1:{port}", "Origin": "null"},
    "same site": {"Host": "127.0.0.1:{port}", "Sec-Fetch-Site": "same-site"},
    "cross site": {"Host": "localhost:{port}", "Sec-Fetch-Site": "cross-site"},
    "bucket": {"Host": "bucket.localhost:{port}", "Origin": "http://bucket.localhost:{port}"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[process.Server]:
    """Run a local AWS with a state object; yield the server."""
    folder = tmp_path_factory.mktemp("guarded-local-aws")
    process.start(free_port(), folder)
    running = process.status(folder)
    assert running is not None
    s3 = _client(running, "s3")
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=_BUCKET, Key="state.json", Body=_STATE)
    yield running
    process.stop(folder)


def _client(server: process.Server, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload] # the stubs list services one by one
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=_ACCOUNT,
        aws_secret_access_key="local",  # noqa: S106 - the local AWS checks no signature
    )


def _signature(service: str) -> str:
    scope = f"{_ACCOUNT}/20300101/{REGION}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, Signature=x"


def _ask(
    server: process.Server, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Send a request with exactly these headers; return status, headers and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value.format(port=server.port))
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)
    answer = connection.getresponse()
    parts = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return parts


def _exchange(server: process.Server, sent: str) -> bytes:
    """Send bytes; return everything received until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(sent.format(port=server.port).encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


@each(("method", "path"), REQUESTS)
def test_foreign_requests_are_rejected_on_every_path(server: process.Server, method: str, path: str) -> None:
    """With 403 and a message that no page can read, whether they are signed or not."""
    for foreign in _FOREIGN.values():
        for signed in ({}, {"Authorization": _signature("s3")}, {"Authorization": _signature("logs")}):
            status, headers, body = _ask(server, method, path, foreign | signed)
            assert status == 403, (foreign, signed)
            assert method == "HEAD" or b"Rejected: " in body
            assert headers["connection"] == "close"
            assert not [name for name in headers if name.startswith("access-control-")]


def test_rejected_requests_change_nothing(server: process.Server) -> None:
    """No function, queue or object is created; the state and the clock do not change."""
    _client(server, "xray").create_group(GroupName="kept")
    function = json.dumps(
        {
            "FunctionName": "made",
            "Runtime": "python3.12",
            "Role": f"arn:aws:iam::{_ACCOUNT}:role/made",
            "Handler": "main.handle",
            "Code": {"ZipFile": ""},
        }
    ).encode()
    bodies = {"/2015-03-31/functions": function, "/_reveille/clock": b'{"evaluating": false}'}
    for method, path in REQUESTS:
        for foreign in _FOREIGN.values():
            assert _ask(server, method, path, foreign, bodies.get(path, b"x"))[0] == 403
    assert _client(server, "lambda").list_functions()["Functions"] == []
    assert not _client(server, "sqs").list_queues().get("QueueUrls")
    objects = _client(server, "s3").list_objects_v2(Bucket=_BUCKET)["Contents"]
    assert [item["Key"] for item in objects] == ["state.json"]
    assert [group["GroupName"] for group in _client(server, "xray").get_groups()["Groups"]] == ["kept"]
    clock = _ask(server, "GET", "/_reveille/clock", {"Host": "localhost:{port}"})[2]
    assert json.loads(clock)["evaluating"] is True
    _client(server, "xray").delete_group(GroupName="kept")


def test_a_rejection_is_an_error_of_the_client_s_protocol(server: process.Server) -> None:
    """The SDK of a person with a wrong endpoint shows the message."""
    headers = {"Host": "aws.example:{port}"}
    query = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    json_1_1 = headers | {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.A"}
    s3 = headers | {"Authorization": _signature("s3")}
    endpoint = f"Use {server.endpoint} as the endpoint URL.".encode()
    for sent, expected in (
        (query, b"<ErrorResponse>"),
        (json_1_1, b'"__type": "AccessDenied"'),
        (s3, b"<Error>"),
    ):
        body = _ask(server, "POST", "/", sent)[2]
        assert expected in body
        assert endpoint in body


@each("fetched", [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}])
@each("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_local_requests_are_admitted(server: process.Server, host: str, fetched: dict[str, str]) -> None:
    """Programs, addresses typed by a person, and pages of the endpoint itself."""
    headers = {"Host": host + ":{port}", **fetched}
    for sent in (headers, headers | {"Origin": f"http://{host.lower()}" + ":{port}"}):
        status, answer_headers, body = _ask(server, "GET", f"/{_BUCKET}/state.json", sent)
        assert (status, body) == (200, _STATE)
        assert not [name for name in answer_headers if name.startswith("access-control-")]


def test_buckets_answer_as_hosts(server: process.Server) -> None:
    """Virtual-hosted requests are admitted, and host names of APIs, which have the same form."""
    s3 = _client(server, "s3")
    s3.create_bucket(Bucket="virtual", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="virtual", Key="key", Body=b"1")
    assert _ask(server, "GET", "/key", {"Host": "virtual.localhost:{port}"})[::2] == (200, b"1")
    assert _ask(server, "GET", "/live/", {"Host": "a1b2c3.execute-api.localhost:{port}"})[0] == 404
    s3.delete_object(Bucket="virtual", Key="key")
    s3.delete_bucket(Bucket="virtual")


@pytest.mark.parametrize("bucket", ["sdk-bucket", "sdk.dotted.bucket"])
def test_an_sdk_reaches_a_bucket_as_a_host(
    server: process.Server, monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    """Virtual-hosted addressing; names below localhost resolve as in RFC 6761, section 6.3."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **named: resolve("127.0.0.1", *rest, **named)
    )
    s3: Any = boto3.client(
        "s3",
        endpoint_url=f"http://localhost:{server.port}",
        region_name=REGION,
        aws_access_key_id=_ACCOUNT,
        aws_secret_access_key="local",  # noqa: S106 - the local AWS checks no signature
        config=Config(s3={"addressing_style": "virtual"}),
    )
    hosts = []
    s3.meta.events.register(
        "before-send.s3", lambda request, **_: hosts.append(urlsplit(request.url).hostname)
    )
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="key", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket, Key="key")
    s3.delete_bucket(Bucket=bucket)
    assert set(hosts) == {f"{bucket}.localhost"}


@each(
    "start",
    [
        "GET /_reveille/health HTTP/1.1\r\n",
        "GET /_reveille/health HTTP/1.0\r\n",
        "GET /_reveille/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n",
        "GET /_reveille/health HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n",
        "GET http://127.0.0.1:{port}/_reveille/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
        "GET http://evil.example/_reveille/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
        "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
        "GET /_reveille/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: null\r\nOrigin: null\r\n",
    ],
)
def test_requests_without_one_host_and_a_path_are_rejected(server: process.Server, start: str) -> None:
    """By the admission, or by the server's parser."""
    received = _exchange(server, f"{start}\r\n")
    assert re.match(rb"HTTP/1.1 40[03] ", received)
    assert received.count(b"HTTP/1.1 ") == 1


def test_a_rejection_does_not_wait_for_the_body(server: process.Server) -> None:
    """A body that is announced and never sent does not delay the answer."""
    for framing in ("Content-Length: 100000", "Transfer-Encoding: chunked"):
        sent = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{{port}}\r\nOrigin: null\r\n{framing}\r\n\r\n"
        assert _exchange(server, sent).startswith(b"HTTP/1.1 403 ")


def test_the_body_of_a_rejected_request_is_never_a_request(server: process.Server) -> None:
    """The rejection closes the connection, for a complete, partial or longer body."""
    inner = "GET /?Action=CreateQueue&QueueName=smuggled HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    length = len(inner.format(port=server.port))
    first = "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: null\r\n"
    bodies = (
        f"Content-Length: {length}\r\n\r\n{inner}",
        f"Content-Length: {length}\r\n\r\n{inner}{inner}",
        f"Content-Length: {length + 1000}\r\n\r\n{inner}",
        f"\r\n{inner}",
        f"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{inner}\r\n0\r\n\r\n{inner}",
    )
    for body in bodies:
        received = _exchange(server, first + body)
        assert received.startswith(b"HTTP/1.1 403 ")
        assert received.count(b"HTTP/1.1 ") == 1
    assert not _client(server, "sqs").list_queues().get("QueueUrls")


def test_an_admitted_connection_stays_open(server: process.Server) -> None:
    """Clients reuse a connection, and its last request may be foreign."""
    local = "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 1\r\n\r\nx"
    health = "GET /_reveille/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    foreign = "GET /_reveille/health HTTP/1.1\r\nHost: rebind.example\r\n\r\n"
    received = _exchange(server, local + health + foreign + health)
    assert len(re.findall(rb"HTTP/1.1 \d+", received)) == 3
    assert received.count(b"reveille-local-aws") == 1
    assert b"rebind.example" in received


@pytest.mark.parametrize("authority", ["127.0.0.1:{port}", "rebind.example:{port}"])
def test_http_2_is_not_served(server: process.Server, authority: str) -> None:
    """A client that starts with HTTP/2 is rejected."""
    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    host = authority.format(port=server.port)
    pseudo = [(":method", "GET"), (":authority", host), (":scheme", "http"), (":path", "/_reveille/health")]
    connection.send_headers(1, pseudo, end_stream=True)
    statuses: list[bytes] = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as tcp:
        tcp.sendall(connection.data_to_send())
        while not statuses:
            for event in connection.receive_data(tcp.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    statuses += [value for name, value in event.headers if name == b":status"]
    assert statuses == [b"403"]


def test_web_sockets_are_admitted_by_the_same_rule(server: process.Server) -> None:
    """A WebSocket API accepts programs, and rejects pages before the handshake."""
    apis = _client(server, "apigatewayv2")
    api = apis.create_api(
        Name="sockets", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    apis.create_stage(ApiId=api, StageName="live")
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    path = f"/_aws/execute-api/{api}/live"
    assert _ask(server, "GET", path, {"Host": "127.0.0.1:{port}", **upgrade})[0] == 101
    for foreign in _FOREIGN.values():
        status, _, body = _ask(server, "GET", path, foreign | upgrade)
        assert status == 403
        assert b"Rejected: " in body
    apis.delete_api(ApiId=api)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_administrative_paths_take_one_method(server: process.Server, method: str) -> None:
    """405 with Allow for all others, in every spelling of the path; nothing is deleted."""
    _client(server, "xray").create_group(GroupName="kept")
    paths = {
        path: allowed
        for path in (
            "/_ministack/reset", "/_ministack/reset?init=1", "/%5fministack/reset", "/_ministack/%72%65set",
            "/_ministack/config", "/_ministack/rds/iam-auth", "/_ministack/eks-auth/a",
            "/_ministack/cfn-response/a", "/_ministack/cfn-signal/a", "/_local_aws/functions/a",
        )
        if (allowed := _allowed(path)) != method
    }  # fmt: skip
    for path, allowed in paths.items():
        status, headers, _ = _ask(server, method, path, {"Host": "127.0.0.1:{port}"}, b"{}")
        assert (status, headers["allow"]) == (405, allowed)
    assert _client(server, "xray").get_groups()["Groups"]
    assert _client(server, "s3").list_buckets()["Buckets"]
    _client(server, "xray").delete_group(GroupName="kept")


def _allowed(path: str) -> str:
    plain = path.partition("?")[0].replace("%5f", "_").replace("%72", "r").replace("%65", "e")
    method = admission.method_of(plain)
    assert method is not None
    return method


def test_the_clock_names_its_methods(server: process.Server) -> None:
    """405 with Allow: only GET and PUT are allowed."""
    status, headers, _ = _ask(server, "DELETE", "/_reveille/clock", {"Host": "127.0.0.1:{port}"})
    assert (status, headers["allow"]) == (405, "GET, PUT")


def test_a_rejection_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """For any path; MiniStack does not get the request, and its body is not read."""

    async def untouched(*_: object) -> Any:
        pytest.fail("the request was read")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/a\nb", "headers": [(b"host", b"evil.example")]}
    asyncio.run(Gateway(untouched, port=80)(scope, untouched, send))
    assert sent[0]["status"] == 403
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().isprintable()
    assert "evil.example" in record.getMessage()


@pytest.mark.parametrize(("status", "groups"), [(200, []), (500, ["kept"])])
def test_a_reset_empties_the_gateway_only_when_it_succeeds(status: int, groups: list[str]) -> None:
    """If MiniStack's reset fails, the gateway keeps its data."""

    async def upstream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gateway = Gateway(upstream, port=80)
    signed = (b"authorization", _signature("xray").encode())
    _asgi(gateway, "/CreateGroup", b'{"GroupName": "kept"}', signed)
    assert _asgi(gateway, "/_ministack/reset", b"")[0]["status"] == status
    listed = json.loads(_asgi(gateway, "/Groups", b"{}", signed)[1]["body"])
    assert [group["GroupName"] for group in listed["Groups"]] == groups


def _asgi(gateway: Gateway, path: str, body: bytes, *headers: tuple[bytes, bytes]) -> list[Message]:
    """Return the ASGI messages of the gateway's answer to a POST."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), *headers],
    }
    asyncio.run(gateway(scope, receive, send))
    return sent


def test_no_cors_header_goes_out() -> None:
    """Neither of a streamed answer nor of a WebSocket; chunks do not change."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"access-control-max-age", b"1"), (b"etag", b"1")]
    starts = ("http.response.start", "websocket.accept", "websocket.http.response.start")
    pieces: list[Message] = [{"type": "http.response.body", "body": b"1", "more_body": True}]

    async def answer() -> None:
        for kind in starts:
            await without_cors(send)({"type": kind, "status": 200, "headers": headers})
        await without_cors(send)({"type": "websocket.accept"})
        for piece in pieces:
            await without_cors(send)(piece)

    asyncio.run(answer())
    assert [message["headers"] for message in sent[:3]] == [[(b"etag", b"1")]] * 3
    assert sent[4:] == pieces


@each(("method", "path"), REQUESTS)
def test_no_answer_of_ministack_has_a_cors_header(server: process.Server, method: str, path: str) -> None:
    """Preflights, objects, errors and administrative answers."""
    if "reset" in path:
        return
    preflight = {"Host": "127.0.0.1:{port}", "Access-Control-Request-Method": "PUT"}
    for headers in (preflight, preflight | {"Origin": "http://127.0.0.1:{port}"}):
        answer_headers = _ask(server, "OPTIONS" if method in {"PUT", "DELETE"} else method, path, headers)[1]
        assert not [name for name in answer_headers if name.startswith("access-control-")]


def test_a_post_resets(server: process.Server) -> None:
    """MiniStack and the gateway are empty afterwards; the test creates its objects again."""
    _client(server, "xray").create_group(GroupName="gone")
    assert _ask(server, "POST", "/%5fministack/reset", {"Host": "127.0.0.1:{port}"})[0] == 200
    assert _client(server, "xray").get_groups()["Groups"] == []
    with pytest.raises(ClientError):
        _client(server, "s3").head_bucket(Bucket=_BUCKET)
    s3 = _client(server, "s3")
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=_BUCKET, Key="state.json", Body=_STATE)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the sockets of a process are read from /proc")
def test_nothing_but_the_port_is_listened_on(server: process.Server) -> None:
    """One socket on 127.0.0.1, of the server and its child processes, also after an invocation."""
    functions = _client(server, "lambda")
    functions.create_function(
        FunctionName="ran",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{_ACCOUNT}:role/ran",
        Handler="main.handle",
        Code={"ZipFile": packed("def handle(event, context):\n    return 'ran'\n")},
    )
    assert json.load(functions.invoke(FunctionName="ran")["Payload"]) == "ran"
    assert _listening(server.pid) == {f"127.0.0.1:{server.port}"}
    functions.delete_function(FunctionName="ran")


def _listening(session: int) -> set[str]:
    """Return the addresses on which processes of a session accept TCP connections or UDP datagrams."""
    inodes = set()
    for folder in Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or os.getsid(int(folder.name)) != session:
                continue
            links = [str(path.readlink()) for path in (folder / "fd").iterdir()]
        except OSError:
            continue
        inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
    addresses = set()
    for table, listens in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            _, local, _, state, *_, inode = line.split()[:10]
            if state == listens and inode in inodes:
                address, _, port = local.partition(":")
                # Each group of four bytes is a number in the machine's byte order.
                groups = (int(address[i : i + 8], 16) for i in range(0, len(address), 8))
                family = socket.AF_INET if len(address) == 8 else socket.AF_INET6
                host = socket.inet_ntop(family, b"".join(struct.pack("=I", group) for group in groups))
                addresses.add(f"{host}:{int(port, 16)}")
    return addresses
