"""The dashboard's body: complete, within CloudWatch's limits, and of one mind with the alarms."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from catalog.specs import Math
from stacks.dashboard.layout import COLUMNS, MAX_WIDGETS, DashboardTooLargeError, Page, check_limits
from tests.synth.synthesized import ENVIRONMENTS, synthesized


def widgets(name: str, kind: str | None = None) -> list[dict[str, Any]]:
    """Return the widgets of an environment's dashboard."""
    (dashboard,) = synthesized(name).resources("aws_cloudwatch_dashboard")
    # Terraform's references hold quotes of their own, which are gone once it has put the values in.
    text = re.sub(r"\$\{[^}]*\}", lambda match: match[0].replace('"', "'"), dashboard.body["dashboard_body"])
    body = json.loads(text)
    return [one for one in body["widgets"] if kind in {None, one["type"]}]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_it_has_the_promised_name(name: str) -> None:
    """`<project>-<env>`."""
    one = synthesized(name)
    (dashboard,) = one.resources("aws_cloudwatch_dashboard")
    assert dashboard.body["dashboard_name"] == f"{one.env.project}-{name}"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_two_widgets_overlap_and_none_leaves_the_grid(name: str) -> None:
    """Every cell of the grid belongs to one widget at most."""
    cells: set[tuple[int, int]] = set()
    for widget in widgets(name):
        own = set(
            itertools.product(
                range(widget["x"], widget["x"] + widget["width"]),
                range(widget["y"], widget["y"] + widget["height"]),
            )
        )
        assert not cells & own, widget
        assert max(x for x, _ in own) < COLUMNS
        cells |= own


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_alarm_and_composite_shows_its_state(name: str) -> None:
    """Service health: nothing that can fire is missing from the top of the page."""
    one = synthesized(name)
    shown = [arn for widget in widgets(name, "alarm") for arn in widget["properties"]["alarms"]]
    keys = {alarm.key for alarm in one.catalog.alarms} | {alarm.key for alarm in one.catalog.composites}
    assert len(shown) == len(keys)
    assert all(any(f"alarm_arns['{key}']" in arn for arn in shown) for key in keys)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_thresholds_on_graphs_are_the_alarms_own(name: str) -> None:
    """Every alarm's line is drawn once, at the height at which it fires."""
    one = synthesized(name)
    drawn = sorted(
        line["value"]
        for widget in widgets(name, "metric")
        for line in widget["properties"].get("annotations", {}).get("horizontal", [])
    )
    assert drawn == sorted(alarm.threshold for alarm in one.catalog.alarms)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_threshold_is_drawn_beside_the_datapoints_it_is_compared_with(name: str) -> None:
    """A sum over ten minutes and a sum over one are different heights: the graph has the alarm's period."""
    one = synthesized(name)
    alarms = {alarm.key: alarm for alarm in one.catalog.alarms}
    for service in one.catalog.services:
        for graph in service.graphs:
            for key in graph.thresholds:
                periods = {
                    series.period_s
                    for part in graph.series
                    for series in (part.metrics.values() if isinstance(part, Math) else (part,))
                }
                assert periods == {alarms[key].metric.period_s}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_service_has_a_section_with_all_its_graphs(name: str) -> None:
    """A heading that names it, and each graph of the catalog."""
    one = synthesized(name)
    headings = [widget["properties"]["markdown"] for widget in widgets(name, "text")]
    titles = [widget["properties"]["title"] for widget in widgets(name, "metric")]
    for service in one.catalog.services:
        assert any(heading.startswith(f"## {service.name} ") for heading in headings)
    graphs = [graph.title for service in one.catalog.services for graph in service.graphs]
    assert sorted(titles) == sorted([*graphs, *[title for title in titles if "by service" in title]])
    assert [title for title in titles if "by service" in title] == [
        "Errors by service", "Error rate by service, from the logs", "p99 latency by service",
        "Concurrency by service", "CPU by service", "Memory by service",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_metric_math_uses_the_ids_beside_it(name: str) -> None:
    """Inputs are hidden, ids are unique within a graph, and expressions name only ids that exist."""
    for widget in widgets(name, "metric"):
        options = [line[-1] for line in widget["properties"]["metrics"]]
        ids = [one["id"] for one in options if "id" in one]
        assert len(ids) == len(set(ids))
        for one in options:
            if "expression" in one:
                inputs = {known for known in ids if known in one["expression"]}
                assert inputs
                assert all(
                    other["visible"] is False for other in options if other.get("id") in inputs - {one["id"]}
                )


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_recent_errors_of_functions_and_containers_are_listed(name: str) -> None:
    """Each service's log group is a source of one of the tables."""
    one = synthesized(name)
    queries = " ".join(widget["properties"]["query"] for widget in widgets(name, "log"))
    for service in one.catalog.services:
        assert f"log_group_names['{service.log_group_key}']" in queries


def test_a_dashboard_that_cloudwatch_would_refuse_is_refused_here() -> None:
    """The limits are checked before Terraform is."""
    page = Page()
    for _ in range(MAX_WIDGETS + 1):
        page.row([{"type": "text", "width": COLUMNS, "height": 1, "properties": {}}])
    with pytest.raises(DashboardTooLargeError, match="501 widgets; CloudWatch allows 500"):
        check_limits(page.widgets)
