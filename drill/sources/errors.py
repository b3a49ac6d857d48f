"""The error of everything that is read."""

from __future__ import annotations

from drill.errors import DrillError


class SourceError(DrillError):
    """Something cannot be read; the message says where, what, and what is allowed."""
