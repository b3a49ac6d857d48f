"""Post JSON to a recipient on the internet, with a secret in its URL or body.

Retries are made here and not by urllib3, which logs the URL of each retry, and waits as long as the
recipient's `Retry-After` says, which may exceed the function's timeout. A request is repeated only if the
recipient certainly did not receive it, because the connection or its TLS handshake failed before it was sent,
or answered that it failed. After any other error, the recipient may have the message.
"""

from __future__ import annotations

import functools
import json
import logging
import ssl
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from functions.notifier.timely import Call, LateError

ATTEMPTS = 3
RETRY_STATUS_CODES = frozenset({429, 500, 502, 503, 504})
CONNECT_S, READ_S = 3.0, 5.0
"""Limits of the socket; their sum limits an attempt in total, also if the answer arrives byte by byte."""
FIRST_PAUSE_S = 0.5
"""Pause before the second attempt; twice as long before the third."""

# NOTE: these log URLs, and at DEBUG bodies with secrets; Lambda's log level can be set from outside.
for _name in ("urllib3", "botocore"):
    logging.getLogger(_name).setLevel(logging.ERROR)


class _Connection(HTTPSConnection):
    """A connection that distinguishes its TLS handshake from TLS errors while a response is read.

    urllib3 raises `SSLError` for both. In the second case the recipient may have received the request.
    """

    def connect(self) -> None:
        """Connect.

        Raises:
            NewConnectionError: The handshake failed, for example because the certificate is not valid.
        """
        try:
            super().connect()
        except ssl.SSLError as error:
            raise NewConnectionError(self, type(error).__name__) from None


class _Connections(urllib3.HTTPSConnectionPool):
    """The connections to a host."""

    ConnectionCls = _Connection


_pool = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
    maxsize=8,
    headers={"Content-Type": "application/json; charset=utf-8"},
)
_pool.pool_classes_by_scheme = {**_pool.pool_classes_by_scheme, "https": _Connections}


def post_json(url: str, content: dict[str, Any], *, deadline_s: float) -> int | None:
    """Post until the recipient accepts or rejects the content, or the time is over.

    Args:
        url: The URL; never logged.
        content: The JSON content.
        deadline_s: `time.monotonic()` at which the last attempt must end; an attempt that may take longer is
            not started.

    Returns:
        The status code; None if the last attempt had no response in time.
    """
    body = json.dumps(content, ensure_ascii=True).encode()
    status: int | None = None
    for attempt in range(ATTEMPTS):
        pause_s = FIRST_PAUSE_S * 2 ** (attempt - 1) if attempt else 0.0
        if time.monotonic() + pause_s + CONNECT_S + READ_S > deadline_s:
            break
        time.sleep(pause_s)
        try:
            status = Call(functools.partial(_status, url, body)).result(CONNECT_S + READ_S)
        except (ConnectTimeoutError, NewConnectionError):  # the message contains the URL
            status = None
            continue
        except (HTTPError, LateError):
            return None
        if status not in RETRY_STATUS_CODES:
            break
    return status


def _status(url: str, body: bytes) -> int:
    """Post once and return the status code, without the content of the response, which may be endless."""
    # NOTE: redirects are disabled here because the pool's settings do not disable them in urllib3 1.26; the
    # secret must not be sent to another host.
    response = _pool.request("POST", url, body=body, retries=False, redirect=False, preload_content=False)
    response.close()
    return response.status
