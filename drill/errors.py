"""What is wrong with what a person gave the drill."""

from __future__ import annotations

from cloudwatch.errors import InputError


class DrillError(InputError):
    """Something that cannot be rehearsed; the message says what, and what is allowed."""
