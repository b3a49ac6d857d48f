"""Durations as people write them in scenarios, `90s`, `10m`, `1h30m`, `1d`: parsed here and nowhere else."""

from __future__ import annotations

import math
import re

_UNITS_S = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
"""Seconds per unit, the largest first, which is the order in which they are written."""

_FORM = re.compile("".join(rf"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS_S))


def seconds(text: str) -> float:
    """Return the seconds that a duration such as `1h30m` stands for.

    A number needs its unit, a unit stands once at most, and larger units stand before smaller ones.

    Raises:
        ValueError: it is no duration; the message says what one looks like and what was found.
    """
    match = _FORM.fullmatch(text)
    if not text or match is None:
        message = f"must be a duration such as 90s, 10m, 1h30m or 1d (found: {text or 'empty text'})"
        raise ValueError(message)
    counts = zip(match.groups(default="0"), _UNITS_S.values(), strict=True)
    return float(sum(int(count) * unit_s for count, unit_s in counts))


def text_of(seconds: float) -> str:
    """Return so many seconds as a duration, rounded to whole seconds: 5400 is `1h30m`, 0 is `0s`.

    Raises:
        ValueError: it is negative, infinite or no number.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        message = f"a duration is a finite number of seconds, 0 or more (found: {seconds})"
        raise ValueError(message)
    left, parts = round(seconds), []
    for unit, unit_s in _UNITS_S.items():
        count, left = divmod(left, unit_s)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
