"""SLOs: burn-rate alarms in several windows, and the error budget.

A *burn rate* of 1 uses up the error budget exactly at the end of the window of the SLO; 14.4 uses it up 14.4
times faster. Each tier has two windows: the long one shows that the budget used is significant, the short one
that the errors continue.
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
from cloudwatch import quotas
from config.alarms import Slo as SloConfig
from config.notifications import Severity

_DECIMALS = 8
"""Decimal places of thresholds: percentages of percentages without rounding errors."""


class Tier(NamedTuple):
    """A burn rate, its two windows, and the severity."""

    key: str
    burn_rate: float
    long_s: int
    short_s: int
    severity: Severity


TIERS = (
    Tier("fast-burn", 14.4, 3600, 300, "critical"),
    Tier("medium-burn", 6, 6 * 3600, 1800, "critical"),
    Tier("slow-burn", 3, quotas.DAY_S, 7200, "warning"),
)
"""The fastest first: a faster burn rate in ALARM suppresses the slower ones."""

FASTEST = max(tier.burn_rate for tier in TIERS)


def least_objective_percent() -> float:
    """Return the objective above which every tier can fire: the share of bad events is at most 1."""
    return 100 - 100 / FASTEST


@dataclass(frozen=True)
class ServiceSlo:
    """One SLO of one service."""

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
    def summary(self) -> str:
        """The SLO in one sentence."""
        slow = self.config.slower_than_ms
        bad = f"take longer than {number(slow)} ms" if slow else self.events.bad_words
        return (
            f"at most {number(100 - self.config.objective_percent)} % of the {self.events.words} {bad} "
            f"in {self.config.window_days} days"
        )

    def slo(self) -> Slo:
        """Return the SLO with its error budget."""
        spent = f"SUM(FILL({self._bad}, 0)) / SUM(valid) / {number(self.budget_share, digits=_DECIMALS)}"
        # SUM returns a single number, which a graph cannot show: TIME_SERIES converts it (CloudWatch User
        # Guide, "Using metric math").
        return Slo(
            key=self.key,
            service=self.subject.key,
            name=self.name,
            objective_percent=self.config.objective_percent,
            window_days=self.config.window_days,
            summary=self.summary,
            budget=Math(
                expression=f"TIME_SERIES(100 * (1 - {spent}))",
                metrics=self._metrics(quotas.DAY_S),
                label=f"{self.name}: error budget left",
            ),
            burn_rates=tuple(f"{self.key}-{tier.key}" for tier in TIERS),
        )

    def alarms(self) -> Iterator[Alarm]:
        """Yield two metric alarms for each tier; composites notify for them."""
        for tier in TIERS:
            for which, window_s in (("long", tier.long_s), ("short", self._short_s(tier))):
                yield self._alarm(tier, which, window_s)

    def composites(self) -> Iterator[Composite]:
        """Yield a composite for each tier."""
        subject = self.subject
        for tier in TIERS:
            summary = self._summary(tier)
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
                summary=summary,
                runbook=runbook,
                description=subject.writer.describe(
                    summary,
                    look="the error budget on the dashboard, then the errors query",
                    runbook=runbook,
                    note=f"SLO: {self.summary}.",
                ),
            )

    def _short_s(self, tier: Tier) -> int:
        """Return the short window in seconds: longer than the delay of its events, in whole minutes."""
        delay_s = self.subject.delay_s((self.events.valid.metric, self.events.bad.metric))
        late_min = math.ceil((delay_s + LATE_S) / 60) if delay_s else 0
        return max(tier.short_s, 60 * late_min)

    def _summary(self, tier: Tier) -> str:
        hours = self.config.window_days * 24 / tier.burn_rate
        return (
            f"the burn rate of the SLO {self.name} is above {number(tier.burn_rate)}; "
            f"at this rate, the error budget is used up in {number(round(hours, 1))} hours"
        )

    def _alarm(self, tier: Tier, which: str, window_s: int) -> Alarm:
        subject = self.subject
        least = max(1, round(self.config.min_events * window_s / tier.long_s))
        limit = round(tier.burn_rate * self.budget_share, _DECIMALS)
        # Without traffic the window does not breach; CloudWatch would evaluate older ones otherwise.
        expression = f"IF(FILL(valid, 0) >= {least}, {self._bad} / valid, 0)"
        condition = (
            f"more than {number(100 * limit)} % of at least {least} {self.events.words} are bad "
            f"in {duration(window_s)}"
        )
        runbook = f"slo.md#{tier.key}"
        summary = self._summary(tier)
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
            summary=summary,
            runbook=runbook,
            description=subject.writer.describe(summary, condition=condition, runbook=runbook),
        )

    def _name(self, *parts: str) -> str:
        return self.subject.names.resource(*self.subject.parts, "slo", self.name, *parts)

    @property
    def _bad(self) -> str:
        """Expression for the bad events, or those that are not good or fast. There may be none."""
        if self.config.slower_than_ms:
            return "(valid - FILL(fast, 0))"
        return "(valid - FILL(good, 0))" if self.events.counts_good else "bad"

    def _metrics(self, period_s: int) -> dict[str, Metric]:
        of, most = self.events, self._most
        if most is None or of.latency is None:
            templates = {"valid": of.valid, "good" if of.counts_good else "bad": of.bad}
        else:
            # CloudWatch User Guide, "CloudWatch statistics definitions": TC counts the samples within bounds.
            templates = {
                "valid": of.latency.stat("SampleCount", of.words),
                "fast": of.latency.stat(f"TC(:{number(most, digits=_DECIMALS)})", "fast enough"),
            }
        return {key: self.subject.metric(template, period_s) for key, template in templates.items()}

    @property
    def _most(self) -> float | None:
        """The longest duration of a good event, in the unit of the metric; None if it is not on latency."""
        of, slow = self.events, self.config.slower_than_ms
        if slow is None or of.latency is None:
            return None
        return slow / self.subject.ms_per_unit(of.latency)

    def latency_limit(self) -> tuple[Metric, float] | None:
        """Return its latency metric and the longest good duration; None if it is not on latency."""
        return None if self._most is None else (self._metrics(quotas.DAY_S)["fast"], self._most)


def events_of(kind: ServiceKind[Any], config: SloConfig, subject: Subject) -> EventsTemplate | None:
    """Return the events that an SLO counts: the configured ones, else the first of the service.

    None if they are not valid; `check` reports it.
    """
    if config.valid is not None:
        return subject.defined.events(config)
    available = offers(kind, subject)
    if config.events is None:
        return available[0] if available else None
    return next(
        (events_template for events_template in available if events_template.key == config.events), None
    )


def offers(kind: ServiceKind[Any], subject: Subject) -> list[EventsTemplate]:
    """Return the events that SLOs of a service may count."""
    return [event for event in kind.events if subject.has(event.valid) and subject.has(event.bad)]
