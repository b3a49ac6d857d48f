"""The keys of a service that describe its log, recognized from some of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops import logs

_LAMBDA = ("START RequestId:", "END RequestId:", "REPORT RequestId:", "INIT_START ", "XRAY TraceId:")
"""How lines begin that Lambda itself writes as text (Lambda Developer Guide, "Log formats")."""


def keys(lines: Sequence[str]) -> Mapping[str, Any] | None:
    """Return the keys that describe a log with these lines; None if no format fits at least half of them."""
    own = [line for line in lines if line.strip() and not line.startswith(_LAMBDA)]
    best = logs.fits(own)[0]
    return {"logs": {"format": best.name}} if 2 * best.fitting > len(own) else None
