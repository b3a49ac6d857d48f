"""The nearest facts to an expectation that was not met: what a person would look up next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cloudwatch import rules
from cloudwatch.alarms import CompositeAlarm, MetricAlarm
from cloudwatch.suppression import By
from drill import durations
from drill.rehearsal import Rehearsal, Verdict
from drill.report import spans
from drill.report.compared import Compared, compared
from drill.report.moments import Moments
from drill.report.names import Names
from drill.report.texts import count, quantity

_SHOWN: Final = 4
"""Spans, or children, that are told before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Held:
    """When a composite's actions were held back, and by what; at the latest until the scenario's end."""

    from_s: float
    to_s: float
    by: By


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the alarms of one rehearsal."""

    rehearsal: Rehearsal
    moments: Moments
    names: Names

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> Facts:
        """Return those of a rehearsal."""
        return cls(rehearsal, Moments.of(rehearsal), Names.of(rehearsal.system))

    def about(self, verdict: Verdict) -> tuple[str, ...]:
        """Return sentences about the alarm of an expectation; none if it is about no alarm of the system."""
        system = self.rehearsal.system
        for alarm in system.alarms:
            if alarm.name == verdict.alarm:
                return (self.states(alarm.name), *self._of_metric(alarm), *self._of_actions(alarm))
        for composite in system.composites:
            if composite.name == verdict.alarm:
                at_s = self.rehearsal.ends_s if verdict.at_s is None else verdict.at_s
                return (
                    self.states(composite.name),
                    *self._of_children(composite, at_s),
                    *(self.held(composite, one) for one in self.suppressed(composite.name)),
                    *self._of_actions(composite),
                )
        return ()

    def once(self) -> tuple[tuple[str, ...], ...]:
        """Return what is known of each verdict that failed, without what was said of its alarm before.

        Most failures are one failure, seen by several expectations.
        """
        said: set[tuple[str | None, str]] = set()
        found = []
        for verdict in self.rehearsal.verdicts:
            about = () if verdict.passed else self.about(verdict)
            found.append(tuple(one for one in about if (verdict.alarm, one) not in said))
            said.update((verdict.alarm, one) for one in about)
        return tuple(found)

    def states(self, alarm: str) -> str:
        """Say in which states an alarm was, one after the other."""
        found = spans.states(self.rehearsal, alarm)
        if len(found) == 1:
            return f"it was {found[0].state} all along"
        shown = ", ".join(f"{one.state} until {self.moments.offset(one.to_s)}" for one in found[:-1][:_SHOWN])
        more = len(found) - 1 - _SHOWN
        rest = f", {count(more, 'more change')}" if more > 0 else ""
        return f"it was {shown}{rest}, then {found[-1].state}"

    def suppressed(self, composite: str) -> tuple[Held, ...]:
        """Return when a composite's actions were held back, as far as it is in the scenario."""
        begins_s, ends_s = self.rehearsal.begins_s, self.rehearsal.ends_s
        found = (
            Held(one.from_s, ends_s if one.to_s is None else one.to_s, one.by)
            for one in self.rehearsal.suppressed.get(composite, ())
        )
        return tuple(one for one in found if one.to_s > begins_s and one.from_s < ends_s)

    def held(self, composite: CompositeAlarm, one: Held) -> str:
        """Say when a composite's actions were held back, and by what."""
        when = self.moments.span(one.from_s, one.to_s)
        return f"its actions were held back {when}: {self.why(composite, one)}"

    def why(self, composite: CompositeAlarm, one: Held, *, brief: bool = False) -> str:
        """Say what held a composite's actions back.

        Args:
            composite: the composite.
            one: when, and by what.
            brief: whether its service and its name stand above it.
        """
        suppressor = composite.suppressor
        if suppressor is None:
            return one.by
        name = self.names.short(suppressor.alarm)
        if brief:
            name = self.names.within(suppressor.alarm, composite.service, composite.name)
        if one.by == "WaitPeriod":
            return f"{durations.text_of(suppressor.wait_s)} to wait for {name}"
        if one.by == "ExtensionPeriod":
            return f"{durations.text_of(suppressor.extension_s)} more after {name}"
        return f"{name} was in ALARM"

    def _of_metric(self, alarm: MetricAlarm) -> Iterator[str]:
        shown = compared(self.rehearsal, alarm)
        if not shown.has_data:
            metrics = "; ".join(dict.fromkeys(str(one.metric) for one in alarm.statistics))
            yield f"it never had a datapoint: {metrics}; missing data is {alarm.treat_missing_data}"
            return
        missing = int((shown.breaching < 0).sum())
        if missing:
            treated = f"missing data is {alarm.treat_missing_data}"
            yield f"{missing:,} of {count(len(shown.values), 'datapoint')} had no data; {treated}"
        yield from self._of_values(alarm, shown)

    def _of_values(self, alarm: MetricAlarm, shown: Compared) -> Iterator[str]:
        """Say how near it was, if it never fired."""
        if self._fired(alarm):
            return
        needed = alarm.datapoints_to_alarm
        if shown.most:
            at = self.moments.both(shown.most_at_s)
            together = f"{shown.most} of {count(alarm.evaluation_periods, 'datapoint')} breached, {at}"
            yield f"at most {together}; it needs {needed}"
            return
        nearest = shown.nearest
        value = quantity(float(shown.values[nearest]), shown.unit)
        at = self.moments.both(float(shown.times_s[nearest]))
        yield f"nothing breached: the nearest was {value}, {at}; it needs {shown.bound}"

    def _of_children(self, composite: CompositeAlarm, at_s: float) -> Iterator[str]:
        children = rules.children(rules.parse(composite.rule))
        states = {one: self.rehearsal.state(one, at_s) for one in children}
        alarming = [self.names.short(one) for one, state in states.items() if state == "ALARM"]
        shown = ", ".join(alarming[:_SHOWN]) + (" …" if len(alarming) > _SHOWN else "")
        were = f"{len(alarming)} of the {count(len(children), 'alarm')} in its rule in ALARM"
        yield f"{self.moments.offset(at_s)}: {were}{': ' + shown if shown else ''}"

    def _of_actions(self, alarm: MetricAlarm | CompositeAlarm) -> Iterator[str]:
        if not alarm.actions.alarm and self._fired(alarm):
            yield "it notifies nobody when it goes into ALARM"

    def _fired(self, alarm: MetricAlarm | CompositeAlarm) -> bool:
        return any(one.state == "ALARM" for one in spans.states(self.rehearsal, alarm.name))
