"""Numbers of the drill's own."""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 100_000_000
"""Size of a file of alarms or of recorded values at most: a value a minute for a year takes 20 MB."""
