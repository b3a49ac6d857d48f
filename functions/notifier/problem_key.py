"""The key by which PagerDuty tells one problem from another."""

from __future__ import annotations

import hashlib

MAX_KEY = 255
"""PagerDuty's limit for `dedup_key` (Events API v2); an ARN, or two names of ECS, can be longer."""


def problem_key(kind: str, name: str) -> str:
    """Return a name as it is, or `<kind>/<hash>` when it is too long: cut, two problems could become one."""
    if len(name) <= MAX_KEY:
        return name
    return f"{kind}/{hashlib.sha256(name.encode(errors='replace')).hexdigest()}"
