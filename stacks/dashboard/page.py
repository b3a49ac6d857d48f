"""The dashboards of an environment: a single page, or an overview and pages of services.

CloudWatch has no links to a position in a dashboard: users scroll within a page, and follow links to others.
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
"""Key of the overview, and its Terraform address."""

Assignment = dict[int, list[ServiceView]]
"""Number of a page -> its services."""


@dataclass(frozen=True)
class Page:
    """One dashboard."""

    key: str
    """Terraform address, stable."""
    name: str
    body: dict[str, Any]


def pages(env: Environment, catalog: Catalog, published: Published) -> list[Page]:
    """Return the dashboards of `env`, the overview first.

    Args:
        env: the environment.
        catalog: its catalog.
        published: ARNs and names in AWS; may be references that only Terraform resolves.

    Raises:
        CommandError: a service is too large for a page.
    """
    # The size depends on the names in AWS, not on references to them.
    expected = Context(env, catalog, Published.expected(env, catalog))
    assignment = assign(expected)
    kept = sections_that_fit(expected, assignment) if assignment else frozenset()
    return list(_draw(Context(env, catalog, published), assignment, kept))


def assign(context: Context) -> Assignment:
    """Return the services of each page; empty if a single page is sufficient.

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

    def measure(number: int, on_page: Sequence[ServiceView]) -> Usage:
        top = Usage.of(_top_of_page(context, number, on_page))
        return sum((by_service[service.name] for service in on_page), top)

    return split(services, measure)


def split(
    services: Sequence[ServiceView], measure: Callable[[int, Sequence[ServiceView]], Usage]
) -> Assignment:
    """Return the pages of `services`, each within the limits by `measure(number, services)`.

    A page has the services whose hashed names begin with the same bits. All services are page 1; a page
    that is too small for its services becomes two, 2n and 2n + 1, by the next bit. So the page of a service
    depends only on services with the same bits: a service that is added or removed changes its own page,
    which at most becomes two, or one with its neighbor; no other page changes.

    Raises:
        CommandError: the section of one service alone is too large for a page.
    """
    assignment: Assignment = {}
    waiting: list[tuple[int, list[ServiceView]]] = [(1, list(services))]
    while waiting:
        number, on_page = waiting.pop()
        excess = measure(number, on_page).excess()
        if excess is None:
            assignment[number] = on_page
            continue
        if len(on_page) == 1:
            name = on_page[0].name
            message = f"services.{name}: its dashboard page would have {excess}: reduce its slos"
            raise CommandError(message)
        depth = number.bit_length() - 1
        for bit in (0, 1):
            half = [service for service in on_page if _bit(service.name, depth) == bit]
            if half:
                waiting.append((2 * number + bit, half))
    return dict(sorted(assignment.items()))


def _bit(name: str, position: int) -> int:
    # Python's hash() of text differs between processes.
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
    whole = "the environment as a whole and " if context.catalog.whole else ""
    return [
        _heading(context, f"Sections: health, comparisons, recent errors, then {whole}the services {below}."),
        *section.notifying(context, context.alarms),
        section.health(context, services),
        section.budgets(context, services),
        section.comparisons(context, services),
        section.recent_errors(context, services),
        section.environment(context),
        *(section.service_section(context, service, on_page=False) for service in services),
        section.platform(context),
    ]


def overview_of_pages(context: Context, assignment: Assignment, kept: frozenset[str]) -> list[Section]:
    """Return the overview of an environment with pages of services.

    Args:
        context: the environment.
        assignment: number of a page -> its services.
        kept: titles of the optional sections that fit; the pages show the others.
    """
    optional = _optional(context)
    missing = [part.title for part in optional if part.rows and part.title not in kept]
    note = (
        f"Not enough space on this dashboard; shown on the pages only: {'; '.join(missing)}."
        if missing
        else ""
    )
    paging, burn_rates, error_rate, latency, errors, budgets, tickets, *others = (
        part if part.title in kept else dataclasses.replace(part, rows=()) for part in optional
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
        section.environment(context),
        section.platform(context),
    ]


def sections_that_fit(context: Context, assignment: Assignment) -> frozenset[str]:
    """Return the titles of the optional sections that fit on an overview of pages."""
    usage = Usage.of(overview_of_pages(context, assignment, frozenset()))
    kept = set()
    for part in _optional(context):
        total = usage + Usage.of([part])
        if total.excess() is None:
            usage = total
            kept.add(part.title)
    return frozenset(kept)


def _optional(context: Context) -> tuple[Section, ...]:
    """Return the optional sections of an overview of pages, the most important first."""
    services = context.catalog.services
    paging, burn_rates, tickets = section.notifying(context, context.alarms)
    error_rate, latency, *others = (
        section.comparison(context, services, compared) for compared in section.COMPARISONS
    )
    errors, budgets = section.recent_errors(context, services), section.budgets(context, services)
    return (paging, burn_rates, error_rate, latency, errors, budgets, tickets, *others)


def service_page(context: Context, number: int, services: Sequence[ServiceView]) -> list[Section]:
    """Return the sections of page `number`: an overview of its services, then their sections."""
    return [
        *_top_of_page(context, number, services),
        *(section.service_section(context, service, on_page=True) for service in services),
    ]


def _top_of_page(context: Context, number: int, services: Sequence[ServiceView]) -> list[Section]:
    alarms = [alarm for service in services for alarm in context.alarms_by_service[service.name]]
    overview = index.markdown("Overview", index.dashboard(context.env, context.overview_name))
    names = ", ".join(service.name for service in services)
    return [
        _heading(context, f"Services: {names}.", overview, title=f" · page {number}"),
        *section.notifying(context, alarms),
        section.budgets(context, services),
        section.comparisons(context, services),
    ]


def _heading(context: Context, note: str, *links: str, title: str = "") -> Section:
    env = context.env
    more = f"\n\n{note}" if note else ""
    markdown = f"# {env.project} · {env.environment}{title}\n{index.header(env, *links)}{more}"
    return Section("the heading", ((text(markdown, height=3 if note else 2),),))
