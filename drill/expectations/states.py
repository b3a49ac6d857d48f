"""Whether alarms were in the states that were expected of them."""

from __future__ import annotations

from typing import cast

from cloudwatch.states import State
from drill import durations
from drill.expectations.seen import Judged, Seen, these
from drill.scenarios.model import NeverExpected, StateExpected


def in_state(seen: Seen, one: StateExpected) -> Judged:
    """Judge that an alarm is in a state: at a time, by a time, or from … to."""
    name = seen.full_name(one.alarm)
    if one.at_s is not None:
        at_s = seen.at(one.at_s)
        found = seen.all.state(name, at_s)
        said = f"{one.alarm} is in {one.state} at {seen.told(at_s)}"
        return Judged(
            said, f"it was in {found} {seen.since(name, at_s)}", name, at_s, passed=found == one.state
        )
    if one.by_s is not None:
        by_s = seen.at(one.by_s)
        when = seen.entered(name, one.state, by_s)
        said = f"{one.alarm} is in {one.state} by {seen.told(by_s)}"
        if when is not None:
            return Judged(said, f"from {seen.told(when)} on", name, by_s, passed=True)
        return Judged(said, _instead(seen, name, one.state, by_s), name, by_s, passed=False)
    from_s, to_s = seen.at(cast("float", one.from_s)), seen.at(cast("float", one.to_s))
    said = f"{one.alarm} is in {one.state} from {seen.told(from_s)} to {seen.told(to_s)}"
    other = seen.first_other(name, one.state, from_s, to_s)
    if other is None:
        return Judged(said, "all the time", name, from_s, passed=True)
    return Judged(said, f"it was in {other[1]} at {seen.told(other[0])}", name, from_s, passed=False)


def never(seen: Seen, one: NeverExpected) -> Judged:
    """Judge that alarms are never in a state."""
    names = seen.without(one.never, one.but)
    said = f"{these(one.never, one.but)} never in {one.state}"
    wrong = [
        (when, name)
        for name in names
        if (when := seen.first(name, one.state, seen.all.begins_s, seen.all.ends_s)) is not None
    ]
    if not wrong:
        return Judged(said, f"{len(names)} alarms" if len(names) > 1 else "it was not", passed=True)
    when, name = min(wrong)
    first = f"{seen.short(name)} was, at {seen.told(when)}"
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return Judged(said, first + more, name, when, passed=False)


def _instead(seen: Seen, name: str, state: State, by_s: float) -> str:
    """Say what was the case instead of a state that was expected by a time."""
    changes = seen.all.changes.get(name, ())
    later = next((one.at_s for one in changes if one.at_s > by_s and one.new == state), None)
    then = seen.all.state(name, by_s)
    if later is not None:
        return f"only at {seen.told(later)}, {durations.text_of(later - by_s)} too late; until then {then}"
    instead = "it never was" if seen.all.state(name, seen.all.begins_s) != state else "it did not return"
    return f"{instead}; at {seen.told(by_s)} it was in {then} {seen.since(name, by_s)}"
