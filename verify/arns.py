"""Matching of ARNs against patterns.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Resource".
"""

from __future__ import annotations

import functools
import re
from typing import Final

from terraform.expressions import UnknownValueError

_PARTS: Final = 6
"""Number of parts of an ARN: `arn`, partition, service, region, account, resource."""


def account_and_region(arn: str) -> tuple[str, str]:
    """Return the account and the region of an ARN; empty texts if it is not an ARN."""
    parts = arn.split(":", _PARTS - 1)
    return (parts[4], parts[3]) if len(parts) == _PARTS and parts[0] == "arn" else ("", "")


def like(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern with `*` (any characters) and `?` (one character)."""
    return _compiled(pattern).fullmatch(text) is not None


def arn_like(arn: str, pattern: str) -> bool:
    """Return whether an ARN matches a pattern, part by part: a `*` does not match across a colon.

    Raises:
        UnknownValueError: the pattern does not have the six parts of an ARN.
    """
    patterns = pattern.split(":", _PARTS - 1)
    if len(patterns) != _PARTS:
        raise UnknownValueError(pattern)
    parts = arn.split(":", _PARTS - 1)
    return len(parts) == _PARTS and all(like(*pair) for pair in zip(parts, patterns, strict=True))


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)
