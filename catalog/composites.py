"""All composites of an environment, and which of them is silent while another speaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.kinds import KINDS
from catalog.naming import Names
from catalog.platform import Platform
from catalog.quiet import alarms as silences
from catalog.quiet import silence, suppressed_by, windows
from catalog.services import Service
from catalog.slos import Objective
from catalog.specs import Composite
from catalog.system import system_wide
from catalog.trees import Copies
from config.models import Environment


def composites(
    env: Environment, names: Names, services: Sequence[Service], platform: Platform
) -> Iterator[Composite]:
    """Yield every composite of `env`; a rule may name one that comes later."""
    hush = _Hush(env, names, services)
    yield from hush.whole
    for service in services:
        yield from _of_service(service, hush)
    for _, composite in platform.composites():
        yield _hushed(composite, hush.maintenance())
    yield from hush.copies()


class _Hush:
    """What silences others: planned work, and the alarm about the whole system."""

    def __init__(self, env: Environment, names: Names, services: Sequence[Service]) -> None:
        self._env = env
        self._names = names
        maintenance = self._silence(
            "maintenance", [one.alarm for one in windows(env, names)], "a maintenance window is open"
        )
        deploying = [one.key for one in silences(env, names) if one.key == "deployments"]
        planned = self._silence(
            "planned",
            [*deploying, *_keys(maintenance)],
            "a deployment runs or a maintenance window is open",
        )
        failing = {
            kind.title: [
                alarm for one in services if one.kind is kind and (alarm := one.failing()) is not None
            ]
            for kind in KINDS.values()
        }
        system, groups = system_wide(env, names, failing)
        if system is not None:
            system = _hushed(system, planned.key if planned else None)
        quiet = self._silence(
            "quiet",
            [*_keys(planned), *_keys(system)],
            "planned work goes on, or the alarm about the whole system speaks for its services",
        )
        self.whole = [one for one in (planned, *groups, system) if one is not None]
        self._quiet = Copies(quiet) if quiet else None
        self._maintenance = Copies(maintenance) if maintenance else None
        if self._maintenance and planned:
            self._maintenance.use()

    def quiet(self) -> str | None:
        """Return the key of what silences a service; each composite that names it asks for itself."""
        return self._quiet.use() if self._quiet else None

    def maintenance(self) -> str | None:
        """Return the key of what silences even an objective; asked for as `quiet` is."""
        return self._maintenance.use() if self._maintenance else None

    def copies(self) -> Iterator[Composite]:
        """Yield the composites that were asked for."""
        for copies in (self._maintenance, self._quiet):
            yield from copies.made if copies else ()

    def _silence(self, key: str, of: Sequence[str], says: str) -> Composite | None:
        return silence(self._env, key, self._names.of_thing(key), of, says)


def _of_service(service: Service, hush: _Hush) -> Iterator[Composite]:
    made = list(service.composites())
    keys = {template.key: composite.key for template, composite in made}
    helpers: dict[tuple[str, ...], str | None] = {}
    for template, composite in made:
        if composite.topic is None:
            yield composite
            continue
        bigger = tuple(keys[one] for one in template.yields_to if one in keys)
        if bigger not in helpers:
            quiet = hush.quiet()
            named = "-".join(template.yields_to)
            helper = _helper(service, named, [*bigger, *_some(quiet)]) if bigger else None
            yield from [helper] if helper else []
            helpers[bigger] = helper.key if helper else quiet
        yield _hushed(composite, helpers[bigger])
    for objective in service.objectives():
        yield from _of_objective(service, objective, _some(keys.get("impact")), hush)


def _of_objective(
    service: Service, objective: Objective, impact: list[str], hush: _Hush
) -> Iterator[Composite]:
    """Yield the composites of an objective: silent while a faster one, or the impact itself, speaks."""
    faster: list[str] = []
    for composite in objective.composites():
        by = [*impact, *faster, *_some(hush.maintenance())]
        helper = _helper(service, f"slo-{objective.name}-{composite.kind_key}", by)
        yield from [helper] if helper else []
        yield _hushed(composite, helper.key if helper else None)
        faster.append(composite.key)


def _helper(service: Service, key: str, of: Sequence[str]) -> Composite | None:
    """Return the composite that silences others of a service while one of these alarms is in ALARM."""
    says = f"another alarm says more about {service.name}, or planned work goes on"
    name = service.names.of_thing(service.name, key, "quiet")
    return silence(service.env, f"{service.name}_{key}-quiet", name, of, says)


def _hushed(composite: Composite, by: str | None) -> Composite:
    return Composite.model_validate({**composite.model_dump(), "suppressor": suppressed_by(by)})


def _keys(composite: Composite | None) -> list[str]:
    return [composite.key] if composite else []


def _some(key: str | None) -> list[str]:
    return [key] if key else []
