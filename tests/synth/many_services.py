"""Environments with many services, and the dashboards that come of them, without synthesis."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from catalog import environment
from catalog.build import assemble
from config.models import Environment
from stacks.dashboard.context import Published
from stacks.dashboard.page import Page, pages

LONGEST = {"project": "p" * 16, "environment": "e" * 12, "region": "ap-southeast-1"}
"""The longest legal names (config.types)."""

_ARN = "arn:aws:elasticloadbalancing:ap-southeast-1:333333333333:"

BALANCED = {
    "load_balancer_arn": f"{_ARN}loadbalancer/app/{'b' * 32}/0123456789abcdef",
    "target_group_arn": f"{_ARN}targetgroup/{'t' * 32}/0123456789abcdef",
    "security_group_id": "sg-0123456789abcdef0",
}


def many(count: int, *, longest: bool = False, without: Iterable[int] = ()) -> Environment:
    """Return production with `count` services instead of its own: of each kind, with all there is.

    Args:
        count: how many.
        longest: with the longest legal names.
        without: positions that are left out.
    """
    given = environment.read("prod", variables={})[0].model_dump(by_alias=True)
    own = given["services"]
    payments = own["payment-handler"]
    samples: list[dict[str, Any]] = [
        {**payments, "slos": {**payments["slos"], "weekly": {"objective_percent": 99, "window_days": 7}}},
        {**own["checkout-api"], "load_balancer": BALANCED},
        own["order-processor"],
        own["inventory-worker"],
    ]
    prefix = "s" * 20 if longest else "service-"
    services = {
        f"{prefix}{number:04d}": samples[number % len(samples)]
        for number in range(count)
        if number not in set(without)
    }
    names = LONGEST if longest else {}
    return Environment.model_validate({**given, **names, "services": services})


def drawn(env: Environment) -> list[Page]:
    """Return the dashboards of `env`, with names as AWS will have them."""
    made = assemble(env)  # not validated: a test draws more than CloudWatch's rules can name
    return pages(env, made, Published.expected(env, made))


@functools.cache
def drawn_many(count: int, *, longest: bool = False) -> list[Page]:
    """Return the dashboards of `count` services, once per test session."""
    return drawn(many(count, longest=longest))


def widgets(page: Page, kind: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the widgets of a dashboard, those of one type or all."""
    return (widget for widget in page.body["widgets"] if kind in {None, widget["type"]})
