"""The dashboards of an environment: one page that shows everything, or an overview and pages of services.

CloudWatch has no links into the middle of a dashboard: people find what is on the same page by scrolling, and
another page by a link.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catalog import Catalog
from catalog.specs import ServiceView
from config.errors import CommandError
from config.models import Environment
from stacks.dashboard import index, section
from stacks.dashboard.context import Context, Published
from stacks.dashboard.layout import Section, Usage, place
from stacks.dashboard.widget import text

MAIN = "main"
"""Key of the overview: its Terraform address since it was the only page."""

Assignment = dict[int, list[ServiceView]]
"""Number of a page -> its services."""


@dataclass(frozen=True)
class Page:
    """One dashboard."""

    key: str
    """Stable: its Terraform address."""
    name: str
    body: dict[str, Any]


def pages(env: Environment, catalog: Catalog, published: Published) -> list[Page]:
    """Return the dashboards of `env`, the overview first.

    Args:
        env: the environment.
        catalog: what is watched.
        published: ARNs and names in AWS; may be references that only Terraform resolves.

    Raises:
        CommandError: a service is too large for a page.
    """
    # What fits depends on names as AWS has them, not on references to them.
    expected = Context(env, catalog, Published.expected(env, catalog))
    assignment = assign(expected)
    kept = sections_that_fit(expected, assignment) if assignment else frozenset()
    return list(_draw(Context(env, catalog, published), assignment, kept))


def assign(context: Context) -> Assignment:
    """Return which page has which services; nothing when one page holds everything.

    Raises:
        CommandError: a service is too large for a page.
    """
    if Usage.of(single_page(context)).excess() is None:
        return {}
    services = context.catalog.services
    by_service = {
        service.name: Usage.of([section.service_section(context, service, on_page=True)])
        for service in services
    }

    def measure(number: int, some: Sequence[ServiceView]) -> Usage:
        top = Usage.of(_top_of_page(context, number, some))
        return sum((by_service[service.name] for service in some), top)

    return split(services, measure)


def split(
    services: Sequence[ServiceView], measure: Callable[[int, Sequence[ServiceView]], Usage]
) -> Assignment:
    """Return the pages of `services`, each with what `measure(number, services)` allows.

    A page holds the services whose hashed names begin with the same bits. All services are page 1; a page
    that cannot hold its services becomes two, 2n and 2n + 1, by the next bit. So the page of a service
    depends only on services with the same bits: a service that is added or removed changes its own page,
    which at most becomes two, or one with its neighbor; no other page changes.

    Raises:
        CommandError: the section of one service alone is too large for a page.
    """
    assignment: Assignment = {}
    waiting: list[tuple[int, list[ServiceView]]] = [(1, list(services))]
    while waiting:
        number, here = waiting.pop()
        excess = measure(number, here).excess()
        if excess is None:
            assignment[number] = here
            continue
        if len(here) == 1:
            name = here[0].name
            message = f"services.{name}: its page of the dashboard would have {excess}: give it fewer slos"
            raise CommandError(message)
        depth = number.bit_length() - 1
        for bit in (0, 1):
            half = [service for service in here if _bit(service.name, depth) == bit]
            if half:
                waiting.append((2 * number + bit, half))
    return dict(sorted(assignment.items()))


def _bit(name: str, position: int) -> int:
    # Python's own hash of a text is another one in each process.
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    return digest >> (255 - position) & 1


def _draw(context: Context, assignment: Assignment, kept: frozenset[str]) -> Iterator[Page]:
    overview = overview_of_pages(context, assignment, kept) if assignment else single_page(context)
    yield _page(context, MAIN, context.overview_name, overview)
    for number, services in assignment.items():
        sections = service_page(context, number, services)
        yield _page(context, f"page-{number}", context.page_name(number), sections)


def _page(context: Context, key: str, name: str, sections: Sequence[Section]) -> Page:
    start = context.env.dashboard.start
    return Page(key, name, {"start": start, "periodOverride": "inherit", "widgets": place(sections)})


def single_page(context: Context) -> list[Section]:
    """Return the overview and the section of every service, for one page."""
    services = context.catalog.services
    below = ", ".join(service.name for service in services)
    return [
        _heading(context, f"From the top: health, comparisons, recent errors, then {below}."),
        *section.notifying(context, context.alarms),
        section.health(context, services),
        section.budgets(context, services),
        section.comparisons(context, services),
        section.recent_errors(context, services),
        *(section.service_section(context, service, on_page=False) for service in services),
        section.platform(context),
    ]


def overview_of_pages(context: Context, assignment: Assignment, kept: frozenset[str]) -> list[Section]:
    """Return the overview of services that are on pages of their own.

    Args:
        context: the environment.
        assignment: which page has which services.
        kept: titles of the optional sections that it has; what the others show, the pages show.
    """
    optional = _optional(context)
    left = [each.title for each in optional if each.rows and each.title not in kept]
    note = f"Too much for one dashboard, and on the pages only: {'; '.join(left)}." if left else ""
    paging, burn_rates, error_rate, latency, errors, budgets, tickets, *others = (
        each if each.title in kept else dataclasses.replace(each, rows=()) for each in optional
    )
    numbers = {service.name: number for number, services in assignment.items() for service in services}
    return [
        _heading(context, note),
        paging,
        index.index(context, numbers),
        burn_rates,
        tickets,
        budgets,
        section.side_by_side([error_rate, latency, *others]),
        errors,
        section.platform(context),
    ]


def sections_that_fit(context: Context, assignment: Assignment) -> frozenset[str]:
    """Return the titles of the optional sections that fit on an overview of pages."""
    usage = Usage.of(overview_of_pages(context, assignment, frozenset()))
    kept = set()
    for each in _optional(context):
        more = usage + Usage.of([each])
        if more.excess() is None:
            usage = more
            kept.add(each.title)
    return frozenset(kept)


def _optional(context: Context) -> tuple[Section, ...]:
    """Return what an overview of pages shows as far as there is room, the most important first."""
    services = context.catalog.services
    paging, burn_rates, tickets = section.notifying(context, context.alarms)
    error_rate, latency, *others = (
        section.comparison(context, services, each) for each in section.COMPARISONS
    )
    errors, budgets = section.recent_errors(context, services), section.budgets(context, services)
    return (paging, burn_rates, error_rate, latency, errors, budgets, tickets, *others)


def service_page(context: Context, number: int, services: Sequence[ServiceView]) -> list[Section]:
    """Return what page `number` shows: what the overview shows, of its services only, then their sections."""
    return [
        *_top_of_page(context, number, services),
        *(section.service_section(context, service, on_page=True) for service in services),
    ]


def _top_of_page(context: Context, number: int, services: Sequence[ServiceView]) -> list[Section]:
    alarms = [alarm for service in services for alarm in context.alarms_by_service[service.name]]
    overview = index.markdown("Overview", index.dashboard(context.env, context.overview_name))
    names = ", ".join(service.name for service in services)
    return [
        _heading(context, f"From the top: {names}.", overview, title=f" · page {number}"),
        *section.notifying(context, alarms),
        section.budgets(context, services),
        section.comparisons(context, services),
    ]


def _heading(context: Context, note: str, *links: str, title: str = "") -> Section:
    env = context.env
    more = f"\n\n{note}" if note else ""
    markdown = f"# {env.project} · {env.environment}{title}\n{index.header(env, *links)}{more}"
    return Section("the heading", ((text(markdown, height=3 if note else 2),),))
