"""Statistics by their names in CloudWatch: `Sum`, `p99`, `TM(10%:90%)`, `PR(:300)`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from drill.errors import DrillError

Kind = Literal[
    "SampleCount", "Sum", "Average", "Minimum", "Maximum", "percentile", "tm", "wm", "tc", "ts", "pr"
]  # fmt: skip

SIMPLE: tuple[Kind, ...] = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
KNOWN = (
    "SampleCount, Average, Sum, Minimum, Maximum, pNN, tmNN, tcNN, tsNN, wmNN, TM(a:b), TC(a:b), TS(a:b), "
    "WM(a:b), PR(a:b) and IQM"
)
_NUMBER = r"(?:\d+(?:\.\d{1,10})?)"  # "up to 10 decimal places"
_ONE = re.compile(rf"(p|tm|tc|ts|wm)({_NUMBER})")
_RANGE = re.compile(rf"(TM|TC|TS|WM|PR)\(({_NUMBER}?)(%?):({_NUMBER}?)(%?)\)")
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic: how the samples of a period become its datapoint."""

    text: str
    kind: Kind
    low: float | None = None
    """Of a range: the lower bound; None: everything from below."""
    high: float | None = None
    percent: bool = False
    """Whether the bounds are percentiles rather than values."""

    @property
    def needs_samples(self) -> bool:
        """Whether a statistic set (count, sum, minimum, maximum) is not enough."""
        return self.kind not in SIMPLE


@functools.lru_cache(maxsize=1024)
def check_statistic(text: str) -> Statistic:
    """Return the statistic of this name (CloudWatch User Guide, "CloudWatch statistics definitions").

    Raises:
        DrillError: CloudWatch has none of this name.
    """
    if text in SIMPLE:
        return Statistic(text, text)
    if text == "IQM":
        return Statistic(text, "tm", 25.0, 75.0, percent=True)
    if one := _ONE.fullmatch(text):
        return _of_one(text, one)
    if both := _RANGE.fullmatch(text):
        return _of_range(text, both)
    raise DrillError(f"no such statistic: {text!r}; {_hint(text)}known are {KNOWN}")


def _of_one(text: str, match: re.Match[str]) -> Statistic:
    percent = float(match[2])
    if percent > _WHOLE:
        raise DrillError(f"{text}: a percentile is between 0 and 100", match.start(2))
    kinds: dict[str, Kind] = {"p": "percentile", "tm": "tm", "tc": "tc", "ts": "ts", "wm": "wm"}
    return Statistic(text, kinds[match[1]], None, percent, percent=True)


def _of_range(text: str, match: re.Match[str]) -> Statistic:
    name, low_text, low_sign, high_text, high_sign = match.groups()
    low = float(low_text) if low_text else None
    high = float(high_text) if high_text else None
    signs = {bool(sign) for bound, sign in ((low, low_sign), (high, high_sign)) if bound is not None}
    if not signs or (low_sign and low is None) or (high_sign and high is None):
        raise DrillError(f"{text}: at least one bound is a number", match.start(2))
    if len(signs) > 1:
        raise DrillError(f"{text}: bounds are both values or both percentages", match.start(2))
    if low is not None and high is not None and low >= high:
        raise DrillError(f"{text}: the lower bound is below the upper one", match.start(2))
    percent = signs == {True}
    if percent and name == "PR":
        raise DrillError(f"{text}: the bounds of a percentile rank are values", match.start(2))
    if percent and max(low or 0.0, high or 0.0) > _WHOLE:
        raise DrillError(f"{text}: percentages are between 0 and 100", match.start(2))
    kinds: dict[str, Kind] = {"TM": "tm", "TC": "tc", "TS": "ts", "WM": "wm", "PR": "pr"}
    return Statistic(text, kinds[name], low, high, percent=percent)


def _hint(text: str) -> str:
    """Return what was probably meant: capitals belong to ranges, small letters to one number ("Syntax")."""
    for other in (text.upper(), text.lower(), text.capitalize()):
        if other != text and (other in SIMPLE or other == "IQM" or _ONE.fullmatch(other) or _RANGE.fullmatch(other)):
            return f"did you mean {other}? "
    return ""
