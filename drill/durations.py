"""Durations of scenarios, such as `90s`, `10m`, `1h30m`, `1d`."""

from __future__ import annotations

import math
import re

_UNITS_S = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
"""Seconds per unit, in the order in which units are written."""

_FORM = re.compile("".join(rf"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS_S))


def seconds(text: str) -> float:
    """Return the seconds of a duration such as `1h30m`.

    Every number has a unit, every unit occurs at most once, and larger units precede smaller ones.

    Raises:
        ValueError: it is not a duration. The message has examples and the text.
    """
    match = _FORM.fullmatch(text)
    if not text or match is None:
        message = f"must be a duration such as 90s, 10m, 1h30m or 1d (found: {text or 'empty text'})"
        raise ValueError(message)
    counts = zip(match.groups(default="0"), _UNITS_S.values(), strict=True)
    return float(sum(int(count) * unit_s for count, unit_s in counts))


def text_of(seconds: float) -> str:
    """Return seconds as a duration, rounded to whole seconds: 5400 is `1h30m`, 0 is `0s`.

    Raises:
        ValueError: it is negative, infinite or NaN.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        message = f"a duration is a finite number of seconds, 0 or more (found: {seconds})"
        raise ValueError(message)
    remaining, parts = round(seconds), []
    for unit, unit_s in _UNITS_S.items():
        count, remaining = divmod(remaining, unit_s)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
