"""Admission of requests: programs on this machine are admitted, web pages of other origins are rejected.

The local AWS checks no signature, and a web page that the developer visits can send requests to this machine:
across sites, from another port of 127.0.0.1, or under a host name that resolves to 127.0.0.1 (DNS rebinding).
A browser describes the sender in headers that a page cannot set. A request is rejected if one of them names
a foreign sender.

Sources: RFC 9110, section 4.2.3 (hosts are case-insensitive), section 7.2 (Host and :authority) and section
15.5.6 (405 and Allow); RFC 9112, section 3.2 (request targets, and requests without one valid Host); W3C
Fetch Metadata Request Headers, section 2.3 (Sec-Fetch-Site); WHATWG Fetch, section 3.2 (Origin); Amazon S3
User Guide, "General purpose bucket naming rules" and "Virtual hosting of general purpose buckets".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local_aws.identity import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOSTS = (HOST, "localhost", "[::1]")
_DOMAINS = (HOST, "localhost")
"""Hosts that can follow a bucket's name. An address in brackets is the whole host (RFC 3986, 3.2.2)."""

_DEFAULT_PORT = 80
"""The port that clients omit from Host and Origin (RFC 9110, section 4.2.1)."""

_BUCKET = re.compile(r"(?!xn--)(?!.*\.\.)(?!\d+(\.\d+){3}\Z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OWN_SITES = frozenset({"same-origin", "none"})
"""`same-site` is not allowed: another port of the same host is the same site."""

_VERSIONS = frozenset({"1.0", "1.1"})
_MAX_SHOWN = 100
"""Maximum number of characters of a rejected value in a message."""

_METHODS = {
    "/_ministack/reset": "POST",
    "/_ministack/config": "POST",
    "/_ministack/rds/iam-auth": "POST",
    "/_ministack/eks-auth/": "POST",
    "/_ministack/cfn-response/": "PUT",
    "/_ministack/cfn-signal/": "PUT",
    "/_local_aws/functions/": "POST",
    "/_reveille/violations": "PUT",
}
"""The only method of each administrative path that changes state; a final slash includes all paths below.

CloudFormation's custom resources and wait conditions send the two PUTs, as on AWS.
"""


def rejection(
    target: bytes, headers: Iterable[tuple[bytes, bytes]], port: int, http_version: str = "1.1"
) -> str | None:
    """Return the error message of a request that is rejected, or None if the request is admitted.

    Args:
        target: the request target as sent, with or without its query.
        headers: the request headers, names in any case; a repeated header is listed once per line.
        port: the TCP port that the server is bound to.
        http_version: the version of HTTP, such as "1.1".
    """
    if http_version not in _VERSIONS:
        # HTTP/2 names the host twice (:authority and Host), and no browser uses it without TLS.
        return f"Rejected: HTTP/{http_version} is not supported. Use HTTP/1.1."
    if not target.startswith(b"/"):
        return (
            f"Rejected: the request target {_quoted(target.decode('latin-1'))} is not a path. "
            "Send only the path, not a proxy request."
        )
    values: dict[str, list[str]] = {"host": [], "origin": [], "sec-fetch-site": []}
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        if name in values:
            values[name].append(value.decode("latin-1"))
    return (
        _check_host(values["host"], port)
        or _check_site(values["sec-fetch-site"])
        or _check_origin(values["origin"], values["host"][0], port)
    )


def method_of(path: str) -> str | None:
    """Return the only method that an administrative path allows, or None for every other path.

    Args:
        path: the request path, percent-decoded.
    """
    for known, method in _METHODS.items():
        if path == known or (known.endswith("/") and path.startswith(known)):
            return method
    return None


def _check_host(values: list[str], port: int) -> str | None:
    if len(values) != 1:
        return f"Rejected: the request has {len(values)} Host headers. Send exactly one."
    host = values[0].lower()
    if host in _endpoints(_HOSTS, port):
        return None
    for endpoint in _endpoints(_DOMAINS, port):
        bucket = host.removesuffix(f".{endpoint}")
        if bucket != host and _BUCKET.fullmatch(bucket):
            return None
    return (
        f"Rejected: the host {_quoted(values[0])} is not valid; allowed: {HOST}:{port}, localhost:{port}, "
        f"[::1]:{port}, and <bucket>.{HOST}:{port}, <bucket>.localhost:{port}. "
        f"Use http://{HOST}:{port} as the endpoint URL."
    )


def _check_site(values: list[str]) -> str | None:
    if not values or (len(values) == 1 and values[0] in _OWN_SITES):
        return None
    return _foreign_sender("Sec-Fetch-Site", values)


def _check_origin(values: list[str], host: str, port: int) -> str | None:
    # A page stored in a bucket has another origin than the endpoint and must not call it.
    allowed = {f"http://{host.lower()}"} & {f"http://{endpoint}" for endpoint in _endpoints(_HOSTS, port)}
    if not values or (len(values) == 1 and values[0].lower() in allowed):
        return None
    return _foreign_sender("Origin", values)


def _foreign_sender(name: str, values: list[str]) -> str:
    return (
        f"Rejected: a web page of another origin sent this request ({name}: {_quoted(', '.join(values))}). "
        "Use the AWS CLI, an SDK or another program on this machine."
    )


def _endpoints(hosts: tuple[str, ...], port: int) -> set[str]:
    """Return the values of the Host header that are allowed for these hosts."""
    endpoints = {f"{host}:{port}" for host in hosts}
    return endpoints | set(hosts) if port == _DEFAULT_PORT else endpoints


def _quoted(value: str) -> str:
    """Return a value for a message or log: quoted, without control characters, truncated if it is long."""
    return ascii(value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}...")
