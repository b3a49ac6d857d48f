"""The overview: the health of the environment, and the way to each service.

CloudWatch has no links into the middle of a dashboard: what is on the same one is found by scrolling, what is
on another by a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.dashboard import links, summary
from stacks.dashboard.comparisons import COMPARISONS, all_comparisons, comparison, side_by_side
from stacks.dashboard.errors import errors_by_kind
from stacks.dashboard.index import index
from stacks.dashboard.layout import Block, text
from stacks.dashboard.limits import Load
from stacks.dashboard.scene import Scene
from stacks.dashboard.section import section
from stacks.dashboard.shards import Pages


@dataclass(frozen=True)
class _Optional:
    """What an overview of pages has as far as there is room for it, from top to bottom."""

    paging: Block
    burning: Block
    tickets: Block
    budgets: Block
    compared: tuple[Block, ...]
    errors: Block

    @classmethod
    def of(cls, scene: Scene) -> _Optional:
        """Return it for all services."""
        services = scene.catalog.services
        compared = tuple(
            Block(what.title, tuple((widget,) for widget in comparison(scene, services, what)))
            for what in COMPARISONS
        )
        return cls(
            *_alarms(scene),
            summary.budgets(scene, services),
            compared,
            Block("recent errors", errors_by_kind(scene, services)),
        )

    def by_importance(self) -> tuple[Block, ...]:
        """Return the blocks in the order in which they get their room."""
        error_rate, latency, *others = self.compared
        most = (self.paging, self.burning, error_rate, latency, self.errors, self.budgets, self.tickets)
        return (*most, *others)


def whole(scene: Scene) -> list[Block]:
    """Return the overview and every section, for one dashboard."""
    services = scene.catalog.services
    below = ", ".join(one.name for one in services)
    return [
        _heading(scene, f"From the top: health, comparisons, recent errors, then {below}."),
        *_alarms(scene),
        summary.health(scene, services),
        summary.budgets(scene, services),
        all_comparisons(scene, services),
        Block("recent errors", errors_by_kind(scene, services)),
        *(section(scene, one, on_page=False) for one in services),
        summary.the_rest(scene),
    ]


def of_pages(scene: Scene, pages: Pages, kept: frozenset[str]) -> list[Block]:
    """Return the overview of services that are on pages of their own.

    Args:
        scene: the environment.
        pages: which page has which services.
        kept: the optional blocks that it has; what the others would show, the pages do.
    """
    numbers = {one.name: number for number, services in pages.items() for one in services}
    optional = _Optional.of(scene)
    left = [one.what for one in optional.by_importance() if one.rows and one.what not in kept]
    note = f"Too much for one dashboard, and on the pages only: {'; '.join(left)}." if left else ""
    compared = [one for one in optional.compared if one.what in kept]

    def those_kept(*blocks: Block) -> Iterator[Block]:
        return (one for one in blocks if one.what in kept)

    return [
        _heading(scene, note),
        *those_kept(optional.paging),
        index(scene, numbers),
        *those_kept(optional.burning, optional.tickets, optional.budgets),
        side_by_side(widget for one in compared for widget in one.widgets),
        *those_kept(optional.errors),
        summary.the_rest(scene),
    ]


def what_fits(scene: Scene, pages: Pages) -> frozenset[str]:
    """Return which of the optional blocks an overview of `pages` has room for, what matters most first."""
    load = Load.of(of_pages(scene, pages, frozenset()))
    kept = set()
    for block in _Optional.of(scene).by_importance():
        more = load + Load.of([block])
        if more.excess() is None:
            load = more
            kept.add(block.what)
    return frozenset(kept)


def _alarms(scene: Scene) -> tuple[Block, Block, Block]:
    everything = scene.everything
    return (
        summary.paging(scene, everything),
        summary.burning(scene, everything),
        summary.tickets(scene, everything),
    )


def _heading(scene: Scene, note: str) -> Block:
    env = scene.env
    more = f"\n\n{note}" if note else ""
    title = f"# {env.project} · {env.environment}\n{links.around(env)}{more}"
    return Block("the heading", ((text(title, height=3 if note else 2),),))
