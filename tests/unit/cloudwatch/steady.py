"""Properties are tried on the same inputs every time: what is found at random belongs to `tests/fuzz`."""

from __future__ import annotations

from hypothesis import settings


def steady(max_examples: int = 300) -> settings:
    """Return settings for one property; other people's load is no failure."""
    return settings(max_examples=max_examples, derandomize=True, deadline=None, database=None)
