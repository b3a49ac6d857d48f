"""How long suppression waits for what silences, and how long it outlasts it: out of the alarms themselves.

A composite's actions wait for its suppressor to come into ALARM, and stay held back for a while after that
has left it (CloudWatch User Guide, "Suppressing composite alarm actions"). Of the same trouble, what says
less is often in ALARM first: it must wait for as long as what says more needs. What was held back is in ALARM
until its datapoints have forgotten the trouble: it must not be said as news meanwhile.

Both are integers; PutCompositeAlarm names no maximum (CloudWatch API Reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalog.specs import Alarm, AllOf, AnyOf, Composite, InAlarm, NotInAlarm, Rule, Suppressor

EVALUATION_S = 60
"""How often CloudWatch evaluates an alarm, each at a second of its own (User Guide, "Alarm evaluation")."""

PROMPT_S = 360
"""How long an alarm may need to be waited for.

What wakes somebody is to do so within about six minutes. Alarms that need longer, such as those about few
calls, would keep everything else waiting for what hardly ever follows.
"""

BEYOND = 2
"""Datapoints that an evaluation looks at beyond its N, and counts first if they are real.

So that many more have to be missing before missing ones breach. AWS names the number for one example only:
five datapoints for N = 3 (User Guide, "Configuring how CloudWatch alarms treat missing data").
"""


class Timing:
    """The alarms and composites of an environment, and how quickly they come and go."""

    def __init__(self, alarms: Iterable[Alarm], composites: Iterable[Composite]) -> None:
        """Take all that rules and suppressors name."""
        self._alarms: Mapping[str, Alarm] = {one.key: one for one in alarms}
        self._composites: Mapping[str, Composite] = {one.key: one for one in composites}
        self._needs: dict[str, int] = {}

    def suppressor(self, composite: Composite, by: str) -> Suppressor:
        """Return how `composite` is suppressed by the alarm with the key `by`."""
        return Suppressor(
            alarm=by,
            wait_s=self.needs_s(by),
            extension_s=self._settles_s(composite.rule, pages=composite.topic != "warning") + EVALUATION_S,
        )

    def needs_s(self, key: str) -> int:
        """Return by when an alarm is in ALARM after trouble has begun, as far as that is waited for."""
        if key not in self._needs:
            found = [EVALUATION_S]
            if key in self._composites:
                found += [self.needs_s(one) for one in _in_alarm(self._composites[key].rule)]
            elif (needs_s := alarms_after_s(self._alarms[key])) <= PROMPT_S:
                found.append(needs_s)
            self._needs[key] = max(found)
        return self._needs[key]

    def _settles_s(self, rule: Rule, *, pages: bool) -> int:
        """Return by when a rule is false after trouble is over.

        What pages does not wait for its slow parts: what is broken when the quiet ends is to be said soon.
        """
        if isinstance(rule, InAlarm):
            alarm = self._alarms.get(rule.alarm)
            if alarm is None:
                return self._settles_s(self._composites[rule.alarm].rule, pages=pages)
            return settles_after_s(alarm)
        if isinstance(rule, NotInAlarm):
            return 0
        if isinstance(rule, AllOf):
            return min(self._settles_s(one, pages=pages) for one in rule.all_of)
        prompt = [one for one in rule.any_of if self._is_prompt(one)] if pages else []
        return max(self._settles_s(one, pages=pages) for one in prompt or rule.any_of)

    def _is_prompt(self, rule: Rule) -> bool:
        """Tell whether a rule may be true soon enough to be waited for."""
        if isinstance(rule, InAlarm):
            alarm = self._alarms.get(rule.alarm)
            if alarm is None:
                return self._is_prompt(self._composites[rule.alarm].rule)
            return alarms_after_s(alarm) <= PROMPT_S
        if isinstance(rule, AnyOf):
            return any(self._is_prompt(one) for one in rule.any_of)
        return isinstance(rule, NotInAlarm) or all(self._is_prompt(one) for one in rule.all_of)


def alarms_after_s(alarm: Alarm) -> int:
    """Return by when a metric alarm is in ALARM after trouble has begun, in seconds.

    M datapoints that are bad from end to end, and one evaluation. Where any sample breaches, the datapoint in
    whose last second it begins does too.
    """
    full = alarm.datapoints_to_alarm
    if alarm.comparison == "GreaterThanThreshold" and alarm.threshold == 0:
        full -= 1
    if alarm.treat_missing_data == "breaching":
        full += BEYOND
    return full * alarm.period_s + EVALUATION_S


def settles_after_s(alarm: Alarm) -> int:
    """Return by when fewer than M of an alarm's N datapoints hold trouble that is over, in seconds."""
    return (alarm.evaluation_periods - alarm.datapoints_to_alarm + 1) * alarm.period_s


def _in_alarm(rule: Rule) -> tuple[str, ...]:
    """Return the keys of what a rule wants to be in ALARM."""
    if isinstance(rule, InAlarm):
        return (rule.alarm,)
    if isinstance(rule, NotInAlarm):
        return ()
    parts = rule.any_of if isinstance(rule, AnyOf) else rule.all_of
    return tuple(key for one in parts for key in _in_alarm(one))
