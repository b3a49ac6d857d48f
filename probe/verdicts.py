"""The results for assumptions: one holds, does not hold, could not be checked, or has no probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["holds", "does not hold", "not checked", "no probe"]


class DoesNotHoldError(Exception):
    """AWS behaves differently; the message states how."""


class NotCheckedError(Exception):
    """The probe has no result; the message states the reason."""


@dataclass(frozen=True)
class Verdict:
    """The result for one assumption."""

    id: str
    outcome: Outcome
    observed: str
    """What was observed, or the reason why there is no result."""
