"""Wait and extension periods of suppression, derived from the alarms.

A composite's actions wait for its suppressor to go into ALARM, and stay suppressed for a while after it has
left ALARM (CloudWatch User Guide, "Suppressing composite alarm actions"). In one failure, the ticket is
often in ALARM before the page: it must wait until the page has had time to fire. A suppressed alarm stays in
ALARM until its datapoints no longer contain the failure: it must not be reported as new until then.

Both periods are integers; PutCompositeAlarm names no maximum (CloudWatch API Reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalog.specs import Alarm, AllOf, AnyOf, Composite, InAlarm, NotInAlarm, Rule, Suppressor

EVALUATION_S = 60
"""Interval of evaluations in seconds; each alarm has its own offset (User Guide, "Alarm evaluation")."""

PROMPT_S = 360
"""The maximum wait period in seconds.

A page is sent within about six minutes. Slower alarms, such as burn rates over hours, would delay all other
notifications, and rarely follow.
"""

BEYOND = 2
"""Datapoints that an evaluation retrieves in addition to N, and uses first if they are not missing.

This number of additional datapoints must be missing before missing data breaches. AWS documents one example:
five datapoints for N = 3 (User Guide, "Configuring how CloudWatch alarms treat missing data").
"""


class Timing:
    """The times that alarms and composites of an environment need to go into ALARM and back."""

    def __init__(self, alarms: Iterable[Alarm], composites: Iterable[Composite]) -> None:
        """Index the alarms that rules and suppressors name."""
        self._alarms: Mapping[str, Alarm] = {alarm.key: alarm for alarm in alarms}
        self._composites: Mapping[str, Composite] = {composite.key: composite for composite in composites}
        self._needs: dict[tuple[str, bool], int] = {}

    def suppressor(self, composite: Composite, by: str) -> Suppressor:
        """Return how `composite` is suppressed by the alarm with the key `by`.

        A page waits for alarms of its own service only; waiting for others would delay every page.
        """
        pages = composite.topic != "warning"
        return Suppressor(
            alarm=by,
            wait_s=self.needs_s(by, spanning=not pages),
            extension_s=self._settles_s(composite.rule, pages=pages) + EVALUATION_S,
        )

    def needs_s(self, key: str, *, spanning: bool = True) -> int:
        """Return the seconds from the start of a failure to ALARM, limited to alarms within `PROMPT_S`.

        Args:
            key: of the alarm.
            spanning: whether composites over several services count.
        """
        if (key, spanning) not in self._needs:
            times = [EVALUATION_S]
            composite = self._composites.get(key)
            if composite and (composite.service or spanning):
                times += [self.needs_s(part, spanning=spanning) for part in _in_alarm(composite.rule)]
            elif not composite and (needs_s := alarms_after_s(self._alarms[key])) <= PROMPT_S:
                times.append(needs_s)
            self._needs[key, spanning] = max(times)
        return self._needs[key, spanning]

    def _settles_s(self, rule: Rule, *, pages: bool) -> int:
        """Return the seconds from the end of a failure until a rule is false.

        Slow parts of a page do not count, so that failures caused by a deployment are reported soon after it.
        """
        if isinstance(rule, InAlarm):
            alarm = self._alarms.get(rule.alarm)
            if alarm is None:
                return self._settles_s(self._composites[rule.alarm].rule, pages=pages)
            return settles_after_s(alarm)
        if isinstance(rule, NotInAlarm):
            return 0
        if isinstance(rule, AllOf):
            return min(self._settles_s(in_alarm, pages=pages) for in_alarm in rule.all_of)
        prompt = [in_alarm for in_alarm in rule.any_of if self._is_prompt(in_alarm)] if pages else []
        return max(self._settles_s(in_alarm, pages=pages) for in_alarm in prompt or rule.any_of)

    def _is_prompt(self, rule: Rule) -> bool:
        """Return whether a rule can be true within `PROMPT_S`."""
        if isinstance(rule, InAlarm):
            alarm = self._alarms.get(rule.alarm)
            if alarm is None:
                return self._is_prompt(self._composites[rule.alarm].rule)
            return alarms_after_s(alarm) <= PROMPT_S
        if isinstance(rule, AnyOf):
            return any(self._is_prompt(in_alarm) for in_alarm in rule.any_of)
        return isinstance(rule, NotInAlarm) or all(self._is_prompt(in_alarm) for in_alarm in rule.all_of)


def alarms_after_s(alarm: Alarm) -> int:
    """Return the seconds from the start of a failure until a metric alarm is in ALARM.

    The time is M periods and one evaluation. If any sample breaches, the period in which the failure starts
    breaches too.
    """
    full = alarm.datapoints_to_alarm
    if alarm.comparison == "GreaterThanThreshold" and alarm.threshold == 0:
        full -= 1
    if alarm.treat_missing_data == "breaching":
        full += BEYOND
    return full * alarm.period_s + EVALUATION_S


def settles_after_s(alarm: Alarm) -> int:
    """Return the seconds from the end of a failure until fewer than M of the N datapoints breach."""
    return (alarm.evaluation_periods - alarm.datapoints_to_alarm + 1) * alarm.period_s


def _in_alarm(rule: Rule) -> tuple[str, ...]:
    """Return the keys of the alarms that a rule requires in ALARM."""
    if isinstance(rule, InAlarm):
        return (rule.alarm,)
    if isinstance(rule, NotInAlarm):
        return ()
    parts = rule.any_of if isinstance(rule, AnyOf) else rule.all_of
    return tuple(key for in_alarm in parts for key in _in_alarm(in_alarm))
