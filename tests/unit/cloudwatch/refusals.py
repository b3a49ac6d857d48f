"""Whether a text is a filter pattern."""

from __future__ import annotations

from cloudwatch import patterns
from cloudwatch.errors import PatternError


def refusal(text: str) -> PatternError | None:
    """Return why a text is no pattern, None for a pattern."""
    try:
        patterns.parse(text)
    except PatternError as error:
        return error
    return None
