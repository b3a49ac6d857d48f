"""TCP ports of this machine: whether one can be listened on, and whether a front answers there."""

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
    """The local AWS cannot be started or stopped; the message says why and what to do."""


def check_port(port: int) -> None:
    """Refuse a port that something else listens on.

    Raises:
        LocalAwsError: naming the port and how to choose another.
    """
    deadline = time.monotonic() + _RELEASE_LIMIT_S
    while error := _bind_error(port):
        found = health(port)
        # Nobody answers: most likely a server that just ended, whose port is not free yet.
        if error.errno == errno.EADDRINUSE and not _listens(port) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            continue
        why = f"cannot be used ({error})"
        if error.errno == errno.EADDRINUSE:
            why = f"is taken by {'another local AWS' if found.get('name') == NAME else 'something else'}"
        message = f"port {port} of {HOST} {why}: choose another with --port."
        raise LocalAwsError(message)


def _bind_error(port: int) -> OSError | None:
    """Return why the port cannot be listened on, or None when it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection that a server just closed does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError:
            return OSError("ports go from 0 to 65535")
        except OSError as error:
            return error
    return None


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((HOST, port)) == 0


def health(port: int) -> dict[str, Any]:
    """Return what the front on this port says of itself; empty when nothing of ours answers."""
    try:
        return within(_HEALTH_LIMIT_S, lambda: _health(port))
    except TimeoutError:
        return {}


def _health(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(HOST, port, timeout=_HEALTH_LIMIT_S)
    try:
        connection.request("GET", HEALTH)
        found = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return found if isinstance(found, dict) else {}
