"""The suppressors of each type of composite as one table, and all composites of an environment.

A composite has at most one suppressor. For several reasons in the table, a *helper* composite joins them; it
does not notify. A single reason requires no helper: its alarm is the suppressor.

Composites that notify depend on other services, because the system alarm suppresses them and names the
conditions of all services. So composites that notify, and helpers, belong to the environment; only their
conditions belong to a service (`Composite.belongs_to`, ADR 14).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from catalog.kinds import KINDS
from catalog.naming import Names
from catalog.services import Instance, Service
from catalog.specs import Alarm, AllOf, AnyOf, Composite, InAlarm, NotInAlarm, Rule
from catalog.suppression import sources
from catalog.suppression.system import Failing, system_wide
from catalog.suppression.timing import Timing
from catalog.suppression.trees import Shared
from catalog.texts import Writer
from config.models import Environment


class Reason(Enum):
    """Why a composite is suppressed, as in the description of the helper."""

    DEPLOYMENT = "a deployment of the service is in progress"
    MAINTENANCE = "a maintenance window is open"
    OUTAGE = "system-outage is in ALARM"
    SYSTEM = "system-critical is in ALARM"
    PAGE = "the service has a page in ALARM"
    PAGED = "the service has a page in ALARM that no deployment suppresses"
    FASTER_BURN = "a faster burn rate is in ALARM"
    BURN = "a burn rate that pages is in ALARM"


TABLE = {
    "page": (Reason.DEPLOYMENT, Reason.MAINTENANCE, Reason.OUTAGE),
    "burn": (Reason.PAGED, Reason.FASTER_BURN, Reason.MAINTENANCE),
    "ticket": (Reason.PAGE, Reason.BURN, Reason.DEPLOYMENT, Reason.MAINTENANCE, Reason.SYSTEM),
    "environment": (Reason.MAINTENANCE,),
}
"""Type of composite -> its suppressors. The types are the page of a service, its burn rates that page, its
tickets (slow burn rates are tickets), and composites of the whole system or the platform. Own alarms of the
environment as a whole have a page and tickets as a service has."""

Suppressed = tuple[Composite, str | None]
"""A composite, and the key of its suppressor."""


def composites(
    env: Environment,
    names: Names,
    services: Sequence[Service],
    others: tuple[Instance, Instance],
    alarms: Iterable[Alarm],
) -> Iterator[Composite]:
    """Yield every composite of `env`, over these metric alarms.

    Args:
        env: the environment.
        names: its names.
        services: its services.
        others: the environment as a whole, and the platform.
        alarms: the metric alarms of all of them.
    """
    everything = list(_suppressed(env, names, services, *others))
    timing = Timing(alarms, (composite for composite, _ in everything))
    for composite, by in everything:
        suppressor = timing.suppressor(composite, by) if by else None
        yield Composite.model_validate({**composite.model_dump(), "suppressor": suppressor})


def _suppressed(
    env: Environment, names: Names, services: Sequence[Service], whole: Instance, platform: Instance
) -> Iterator[Suppressed]:
    spanning = _Spanning(env, names, services)
    yield from spanning.composites()
    for instance in (*services, whole):
        yield from _OfInstance(instance, spanning).composites()
    for _, composite in platform.composites():
        yield composite, spanning.suppressor() if composite.topic else None
    for copy in spanning.copies():
        yield copy, None


class _Spanning:
    """Suppressors of many services: maintenance windows and the system alarms."""

    def __init__(self, env: Environment, names: Names, services: Sequence[Service]) -> None:
        self._system, self._outage, self._groups = system_wide(env, names, _failing(services))
        self._shared: dict[Reason, Shared] = {}
        self._windows: Composite | None = None
        alarms = [window.alarm for window in sources.windows(env, names)]
        writer = sources.platform(env)
        if len(alarms) > 1:
            rules = [InAlarm(alarm=alarm) for alarm in alarms]
            named = ("maintenance", names.resource("maintenance"))
            self._windows = _helper(writer, named, rules, Reason.MAINTENANCE.value)
            alarms = [self._windows.key]

        def share(reason: Reason, key: str, thing: str) -> None:
            def copy(number: int) -> Composite:
                named = (f"{thing}-copy_{number}", names.resource(thing, "copy", str(number)))
                return _helper(writer, named, [InAlarm(alarm=key)], reason.value)

            self._shared[reason] = Shared(key, copy)

        for key in alarms:
            share(Reason.MAINTENANCE, key, "maintenance")
        if self._system:
            share(Reason.SYSTEM, self._system.key, self._system.key)
        if self._outage:
            share(Reason.OUTAGE, self._outage.key, self._outage.key)

    def composites(self) -> Iterator[Suppressed]:
        """Yield the composites over several services; copies come last."""
        yield from ((group, None) for group in self._groups)
        if self._windows:
            yield self._windows, None
        if self._outage:
            yield self._outage, None
        if self._system:
            yield self._system, self.suppressor()

    def suppressor(self) -> str | None:
        """Return the suppressor of one more composite of the environment."""
        (reason,) = TABLE["environment"]
        return self.use(reason)

    def use(self, reason: Reason) -> str | None:
        """Return the key of the alarm that one more composite names for a reason, if there is one."""
        shared = self._shared.get(reason)
        return shared.use() if shared else None

    def copies(self) -> Iterator[Composite]:
        """Yield the copies in use."""
        for shared in self._shared.values():
            yield from shared.copies


def _failing(services: Sequence[Service]) -> dict[str, Failing]:
    return {
        kind.name: Failing(
            kind.title,
            [alarm for service in services if service.kind is kind for alarm in service.errors()],
            [part for service in services if service.kind is kind for part in service.impact_parts()],
        )
        for kind in KINDS.values()
    }


class _OfInstance:
    """The composites of a service or of the environment, with their suppressors and the helpers they need."""

    def __init__(self, instance: Instance, spanning: _Spanning) -> None:
        self._instance = instance
        self._spanning = spanning
        self._own = [composite for _, composite in instance.composites()]
        burn_rates = [composite for slo in instance.slos() for composite in slo.composites()]
        self._burns: dict[str, list[Composite]] = {}
        """Tier -> its composites, of all SLOs; the fastest tier first."""
        for composite in burn_rates:
            self._burns.setdefault(composite.kind_key, []).append(composite)
        self._pages = [composite.key for composite in self._own if composite.topic == "critical"]
        self._helpers: list[Composite] = []
        self._suppressors: dict[str, str | None] = {}

    def composites(self) -> Iterator[Suppressed]:
        """Yield them; helpers come last."""
        for composite in self._own:
            yield composite, self._suppressor(composite) if composite.topic else None
        for tier in self._burns.values():
            for composite in tier:
                yield composite, self._suppressor(composite, burn=True)
        yield from ((helper, None) for helper in self._helpers)

    def _suppressor(self, composite: Composite, *, burn: bool = False) -> str | None:
        """Return the suppressor of a composite; composites with the same reasons share it."""
        row = "ticket" if composite.topic == "warning" else "burn" if burn else "page"
        key = composite.kind_key if row == "burn" else row
        if key not in self._suppressors:
            self._suppressors[key] = self._made(row, key)
        return self._suppressors[key]

    def _made(self, row: str, key: str) -> str | None:
        rules = {reason: list(self._rules(reason, key)) for reason in TABLE[row]}
        parts = [rule for of_reason in rules.values() for rule in of_reason]
        if not parts:
            return None
        if len(parts) == 1 and isinstance(parts[0], InAlarm):
            return parts[0].alarm
        name, names = self._instance.name, self._instance.names
        summary = ", or ".join(reason.value for reason, of_reason in rules.items() if of_reason)
        named = (f"{name}_{key}-suppressor", names.resource(name, f"{key}-suppressor"))
        helper = _helper(self._instance.subject.writer, named, parts, summary)
        self._helpers.append(helper)
        return helper.key

    def _rules(self, reason: Reason, tier: str) -> Iterator[Rule]:
        """Yield the rules of a reason; `tier` is the burn rate that is suppressed."""
        suppressed = self._instance.deployments and self._instance.env.deployments.suppression_s
        deploying = sources.deploying(self._instance.name) if suppressed else None
        if reason is Reason.DEPLOYMENT:
            yield from (InAlarm(alarm=deploying),) if deploying else ()
        elif reason is Reason.PAGE:
            yield from (InAlarm(alarm=page) for page in self._pages)
        elif reason is Reason.PAGED:
            yield from self._paged(deploying)
        elif reason is Reason.BURN:
            yield from _in_alarm(
                composite
                for tier in self._burns.values()
                for composite in tier
                if composite.topic == "critical"
            )
        elif reason is Reason.FASTER_BURN:
            tiers = list(self._burns)
            faster = tiers[: tiers.index(tier)]
            yield from _in_alarm(composite for key in faster for composite in self._burns[key])
        else:
            key = self._spanning.use(reason)
            yield from (InAlarm(alarm=key),) if key else ()

    def _paged(self, deploying: str | None) -> Iterator[Rule]:
        """Yield the rules that are true after a page for the service: by its page or the system alarm.

        A deployment suppresses the page; the burn rate then reports a bad deployment.
        """
        for page in self._pages:
            if not deploying:
                yield InAlarm(alarm=page)
                continue
            yield AllOf(all_of=(InAlarm(alarm=page), NotInAlarm(not_in_alarm=deploying)))
            outage = self._spanning.use(Reason.OUTAGE)
            if outage:
                yield AllOf(all_of=(InAlarm(alarm=page), InAlarm(alarm=outage)))


def _in_alarm(composites: Iterable[Composite]) -> Iterator[InAlarm]:
    yield from (InAlarm(alarm=composite.key) for composite in composites)


def _helper(writer: Writer, named: tuple[str, str], rules: Sequence[Rule], summary: str) -> Composite:
    """Return the composite with this key and name that is in ALARM while one of `rules` is true."""
    key, name = named
    return Composite(
        key=key,
        name=name,
        service=writer.service,
        kind_key=key,
        owner=writer.owner,
        rule=AnyOf(any_of=tuple(rules)),
        severity="warning",
        summary=summary,
        description=writer.describe(summary),
    )
