"""Texts, numbers, names and times of reports, from untrusted texts and values."""

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
"""Characters that change the direction of text (Unicode Standard Annex 9)."""
_NOT_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, surrogates, and line separators other than newline."""
_SIGNS: Final = {
    "Percent": " %",
    "Milliseconds": " ms",
    "Microseconds": " µs",
    "Seconds": " s",
    "Bytes": " B",
}
_UNNAMED: Final = frozenset({"", "None", "Count"})
_EXACT: Final = 10_000
"""Values from here on have no decimals. Smaller values have four significant digits."""
_HUGE: Final = 1e15


_WITHOUT_LINES: Final = str.maketrans("", "", "\n\t")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return a text that is safe in terminals and XML: other characters are escaped, such as `\x1b`.

    Args:
        text: anything.
        lines: whether to keep newlines and tabs.
    """
    kept = "\n\t" if lines else ""
    if text.isprintable() or (lines and text.translate(_WITHOUT_LINES).isprintable()):
        return text
    return "".join(
        character if character in kept or _is_text(character) else _escaped(character) for character in text
    )


def _is_text(character: str) -> bool:
    # The last two code points of each plane are not characters. XML rejects those of the first plane.
    is_allowed = character not in _DIRECTIONS and unicodedata.category(character) not in _NOT_TEXT
    return is_allowed and ord(character) & 0xFFFE != 0xFFFE  # noqa: PLR2004 - the pattern of their last two


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def count(number: int, noun: str) -> str:
    """Return `1 page`, `2 pages`, `0 pages`, `1,440 datapoints`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def number(value: float) -> str:
    """Return a value with at most four significant digits: `0.0123`, `4.2`, `12,346`."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else "no data"
    size = abs(value)
    if size >= _HUGE:
        return f"{value:.3g}"
    return f"{value:,.0f}" if size >= _EXACT else f"{value:,.4g}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit: `5 %`, `250 ms`, `3 Count/Second`; counts have none."""
    return number(value) + (suffix(unit) if math.isfinite(value) else "")


def suffix(unit: str) -> str:
    """Return the suffix of a unit (CloudWatch's StandardUnit): ` %`, ` ms`."""
    return "" if unit in _UNNAMED else _SIGNS.get(unit, f" {unit}")


_PLACE: Final = re.compile(r"(?s)(.*):([1-9][0-9]{0,8})")


class Place(NamedTuple):
    """A file and a line; None if the line is not known."""

    file: str
    line: int | None


def place(verdict: Verdict) -> Place:
    """Return where an expectation is written: `drills/outage.yaml:14`."""
    match = _PLACE.fullmatch(verdict.place)
    return Place(match[1], int(match[2])) if match else Place(verdict.place, None)


@dataclass(frozen=True, slots=True)
class Moments:
    """The times of one scenario, in seconds since 1970. Clock times are UTC, as in CloudWatch."""

    begins_s: float
    ends_s: float

    @classmethod
    def of(cls, outcome: Outcome) -> Moments:
        """Return the times of an outcome."""
        return cls(outcome.begins_s, outcome.ends_s)

    @property
    def lasts_s(self) -> float:
        """Duration of the scenario, at least 1, as it is a divisor."""
        return max(self.ends_s - self.begins_s, 1.0)

    def offset(self, at_s: float) -> str:
        """Return `+12m`, or `-5m` for a time before the start."""
        after_s = at_s - self.begins_s
        return ("-" if after_s < 0 else "+") + durations.text_of(abs(after_s))

    def clock(self, at_s: float) -> str:
        """Return `14:12`, with seconds if not 0, and with the day if the scenario is longer than one."""
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
        """Return the position of a time on the axis, 0 to 100. Times outside are at the edge."""
        return round(min(max((at_s - self.begins_s) / self.lasts_s, 0.0), 1.0) * 100, 3)


_SEPARATORS: Final = "-_/. "
"""Separators of the parts of names."""


@dataclass(frozen=True, slots=True)
class Names:
    """The short names of a system's alarms."""

    shorts: Mapping[str, str]
    """Name in AWS -> the shortest name that a scenario may use."""
    services: Mapping[str, str]
    """Name in AWS -> the service, for alarms of a service."""
    taken: frozenset[str] = frozenset()
    """Every name of an alarm, which cannot stand for another one."""

    @classmethod
    def of(cls, system: System) -> Names:
        """Return the names of a system."""
        services = {alarm.name: alarm.service for alarm in system.alarms if alarm.service}
        services |= {
            composite.name: composite.service for composite in system.composites if composite.service
        }
        taken = frozenset({*(alarm.name for alarm in system.all_alarms), *system.short_names})
        return cls(Selection(system).shortest, services, taken)

    def short(self, alarm: str) -> str:
        """Return the short name of an alarm, or its full name if it has none."""
        return self.shorts.get(alarm, alarm)

    def within(self, alarm: str, service: str | None, above: str | None = None) -> str:
        """Return the name of an alarm without the prefix that its context shows: `errors`.

        Args:
            alarm: its full name.
            service: the service in whose section it is, if any. Alarms of other services keep their prefix.
            above: the full name of the alarm above it, if any.
        """
        short = self.short(alarm)
        prefixes = [] if above is None else [self.short(above)]
        if service and self.services.get(alarm) in {service, None}:
            prefixes.append(service)
        for prefix in prefixes:
            suffix = short.removeprefix(prefix)
            rest = suffix.lstrip(_SEPARATORS)
            if suffix != short and rest and suffix[0] in _SEPARATORS and rest not in self.taken:
                return rest
        return short
