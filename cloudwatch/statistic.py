"""Parsing and validation of CloudWatch's statistics: `Sum`, `p99`, `TM(10%:90%)`, `PR(:300)`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from cloudwatch.errors import InputError

Kind = Literal[
    "SampleCount", "Sum", "Average", "Minimum", "Maximum", "percentile", "tm", "wm", "tc", "ts", "pr"
]  # fmt: skip

SIMPLE: tuple[Kind, ...] = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
KNOWN = (
    "SampleCount, Average, Sum, Minimum, Maximum, pNN, tmNN, tcNN, tsNN, wmNN, TM(a:b), TC(a:b), TS(a:b), "
    "WM(a:b), PR(a:b) and IQM"
)
_NUMBER = r"(?:\d+(?:\.\d{1,10})?)"  # "up to 10 decimal places"
_PERCENTILE = re.compile(rf"(p|tm|tc|ts|wm)({_NUMBER})", re.ASCII)
_RANGE = re.compile(
    rf"(TM|TC|TS|WM|PR)\((?P<low>{_NUMBER}?)(?P<low_sign>%?):(?P<high>{_NUMBER}?)(?P<high_sign>%?)\)",
    re.ASCII,
)
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic: how the datapoint of a period is computed from its samples."""

    text: str
    kind: Kind
    low: float | None = None
    """Lower bound of a range; None for no lower bound."""
    high: float | None = None
    percent: bool = False
    """Whether the bounds are percentiles rather than values."""

    @property
    def needs_samples(self) -> bool:
        """Whether it cannot be computed from a statistic set (count, sum, minimum, maximum)."""
        return self.kind not in SIMPLE


@functools.lru_cache(maxsize=1024)
def check_statistic(text: str) -> Statistic:
    """Return the statistic with this name (CloudWatch User Guide, "CloudWatch statistics definitions").

    Raises:
        InputError: CloudWatch has no statistic with this name.
    """
    if text in SIMPLE:
        return Statistic(text, text)
    if text == "IQM":
        return Statistic(text, "tm", 25.0, 75.0, percent=True)
    if match := _PERCENTILE.fullmatch(text):
        return _of_percentile(text, match)
    if match := _RANGE.fullmatch(text):
        return _of_range(text, match)
    message = f'"{text}" is not a valid statistic; {_hint(text)}allowed: {KNOWN}'
    raise InputError(message)


def _of_percentile(text: str, match: re.Match[str]) -> Statistic:
    percent = float(match[2])
    if percent > _WHOLE:
        message = f"{text}: the percentile must be between 0 and 100"
        raise InputError(message, match.start(2))
    kinds: dict[str, Kind] = {"p": "percentile", "tm": "tm", "tc": "tc", "ts": "ts", "wm": "wm"}
    return Statistic(text, kinds[match[1]], None, percent, percent=True)


def _of_range(text: str, match: re.Match[str]) -> Statistic:
    kinds: dict[str, Kind] = {"TM": "tm", "TC": "tc", "TS": "ts", "WM": "wm", "PR": "pr"}
    low = float(match["low"]) if match["low"] else None
    high = float(match["high"]) if match["high"] else None
    percent = "%" in text
    statistic = Statistic(text, kinds[match[1]], low, high, percent=percent)
    if problem := _problem(statistic, match):
        message = f"{text}: {problem}"
        raise InputError(message, match.start("low"))
    return statistic


def _problem(range_: Statistic, match: re.Match[str]) -> str | None:
    """Return the problem of the bounds of a range, or None."""
    bounds = [value for value in (range_.low, range_.high) if value is not None]
    signs = match["low_sign"] + match["high_sign"]
    if not bounds or (match["low_sign"] and not match["low"]) or (match["high_sign"] and not match["high"]):
        return "at least one bound is required, and bounds must be numbers"
    if signs and len(signs) != len(bounds):
        return "bounds must be both values or both percentages"
    if bounds != sorted(set(bounds)):
        return "the lower bound must be less than the upper bound"
    if signs and range_.kind == "pr":
        return "the bounds of a percentile rank must be values"
    if signs and max(bounds) > _WHOLE:
        return "percentages must be between 0 and 100"
    return None


def _hint(text: str) -> str:
    """Return a suggestion: ranges are in capitals, statistics with one number in small letters ("Syntax")."""
    known = (*SIMPLE, "IQM")
    for other in (text.upper(), text.lower(), *known):
        same = other in known and other.lower() == text.lower()
        if same or (
            other not in known and other != text and (_PERCENTILE.fullmatch(other) or _RANGE.fullmatch(other))
        ):
            return f"did you mean {other}? "
    return ""
