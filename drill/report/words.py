"""Words, numbers, names and times for people, from texts and values that anybody may have made up."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final, NamedTuple

from cloudwatch.quotas import DAY_S, MINUTE_S
from drill import durations
from drill.model import System
from drill.rehearsal import Outcome, Verdict
from drill.selection import Selection

_DIRECTIONS: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
"""Characters that turn the text around them, so that it reads as another (Unicode Standard Annex 9)."""
_NOT_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of characters, and separators of lines that are no newline."""
_SIGNS: Final = {
    "Percent": " %",
    "Milliseconds": " ms",
    "Microseconds": " µs",
    "Seconds": " s",
    "Bytes": " B",
}
_UNNAMED: Final = frozenset({"", "None", "Count"})
_EXACT: Final = 10_000
"""From here on a value is shown without decimals; smaller ones have four significant digits."""
_HUGE: Final = 1e15


_WITHOUT_LINES: Final = str.maketrans("", "", "\n\t")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return a text that neither moves a cursor nor breaks XML: what is no text is written as `\x1b`.

    Args:
        text: anything.
        lines: whether newlines and tabs stay what they are.
    """
    kept = "\n\t" if lines else ""
    if text.isprintable() or (lines and text.translate(_WITHOUT_LINES).isprintable()):
        return text
    return "".join(name if name in kept or _is_text(name) else _written(name) for name in text)


def _is_text(text: str) -> bool:
    # The last two code points of each plane are no characters, and XML refuses those of the first.
    stands = text not in _DIRECTIONS and unicodedata.category(text) not in _NOT_TEXT
    return stands and ord(text) & 0xFFFE != 0xFFFE  # noqa: PLR2004 - the pattern of their last two


def _written(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")


def count(number: int, noun: str) -> str:
    """Return `1 page`, `2 pages`, `0 pages`, `1,440 datapoints`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def number(value: float) -> str:
    """Return a value with as many digits as anybody reads: `0.0123`, `4.2`, `12,346`."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else "no data"
    size = abs(value)
    if size >= _HUGE:
        return f"{value:.3g}"
    return f"{value:,.0f}" if size >= _EXACT else f"{value:,.4g}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit: `5 %`, `250 ms`, `3 Count/Second`; counts stand alone."""
    return number(value) + (suffix(unit) if math.isfinite(value) else "")


def suffix(unit: str) -> str:
    """Return what stands behind a value of a unit (CloudWatch's StandardUnit): ` %`, ` ms`."""
    return "" if unit in _UNNAMED else _SIGNS.get(unit, f" {unit}")


_PLACE: Final = re.compile(r"(?s)(.*):([1-9][0-9]{0,8})")


class Place(NamedTuple):
    """A file and a line in it; no line where none is known."""

    file: str
    line: int | None


def place(verdict: Verdict) -> Place:
    """Return where an expectation is written: `drills/outage.yaml:14`."""
    match = _PLACE.fullmatch(verdict.place)
    return Place(match[1], int(match[2])) if match else Place(verdict.place, None)


@dataclass(frozen=True, slots=True)
class Moments:
    """The times of one scenario. Times are seconds since 1970; clocks show UTC, as CloudWatch's do."""

    begins_s: float
    ends_s: float

    @classmethod
    def of(cls, outcome: Outcome) -> Moments:
        """Return those of an outcome."""
        return cls(outcome.begins_s, outcome.ends_s)

    @property
    def lasts_s(self) -> float:
        """How long the scenario lasts; never 0, so that it can be divided by."""
        return max(self.ends_s - self.begins_s, 1.0)

    def offset(self, at_s: float) -> str:
        """Return `+12m`, or `-5m` for what was before the beginning."""
        after_s = at_s - self.begins_s
        return ("-" if after_s < 0 else "+") + durations.text_of(abs(after_s))

    def clock(self, at_s: float) -> str:
        """Return `14:12`, with seconds where there are any, with the day where the scenario has several."""
        at = datetime.fromtimestamp(at_s, timezone.utc)
        form = "%H:%M" if round(at_s) % MINUTE_S == 0 else "%H:%M:%S"
        return at.strftime(f"%a {form}" if self.lasts_s > DAY_S else form)

    def both(self, at_s: float) -> str:
        """Return `+12m (14:12 UTC)`."""
        return f"{self.offset(at_s)} ({self.clock(at_s)} UTC)"

    def span(self, from_s: float, to_s: float) -> str:
        """Return `+12m to +15m (14:12 to 14:15 UTC)`."""
        clocks = f"{self.clock(from_s)} to {self.clock(to_s)} UTC"
        return f"{self.offset(from_s)} to {self.offset(to_s)} ({clocks})"

    def date(self) -> str:
        """Return the days and times that the scenario covers."""
        first, last = (datetime.fromtimestamp(value, timezone.utc) for value in (self.begins_s, self.ends_s))
        day = "%a %d %b %Y"
        if first.date() == last.date():
            return f"{first.strftime(day)}, {first:%H:%M} to {last:%H:%M} UTC"
        return f"{first.strftime(day)} {first:%H:%M} to {last.strftime(day)} {last:%H:%M} UTC"

    def percent(self, at_s: float) -> float:
        """Return where a time is on the axis, 0 to 100; what is outside is at its edge."""
        return round(min(max((at_s - self.begins_s) / self.lasts_s, 0.0), 1.0) * 100, 3)


_JOINTS: Final = "-_/. "
"""What names are joined of parts with."""


@dataclass(frozen=True, slots=True)
class Names:
    """The short names of a system's alarms."""

    shorts: Mapping[str, str]
    """Name in AWS -> the shortest one that a scenario may use."""
    services: Mapping[str, str]
    """Name in AWS -> the service that it is about, of those that are about one."""

    @classmethod
    def of(cls, system: System) -> Names:
        """Return those of a system; of several short names of an alarm the shortest."""
        services = {alarm.name: alarm.service for alarm in system.alarms if alarm.service}
        services |= {
            composite.name: composite.service for composite in system.composites if composite.service
        }
        return cls(Selection(system).shortest, services)

    def short(self, alarm: str) -> str:
        """Return what people call an alarm; its full name if it has no other."""
        return self.shorts.get(alarm, alarm)

    def within(self, alarm: str, service: str | None, above: str | None = None) -> str:
        """Return it without what is known from around it: `errors`.

        Args:
            alarm: its full name.
            service: the service that it stands under, if any; alarms of other services keep theirs.
            above: the full name of the alarm that it stands under, if any.
        """
        short = self.short(alarm)
        known = [] if above is None else [self.short(above)]
        if service and self.services.get(alarm) in {service, None}:
            known.append(service)
        for start in known:
            rest = short.removeprefix(start)
            if rest != short and rest.lstrip(_JOINTS) and rest[0] in _JOINTS:
                return rest.lstrip(_JOINTS)
        return short
