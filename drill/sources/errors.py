"""The error of sources."""

from __future__ import annotations

from drill.errors import DrillError


class SourceError(DrillError):
    """Something cannot be read. The message has the place, the reason and what is allowed."""
