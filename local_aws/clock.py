"""How fast the local AWS's clock goes: a rehearsal need not wait as long as AWS does.

`LOCAL_AWS_SPEED=20`, given when it starts, makes waits of alarms twenty times shorter. Timestamps stay true.
"""

from __future__ import annotations

import os

VARIABLE = "LOCAL_AWS_SPEED"


def speed() -> float:
    """Return how many times faster than AWS alarms' waits pass.

    Raises:
        ValueError: the variable is set, and to no positive number.
    """
    given = os.environ.get(VARIABLE) or "1"
    try:
        found = float(given)
    except ValueError:
        found = 0
    if not 0 < found < float("inf"):
        message = f"{VARIABLE} must be a positive number, such as 20 (found: {given})"
        raise ValueError(message)
    return found


def waiting(aws_s: float) -> float:
    """Return the seconds that a wait of so many seconds in AWS takes here."""
    return aws_s / speed()
