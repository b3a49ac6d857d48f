"""The alarms of an environment with condition, severity, route and runbook; and the coverage of services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog import Catalog
from catalog.kinds import KINDS
from catalog.owned import shortened
from catalog.specs import Alarm, AnyOf, Composite, InAlarm, NotInAlarm, Rule, is_of_environment
from config.models import Environment
from ops.documents.markdown import NOTE, table

_HEADINGS = ("alarm", "fires when", "severity", "notifies", "missing data", "runbook")


def alarms(env: Environment, catalog: Catalog) -> str:
    """Return the document of one environment."""
    rows = _Rows(catalog, _notifying_composites(catalog))
    notifying = [composite for composite in catalog.composites if composite.topic]
    without_topic = [composite for composite in catalog.composites if not composite.topic]
    lines = [
        f"# Alarms of {env.environment}",
        "",
        NOTE,
        "",
        f"{len(catalog.alarms)} metric alarms and {len(catalog.composites)} composite alarms. `critical` is",
        "a page, `warning` is a ticket; the alarm queue receives both. A metric alarm that notifies",
        "*through* a composite alarm has no actions: the composite alarm notifies once for all of them. The",
        "[coverage](coverage.md) lists the alarms that a service does not have, with the reason.",
        "",
        "## Recipients",
        "",
        *table(("topic", "recipients"), _recipients(env)),
        "## Composite alarms",
        "",
        *table(
            ("alarm", "in ALARM while", "severity", "notifies", "suppressed while", "runbook"),
            (rows.composite(composite) for composite in notifying),
        ),
        *_events(catalog),
        *_windows(catalog),
    ]
    for service in catalog.services:
        own = [alarm for alarm in catalog.alarms if alarm.service == service.name]
        existing = f" Existing: `{service.resource}`." if service.existing else ""
        lines += [f"## {service.name}", "", f"{service.description}. Owner: {service.owner}.{existing}", ""]
        slos = [slo for slo in catalog.slos if slo.service == service.name]
        lines += [f"- SLO `{slo.name}`: {slo.summary}." for slo in slos]
        lines += [""] if slos else []
        lines += table(_HEADINGS, (rows.alarm(alarm) for alarm in own))
    others = [alarm for alarm in catalog.alarms if alarm.service is None]
    of_environment = [alarm for alarm in others if is_of_environment(alarm)]
    if of_environment:
        lines += [
            "## The environment",
            "",
            *table(_HEADINGS, (rows.alarm(alarm) for alarm in of_environment)),
        ]
    of_platform = [alarm for alarm in others if not is_of_environment(alarm)]
    lines += ["## The platform", "", *table(_HEADINGS, (rows.alarm(alarm) for alarm in of_platform))]
    lines += ["## Suppressors and parts of composite alarms", ""]
    lines += table(
        ("alarm", "in ALARM while", "meaning"),
        (
            (f"`{composite.name}`", rows.rule(composite.rule, composite.service), composite.summary)
            for composite in without_topic
        ),
    )
    return "\n".join([*lines, *_shortened(env)])


class _Rows:
    """Rows of the tables of an environment's alarms."""

    def __init__(self, catalog: Catalog, notifying: dict[str, list[Composite]]) -> None:
        self._catalog = catalog
        self._notifying = notifying

    def alarm(self, alarm: Alarm) -> tuple[str, ...]:
        """Return the row of a metric alarm."""
        return (
            f"`{alarm.name}`",
            f"{alarm.summary}: {alarm.condition}",
            alarm.severity,
            self._notifies(alarm),
            alarm.treat_missing_data,
            runbook(alarm.runbook),
        )

    def composite(self, composite: Composite) -> tuple[str, ...]:
        """Return the row of a composite alarm with a topic."""
        return (
            f"`{composite.name}`",
            f"{composite.summary}: {self.rule(composite.rule, composite.service)}",
            composite.severity,
            f"`{composite.topic}`",
            self._suppressed_while(composite),
            runbook(composite.runbook),
        )

    def _suppressed_while(self, composite: Composite) -> str:
        """Return the rule of a composite's suppressor; its name if it belongs to another service."""
        if composite.suppressor is None:
            return "never"
        suppressor = composite.suppressor.alarm
        own = suppressor.startswith(f"{composite.service}_")
        helper = next((item for item in self._catalog.composites if own and item.key == suppressor), None)
        return self.rule(helper.rule if helper else InAlarm(alarm=suppressor), composite.service)

    def _notifies(self, alarm: Alarm) -> str:
        """Return the topics of an alarm, and the composites through which it notifies."""
        if alarm.topic:
            return f"`{alarm.topic}`"
        composites = sorted(
            self._notifying.get(alarm.key, []), key=lambda composite: composite.service != alarm.service
        )
        if not composites:
            return "none: suppressor"
        return ", ".join(f"`{composite.topic}` through `{composite.kind_key}`" for composite in composites)

    def rule(self, rule: Rule, service: str | None) -> str:
        """Return a rule in words, with the short names of alarms of `service`."""
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


def _notifying_composites(catalog: Catalog) -> dict[str, list[Composite]]:
    """Return key of an alarm -> the composites that notify when it fires."""
    by_key = {composite.key: composite for composite in catalog.composites}
    notifying: dict[str, list[Composite]] = {}

    def follow(key: str, composite: Composite) -> None:
        composites = notifying.setdefault(key, [])
        if composite not in composites:
            composites.append(composite)
        for child in by_key[key].children() if key in by_key else ():
            follow(child, composite)

    for composite in catalog.composites:
        for child in composite.children() if composite.topic else ():
            follow(child, composite)
    return notifying


def _recipients(env: Environment) -> Iterator[tuple[str, str]]:
    for topic in ("critical", "warning"):
        recipients = getattr(env.notifications, topic)
        states = "ALARM and OK" if recipients.ok_notifications else "ALARM only"
        yield f"`{topic}`", f"{', '.join(recipients.addresses) or 'the alarm queue only'}; {states}"
    direct = ", ".join(env.notifications.critical.direct) or "the alarm queue only"
    yield "`fallback`", f"{direct}; used when notifications fail, without the notifier"


def _events(catalog: Catalog) -> list[str]:
    if not catalog.events:
        return []
    rows = (
        (f"`{event.name}`", event.summary, event.severity, f"`{event.topic}`", runbook(event.runbook))
        for event in catalog.events
    )
    return ["## Events", "", *table(("rule", "when", "severity", "notifies", "runbook"), rows)]


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
    return [
        "## Maintenance windows",
        "",
        *table(("window", "start", "time zone", "duration", "reason"), rows),
    ]


def _shortened(env: Environment) -> list[str]:
    rows: dict[tuple[str, str], list[str]] = {}
    for type_, full, name in shortened(env):
        rows.setdefault((f"`{full}`", f"`{name}`"), []).append(type_)
    if not rows:
        return []
    return [
        "## Shortened names",
        "",
        "AWS does not accept these names in full. The name in AWS contains a hash of the full name.",
        "",
        *table(("full name", "name in AWS", "of"), ((*names, ", ".join(of)) for names, of in rows.items())),
    ]


def runbook(link: str | None) -> str:
    """Return a link to a runbook's section, relative to docs/alarms, or to a URL."""
    if link and "://" in link:
        return f"[runbook]({link})"
    return f"[{link}](../runbooks/{link})" if link else ""


def coverage(environments: Sequence[tuple[Environment, Catalog]]) -> str:
    """Return the document of all environments: the alarms that each service has, or why it does not."""
    lines = ["# Coverage", "", NOTE, ""]
    lines += [
        "`yes`: the alarm exists. `-`: it does not apply. **off**: the configuration disables it, with a",
        "reason. `opt-in`: it is disabled unless the configuration has `enabled: true`.",
        "",
    ]
    for env, catalog in environments:
        lines += [f"## {env.environment}", ""]
        for kind in KINDS.values():
            services = [service for service in catalog.services if service.kind == kind.name]
            if services:
                own = (key for service in services for key in env.services[service.name].alarms)
                keys = dict.fromkeys((*(alarm.key for alarm in kind.alarms), *own))
                rows = (
                    [f"`{key}`", *(_state(catalog, service.name, key) for service in services)]
                    for key in keys
                )
                lines += [f"### {kind.title}", ""]
                names = (f"{one.name} (existing)" if one.existing else one.name for one in services)
                lines += table(["alarm", *names], rows)
        of_environment = [alarm for alarm in catalog.alarms if is_of_environment(alarm)]
        if of_environment:
            lines += ["### The environment as a whole", ""]
            lines += table(("alarm", "status"), ((f"`{alarm.kind_key}`", "yes") for alarm in of_environment))
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
    if missing:
        return _STATES[missing.why]
    has = any((alarm.service, alarm.kind_key) == (service, key) for alarm in catalog.alarms)
    return "yes" if has else _STATES["not applicable"]


def _reasons(catalog: Catalog) -> list[str]:
    rows = [
        (left_out.service or "the platform", f"`{left_out.kind_key}`", left_out.why, left_out.reason)
        for left_out in catalog.left_out
    ]
    return ["### Missing alarms", "", *table(("service", "alarm", "status", "reason"), rows)] if rows else []
