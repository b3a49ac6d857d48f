"""Times for people: how long after the scenario's beginning, and what the clock shows then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from cloudwatch.quotas import DAY_S, MINUTE_S
from drill import durations
from drill.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Moments:
    """The times of one scenario. Times are seconds since 1970; clocks show UTC, as CloudWatch's do."""

    begins_s: float
    ends_s: float

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> Moments:
        """Return those of a rehearsal."""
        return cls(rehearsal.begins_s, rehearsal.ends_s)

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
        first, last = (datetime.fromtimestamp(one, timezone.utc) for one in (self.begins_s, self.ends_s))
        day = "%a %d %b %Y"
        if first.date() == last.date():
            return f"{first.strftime(day)}, {first:%H:%M} to {last:%H:%M} UTC"
        return f"{first.strftime(day)} {first:%H:%M} to {last.strftime(day)} {last:%H:%M} UTC"

    def percent(self, at_s: float) -> float:
        """Return where a time is on the axis, 0 to 100; what is outside is at its edge."""
        return round(min(max((at_s - self.begins_s) / self.lasts_s, 0.0), 1.0) * 100, 3)
