"""A page of services: what an overview says, about these alone, then their sections."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.specs import ServiceView
from stacks.dashboard import links, summary
from stacks.dashboard.comparisons import all_comparisons
from stacks.dashboard.layout import Block, text
from stacks.dashboard.limits import Load
from stacks.dashboard.scene import Scene
from stacks.dashboard.section import section


def page(scene: Scene, number: int, services: Sequence[ServiceView]) -> list[Block]:
    """Return what page `number` shows."""
    return [
        *_above(scene, number, services),
        *(section(scene, one, on_page=True) for one in services),
    ]


class Measure:
    """Tells what a page with given services takes; each section is drawn once for it."""

    def __init__(self, scene: Scene) -> None:
        """Measure the sections of all services."""
        self._scene = scene
        self._sections = {
            one.name: Load.of([section(scene, one, on_page=True)]) for one in scene.catalog.services
        }

    def __call__(self, number: int, services: Sequence[ServiceView]) -> Load:
        """Return what page `number` takes with these services."""
        above = Load.of(_above(self._scene, number, services))
        return sum((self._sections[one.name] for one in services), above)


def _above(scene: Scene, number: int, services: Sequence[ServiceView]) -> list[Block]:
    alarms = [one for service in services for one in scene.alarms[service.name]]
    return [
        Block("the heading", ((text(_heading(scene, number, services), height=3),),)),
        summary.paging(scene, alarms),
        summary.burning(scene, alarms),
        summary.tickets(scene, alarms),
        summary.budgets(scene, services),
        all_comparisons(scene, services),
    ]


def _heading(scene: Scene, number: int, services: Sequence[ServiceView]) -> str:
    env = scene.env
    names = ", ".join(one.name for one in services)
    ways = links.around(env, links.markdown("Overview", links.dashboard(env, scene.overview)))
    return f"# {env.project} · {env.environment} · page {number}\n{ways}\n\nFrom the top: {names}."
