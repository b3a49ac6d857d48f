"""Own metrics, alarms and widgets as they are synthesized: on dashboards, and in the proof."""

from __future__ import annotations

from typing import Any

import pytest

from catalog import aws_alarms
from catalog.specs import Metric
from stacks.dashboard.context import Context, Published
from stacks.dashboard.layout import COLUMNS
from stacks.dashboard.page import Page, overview_of_pages, pages
from stacks.dashboard.section import service_section
from tests.synth.everything import made
from tests.unit.catalog.catalogs import EVERY
from verify import prove, report
from verify.dashboard_body import problems

NAME = "own"
SERIES = {"namespace", "name", "dimensions"}
ENV, CATALOG = EVERY[NAME]
CONTEXT = Context(ENV, CATALOG, Published.expected(ENV, CATALOG))


def widgets() -> list[dict[str, Any]]:
    """Return the widgets of all dashboards."""
    drawn: list[Page] = pages(ENV, CATALOG, CONTEXT.published)
    return [widget for page in drawn for widget in page.body["widgets"]]


def test_every_alarm_reaches_people_and_every_metric_is_proved_or_declared() -> None:
    """Those of filters are proved; those that others publish are listed, with their dimensions."""
    proof = prove(made(NAME).stacks, published=CATALOG.published)
    assert proof.faults == ()
    declared = {
        str(
            aws_alarms.metric(Metric(**metric.model_dump(include=SERIES), stat="Sum", period_s=60, label="x"))
        )
        for metric in CATALOG.published
        if metric.is_declared
    }
    assert set(proof.declared) == declared
    assert len(declared) > 4
    said = f"; {len(declared)} metrics of them are only declared in the configuration"
    assert said in report.summary(proof)


def test_a_metric_that_is_declared_with_other_dimensions_is_not_proved() -> None:
    """The declaration is of one series: another queue is not in these stacks."""
    others = [
        metric.model_copy(update={"dimensions": {"QueueName": "typo"}})
        if metric.dimensions == {"QueueName": "another-team"}
        else metric
        for metric in CATALOG.published
    ]
    faults = prove(made(NAME).stacks, published=others).faults
    assert faults
    assert {fault.link for fault in faults} == {"dimension"}
    assert all("QueueName another-team is not an aws_sqs_queue" in fault.message for fault in faults)


def test_the_dashboards_are_valid() -> None:
    """Every property of own widgets is one that CloudWatch accepts."""
    for page in pages(ENV, CATALOG, CONTEXT.published):
        assert list(problems(page.body)) == []


def test_every_own_widget_is_shown_where_it_is_configured() -> None:
    """With its title or text, its size and its metrics."""
    shown = widgets()
    texts = {widget["properties"]["markdown"]: widget for widget in shown if widget["type"] == "text"}
    graphs = {widget["properties"]["title"]: widget for widget in shown if widget["type"] == "metric"}
    configured = [*ENV.dashboard.widgets]
    configured += [widget for service in ENV.services.values() for widget in service.dashboard.widgets]
    assert len(configured) == 5
    for widget in configured:
        drawn = texts[widget.text] if widget.text else graphs[str(widget.title)]
        assert drawn["width"] == (widget.width or (24 if widget.text else 12))
        assert drawn["height"] == (widget.height or (2 if widget.text else 6))
        assert drawn["x"] + drawn["width"] <= COLUMNS
    rows = graphs["Refunds"]["properties"]["metrics"]
    assert [row[:2] for row in rows[:2]] == [
        ["reveille/prod/payment-handler", "refunded"],
        ["reveille/prod", "PaymentsDeclined"],
    ]
    assert {row[-1]["stat"] for row in rows[:2]} == {"Maximum"}
    assert [row[-1]["label"] for row in graphs["Sales and clicks"]["properties"]["metrics"][:2]] == [
        "payment-handler: sales",
        "clicks",
    ]


def test_widgets_that_fit_stand_side_by_side() -> None:
    """A text of 8 columns and a graph of 16 share a row."""
    shown = widgets()
    (text,) = [widget for widget in shown if widget["properties"].get("markdown", "").startswith("### Money")]
    (graph,) = [widget for widget in shown if widget["properties"].get("title") == "Refunds"]
    assert (text["x"], graph["x"]) == (0, 8)
    assert text["y"] == graph["y"]


def test_every_own_metric_has_a_graph_in_its_section() -> None:
    """Under a heading of its own, with the threshold of each alarm on it."""
    for service in CATALOG.services:
        own = [graph for graph in service.graphs if graph.role == "own"]
        section = service_section(CONTEXT, service, on_page=False)
        titles = [widget["properties"].get("title") for widget in section.widgets]
        headings = [widget["properties"].get("markdown") for widget in section.widgets]
        assert (f"### {service.name}: own metrics" in headings) == bool(own)
        for graph in own:
            assert graph.title in titles
            (drawn,) = [item for item in section.widgets if item["properties"].get("title") == graph.title]
            lines = drawn["properties"].get("annotations", {}).get("horizontal", [])
            assert len(lines) >= bool(graph.thresholds)
            assert "min" not in drawn["properties"]["yAxis"]["left"], "own metrics can be negative"


@pytest.mark.parametrize("on_pages", [False, True])
def test_the_environment_has_its_section_on_the_overview(on_pages: bool) -> None:  # noqa: FBT001
    """With its alarms, also where services have pages; the platform's section does not repeat them."""
    numbers = {1: list(CATALOG.services)}
    shown = (
        [widget for part in overview_of_pages(CONTEXT, numbers, frozenset()) for widget in part.widgets]
        if on_pages
        else widgets()
    )
    lights = {
        widget["properties"]["title"]: widget["properties"]["alarms"]
        for widget in shown
        if widget["type"] == "alarm"
    }
    arns = CONTEXT.published.alarm_arns
    own = {arns[key] for key in arns if key.startswith("environment_")}
    there = {*lights["Alarms of the environment"], *lights["Suppressors of the environment"]}
    assert there == own
    assert not own & set(lights["Alarms of the platform"])
    assert not own & set(lights["Suppressors of all services"])


def test_terraform_has_every_own_alarm_and_filter() -> None:
    """With operator, statistic and missing data as they are configured."""
    alarms = {resource.key: resource.body for resource in made(NAME).resources("aws_cloudwatch_metric_alarm")}
    balance = alarms["payment-handler_balance"]
    assert (balance["threshold"], balance["comparison_operator"]) == (-30, "LessThanThreshold")
    assert (balance["statistic"], balance["treat_missing_data"]) == ("Minimum", "missing")
    assert alarms["payment-handler_refunds"]["extended_statistic"] == "p90"
    latency = alarms["payment-handler_latency"]
    assert (latency["extended_statistic"], latency["treat_missing_data"]) == ("p95", "ignore")
    filters = {resource.key for resource in made(NAME).resources("aws_cloudwatch_log_metric_filter")}
    assert {"payment-handler_metric-refunded", "checkout-api_metric-carts"} <= filters
