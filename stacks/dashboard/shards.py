"""Which page has which services, when one dashboard cannot hold all of them.

A page is a group of services that are alike in the first bits of a hash of their names. All services are
page 1; a page that cannot hold its services is two pages instead, 2n and 2n + 1, by the next bit. So the page
of a service depends on those that share its bits and on nothing else: a service that is added or taken away
changes the one page it is on, which at most becomes two, or one with its neighbour; no other page changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from catalog.specs import ServiceView
from stacks.dashboard.limits import DashboardError, Load

Pages = dict[int, list[ServiceView]]
"""Number of a page -> its services."""

Measure = Callable[[int, Sequence[ServiceView]], Load]
"""(number of a page, its services) -> what it takes."""


def pages(services: Sequence[ServiceView], measure: Measure) -> Pages:
    """Return the pages of `services`.

    Raises:
        DashboardError: the section of one service alone is too much for a page.
    """
    found: Pages = {}
    waiting: list[tuple[int, list[ServiceView]]] = [(1, list(services))]
    while waiting:
        number, here = waiting.pop()
        excess = measure(number, here).excess()
        if excess is None:
            found[number] = here
            continue
        if len(here) == 1:
            name = here[0].name
            message = f"services.{name}: its page of the dashboard would have {excess}: give it fewer slos"
            raise DashboardError(message)
        depth = number.bit_length() - 1
        for bit in (0, 1):
            half = [one for one in here if _bit(one.name, depth) == bit]
            if half:
                waiting.append((2 * number + bit, half))
    return dict(sorted(found.items()))


def _bit(name: str, position: int) -> int:
    # Python's own hash of a text is another one in each process.
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    return digest >> (255 - position) & 1
