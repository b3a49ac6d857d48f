"""TCP ports of this machine: whether a port is free, and the health endpoint of a gateway on it."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import time
from typing import Any

from aws.deadline import within
from local_aws.identity import HEALTH, HOST, NAME

_RELEASE_LIMIT_S = 2.0
_POLL_S = 0.02
_HEALTH_LIMIT_S = 2.0


class LocalAwsError(Exception):
    """The local AWS cannot be started or stopped; the message has the reason and the next step."""


def check_port(port: int) -> None:
    """Check that a port can be bound.

    Raises:
        LocalAwsError: the port is in use or not valid.
    """
    deadline = time.monotonic() + _RELEASE_LIMIT_S
    while error := _bind_error(port):
        identity = health(port)
        # Nothing listens: probably a server that has just ended, whose port is not free yet.
        if error.errno == errno.EADDRINUSE and not _listens(port) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            continue
        reason = f"cannot be used ({error})"
        if error.errno == errno.EADDRINUSE:
            user = "another local AWS" if identity.get("name") == NAME else "another program"
            reason = f"is in use by {user}"
        message = f"port {port} of {HOST} {reason}. Choose another port with --port."
        raise LocalAwsError(message)


def _bind_error(port: int) -> OSError | None:
    """Return the error of binding the port, or None if it can be bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As in servers: a connection that was just closed does not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError:
            return OSError("allowed: 0 to 65535")
        except OSError as error:
            return error
    return None


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((HOST, port)) == 0


def health(port: int) -> dict[str, Any]:
    """Return the answer of the gateway's health endpoint; empty if no gateway answers on this port."""
    try:
        return within(_HEALTH_LIMIT_S, lambda: _health(port))
    except TimeoutError:
        return {}


def _health(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, port, timeout=_HEALTH_LIMIT_S)
    try:
        connection.request("GET", HEALTH)
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}
