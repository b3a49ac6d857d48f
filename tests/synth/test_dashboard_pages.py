"""One dashboard or many: within limits at any number of services, and stable when one is added."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import catalog
from catalog import environment
from catalog.kinds.platform import OF_LOG_GROUPS
from catalog.naming import Names
from cloudwatch import quotas
from config.alarms import Slo
from config.errors import CommandError
from ops import synthesis
from stacks.dashboard import page as drawing
from stacks.dashboard.context import Context, Published
from stacks.dashboard.layout import Usage, compact
from stacks.dashboard.page import Page
from tests.synth.many_services import drawn, drawn_many, many, widgets
from verify.dashboard_body import problems

SIZES = [(1, False), (4, True), (60, True), (1000, True)]
"""Services, and whether with the longest legal names."""
STABLE = 60


def sections(page: Page) -> list[str]:
    """Return the services that have their section on a dashboard."""
    headings = [widget["properties"]["markdown"] for widget in widgets(page, "text")]
    return [text.split()[1] for text in headings if text.startswith("## ") and " owner " in text]


def by_name(made: Iterable[Page]) -> dict[str, Page]:
    """Return dashboards by name."""
    return {page.name: page for page in made}


@pytest.mark.parametrize(("count", "longest"), SIZES)
def test_every_dashboard_is_within_every_limit(count: int, longest: bool) -> None:  # noqa: FBT001
    """Counted here again, and the validator finds nothing."""
    for page in drawn_many(count, longest=longest):
        found = list(widgets(page))
        assert problems(page.body) == []
        assert len(found) <= quotas.DASHBOARD_WIDGETS
        assert all(len(entry["properties"].get("metrics", [])) <= quotas.WIDGET_METRICS for entry in found)
        assert sum(len(entry["properties"].get("metrics", [])) for entry in found) <= quotas.DASHBOARD_METRICS
        assert sum(entry["type"] == "log" for entry in found) <= quotas.DASHBOARD_QUERIES
        assert len(compact(page.body).encode()) <= quotas.DASHBOARD_BYTES
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", page.name)


@pytest.mark.parametrize(("count", "longest"), SIZES)
def test_every_service_has_one_section(count: int, longest: bool) -> None:  # noqa: FBT001
    """On one dashboard, and in no other."""
    found = sorted(name for page in drawn_many(count, longest=longest) for name in sections(page))
    assert found == sorted(many(count, longest=longest).services)


@pytest.mark.parametrize(("count", "longest"), SIZES)
def test_the_index_leads_to_the_page_that_has_the_service(count: int, longest: bool) -> None:  # noqa: FBT001
    """For each service, once, in alphabetical order; with one dashboard there is nothing to lead to."""
    overview, *others = drawn_many(count, longest=longest)
    text = "\n".join(widget["properties"]["markdown"] for widget in widgets(overview, "text"))
    region = many(count, longest=longest).region
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#"
    links = re.findall(r"\[([^]]+)\]\(" + re.escape(console) + r"dashboards/dashboard/([^)]+)\)", text)
    assert links == sorted((name, page.name) for page in others for name in sections(page))
    assert bool(others) != bool(sections(overview))


@pytest.mark.parametrize(("count", "longest"), SIZES)
def test_every_alarm_that_notifies_has_a_light(count: int, longest: bool) -> None:  # noqa: FBT001
    """Somewhere; and what wakes somebody because users notice is on the overview at any size.

    Alarms that every log group has are part of one composite, which has a light.
    """
    env = many(count, longest=longest)
    made = catalog.build(env)
    arn = Published.expected(env, made).alarm_arns
    overview, *others = (
        {light for widget in widgets(page, "alarm") for light in widget["properties"]["alarms"]}
        for page in drawn_many(count, longest=longest)
    )
    shown = {alarm.key for alarm in made.all_alarms if alarm.kind_key not in OF_LOG_GROUPS}
    assert {arn[key] for key in shown} == overview.union(*others)
    assert "platform_archive-incomplete" in shown
    burning = {key for slo in made.slos for key in slo.burn_rates}
    paging = [alarm for alarm in made.all_alarms if alarm.topic in {"critical", "fallback"}]
    assert {arn[alarm.key] for alarm in paging if alarm.key not in burning} <= overview


@pytest.mark.parametrize(("count", "longest"), SIZES)
def test_what_the_overview_has_no_room_for_is_said_there(count: int, longest: bool) -> None:  # noqa: FBT001
    """By name; it is on each page instead, and all that is not named is there."""
    overview, *others = drawn_many(count, longest=longest)
    heading, *_ = [widget["properties"]["markdown"] for widget in widgets(overview, "text")]
    said = heading.partition("on the pages only: ")[2].rstrip(".").split("; ") if others else []
    titles = {widget["properties"].get("title", "").partition(" (part")[0] for widget in widgets(overview)}
    compared = {
        "Error rate by service from the logs", "p99 latency by service", "Errors by service",
        "Concurrency by service", "CPU by service", "Memory by service",
    }  # fmt: skip
    if count > 1:
        assert compared - titles == compared.intersection(said)
    assert ("recent errors" in said) == (not any(title.startswith("Recent errors: ") for title in titles))
    for page in others:
        there = {widget["properties"].get("title", "") for widget in widgets(page)}
        assert {"Error rate by service from the logs", "p99 latency by service"} <= there


def test_the_longest_names_at_a_thousand_services_keep_the_overview_useful() -> None:
    """Who is in trouble, the latency of all, and the way to each."""
    overview, *_ = drawn_many(1000, longest=True)
    titles = {widget["properties"].get("title", "").partition(" (part")[0] for widget in widgets(overview)}
    assert {"Pages: in ALARM now", "p99 latency by service"} <= titles


@pytest.mark.parametrize("place", [0, 7, STABLE - 1])
def test_a_service_that_goes_or_comes_changes_its_own_page_and_no_other(place: int) -> None:
    """Wherever it stood in the file; the others keep their name and every byte, but for the overview."""
    before = by_name(drawn_many(STABLE))
    after = by_name(drawn(many(STABLE, without=[place])))
    (home,) = [name for name, page in before.items() if f"service-{place:04d}" in sections(page)]
    main = drawn_many(STABLE)[0].name
    changed = {name for name in before if name not in after or before[name].body != after[name].body}
    assert changed == {main, home}
    assert set(after) - set(before) <= {f"{main}-{int(home.rpartition('-')[2]) // 2}"}


def test_a_page_that_overflows_becomes_two_and_no_other_changes() -> None:
    """Numbers tell where it was: page n becomes 2n and 2n + 1."""
    context = Context(many(STABLE), catalog.build(many(STABLE)), Published({}, {}))
    few = drawing.split(context.catalog.services, lambda _, some: Usage(widgets=len(some) * 24))
    tight = drawing.split(
        context.catalog.services, lambda number, some: Usage(widgets=501 if number == 4 else len(some) * 24)
    )
    assert 4 in few
    assert tight.keys() == few.keys() - {4} | {8, 9}
    assert all(tight[number] == few[number] for number in few.keys() & tight.keys())
    assert sorted(service_view.name for service_view in (*tight[8], *tight[9])) == sorted(
        service_view.name for service_view in few[4]
    )


def test_the_page_of_a_service_is_the_same_in_every_process() -> None:
    """Python's own hash of a text is not: these numbers must never change."""
    context = Context(many(8), catalog.build(many(8)), Published({}, {}))
    found = drawing.split(
        context.catalog.services, lambda _, some: Usage(widgets=400 * (len(some) > 3) + 101)
    )
    numbers = [
        (number, [int(service.name[-1]) for service in services]) for number, services in found.items()
    ]
    assert numbers == [(4, [1, 4, 5]), (5, [2]), (6, [6, 7]), (7, [0, 3])]


def test_terraform_addresses_of_pages_are_their_numbers() -> None:
    """And names are made of the environment's."""
    main, *others = drawn_many(STABLE)
    name = Names.of(many(STABLE)).whole
    assert (main.key, main.name) == ("main", name)
    assert others
    for page in others:
        number = page.key.removeprefix("page-")
        assert number.isdigit()
        assert page.name == f"{name}-{number}"


def test_a_service_that_is_too_much_for_a_page_is_refused_by_name() -> None:
    """Config takes too few objectives for that; a page looks for itself, as its other graphs grow too."""
    env = environment.read("prod", variables={})[0]
    service = env.services["payment-handler"]
    objectives = {f"promise-{number}": Slo(objective_percent=99.9) for number in range(900)}
    # A copy is not validated.
    services = {**env.services, "payment-handler": service.model_copy(update={"slos": objectives})}
    with pytest.raises(
        CommandError,
        match=r"^services\.payment-handler: its dashboard page would have \d+ metrics; 2500 are "
        "allowed: reduce its slos$",
    ):
        drawn(env.model_copy(update={"services": services}))


@pytest.mark.parametrize("count", [1, STABLE])
def test_what_is_measured_is_what_it_takes(count: int) -> None:
    """Never less than the body, or a dashboard that was said to fit would not; and hardly more."""
    context = Context(many(count), made := catalog.build(many(count)), Published.expected(many(count), made))
    assignment = drawing.assign(context)
    overview, *pages = drawn_many(count)
    blocks = {
        page.name: drawing.service_page(context, number, services)
        for page, (number, services) in zip(pages, assignment.items(), strict=True)
    }
    if not assignment:
        blocks[overview.name] = drawing.single_page(context)
    for page in pages or [overview]:
        load, found = Usage.of(blocks[page.name]), list(widgets(page))
        size_bytes = len(compact(page.body).encode())
        metrics = sum(len(entry["properties"].get("metrics", ())) for entry in found)
        assert (load.widgets, load.metrics) == (len(found), metrics)
        assert load.queries == sum(entry["type"] == "log" for entry in found)
        assert size_bytes - 200 < load.size_bytes < size_bytes * 1.02


def test_each_limit_is_looked_at() -> None:
    """With what was found, and what is allowed."""
    assert Usage(500, 2500, 30, 499_800).excess() is None
    assert Usage(widgets=501).excess() == "501 widgets; 500 are allowed"
    assert Usage(metrics=2501).excess() == "2501 metrics; 2500 are allowed"
    assert Usage(queries=31).excess() == "31 log queries; 30 are allowed"
    assert Usage(size_bytes=500_000).excess() == "500200 bytes; 500000 are allowed"


def test_a_page_begins_with_the_trouble_of_its_services() -> None:
    """All that notifies about them, before the first section."""
    made = catalog.build(many(STABLE))
    arn = Published.expected(many(STABLE), made).alarm_arns
    for page in drawn_many(STABLE)[1:]:
        lit: set[str] = set()
        for widget in widgets(page):
            if widget["properties"].get("markdown", "").startswith("## "):
                break
            lit |= set(widget["properties"].get("alarms", ()))
        here = sections(page)
        assert lit == {arn[alarm.key] for alarm in made.all_alarms if alarm.service in here and alarm.topic}


def test_a_body_that_cloudwatch_would_reject_stops_the_synthesis(tmp_path: Path) -> None:
    """With the dashboard and the widget of every problem, in a message and not a traceback."""
    env, made = environment.read("dev", variables={})
    # Copies are not validated.
    dashboard = env.dashboard.model_copy(update={"start": "8h", "recent_errors": "x" * 10_000})
    with pytest.raises(CommandError) as refused:
        synthesis.synthesize(env.model_copy(update={"dashboard": dashboard}), made, tmp_path)
    *lines, start, end = str(refused.value).splitlines()
    query = r'dashboard reveille-dev: log widget "Recent errors[^"]+", widgets\[\d+\]\.properties\.query: '
    assert lines
    assert all(re.match(query, line) for line in lines)
    times = "a time such as -PT8H, -P30D or 2030-01-31T06:00:00Z"
    assert start == f"dashboard reveille-dev: start: must be {times} (found: '8h')"
    assert end == "Nothing was changed."
