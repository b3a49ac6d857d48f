"""The error of the drill for invalid input."""

from __future__ import annotations

from cloudwatch.errors import InputError


class DrillError(InputError):
    """Invalid input. The message has the reason and what is allowed."""
