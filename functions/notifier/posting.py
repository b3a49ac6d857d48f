"""Post JSON to a recipient on the internet, with a secret in its URL or body.

Retries are made here and not by urllib3, which logs the URL of each retry, and waits as long as the
recipient's `Retry-After` says, which may exceed the function's timeout.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

ATTEMPTS = 3
RETRY_STATUS_CODES = frozenset({429, 500, 502, 503, 504})
CONNECT_S, READ_S = 3.0, 5.0
FIRST_PAUSE_S = 0.5
"""Pause before the second attempt; twice as long before the third."""

# NOTE: these log URLs, and at DEBUG bodies with secrets; Lambda's log level can be set from outside.
for _name in ("urllib3", "botocore"):
    logging.getLogger(_name).setLevel(logging.ERROR)

_pool = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
    maxsize=8,
    headers={"Content-Type": "application/json; charset=utf-8"},
)


def post_json(url: str, content: dict[str, Any], *, deadline_s: float) -> int | None:
    """Post until the recipient accepts or rejects the content, or the time is over.

    Args:
        url: The URL; never logged.
        content: The JSON content.
        deadline_s: `time.monotonic()` at which the last attempt must end; an attempt that may take longer is
            not started.

    Returns:
        The last status code; None without a response.
    """
    body = json.dumps(content, ensure_ascii=True).encode()
    status: int | None = None
    for attempt in range(ATTEMPTS):
        pause_s = FIRST_PAUSE_S * 2 ** (attempt - 1) if attempt else 0.0
        if time.monotonic() + pause_s + CONNECT_S + READ_S > deadline_s:
            break
        time.sleep(pause_s)
        try:
            # NOTE: redirects are disabled here because the pool's settings do not disable them in urllib3
            # 1.26; the secret must not be sent to another host.
            status = _pool.request("POST", url, body=body, retries=False, redirect=False).status
        except HTTPError:  # its message contains the URL
            continue
        if status not in RETRY_STATUS_CODES:
            break
    return status
