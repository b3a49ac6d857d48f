"""Decides whether a request comes from a program of this machine; requests of foreign web pages are refused.

The local AWS checks no signature, and a web page that the developer visits can send requests to this machine:
across sites, from another port of 127.0.0.1, or under a host name that resolves to 127.0.0.1 (DNS rebinding).
A browser describes the sender in headers that a page cannot set. A request is admitted only when none of them
says that the sender is foreign.

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
"""Hosts that a bucket's name can stand before: an address in brackets is the whole host (RFC 3986, 3.2.2)."""

_DEFAULT_PORT = 80
"""The port that clients leave out of Host and Origin (RFC 9110, section 4.2.1)."""

_BUCKET = re.compile(r"(?!xn--)(?!.*\.\.)(?!\d+(\.\d+){3}\Z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OWN_SITES = frozenset({"same-origin", "none"})
"""`same-site` is missing on purpose: another port of the same host is the same site."""

_VERSIONS = frozenset({"1.0", "1.1"})
_SHOWN = 100
"""How many characters of a refused value a message repeats."""

_METHODS = {
    "/_ministack/reset": "POST",
    "/_ministack/config": "POST",
    "/_ministack/rds/iam-auth": "POST",
    "/_ministack/eks-auth/": "POST",
    "/_ministack/cfn-response/": "PUT",
    "/_ministack/cfn-signal/": "PUT",
    "/_local_aws/functions/": "POST",
}
"""The one method of each administrative path that changes something; a final slash stands for all below it.

The two PUTs are what CloudFormation's custom resources and wait conditions send on AWS, too.
"""


def refusal(
    target: bytes, headers: Iterable[tuple[bytes, bytes]], port: int, http_version: str = "1.1"
) -> str | None:
    """Return why a request is refused, as a sentence for its sender, or None when it is admitted.

    Args:
        target: the request's target as it was sent, with or without its query.
        headers: the request's headers, names in any case, a repeated header once for each line.
        port: the TCP port that the server is bound to.
        http_version: the version of HTTP, such as "1.1".
    """
    if http_version not in _VERSIONS:
        # HTTP/2 names the host twice (:authority and Host), and no browser speaks it without TLS.
        return f"Refused: HTTP/{http_version} is not served. Use HTTP/1.1."
    if not target.startswith(b"/"):
        return (
            f"Refused: the request target {_shown(target.decode('latin-1'))} is not a path. "
            "Send the path alone, and no requests for a proxy."
        )
    found: dict[str, list[str]] = {"host": [], "origin": [], "sec-fetch-site": []}
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        if name in found:
            found[name].append(value.decode("latin-1"))
    return (
        _host(found["host"], port)
        or _site(found["sec-fetch-site"])
        or _origin(found["origin"], found["host"][0], port)
    )


def method_of(path: str) -> str | None:
    """Return the one method that an administrative path takes, or None for every other path.

    Args:
        path: the request's path, its percent-encoding decoded.
    """
    for known, method in _METHODS.items():
        if path == known or (known.endswith("/") and path.startswith(known)):
            return method
    return None


def _host(values: list[str], port: int) -> str | None:
    if len(values) != 1:
        return f"Refused: the request has {len(values)} Host headers. Send one."
    host = values[0].lower()
    if host in _endpoints(_HOSTS, port):
        return None
    for endpoint in _endpoints(_DOMAINS, port):
        bucket = host.removesuffix(f".{endpoint}")
        if bucket != host and _BUCKET.fullmatch(bucket):
            return None
    return (
        f"Refused: the host {_shown(values[0])} is not this local AWS, which answers {HOST}:{port}, "
        f"localhost:{port}, [::1]:{port} and these with a bucket's name before them. "
        f"Use http://{HOST}:{port} as the endpoint URL."
    )


def _site(values: list[str]) -> str | None:
    if not values or (len(values) == 1 and values[0] in _OWN_SITES):
        return None
    return _foreign("Sec-Fetch-Site", values)


def _origin(values: list[str], host: str, port: int) -> str | None:
    # What a bucket holds is not the endpoint: a page in it may not act on the endpoint.
    allowed = {f"http://{host.lower()}"} & {f"http://{endpoint}" for endpoint in _endpoints(_HOSTS, port)}
    if not values or (len(values) == 1 and values[0].lower() in allowed):
        return None
    return _foreign("Origin", values)


def _foreign(name: str, values: list[str]) -> str:
    return (
        f"Refused: a web page of another origin sent this request ({name}: {_shown(', '.join(values))}). "
        "Use the AWS CLI, an SDK or another program of this machine."
    )


def _endpoints(hosts: tuple[str, ...], port: int) -> set[str]:
    """Return the values of Host that name the server by one of these hosts."""
    endpoints = {f"{host}:{port}" for host in hosts}
    return endpoints | set(hosts) if port == _DEFAULT_PORT else endpoints


def _shown(value: str) -> str:
    """Return a value for a message and a log: quoted, without control characters, cut when it is long."""
    return ascii(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
