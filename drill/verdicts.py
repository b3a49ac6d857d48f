"""Each expectation against what happened, in a sentence that says what happened instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from drill import durations
from drill.rehearsal import Notification, Rehearsal, Verdict
from drill.scenarios.model import (
    Expectation,
    MessageExpected,
    NeverExpected,
    NotificationExpected,
    PagesExpected,
    SilentExpected,
    StateExpected,
    SuppressedExpected,
    TicketsExpected,
)
from drill.scenarios.reading import Expected
from drill.selection import Selection
from drill.states import State
from drill.suppression import Suppressed

_SHOWN = 3
"""How many of several are named."""


class Judge:
    """Compares expectations with what happened."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._all = rehearsal
        self._selection = Selection(rehearsal.system)
        self._severity = {one.name: one.severity for one in rehearsal.system.topics}

    def verdict(self, expected: Expected) -> Verdict:
        """Return whether something that is expected happened."""
        expects = expected.expects
        judges: dict[type[Expectation], Callable[[Any], tuple[str, bool, str, str | None, float | None]]] = {
            StateExpected: self._state,
            NeverExpected: self._never,
            NotificationExpected: self._notification,
            SilentExpected: self._silent,
            SuppressedExpected: self._suppressed,
            MessageExpected: self._message,
            PagesExpected: self._pages,
            TicketsExpected: self._tickets,
        }
        said, passed, found, alarm, at_s = judges[type(expects)](expects)
        return Verdict(expected.place, said, passed, found, alarm, at_s)

    # --- states

    def _state(self, one: StateExpected) -> tuple[str, bool, str, str | None, float | None]:
        name = self._selection.full_name(one.alarm)
        if one.at_s is not None:
            at_s = self._at(one.at_s)
            found = self._all.state(name, at_s)
            said = f"{one.alarm} is in {one.state} at {self._told(at_s)}"
            return said, found == one.state, f"it was in {found} {self._since(name, at_s)}", name, at_s
        if one.by_s is not None:
            by_s = self._at(one.by_s)
            when = self._entered(name, one.state, by_s)
            said = f"{one.alarm} is in {one.state} by {self._told(by_s)}"
            if when is not None:
                return said, True, f"from {self._told(when)} on", name, by_s
            return said, False, self._instead(name, one.state, by_s), name, by_s
        from_s, to_s = self._at(cast("float", one.from_s)), self._at(cast("float", one.to_s))
        said = f"{one.alarm} is in {one.state} from {self._told(from_s)} to {self._told(to_s)}"
        other = self._first_other(name, one.state, from_s, to_s)
        if other is None:
            return said, True, "all the time", name, from_s
        return said, False, f"it was in {other[1]} at {self._told(other[0])}", name, from_s

    def _never(self, one: NeverExpected) -> tuple[str, bool, str, str | None, float | None]:
        names = self._without(one.never, one.but)
        said = f"{self._these(one.never, one.but)} never in {one.state}"
        wrong = [
            (when, name)
            for name in names
            if (when := self._first(name, one.state, self._all.begins_s, self._all.ends_s)) is not None
        ]
        if not wrong:
            return said, True, f"{len(names)} alarms" if len(names) > 1 else "it was not", None, None
        when, name = min(wrong)
        first = f"{self._selection.short(name)} was, at {self._told(when)}"
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return said, False, first + more, name, when

    def _first(self, name: str, state: State, from_s: float, to_s: float) -> float | None:
        """Return the first time from … to (both inclusive) at which an alarm was in a state."""
        if self._all.state(name, from_s) == state:
            return from_s
        changes = self._all.changes.get(name, ())
        return next((one.at_s for one in changes if from_s < one.at_s <= to_s and one.new == state), None)

    def _entered(self, name: str, state: State, by_s: float) -> float | None:
        """Return when an alarm first entered a state, up to a time; the start, if it was in it all along.

        An alarm that is OK at the start, leaves and does not come back is not OK "by" any time.
        """
        begins_s = self._all.begins_s
        changes = self._all.changes.get(name, ())
        when = next((one.at_s for one in changes if begins_s < one.at_s <= by_s and one.new == state), None)
        if when is None and self._first_other(name, state, begins_s, by_s) is None:
            return begins_s
        return when

    def _first_other(self, name: str, state: State, from_s: float, to_s: float) -> tuple[float, State] | None:
        found = self._all.state(name, from_s)
        if found != state:
            return from_s, found
        for change in self._all.changes.get(name, ()):
            if from_s < change.at_s <= to_s and change.new != state:
                return change.at_s, change.new
        return None

    def _since(self, name: str, at_s: float) -> str:
        """Return since when an alarm had been in its state."""
        changes = [one.at_s for one in self._all.changes.get(name, ()) if one.at_s <= at_s]
        if not changes or changes[-1] <= self._all.begins_s:
            return "since before the start"
        return f"since {self._told(changes[-1])}"

    def _instead(self, name: str, state: State, by_s: float) -> str:
        changes = self._all.changes.get(name, ())
        later = next((one.at_s for one in changes if one.at_s > by_s and one.new == state), None)
        then = self._all.state(name, by_s)
        if later is not None:
            return (
                f"only at {self._told(later)}, {durations.text_of(later - by_s)} too late; until then {then}"
            )
        never = "it never was" if self._all.state(name, self._all.begins_s) != state else "it did not return"
        return f"{never}; at {self._told(by_s)} it was in {then} {self._since(name, by_s)}"

    # --- notifications

    def _notification(self, one: NotificationExpected) -> tuple[str, bool, str, str | None, float | None]:
        name = self._selection.full_name(one.notification)
        by_s = self._at(one.by_s) if one.by_s is not None else None
        after_s = self._at(one.after_s) if one.after_s is not None else None
        said = " ".join(
            (
                f"{one.notification} says {one.state}",
                *([f"to {one.topic}"] if one.topic else []),
                *([f"and reaches {', '.join(one.reaches)}"] if one.reaches else []),
                *([f"after {self._told(after_s)}"] if after_s is not None else []),
                *([f"by {self._told(by_s)}"] if by_s is not None else []),
                *([self._times(one.times)] if one.times is not None else []),
            )
        )
        sent = [two for two in self._all.notifications if two.alarm == name and two.state == one.state]
        right = [
            two
            for two in sent
            if (one.topic is None or two.topic == one.topic)
            and set(one.reaches) <= set(two.reached)
            and (after_s is None or two.at_s > after_s)
        ]
        fitting = [two for two in right if by_s is None or two.at_s <= by_s]
        # How often means to the end: one that is too late is one too many.
        passed = bool(fitting) if one.times is None else len(fitting) == len(right) == one.times
        if fitting:
            return said, passed, f"it did {self._listed(right)}", name, by_s or fitting[0].at_s
        return said, passed, self._why_silent(name, one.state, sent), name, by_s

    def _why_silent(self, name: str, state: State, sent: Sequence[Notification]) -> str:
        if sent:
            where = ", ".join(
                f"{one.topic} at {self._told(one.at_s)}, reaching {', '.join(one.reached) or 'nobody'}"
                for one in sent[:_SHOWN]
            )
            return f"it said so only to {where}"
        when = self._first(name, state, self._all.begins_s, self._all.ends_s)
        if when is None:
            return f"it did not: it never was in {state}"
        held = self._held(name)
        if held:
            spans = "; ".join(f"by {one.by} {self._span(one)}" for one in held[:_SHOWN])
            return f"it did not: in {state} at {self._told(when)}, held back {spans}"
        return f"it did not, although it was in {state} at {self._told(when)}: it has no action for that"

    def _silent(self, one: SilentExpected) -> tuple[str, bool, str, str | None, float | None]:
        names = set(self._without(one.silent, one.but))
        kind = f" of {one.state}" if one.state else ""
        said = f"{self._these(one.silent, one.but)} without a notification{kind}"
        sent = [
            two for two in self._all.notifications if two.alarm in names and one.state in {None, two.state}
        ]
        if not sent:
            return said, True, "none was sent", None, None
        first = sent[0]
        return (
            said,
            False,
            f"{self._selection.short(first.alarm)} did {self._listed(sent)}",
            first.alarm,
            first.at_s,
        )

    def _suppressed(self, one: SuppressedExpected) -> tuple[str, bool, str, str | None, float | None]:
        name = self._selection.full_name(one.suppressed)
        spans = [two for two in self._held(name) if two.by == one.because]
        at_s = self._at(one.at_s) if one.at_s is not None else None
        said = f"{one.suppressed} is held back by {one.because}" + (
            f" at {self._told(at_s)}" if at_s is not None else ""
        )
        fitting = [two for two in spans if at_s is None or two.from_s <= at_s < self._end(two)]
        if fitting:
            return said, True, self._span(fitting[0]), name, at_s
        if spans:
            return said, False, f"only {self._span(spans[0])}", name, at_s
        others = sorted({two.by for two in self._held(name)})
        return said, False, f"only by {', '.join(others)}" if others else "it was not held back", name, at_s

    def _message(self, one: MessageExpected) -> tuple[str, bool, str, str | None, float | None]:
        name = self._selection.full_name(one.message)
        by_s = self._at(one.by_s) if one.by_s is not None else None
        said = f"the message that {one.message} is in {one.state} is in the queue {one.queue}" + (
            f" by {self._told(by_s)}" if by_s is not None else ""
        )
        arrived = [
            two
            for two in self._all.messages
            if two.queue == one.queue
            and two.notification.alarm == name
            and two.notification.state == one.state
            and one.topic in {None, two.notification.topic}
        ]
        if not arrived:
            sent = [two for two in self._all.notifications if two.alarm == name and two.state == one.state]
            return said, False, f"it is not: {self._why_silent(name, one.state, sent)}", name, by_s
        first = arrived[0]
        origin = f", given up by {first.dead_letter_of}'s consumer" if first.dead_letter_of else ""
        passed = by_s is None or first.arrived_s <= by_s
        return said, passed, f"since {self._told(first.arrived_s)}{origin}", name, by_s or first.arrived_s

    def _held(self, name: str) -> list[Suppressed]:
        """Return when something held a composite back, in the scenario itself."""
        found = self._all.suppressed.get(name, ())
        return [one for one in found if one.from_s < self._all.ends_s and self._end(one) > self._all.begins_s]

    def _end(self, one: Suppressed) -> float:
        return self._all.ends_s if one.to_s is None else min(one.to_s, self._all.ends_s)

    def _span(self, one: Suppressed) -> str:
        to = "the end" if one.to_s is None else self._told(one.to_s)
        return f"from {self._told(max(one.from_s, self._all.begins_s))} to {to}"

    # --- sums

    def _pages(self, one: PagesExpected) -> tuple[str, bool, str, str | None, float | None]:
        sent = self._of_severity("page")
        said = f"{one.pages} pages in all" if one.pages != 1 else "1 page in all"
        return said, len(sent) == one.pages, self._counted(sent), None, None

    def _tickets(self, one: TicketsExpected) -> tuple[str, bool, str, str | None, float | None]:
        sent = self._of_severity("ticket")
        said = f"{one.tickets} tickets in all" if one.tickets != 1 else "1 ticket in all"
        return said, len(sent) == one.tickets, self._counted(sent), None, None

    def _of_severity(self, severity: str) -> list[Notification]:
        return [
            one
            for one in self._all.notifications
            if one.state == "ALARM" and self._severity.get(one.topic) == severity
        ]

    def _counted(self, sent: Sequence[Notification]) -> str:
        if not sent:
            return "none"
        named = ", ".join(
            f"{self._selection.short(one.alarm)} at {self._told(one.at_s)}" for one in sent[:_SHOWN]
        )
        more = f" and {len(sent) - _SHOWN} more" if len(sent) > _SHOWN else ""
        return f"{len(sent)}: {named}{more}"

    # --- words

    def _without(self, names: Sequence[str], but: Sequence[str]) -> tuple[str, ...]:
        spared = set(self._selection.full_names(but)) if but else set()
        return tuple(name for name in self._selection.full_names(names) if name not in spared)

    @staticmethod
    def _these(names: Sequence[str], but: Sequence[str]) -> str:
        listed = ", ".join(names)
        return f"{listed} (but for {', '.join(but)})" if but else listed

    @staticmethod
    def _times(times: int) -> str:
        return "once" if times == 1 else f"{times} times"

    def _listed(self, sent: Sequence[Notification]) -> str:
        at = ", ".join(self._told(one.at_s) for one in sent[:_SHOWN])
        return f"at {at}" + (f" and {len(sent) - _SHOWN} times more" if len(sent) > _SHOWN else "")

    def _at(self, offset_s: float) -> float:
        return self._all.begins_s + offset_s

    def _told(self, at_s: float) -> str:
        offset_s = at_s - self._all.begins_s
        return f"{'-' if offset_s < 0 else '+'}{durations.text_of(abs(offset_s))}"
