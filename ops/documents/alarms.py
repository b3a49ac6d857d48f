"""An environment's alarms: what fires when, whom it reaches, what to do; and what is not watched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog import Catalog
from catalog.kinds import KINDS
from catalog.specs import Alarm, AnyOf, Composite, InAlarm, NotInAlarm, Rule
from config.models import Environment
from ops.documents.markdown import NOTE, table

_HEADINGS = ("alarm", "fires when", "severity", "reaches", "no data is", "what to do")


def alarms(env: Environment, catalog: Catalog) -> str:
    """Return the document of one environment."""
    spoken_for = _speakers(catalog)
    page = _Page(catalog, spoken_for)
    pages = [item for item in catalog.composites if item.topic]
    silent = [item for item in catalog.composites if not item.topic]
    lines = [
        f"# Alarms of {env.environment}",
        "",
        NOTE,
        "",
        f"{len(catalog.alarms)} metric alarms and {len(catalog.composites)} composites. `critical` wakes",
        "somebody, `warning` is for working hours; both arrive in the alarm queue too. A metric alarm that",
        "speaks *through* a composite notifies nobody itself: the composite says it, once. What a service",
        "lacks, and why, is in the [coverage](coverage.md).",
        "",
        "## Who is told",
        "",
        *table(("topic", "who"), _recipients(env)),
        "## Notify",
        "",
        *table(
            ("alarm", "fires while", "severity", "reaches", "suppressed while", "what to do"),
            (page.composite(item) for item in pages),
        ),
        *_events(catalog),
        *_windows(catalog),
    ]
    for service in catalog.services:
        own = [item for item in catalog.alarms if item.service == service.name]
        lines += [f"## {service.name}", "", f"{service.description}. Owner: {service.owner}.", ""]
        slos = [slo for slo in catalog.slos if slo.service == service.name]
        lines += [f"- Objective `{slo.name}`: {slo.says}." for slo in slos]
        lines += [""] if slos else []
        lines += table(_HEADINGS, (page.alarm(item) for item in own))
    rest = [item for item in catalog.alarms if item.service is None]
    lines += ["## The platform", "", *table(_HEADINGS, (page.alarm(item) for item in rest))]
    lines += ["## Suppressors, and parts of others", ""]
    lines += table(
        ("alarm", "in ALARM while", "says"),
        ((f"`{item.name}`", page.rule(item.rule, item.service), item.says) for item in silent),
    )
    return "\n".join(lines)


class _Page:
    """Rows of one environment's tables."""

    def __init__(self, catalog: Catalog, speakers: dict[str, list[Composite]]) -> None:
        self._catalog = catalog
        self._speakers = speakers

    def alarm(self, alarm: Alarm) -> tuple[str, ...]:
        """Return the row of a metric alarm."""
        return (
            f"`{alarm.name}`",
            f"{alarm.says}: {alarm.condition}",
            alarm.severity,
            self._reaches(alarm),
            alarm.treat_missing_data,
            runbook(alarm.runbook),
        )

    def composite(self, composite: Composite) -> tuple[str, ...]:
        """Return the row of a composite that notifies."""
        return (
            f"`{composite.name}`",
            f"{composite.says}: {self.rule(composite.rule, composite.service)}",
            composite.severity,
            f"`{composite.topic}`",
            self._suppressed_while(composite),
            runbook(composite.runbook),
        )

    def _suppressed_while(self, composite: Composite) -> str:
        """Return what suppresses a composite: what its service's helper looks for, or the alarm itself."""
        if composite.suppressor is None:
            return "never"
        by = composite.suppressor.alarm
        own = (item for item in self._catalog.composites if by.startswith(f"{composite.service}_"))
        helper = next((item for item in own if item.key == by), None)
        return self.rule(helper.rule if helper else InAlarm(alarm=by), composite.service)

    def _reaches(self, alarm: Alarm) -> str:
        if alarm.topic:
            return f"`{alarm.topic}`"
        through = sorted(
            self._speakers.get(alarm.key, []), key=lambda speaker: speaker.service != alarm.service
        )
        if not through:
            return "nobody: it suppresses others"
        return ", ".join(f"`{item.topic}` through `{item.kind_key}`" for item in through)

    def rule(self, rule: Rule, service: str | None) -> str:
        """Return a rule in words; alarms of the composite's own service by their short names."""
        if isinstance(rule, InAlarm):
            own = service is not None and rule.alarm.startswith(f"{service}_")
            return (
                f"`{rule.alarm.removeprefix(f'{service}_') if own else self._catalog.alarm_name(rule.alarm)}`"
            )
        if isinstance(rule, NotInAlarm):
            return f"not {self.rule(InAlarm(alarm=rule.not_in_alarm), service)}"
        parts = rule.any_of if isinstance(rule, AnyOf) else rule.all_of
        word = " or " if isinstance(rule, AnyOf) else " and "
        inner = word.join(self.rule(part, service) for part in parts)
        return f"({inner})" if isinstance(rule, AnyOf) and len(parts) > 1 else inner


def _speakers(catalog: Catalog) -> dict[str, list[Composite]]:
    """Return key of an alarm -> the composites that notify when it fires."""
    by_key = {item.key: item for item in catalog.composites}
    speakers: dict[str, list[Composite]] = {}

    def follow(key: str, speaker: Composite) -> None:
        told = speakers.setdefault(key, [])
        if speaker not in told:
            told.append(speaker)
        for child in by_key[key].children() if key in by_key else ():
            follow(child, speaker)

    for composite in catalog.composites:
        for child in composite.children() if composite.topic else ():
            follow(child, composite)
    return speakers


def _recipients(env: Environment) -> Iterator[tuple[str, str]]:
    for topic in ("critical", "warning"):
        told = getattr(env.notifications, topic)
        over = "and when it is over" if told.ok_notices else "not when it is over"
        yield f"`{topic}`", f"{', '.join(told.addresses) or 'the alarm queue only'}; {over}"
    direct = ", ".join(env.notifications.critical.direct) or "the alarm queue only"
    yield "`fallback`", f"{direct}; without the notifier, when notifications fail"


def _events(catalog: Catalog) -> list[str]:
    if not catalog.events:
        return []
    rows = (
        (f"`{event.name}`", event.says, event.severity, f"`{event.topic}`", runbook(event.runbook))
        for event in catalog.events
    )
    return ["## Events", "", *table(("rule", "when", "severity", "reaches", "what to do"), rows)]


def _windows(catalog: Catalog) -> list[str]:
    if not catalog.windows:
        return []
    rows = (
        (
            f"`{window.name}`",
            f"`{window.cron}`",
            window.timezone,
            f"{window.duration_min} minutes",
            window.reason,
        )
        for window in catalog.windows
    )
    return ["## Maintenance windows", "", *table(("window", "begins", "time zone", "lasts", "why"), rows)]


def runbook(link: str | None) -> str:
    """Return a link to a heading of a runbook, from docs/alarms."""
    return f"[{link}](../runbooks/{link})" if link else ""


def coverage(environments: Sequence[tuple[Environment, Catalog]]) -> str:
    """Return the document of all environments: which service has which alarms of its kind, and why not."""
    lines = ["# Coverage", "", NOTE, ""]
    lines += [
        "`yes`: the alarm is there. `-`: it does not apply. **off**: config switches it off, with a reason.",
        "`opt-in`: it is off until config says `enabled: true`.",
        "",
    ]
    for env, catalog in environments:
        lines += [f"## {env.environment}", ""]
        for kind in KINDS.values():
            services = [service for service in catalog.services if service.kind == kind.name]
            if services:
                keys = [alarm.key for alarm in kind.alarms]
                rows = (
                    [f"`{key}`", *(_state(catalog, service.name, key) for service in services)]
                    for key in keys
                )
                lines += [f"### {kind.title}", ""]
                lines += table(["alarm", *(service.name for service in services)], rows)
        lines += _reasons(catalog)
    return "\n".join(lines)


_STATES = {"not applicable": "-", "switched off": "**off**", "opt-in": "opt-in"}


def _state(catalog: Catalog, service: str, key: str) -> str:
    missing = next(
        (
            left_out
            for left_out in catalog.left_out
            if (left_out.service, left_out.kind_key) == (service, key)
        ),
        None,
    )
    return _STATES[missing.why] if missing else "yes"


def _reasons(catalog: Catalog) -> list[str]:
    rows = [
        (left_out.service or "the platform", f"`{left_out.kind_key}`", left_out.why, left_out.reason)
        for left_out in catalog.left_out
    ]
    return ["### Why not", "", *table(("service", "alarm", "", "reason"), rows)] if rows else []
