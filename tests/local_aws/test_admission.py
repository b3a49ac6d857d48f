"""Admission of requests, without a server."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from local_aws import admission
from tests.support.tables import each

PORT = 4566
ENDPOINTS = ("127.0.0.1:4566", "localhost:4566", "[::1]:4566")


def _rejection(
    *headers: tuple[str, str], target: str = "/", port: int = PORT, version: str = "1.1"
) -> str | None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return admission.rejection(target.encode(), raw, port, version)


@each(
    "host",
    [
        *ENDPOINTS,
        "LOCALHOST:4566",
        "LocalHost:4566",
        "state.localhost:4566",
        "State.LocalHost:4566",
        "my.dotted-bucket.localhost:4566",
        "state.127.0.0.1:4566",
        f"{'a' * 63}.localhost:4566",
        # Names that MiniStack and botocore prepend to the endpoint have the form of a bucket's name.
        "a1b2c3d4e5.execute-api.localhost:4566",
        "a1b2c3.lambda-url.eu-west-1.localhost:4566",
        "111122223333.localhost:4566",
        "runtime.localhost:4566",
    ],
)
def test_hosts_of_the_endpoint_are_admitted(host: str) -> None:
    """The three hosts with the port, in any case, and a bucket's name before a host."""
    assert _rejection(("host", host)) is None
    assert _rejection(("Host", host), ("sec-fetch-site", "none")) is None


@each(
    "host",
    [
        "",
        "evil.example:4566",
        "127.0.0.1.evil.example:4566",
        "localhost.evil.example:4566",
        "evil-localhost:4566",
        "evillocalhost:4566",
        ".localhost:4566",
        "..localhost:4566",
        # Without the port, with another port, or with another spelling of the port.
        "127.0.0.1",
        "localhost",
        "[::1]",
        "localhost:",
        "localhost:80",
        "localhost:4567",
        "localhost:45660",
        "localhost:04566",
        "localhost:+4566",
        "localhost:4566:4566",
        "localhost:4566,evil.example",
        # Other spellings of addresses.
        "127.1:4566",
        "127.0.0.2:4566",
        "127.000.000.001:4566",
        "2130706433:4566",
        "0x7f000001:4566",
        "0177.0.0.1:4566",
        "0.0.0.0:4566",
        "::1:4566",
        "[::]:4566",
        "[0:0:0:0:0:0:0:1]:4566",
        "[::ffff:127.0.0.1]:4566",
        "[::1%25lo]:4566",
        "10.0.0.1.localhost:4566",
        "state.[::1]:4566",
        # Other spellings of names.
        "localhost.:4566",
        "127.0.0.1.:4566",
        "state.localhost.:4566",
        "user@localhost:4566",
        "user:pass@127.0.0.1:4566",
        "127.0.0.1:4566@evil.example",
        "local%68ost:4566",
        "%31%32%37.0.0.1:4566",
        "http://localhost:4566",
        "localhost:4566/",
        "localhost:4566\n",
        " localhost:4566",
        "loc\xe4lhost:4566",
        # Names that are not valid for buckets.
        "ab.localhost:4566",
        f"{'a' * 64}.localhost:4566",
        "-ab.localhost:4566",
        "ab-.localhost:4566",
        "a..b.localhost:4566",
        "a_b.localhost:4566",
        "xn--abc.localhost:4566",
        "a b.localhost:4566",
        "abc/.localhost:4566",
    ],
)
def test_every_other_host_is_rejected(host: str) -> None:
    """The message has the host and the endpoint URL to use."""
    reason = _rejection(("host", host))
    assert reason is not None
    assert ascii(host)[:60] in reason
    assert "http://127.0.0.1:4566" in reason


def test_the_default_port_may_be_missing() -> None:
    """Clients omit port 80 (RFC 9110, section 4.2.1)."""
    for host in ("127.0.0.1", "localhost:80", "state.localhost"):
        assert _rejection(("host", host), port=80) is None
    assert _rejection(("host", "localhost"), ("origin", "http://localhost"), port=80) is None
    assert _rejection(("host", "localhost:4566"), port=80)


@pytest.mark.parametrize(
    "hosts", [(), ("localhost:4566", "localhost:4566"), ("localhost:4566", "evil.example")]
)
def test_one_host_header_is_needed(hosts: tuple[str, ...]) -> None:
    """No Host header and several are rejected, also equal ones (RFC 9112, section 3.2)."""
    reason = _rejection(*(("host", host) for host in hosts))
    assert reason is not None
    assert f"{len(hosts)} Host headers" in reason


@pytest.mark.parametrize(
    "target", ["http://localhost:4566/", "http://evil.example/", "*", "localhost:4566", ""]
)
def test_targets_that_are_no_path_are_rejected(target: str) -> None:
    """An absolute target overrides Host (RFC 9112, section 3.2.2); `*` and proxy requests are rejected."""
    assert "is not a path" in str(_rejection(("host", "localhost:4566"), target=target))


def test_http_2_is_rejected() -> None:
    """The message has the version to use."""
    assert "Use HTTP/1.1" in str(_rejection(("host", "localhost:4566"), version="2"))


@pytest.mark.parametrize("values", [("none",), ("same-origin",)])
def test_sites_of_the_endpoint_are_admitted(values: tuple[str, ...]) -> None:
    """A page of the endpoint, and an address typed by a person."""
    assert _rejection(("host", "localhost:4566"), *(("sec-fetch-site", value) for value in values)) is None


@pytest.mark.parametrize(
    "values",
    [("cross-site",), ("same-site",), ("",), ("None",), ("same-origin, cross-site",), ("none", "none")],
)
def test_every_other_site_is_rejected(values: tuple[str, ...]) -> None:
    """Another port of the same host is the same site; unknown and repeated values are rejected."""
    reason = _rejection(("host", "localhost:4566"), *(("Sec-Fetch-Site", value) for value in values))
    assert "Sec-Fetch-Site" in str(reason)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_origin_of_the_endpoint_is_admitted(endpoint: str) -> None:
    """It must equal the request's own host, in any case."""
    for origin in (f"http://{endpoint}", f"HTTP://{endpoint.upper()}"):
        assert _rejection(("host", endpoint), ("origin", origin)) is None
        assert _rejection(("host", endpoint.upper()), ("origin", origin)) is None


@each(
    "origins",
    [
        ("null",),
        ("",),
        ("https://localhost:4566",),
        ("http://localhost",),
        ("http://localhost:4567",),
        ("http://localhost:4566/",),
        ("http://127.0.0.1:4566",),
        ("http://state.localhost:4566",),
        ("http://evil.example",),
        ("http://localhost:4566 http://evil.example",),
        ("http://localhost:4566", "http://localhost:4566"),
        ("localhost:4566",),
        ("file://",),
        ("chrome-extension://abcdefgh",),
    ],
)
def test_every_other_origin_is_rejected(origins: tuple[str, ...]) -> None:
    """Another name of the endpoint is another origin; `null` is rejected."""
    reason = _rejection(("host", "localhost:4566"), *(("Origin", origin) for origin in origins))
    assert "Origin" in str(reason)


def test_a_bucket_has_no_origin() -> None:
    """A page in a bucket cannot call the API, also not for its own bucket."""
    host = "state.localhost:4566"
    assert _rejection(("host", host), ("origin", f"http://{host}"))


_NAMES = st.sampled_from(["host", "Host", "origin", "Origin", "sec-fetch-site", "Sec-Fetch-Site", "accept"])
_PARTS = st.sampled_from([
    "127.0.0.1", "localhost", "[::1]", ":4566", ":80", ".", "http://", "evil.example", "bucket", "a", "@",
    "%", "-", "LOCALHOST", "null", "none", "same-origin", "same-site", " ", "\n", "\x00", "4566", "",
])  # fmt: skip
_VALUES = st.lists(_PARTS, max_size=6).map("".join) | st.text(st.characters(max_codepoint=255), max_size=20)
_FORM = re.compile(
    r"((?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.)?(127\.0\.0\.1|localhost):4566|\[::1\]:4566",
    re.IGNORECASE,
)


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=5))
@example([("host", "bucket.localhost:4566")])
@example([("host", "[::1]:4566"), ("Origin", "http://[::1]:4566"), ("sec-fetch-site", "same-origin")])
def test_nothing_but_the_allowed_forms_passes(headers: list[tuple[str, str]]) -> None:
    """An admitted request has one valid host, at most one site, and at most its own origin."""
    if _rejection(*headers) is not None:
        return
    values: dict[str, list[str]] = {"host": [], "origin": [], "sec-fetch-site": [], "accept": []}
    for name, value in headers:
        values[name.lower()].append(value)
    (host,) = values["host"]
    form = _FORM.fullmatch(host)
    assert form is not None
    assert values["sec-fetch-site"] in ([], ["none"], ["same-origin"])
    origins = [origin.lower() for origin in values["origin"]]
    assert origins in ([], [f"http://{host}".lower()])
    assert not (origins and form["bucket"])


@given(_VALUES, st.sampled_from(["origin", "host", "sec-fetch-site"]))
def test_a_rejection_is_one_line_of_plain_text(value: str, name: str) -> None:
    """A page cannot inject lines into the log."""
    reason = _rejection(("host", "localhost:4566"), (name, value * 50))
    assert reason is None or (reason.isprintable() and reason.isascii() and len(reason) < 1000)


_READ = {
    "/_localstack/", "/_localstack/health", "/_ministack/elasticache/ca.pem", "/_ministack/health",
    "/_ministack/iot/ca.pem", "/_ministack/lambda-code/", "/_ministack/lambda-layers/",
    "/_ministack/rds/ca.pem", "/_ministack/ready", "/_ministack/ses/messages", "/_ministack/sns/sms-messages",
    "/_ministack/sqs/messages", "/_ministack/transfer/sftp-ports",
}  # fmt: skip
"""MiniStack's read-only administrative paths."""


def test_every_administrative_path_is_known() -> None:
    """A path that a new version of MiniStack adds must be listed here, or allow only one method."""
    spec = importlib.util.find_spec("ministack")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "app.py").read_text(encoding="utf-8"))
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    paths = {
        string
        for string in strings
        if isinstance(string, str) and re.fullmatch(r"/_(ministack|localstack)/[\w./-]*", string)
    }
    assert {path for path in paths if admission.method_of(path) is None} == _READ


def test_paths_that_change_something_take_one_method() -> None:
    """Including every path below a path with a final slash."""
    assert admission.method_of("/_ministack/reset") == "POST"
    assert admission.method_of("/_ministack/cfn-response/token") == "PUT"
    for path in (
        "/_ministack/reset/",
        "/_ministack/resets",
        "/bucket/_ministack/reset",
        "/",
        "/_ministack/health",
    ):
        assert admission.method_of(path) is None
