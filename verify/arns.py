"""ARNs, matched against patterns.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Resource".
"""

from __future__ import annotations

import functools
import re
from typing import Final

from terraform.expressions import UnknownValueError

_PARTS: Final = 6
"""Of an ARN: `arn`, partition, service, region, account, resource."""


def account_and_region(arn: str) -> tuple[str, str]:
    """Return the account and the region that an ARN names; empty texts where it is none."""
    parts = arn.split(":", _PARTS - 1)
    return (parts[4], parts[3]) if len(parts) == _PARTS and parts[0] == "arn" else ("", "")


def like(text: str, pattern: str) -> bool:
    """Tell whether a text matches a pattern with `*` (any characters) and `?` (one character)."""
    return _compiled(pattern).fullmatch(text) is not None


def arn_like(arn: str, pattern: str) -> bool:
    """Tell whether an ARN matches a pattern, part by part: a `*` does not reach into the next part.

    Raises:
        UnknownValueError: the pattern has not the six parts of an ARN.
    """
    parts = pattern.split(":", _PARTS - 1)
    if len(parts) != _PARTS:
        raise UnknownValueError(pattern)
    given = arn.split(":", _PARTS - 1)
    return len(given) == _PARTS and all(like(*pair) for pair in zip(given, parts, strict=True))


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)
