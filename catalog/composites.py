"""All composites of an environment, and which of them is silent while another speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from catalog import quiet
from catalog.kinds import KINDS
from catalog.naming import Names
from catalog.platform import Platform
from catalog.services import Service
from catalog.slos import Objective
from catalog.specs import Alarm, AllOf, Composite, InAlarm, NotInAlarm, Rule
from catalog.system import system_wide
from catalog.timing import Timing
from catalog.trees import Copies
from config.models import Environment

Hushed = tuple[Composite, str | None]
"""A composite, and the key of what silences it."""


def composites(
    env: Environment, names: Names, services: Sequence[Service], platform: Platform, alarms: Iterable[Alarm]
) -> Iterator[Composite]:
    """Yield every composite of `env`, over these metric alarms."""
    found = list(_hushed(env, names, services, platform))
    timing = Timing(alarms, (one for one, _ in found))
    for one, by in found:
        suppressor = timing.suppressor(one, by) if by else None
        yield Composite.model_validate({**one.model_dump(), "suppressor": suppressor})


def _hushed(
    env: Environment, names: Names, services: Sequence[Service], platform: Platform
) -> Iterator[Hushed]:
    hush = _Hush(env, names, services)
    yield from hush.system
    for service in services:
        yield from _OfService(service, hush).all()
    for _, composite in platform.composites():
        yield composite, hush.maintenance()
    for copy in hush.copies():
        yield copy, None


class _Hush:
    """What silences many: a maintenance window, and for tickets the alarm about the whole system."""

    def __init__(self, env: Environment, names: Names, services: Sequence[Service]) -> None:
        maintenance = quiet.silence(
            quiet.platform(env),
            ("maintenance", names.of_thing("maintenance")),
            [one.alarm for one in quiet.windows(env, names)],
            "a maintenance window is open",
        )
        self._maintenance = Copies(maintenance) if maintenance else None
        failing = {
            kind.name: (
                kind.title,
                [alarm for one in services if one.kind is kind for alarm in one.failing()],
            )
            for kind in KINDS.values()
        }
        system, groups = system_wide(env, names, failing)
        spoken = quiet.silence(
            quiet.platform(env),
            ("system-spoken", names.of_thing("system-spoken")),
            [system.key] if system else [],
            "the alarm about the whole system speaks for the tickets of its services",
        )
        self._spoken = Copies(spoken) if spoken else None
        self.system: list[Hushed] = [(one, None) for one in groups]
        self.system += [(system, self.maintenance())] if system else []

    def maintenance(self) -> str | None:
        """Return the key of what is in ALARM in a window; each composite that names it asks for itself."""
        return self._maintenance.use() if self._maintenance else None

    def spoken(self) -> str | None:
        """Return the key of what is in ALARM while the system-wide alarm is; asked for like `maintenance`."""
        return self._spoken.use() if self._spoken else None

    def copies(self) -> Iterator[Composite]:
        """Yield the composites that were asked for."""
        for copies in (self._maintenance, self._spoken):
            yield from copies.made if copies else ()


class _OfService:
    """The composites of one service, each with what silences it."""

    def __init__(self, service: Service, hush: _Hush) -> None:
        self._service = service
        self._hush = hush
        self._made = list(service.composites())
        self._keys = {template.key: composite.key for template, composite in self._made}
        deploying = [quiet.deploying(service.name)] if service.env.deployments.quiet_s else []
        self._planned = self._silence(
            "planned",
            [*deploying, *_some(hush.maintenance())],
            f"{service.name} is being deployed, or a maintenance window is open",
        )

    def all(self) -> Iterator[Hushed]:
        """Yield them; what silences others stands before those."""
        planned = self._planned
        if planned:
            yield planned, None
        helpers: dict[tuple[str, ...], str | None] = {}
        for template, composite in self._made:
            if composite.topic is None:
                yield composite, None
                continue
            yields_to = template.yields_to
            if not yields_to:
                yield composite, planned.key if planned else None
                continue
            if yields_to not in helpers:
                # What is bigger may be switched off; the whole system's alarm speaks for tickets still.
                bigger = [self._keys[one] for one in yields_to if one in self._keys]
                of = [
                    *bigger,
                    *self._burning(),
                    *([planned.key] if planned else []),
                    *_some(self._hush.spoken()),
                ]
                helper = self._silence(f"{'-'.join(yields_to)}-quiet", of, self._says_more)
                if helper:
                    yield helper, None
                helpers[yields_to] = helper.key if helper else None
            yield composite, helpers[yields_to]
        for objective in self._service.objectives():
            yield from self._of_objective(objective)

    def _burning(self) -> Iterator[str]:
        """Yield the keys of what wakes somebody for a budget."""
        for objective in self._service.objectives():
            yield from (one.key for one in objective.composites() if one.severity == "critical")

    def _of_objective(self, objective: Objective) -> Iterator[Hushed]:
        """Yield the composites of an objective: silent while a faster one speaks, or the impact itself does.

        An impact that a deployment silences does not speak: a bad deployment is said by the budget it burns.
        """
        faster: list[str] = []
        impact = self._keys.get("impact")
        for composite in objective.composites():
            rules: list[Rule] = []
            if impact and self._planned:
                heard = NotInAlarm(not_in_alarm=self._planned.key)
                rules.append(AllOf(all_of=(InAlarm(alarm=impact), heard)))
            elif impact:
                rules.append(InAlarm(alarm=impact))
            of = [*faster, *_some(self._hush.maintenance())]
            helper = self._silence(
                f"slo-{objective.name}-{composite.kind_key}-quiet", of, self._says_more, rules=rules
            )
            if helper:
                yield helper, None
            yield composite, helper.key if helper else None
            faster.append(composite.key)

    @property
    def _says_more(self) -> str:
        return f"another alarm says more about {self._service.name}, or planned work goes on"

    def _silence(
        self, key: str, of: Sequence[str], says: str, *, rules: Sequence[Rule] = ()
    ) -> Composite | None:
        """Return a composite of this service that silences others."""
        service = self._service
        named = (f"{service.name}_{key}", service.names.of_thing(service.name, key))
        return quiet.silence(service.subject.writer, named, of, says, rules=rules)


def _some(key: str | None) -> list[str]:
    return [key] if key else []
