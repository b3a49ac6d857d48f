"""Service level objectives: burn-rate alarms in several windows, and the error budget.

A *burn rate* of 1 uses the budget up exactly at the end of the objective's window; at 14.4 it is gone that
much sooner. Each tier asks two windows: the long one says that it matters, the short one that it goes on.
Source of tiers: Google, "The Site Reliability Workbook", chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalog.kinds.kind import ServiceKind
from catalog.specs import Alarm, AllOf, Composite, InAlarm, Math, Metric, Slo
from catalog.subjects import LATE_S, Subject
from catalog.templates import EventsTemplate
from catalog.texts import duration, number
from config.models import Severity
from config.models import Slo as SloConfig

_DAY_S = 86_400

_DECIMALS = 8
"""Of thresholds: per cent of per cent, without what binary fractions add."""


class Tier(NamedTuple):
    """How fast the budget is used up, over which windows, and what follows."""

    key: str
    burn_rate: float
    long_s: int
    short_s: int
    severity: Severity


TIERS = (
    Tier("fast-burn", 14.4, 3600, 300, "critical"),
    Tier("medium-burn", 6, 6 * 3600, 1800, "critical"),
    Tier("slow-burn", 3, _DAY_S, 7200, "warning"),
)
"""The fastest first: a slower one is suppressed while a faster one is in ALARM."""

FASTEST = max(tier.burn_rate for tier in TIERS)


def least_objective_percent() -> float:
    """Return the objective from which on every tier can fire: a share of bad events cannot exceed 1."""
    return 100 - 100 / FASTEST


@dataclass(frozen=True)
class Objective:
    """One objective of one service."""

    subject: Subject
    name: str
    config: SloConfig
    events: EventsTemplate

    @property
    def key(self) -> str:
        """Prefix of the keys of its alarms."""
        return f"{self.subject.key}_slo-{self.name}"

    @property
    def budget_share(self) -> float:
        """The share of events that may be bad."""
        return round(1 - self.config.objective_percent / 100, _DECIMALS)

    @property
    def says(self) -> str:
        """What is promised."""
        slow = self.config.slower_than_ms
        bad = f"take longer than {number(slow)} ms" if slow else self.events.bad_words
        return (
            f"of the {self.events.words}, at most {number(100 - self.config.objective_percent)} % "
            f"{bad} in {self.config.window_days} days"
        )

    def slo(self) -> Slo:
        """Return the objective with its budget."""
        spent = f"SUM(FILL({self._bad}, 0)) / SUM(valid) / {number(self.budget_share, digits=_DECIMALS)}"
        # Sums are single numbers, which nothing can draw: TIME_SERIES makes a line of them (CloudWatch User
        # Guide, "Using metric math").
        return Slo(
            key=self.key,
            service=self.subject.key,
            name=self.name,
            objective_percent=self.config.objective_percent,
            window_days=self.config.window_days,
            says=self.says,
            budget=Math(
                expression=f"TIME_SERIES(100 * (1 - {spent}))",
                metrics=self._metrics(_DAY_S),
                label=f"{self.name}: error budget left",
            ),
            burn_rates=tuple(f"{self.key}-{tier.key}" for tier in TIERS),
        )

    def alarms(self) -> Iterator[Alarm]:
        """Yield two metric alarms for each tier; composites speak for them."""
        for tier in TIERS:
            for which, window_s in (("long", tier.long_s), ("short", self._short_s(tier))):
                yield self._alarm(tier, which, window_s)

    def composites(self) -> Iterator[Composite]:
        """Yield a composite for each tier."""
        subject = self.subject
        for tier in TIERS:
            says = self._burning(tier)
            runbook = f"slo.md#{tier.key}"
            pair = tuple(InAlarm(alarm=f"{self.key}-{tier.key}-{which}") for which in ("long", "short"))
            yield Composite(
                key=f"{self.key}-{tier.key}",
                name=self._name(tier.key),
                service=subject.writer.service,
                kind_key=tier.key,
                owner=subject.writer.owner,
                rule=AllOf(all_of=pair),
                severity=tier.severity,
                topic=tier.severity,
                says=says,
                runbook=runbook,
                description=subject.writer.describe(
                    says,
                    look="the error budget on the dashboard and the errors query",
                    runbook=runbook,
                    note=f"Promised: {self.says}.",
                ),
            )

    def _short_s(self, tier: Tier) -> int:
        """Return the short window: longer than its events are late, in whole minutes."""
        late = self.subject.facts.get(self.events.late_by or "")
        late_min = math.ceil((late.value / 1000 + LATE_S) / 60) if late else 0
        return max(tier.short_s, 60 * late_min)

    def _burning(self, tier: Tier) -> str:
        hours = self.config.window_days * 24 / tier.burn_rate
        return (
            f"the error budget of {self.name} is burning {number(tier.burn_rate)} times too fast; "
            f"budget gone in {number(round(hours, 1))} hours"
        )

    def _alarm(self, tier: Tier, which: str, window_s: int) -> Alarm:
        subject = self.subject
        least = max(1, round(self.config.min_events * window_s / tier.long_s))
        limit = round(tier.burn_rate * self.budget_share, _DECIMALS)
        # Without traffic the window is good; CloudWatch would go on counting older ones.
        expression = f"IF(FILL(valid, 0) >= {least}, {self._bad} / valid, 0)"
        condition = (
            f"more than {number(100 * limit)} % bad in {duration(window_s)}, of at least {least} "
            f"{self.events.words}"
        )
        runbook = f"slo.md#{tier.key}"
        says = self._burning(tier)
        return Alarm(
            key=f"{self.key}-{tier.key}-{which}",
            name=self._name(tier.key, which),
            service=subject.writer.service,
            kind_key=f"{tier.key}-{which}",
            owner=subject.writer.owner,
            watches=Math(expression=expression, metrics=self._metrics(window_s), label="share of bad events"),
            comparison="GreaterThanThreshold",
            threshold=limit,
            unit="None",
            condition=condition,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            treat_missing_data="notBreaching",  # no events, none bad
            severity="warning",
            says=says,
            runbook=runbook,
            description=subject.writer.describe(says, condition=condition, runbook=runbook),
        )

    def _name(self, *parts: str) -> str:
        return self.subject.names.of_thing(*self.subject.parts, "slo", self.name, *parts)

    @property
    def _bad(self) -> str:
        """How many events are bad; for latency, those that were not fast enough: perhaps none was."""
        return "(valid - FILL(fast, 0))" if self.config.slower_than_ms else "bad"

    def _metrics(self, period_s: int) -> dict[str, Metric]:
        of, slow = self.events, self.config.slower_than_ms
        if slow is None or of.latency is None:
            templates = {"valid": of.valid, "bad": of.bad}
        else:
            most = slow / 1000 if of.latency.unit == "Seconds" else slow
            # CloudWatch User Guide, "CloudWatch statistics definitions": TC counts the samples within bounds.
            templates = {
                "valid": of.latency.stat("SampleCount", of.words),
                "fast": of.latency.stat(f"TC(:{number(most, digits=_DECIMALS)})", "fast enough"),
            }
        return {key: self.subject.metric(template, period_s) for key, template in templates.items()}


def events_of(kind: ServiceKind[Any], config: SloConfig, subject: Subject) -> EventsTemplate | None:
    """Return what an objective counts: what config names, else the first that the service has."""
    offered = offers(kind, subject)
    if config.events is None:
        return offered[0] if offered else None
    return next(
        (events_template for events_template in offered if events_template.key == config.events), None
    )


def offers(kind: ServiceKind[Any], subject: Subject) -> list[EventsTemplate]:
    """Return what objectives of a service may count."""
    return [event for event in kind.events if event.needs is None or event.needs in subject.facts]
