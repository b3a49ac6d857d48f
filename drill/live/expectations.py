"""Whether what was expected has happened, from what has been seen so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drill.durations import text_of
from drill.live.mailbox import Notice
from drill.live.reading import Expected
from drill.live.scenario import MessageExpected, NeverExpected, StateExpected
from drill.live.states import Change
from drill.rehearsal import Verdict


@dataclass(frozen=True)
class Arrival:
    """A message of the drill was taken out of the alarm queue."""

    at_s: float
    """When, on the drill's clock."""
    notice: Notice


@dataclass
class Seen:
    """What has been seen so far."""

    first: Mapping[str, str]
    """State of each alarm at the beginning."""
    topics: Mapping[str, str]
    """What a scenario calls a topic -> its name in AWS."""
    changes: list[Change] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)

    def states(self, alarm: str) -> list[tuple[float, str]]:
        """Return the states of an alarm in order, each with its beginning."""
        later = [(one.at_s, one.new) for one in self.changes if one.alarm == alarm]
        return [(0.0, self.first[alarm]), *later]


def judge(expected: Sequence[Expected], seen: Seen, now_s: float, *, over: bool) -> list[Verdict | None]:
    """Return a verdict on each expectation, or nothing where it is too early for one.

    Args:
        expected: the expectations in the order in which they were written.
        seen: what has been seen.
        now_s: the drill's time.
        over: whether nothing more will be seen.
    """
    judge = _Judge(seen, now_s, over=over)
    return [judge.verdict(one) for one in expected]


class _Judge:
    """Goes through expectations in order: what has answered one does not answer a later one."""

    def __init__(self, seen: Seen, now_s: float, *, over: bool) -> None:
        self._seen = seen
        self._now_s = now_s
        self._over = over
        self._since_s: dict[str, float] = {}
        """Alarm -> when what was expected of it so far had happened."""
        self._used: set[int] = set()
        """Positions of the messages that have answered something."""

    def verdict(self, one: Expected) -> Verdict | None:
        """Return the verdict on the next expectation."""
        expects = one.expects
        if isinstance(expects, NeverExpected):
            return self._never(one, expects)
        alarm = one.alarms[0]
        if isinstance(expects, StateExpected):
            at_s = self._state_s(alarm, expects)
        else:
            at_s = self._message_s(alarm, expects)
        self._since_s[alarm] = max(self._since_s.get(alarm, 0.0), expects.by_s if at_s is None else at_s)
        if at_s is not None and at_s <= expects.by_s:
            return Verdict(one.place, str(expects), passed=True, found=f"after {text_of(at_s)}")
        if self._now_s <= expects.by_s and not self._over:
            return None
        found = f"only after {text_of(at_s)}" if at_s is not None else self._instead(alarm, expects)
        if self._now_s <= expects.by_s:
            found += f"; stopped after {text_of(self._now_s)}"
        return Verdict(one.place, str(expects), passed=False, found=found)

    def _state_s(self, alarm: str, expects: StateExpected) -> float | None:
        """Return when the alarm came into the state; at the earliest, when what is written above was over."""
        begin_s = self._since_s.get(alarm, 0.0)
        states = self._seen.states(alarm)
        ends = [*(at_s for at_s, _ in states[1:]), float("inf")]
        for (from_s, state), to_s in zip(states, ends, strict=True):
            at_s = max(from_s, begin_s)
            if state == expects.state and begin_s < to_s and at_s <= self._now_s:
                return at_s
        return None

    def _message_s(self, alarm: str, expects: MessageExpected) -> float | None:
        """Return when the message arrived."""
        topic = expects.topic and self._seen.topics[expects.topic]
        for position, arrival in enumerate(self._seen.arrivals):
            notice = arrival.notice
            is_it = (notice.alarm, notice.state) == (alarm, expects.state) and topic in {None, notice.topic}
            if is_it and position not in self._used:
                self._used.add(position)
                return arrival.at_s
        return None

    def _never(self, one: Expected, expects: NeverExpected) -> Verdict | None:
        for alarm in one.alarms:
            for at_s, state in self._seen.states(alarm):
                if state == expects.state:
                    found = f"{alarm} was after {text_of(at_s)}"
                    return Verdict(one.place, str(expects), passed=False, found=found)
        return Verdict(one.place, str(expects), passed=True, found="never") if self._over else None

    def _instead(self, alarm: str, expects: StateExpected | MessageExpected) -> str:
        """Return what happened of the alarm."""
        states = self._seen.states(alarm)
        way = ", ".join(f"{state} after {text_of(at_s)}" for at_s, state in states[1:])
        story = f"{states[0][1]} from the beginning" + (f", {way}" if way else " to the end")
        if isinstance(expects, StateExpected):
            return f"it was {story}"
        others = [
            f"{one.notice.state} through {one.notice.topic} after {text_of(one.at_s)}"
            for one in self._seen.arrivals
            if one.notice.alarm == alarm
        ]
        return f"none came; the alarm was {story}" + (f"; messages: {', '.join(others)}" if others else "")
