"""The keys of a service that describe its log, recognized from some of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops import log_formats


def keys(lines: Sequence[str]) -> Mapping[str, Any] | None:
    """Return the keys that describe a log with these lines; None if no format fits at least half of them."""
    own = log_formats.sample(lines).compared()
    best = log_formats.fits(own)[0]
    return {"logs": {"format": best.name}} if 2 * best.fitting > len(own) else None
