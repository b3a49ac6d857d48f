"""The key with which PagerDuty identifies a problem."""

from __future__ import annotations

import hashlib

MAX_KEY = 255
"""Maximum length of `dedup_key` (PagerDuty Events API v2); an ARN, or two ECS names, can be longer."""


def problem_key(kind: str, name: str) -> str:
    """Return a name, or `<kind>/<hash>` if it is too long; a cut name could be that of two problems."""
    if len(name) <= MAX_KEY:
        return name
    return f"{kind}/{hashlib.sha256(name.encode(errors='replace')).hexdigest()}"
