"""Posting JSON to a receiver on the internet, whose address or body holds a secret.

The attempts are made here and not by urllib3: it logs the address of each one that it repeats, and waits for
as long as a receiver's `Retry-After` says, which may be longer than the function lives.
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

# NOTE: these log addresses, and at DEBUG bodies with secrets; Lambda's log level can be set from outside.
for _name in ("urllib3", "botocore"):
    logging.getLogger(_name).setLevel(logging.ERROR)

_pool = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
    maxsize=8,
    headers={"Content-Type": "application/json; charset=utf-8"},
)


def post_json(url: str, content: dict[str, Any], *, deadline_s: float) -> int | None:
    """Post until it is taken, refused, or too late.

    Args:
        url: Where to; never logged.
        content: What to send.
        deadline_s: `time.monotonic()` at which the last attempt must be over; one that may take longer is
            not begun.

    Returns:
        The last status code; None when there was no answer.
    """
    body = json.dumps(content, ensure_ascii=True).encode()
    status: int | None = None
    for attempt in range(ATTEMPTS):
        pause_s = FIRST_PAUSE_S * 2 ** (attempt - 1) if attempt else 0.0
        if time.monotonic() + pause_s + CONNECT_S + READ_S > deadline_s:
            break
        time.sleep(pause_s)
        try:
            # NOTE: said here, since the pool's settings do not keep urllib3 1.26 from following redirects;
            # a secret goes where it was meant to go and nowhere else.
            status = _pool.request("POST", url, body=body, retries=False, redirect=False).status
        except HTTPError:  # its message quotes the address
            continue
        if status not in RETRY_STATUS_CODES:
            break
    return status
