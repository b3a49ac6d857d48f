"""All dashboards of an environment: one that has everything, or an overview and pages of services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catalog import Catalog
from config.models import Environment
from stacks.dashboard import overview, page
from stacks.dashboard.layout import Block, place
from stacks.dashboard.limits import DashboardError, Load
from stacks.dashboard.scene import Published, Scene
from stacks.dashboard.shards import Pages, pages
from stacks.dashboard.validator import problems

MAIN = "main"
"""Key of the overview: its Terraform address since it was the only one."""


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    key: str
    """Stable: its Terraform address."""
    name: str
    body: dict[str, Any]


def boards(env: Environment, catalog: Catalog, published: Published) -> list[Board]:
    """Return the dashboards of `env`, the overview first.

    Args:
        env: the environment.
        catalog: what is watched.
        published: what AWS calls things; may be references that only Terraform resolves.

    Raises:
        DashboardError: CloudWatch would refuse one.
    """
    # What fits, and whether it is sound, depends on names as AWS will see them, not on references to them.
    foreseen = Scene(env, catalog, Published.foreseen(env, catalog))
    shared_out = share_out(foreseen)
    kept = overview.what_fits(foreseen, shared_out) if shared_out else frozenset()
    refuse_unsound(_drawn(foreseen, shared_out, kept))
    return list(_drawn(Scene(env, catalog, published), shared_out, kept))


def share_out(scene: Scene) -> Pages:
    """Return the pages of services; none when one dashboard holds everything.

    Raises:
        DashboardError: a service is too much for a page.
    """
    if Load.of(overview.whole(scene)).excess() is None:
        return {}
    return pages(scene.catalog.services, page.Measure(scene))


def refuse_unsound(drawn: Iterator[Board] | Sequence[Board]) -> None:
    """Refuse dashboards that CloudWatch would refuse.

    Raises:
        DashboardError: what is wrong, where and what is allowed, a line for each.
    """
    found = [f"dashboard {one.name}: {problem}" for one in drawn for problem in problems(one.body)]
    if found:
        raise DashboardError("\n".join(found))


def _drawn(scene: Scene, shared_out: Pages, kept: frozenset[str]) -> Iterator[Board]:
    if not shared_out:
        yield _board(scene, MAIN, scene.overview, overview.whole(scene))
        return
    yield _board(scene, MAIN, scene.overview, overview.of_pages(scene, shared_out, kept))
    for number, services in shared_out.items():
        yield _board(scene, f"page-{number}", scene.page(number), page.page(scene, number, services))


def _board(scene: Scene, key: str, name: str, blocks: Sequence[Block]) -> Board:
    start = scene.env.dashboard.start
    return Board(key, name, {"start": start, "periodOverride": "inherit", "widgets": place(blocks)})
