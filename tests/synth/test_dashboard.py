"""What dashboards show: everything there is, of one mind with the alarms, and what matters first."""

from __future__ import annotations

import functools
import itertools
import json
import re
from typing import Any

import pytest

import catalog
from catalog import environment
from catalog.kinds import KINDS
from catalog.kinds.platform import OF_LOG_GROUPS
from catalog.specs import Alarm, Catalog, Composite, Graph, Math, Metric, ServiceView
from cloudwatch import quotas
from config.models import Environment
from stacks.dashboard.context import Context, Published
from stacks.dashboard.page import Page, pages
from stacks.dashboard.section import BOUNDARY, service_section
from stacks.dashboard.severity import is_suppressor
from stacks.dashboard.widget import service_graph
from tests.synth.many_services import drawn, many, widgets
from tests.synth.synthesized import ENVIRONMENTS, synthesized

MANY = {"one": 1, "sixty": 60}
EVERY = (*ENVIRONMENTS, *MANY)
PAGES, TICKET, NOBODY = "#d62728", "#ff7f0e", "#7f7f7f"


@functools.cache
def context(name: str) -> Context:
    """Return an environment of ours, or one with many services, ready to be drawn."""
    if name in MANY:
        env = many(MANY[name])
        made = catalog.build(env)
    else:
        env, made = environment.read(name, variables={})
    return Context(env, made, Published.expected(env, made))


@functools.cache
def shown(name: str) -> list[Page]:
    """Return the dashboards of an environment, with names as AWS will have them."""
    one = context(name)
    return pages(one.env, one.catalog, one.published)


def all_widgets(name: str, kind: str | None = None) -> list[dict[str, Any]]:
    """Return the widgets of all dashboards of an environment."""
    return [widget for page in shown(name) for widget in widgets(page, kind)]


def of(widget: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a widget."""
    properties: dict[str, Any] = widget["properties"]
    return properties


def section(name: str, service: ServiceView) -> list[dict[str, Any]]:
    """Return the widgets of a service's section: those from its heading to the next."""
    (page,) = [
        item
        for item in shown(name)
        if any(of(each)["markdown"].startswith(f"## {service.name} ") for each in widgets(item, "text"))
    ]
    found: list[dict[str, Any]] = []
    for widget in widgets(page):
        heading = of(widget).get("markdown", "")
        if heading.startswith(f"## {service.name} "):
            found.append(widget)
        elif found and heading.startswith("## "):
            break
        elif found:
            found.append(widget)
    return found


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_is_synthesized_is_what_is_shown(name: str) -> None:
    """Name by name and body by body, once Terraform has put in what other stacks publish."""
    one, seen = synthesized(name), context(name).published
    known = {"alarm_arns": seen.alarm_arns, "log_group_names": seen.log_group_names}
    sources = {"alarm_arns": "monitoring", "log_group_names": "compute"}

    def resolved(found: re.Match[str]) -> str:
        assert sources[found[2]] == found[1]
        return known[found[2]][found[3] or found[4]]

    # cdktf writes a key that is one word behind a dot.
    key = r'(?:\["([^"]+)"\]|\.(\w+))'
    read = re.compile(r"\$\{data\.terraform_remote_state\.(\w+)\.outputs\.(\w+)" + key + r"\}")
    found = {
        (made.key, made.body["dashboard_name"]): json.loads(read.sub(resolved, made.body["dashboard_body"]))
        for made in one.resources("aws_cloudwatch_dashboard")
    }
    assert found == {(page.key, page.name): page.body for page in shown(name)}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_overview_keeps_its_address_its_name_and_its_url(name: str) -> None:
    """`aws_cloudwatch_dashboard.main`, `<project>-<env>`, and a link to it in the region's console."""
    one = synthesized(name)
    made = {each.key: each.body["dashboard_name"] for each in one.resources("aws_cloudwatch_dashboard")}
    assert made["main"] == f"{one.env.project}-{name}"
    url = one.stacks["dashboard"]["output"]["dashboard_url"]["value"]
    region = one.env.region
    assert url == (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        "#dashboards/dashboard/${aws_cloudwatch_dashboard.main.dashboard_name}"
    )


@pytest.mark.parametrize("name", EVERY)
def test_every_alarm_shows_its_state(name: str) -> None:
    """Composites and those that only silence others too: what can change has a light.

    Of the alarms that every log group has, their composite.
    """
    lit = {arn for widget in all_widgets(name, "alarm") for arn in of(widget)["alarms"]}
    one = context(name)
    single = {alarm.key for alarm in one.alarms if alarm.kind_key in OF_LOG_GROUPS}
    arns = one.published.alarm_arns
    assert lit == {arn for key, arn in arns.items() if key not in single}


@pytest.mark.parametrize("name", EVERY)
def test_the_overview_begins_with_what_wakes_somebody(name: str) -> None:
    """Right below the heading, and all of it; tickets after that; nothing twice in a widget."""
    one, (overview, *_) = context(name), shown(name)
    alarms = [of(widget)["alarms"] for widget in widgets(overview, "alarm")]
    assert all(len(set(each)) == len(each) for each in alarms)
    arn = one.published.alarm_arns
    paging = {arn[each.key] for each in one.alarms if each.topic in {"critical", "fallback"}}
    tickets = {arn[each.key] for each in one.alarms if each.topic == "warning"}
    lights = list(itertools.chain(*alarms))
    assert set(lights[: len(paging)]) == paging
    assert set(lights[len(paging) : len(paging) + len(tickets)]) == tickets
    second = list(widgets(overview))[1]
    assert second["type"] == "alarm"


@pytest.mark.parametrize("name", EVERY)
def test_more_alarms_than_can_be_read_show_only_those_in_alarm(name: str) -> None:
    """And only then: a few show that they are green; the newest trouble is first in any case."""
    for widget in all_widgets(name, "alarm"):
        assert of(widget)["sortBy"] == "stateUpdatedTimestamp"
        assert ("states" in of(widget)) == ("in ALARM now" in of(widget)["title"])
        assert len(of(widget)["alarms"]) <= 36 or of(widget)["states"] == ["ALARM"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_service_has_its_own_lights_on_the_overview(name: str) -> None:
    """A widget with its name and its composites, without what only silences them."""
    one, (overview, *_) = context(name), shown(name)
    lights = {of(widget)["title"]: of(widget)["alarms"] for widget in widgets(overview, "alarm")}
    for service in one.catalog.services:
        own = [each.key for each in one.catalog.composites if each.service == service.name and each.runbook]
        assert own
        assert lights[service.name] == [one.published.alarm_arns[key] for key in own]


@pytest.mark.parametrize("name", EVERY)
def test_every_service_has_its_section(name: str) -> None:
    """Once: its name, what it is, its owner, its log and its runbook; its alarms; all graphs; its errors."""
    one = context(name)
    for service in one.catalog.services:
        here = section(name, service)
        heading = of(here[0])["markdown"]
        for said in (
            service.description,
            service.resource,
            service.owner,
            f"docs/runbooks/{service.runbook}",
        ):
            assert said in heading
        assert ("#logsV2:log-groups/log-group/" in heading) == bool(service.log_group_key)
        if service.log_group_key:
            log = one.log_groups[service.log_group_key].name
            assert f"#logsV2:log-groups/log-group/{log.replace('/', '$252F')})" in heading
        titles = [of(widget)["title"] for widget in here if widget["type"] == "metric"]
        assert sorted(titles) == sorted(graph.title for graph in service.graphs)
        lit = {arn for each in here if each["type"] == "alarm" for arn in of(each)["alarms"]}
        own = {
            each.key
            for each in one.alarms
            if each.service == service.name
            or (each.key.startswith(f"{service.name}_") and is_suppressor(each))
        }
        assert lit == {one.published.alarm_arns[key] for key in own}
        suppressors = {
            arn
            for each in here
            if of(each).get("title", "").startswith("Suppressors of")
            for arn in of(each)["alarms"]
        }
        assert suppressors == {
            one.published.alarm_arns[each.key]
            for each in one.alarms_by_service[service.name]
            if is_suppressor(each)
        }
        assert len(lit) == sum(len(of(each).get("alarms", ())) for each in here)
        (table,) = [of(widget)["query"] for widget in here if widget["type"] == "log"]
        assert table.startswith(f"SOURCE '{log}' | fields")


@pytest.mark.parametrize("name", EVERY)
def test_sections_go_from_what_comes_in_to_what_it_has(name: str) -> None:
    """Under a heading for each side, in the order of the roles."""
    order = [role for roles in BOUNDARY.values() for role in roles]
    for service in context(name).catalog.services:
        roles = {graph.title: graph.role for graph in service.graphs}
        sides: list[str] = []
        found = []
        for widget in section(name, service):
            heading = of(widget).get("markdown", "")
            if heading.startswith("### "):
                sides.append(heading.removeprefix(f"### {service.name}: "))
            elif widget["type"] == "metric":
                role = roles[of(widget)["title"]]
                found.append(role)
                assert role in {side.lower(): own for side, own in BOUNDARY.items()}[sides[-1]]
        assert found == sorted(found, key=order.index)
        assert len(sides) == len(set(sides))


@pytest.mark.parametrize("kind", KINDS)
def test_every_role_of_a_graph_has_a_side(kind: str) -> None:
    """A new role has to be put where people look for it."""
    roles = {graph.role for graph in KINDS[kind].graphs}
    assert roles <= {role for own in BOUNDARY.values() for role in own}


def test_a_graph_of_a_role_that_no_side_knows_is_drawn_all_the_same() -> None:
    """Last, with what the service has: nothing is left out without a word."""
    one = context("prod")
    service = one.catalog.services[0]
    graphs = [graph.model_dump() for graph in service.graphs]
    graphs[0] |= {"role": "of-its-own", "title": "Of its own"}
    changed = ServiceView.model_validate({**service.model_dump(), "graphs": graphs})
    titles = [
        of(each)["title"]
        for each in service_section(one, changed, on_page=False).widgets
        if "metrics" in of(each)
    ]
    assert titles[-1] == "Of its own"
    assert len(titles) == len(graphs)


@pytest.mark.parametrize("name", EVERY)
def test_thresholds_on_graphs_are_the_alarms_own(name: str) -> None:
    """Each at the height at which it fires, said in words with its time; none is drawn that no alarm has."""
    one = context(name)
    for service in one.catalog.services:
        graphs = {graph.title: graph for graph in service.graphs}
        for widget in section(name, service):
            if widget["type"] != "metric":
                continue
            alarms = [one.catalog.alarm(key) for key in graphs[of(widget)["title"]].thresholds]
            wanted = {each.kind_key: each.threshold for each in alarms if each.threshold is not None}
            found: dict[str, float] = {}
            for line in of(widget).get("annotations", {}).get("horizontal", []):
                keys, _, words = line["label"].partition(":")
                found |= dict.fromkeys(keys.split(", "), line["value"])
                # CloudWatch gives 5.0 back as 5, and Terraform would show every line as changed.
                assert isinstance(line["value"], int) or not line["value"].is_integer()
                assert re.search(r"(above|below) [\d,.]+( ms| s| %)? in \d+ (minute|hour)s? · ", words)
            assert found == wanted


def test_a_line_says_the_unit_and_alarms_of_one_height_share_it() -> None:
    """Two labels in one place cannot be read."""
    service = next(
        service_view
        for service_view in context("prod").catalog.services
        if service_view.name == "checkout-api"
    )
    (graph,) = [each for each in section("prod", service) if of(each).get("title") == "CPU and memory"]
    lines = of(graph)["annotations"]["horizontal"]
    assert [(line["label"], line["value"]) for line in lines] == [
        ("cpu, memory: above 80 % in 1 minute · ticket", 80),
        ("cpu-exhausted, memory-exhausted: above 90 % in 1 minute · pages", 90),
    ]


def everybody_told(made: Catalog, key: str) -> set[str]:
    """Return the topics that are told when one alarm alone fires, by trying all composites repeatedly."""
    active = {key}
    rules: list[Composite] = list(made.composites)

    def holds(rule: Any) -> bool:
        if hasattr(rule, "alarm"):
            return rule.alarm in active
        if hasattr(rule, "not_in_alarm"):
            return rule.not_in_alarm not in active
        parts = getattr(rule, "any_of", None)
        return any(map(holds, parts)) if parts else all(map(holds, rule.all_of))

    while more := {
        composite.key for composite in rules if composite.key not in active and holds(composite.rule)
    }:
        active |= more
    return {alarm.topic for alarm in made.all_alarms if alarm.key in active and alarm.topic}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_colour_of_a_line_is_what_the_alarm_alone_would_do(name: str) -> None:
    """Red wakes somebody, orange is a ticket; part of an "all of" does neither."""
    one = context(name)
    seen = set()
    for service in one.catalog.services:
        for widget in section(name, service):
            for line in of(widget).get("annotations", {}).get("horizontal", []):
                for key in line["label"].partition(":")[0].split(", "):
                    told = everybody_told(one.catalog, f"{service.name}_{key}")
                    color = PAGES if "critical" in told else TICKET if "warning" in told else NOBODY
                    assert line["color"] == color, line
                    word = {PAGES: "pages", TICKET: "ticket"}[color]
                    assert line["label"].endswith(f" · {word}")
                    seen.add(color)
    assert seen == {PAGES, TICKET}


def bands(name: str) -> dict[str, list[list[Any]]]:
    """Return the rows of each graph that has a band, by the service and the graph."""
    return {
        f"{service.name} {of(widget)['title']}": of(widget)["metrics"]
        for service in context(name).catalog.services
        for widget in section(name, service)
        if widget["type"] == "metric" and "ANOMALY" in json.dumps(of(widget)["metrics"])
    }


def test_an_alarm_with_a_band_draws_it_and_no_line() -> None:
    """Of the metric that it watches, as wide as the alarm has it."""
    ((where, rows),) = bands("prod").items()
    assert where == "payment-handler Log volume"
    observed, band, *_ = rows
    alarm = context("prod").catalog.alarm("payment-handler_log-flood")
    assert observed[:2] == ["AWS/Logs", "IncomingBytes"]
    assert (observed[-1]["stat"], observed[-1]["period"]) == ("Sum", alarm.period_s)
    assert band[0]["expression"] == f"ANOMALY_DETECTION_BAND({observed[-1]['id']}, 3)"
    assert band[0]["label"] == "log-flood: expected bytes of log, 3 standard deviations · ticket"
    assert (band[0]["color"], band[0]["period"]) == (TICKET, alarm.period_s)


def test_a_band_belongs_to_the_line_that_the_graph_shows_already() -> None:
    """The same metric, statistic and period, whatever the label: the p99 of three percentiles."""
    given = environment.read("prod", variables={})[0].model_dump(by_alias=True)
    given["services"]["order-processor"]["alarms"] = {"latency": {"anomaly_band": 2.5}}
    (overview,) = drawn(Environment.model_validate(given))
    graphs = [of(widget)["metrics"] for widget in widgets(overview, "metric")]
    (rows,) = [graph for graph in graphs if "latency: expected p99 duration, 2.5" in json.dumps(graph)]
    (observed,) = [row for row in rows if row[-1].get("id", "").startswith("observed")]
    assert (observed[-1]["label"], observed[-1].get("visible", True)) == ("p99", True)
    (band,) = [row[0] for row in rows if isinstance(row[0], dict) and "ANOMALY" in row[0]["expression"]]
    assert band["expression"] == f"ANOMALY_DETECTION_BAND({observed[-1]['id']}, 2.5)"


def test_a_band_over_what_the_graph_does_not_show_brings_it_hidden() -> None:
    """Else the expression would name nothing."""
    one = context("prod")
    payments = next(each for each in one.catalog.services if each.name == "payment-handler")
    (volume,) = [each for each in payments.graphs if each.role == "log-volume"]
    (traffic,) = [each for each in payments.graphs if each.role == "traffic"]
    both = Graph.model_validate({**traffic.model_dump(), "thresholds": volume.thresholds})
    rows = of(service_graph(one, both))["metrics"]
    (observed,) = [row for row in rows if row[-1].get("id", "").startswith("observed")]
    assert observed[-1]["visible"] is False
    assert observed[:2] == ["AWS/Logs", "IncomingBytes"]
    assert f"ANOMALY_DETECTION_BAND({observed[-1]['id']}, 3)" in json.dumps(rows)


@pytest.mark.parametrize("name", EVERY)
def test_every_graph_over_time_marks_deployments(name: str) -> None:
    """By the catalog's metric, on the right axis, in the graph's own period, with zeros between."""
    metric = context(name).catalog.deployments
    for widget in all_widgets(name, "metric"):
        marks = [row for row in of(widget)["metrics"] if row[-1].get("yAxis") == "right"]
        if of(widget)["view"] != "timeSeries":
            assert not marks
            continue
        ((mark,),) = marks
        assert mark["expression"] == "FILL(deployed, 0)"
        (source,) = [row for row in of(widget)["metrics"] if row[-1].get("id") == "deployed"]
        look = {"stat": "Sum", "period": of(widget)["period"], "label": metric.label}
        assert source == [metric.namespace, metric.name, {**look, "id": "deployed", "visible": False}]
        assert of(widget)["yAxis"]["right"]["min"] == 0


@pytest.mark.parametrize("name", EVERY)
def test_the_error_budget_of_every_objective_is_a_number_over_its_own_window(name: str) -> None:
    """Named by service, objective and promise; the widget's range is the objective's window."""
    numbers = [of(each) for each in all_widgets(name, "metric") if of(each)["view"] == "singleValue"]
    rows = {
        row[-1]["label"]: (properties, row[0])
        for properties in numbers
        for row in properties["metrics"]
        if row[-1].get("visible", True)
    }
    slos = {
        f"{slo.service} · {slo.name} {slo.objective_percent:g} %": slo for slo in context(name).catalog.slos
    }
    assert rows.keys() == slos.keys()
    for label, (properties, row) in rows.items():
        budget = slos[label].budget
        assert properties["start"] == f"-P{slos[label].window_days}D"
        number, *_ = re.findall(r"\bs\d+_", row["expression"])
        # A number widget shows the newest point of a series, and sums over all time are no series.
        assert row["expression"].replace(number, "") == budget.expression
        inputs = {each[-1]["id"]: each for each in properties["metrics"] if "id" in each[-1]}
        for key, metric in budget.metrics.items():
            assert is_drawn(inputs[number + key], metric, visible=False)


@pytest.mark.parametrize("name", EVERY)
def test_every_series_of_the_catalog_is_drawn_as_it_is(name: str) -> None:
    """Metric, dimensions, statistic, period and label; hidden where it only feeds an expression."""
    for service in context(name).catalog.services:
        here = {
            of(each)["title"]: of(each)["metrics"] for each in section(name, service) if "metrics" in of(each)
        }
        for graph in service.graphs:
            rows = here[graph.title]
            for series in graph.series:
                if isinstance(series, Math):
                    (shown_as,) = [row[0] for row in rows if row[-1].get("label") == series.label]
                    text = re.sub(r"\bs\d+_", "", shown_as["expression"])
                    assert text == series.expression
                    assert shown_as["period"] == series.period_s
                    inputs = list(series.metrics.values())
                else:
                    inputs = [series]
                for metric in inputs:
                    visible = isinstance(series, Metric)
                    assert sum(is_drawn(row, metric, visible=visible) for row in rows) == 1


def is_drawn(row: list[Any], metric: Metric, *, visible: bool) -> bool:
    """Tell whether a row draws a metric."""
    look = row[-1]
    flat = [metric.namespace, metric.name, *itertools.chain(*metric.dimensions.items())]
    wanted = (metric.stat, metric.period_s, metric.label, visible)
    return row[:-1] == flat and (
        look.get("stat"), look["period"], look.get("label"), look.get("visible", True)
    ) == wanted  # fmt: skip


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_services_are_compared_on_the_overview(name: str) -> None:
    """Error rate and latency first, a line for each service that has the series."""
    one, (overview, *_) = context(name), shown(name)
    compared = {
        of(widget)["title"]: [
            row[-1]["label"]
            for row in of(widget)["metrics"]
            if row[-1].get("visible", True) and "yAxis" not in row[-1]
        ]
        for widget in widgets(overview, "metric")
        if "by service" in of(widget)["title"]
    }
    everybody = [service.name for service in one.catalog.services]
    deployed = [service.name for service in one.catalog.services if service.log_group_key]
    containers = [service.name for service in one.catalog.services if service.kind == "ecs"]
    assert list(compared.items()) == [
        ("Error rate by service from the logs", deployed),
        ("p99 latency by service", everybody),
        ("Errors by service", everybody),
        ("Concurrency by service", deployed),
        ("CPU by service", containers),
        ("Memory by service", containers),
    ]
    (p99,) = [each for each in widgets(overview, "metric") if of(each)["title"] == "p99 latency by service"]
    assert {row[-1].get("stat") for row in of(p99)["metrics"][: len(everybody)]} == {"p99"}


@pytest.mark.parametrize("name", EVERY)
def test_recent_errors_of_all_services_are_listed_by_kind(name: str) -> None:
    """Each log group once on the overview, with those of its kind; no query searches more than it may."""
    one, (overview, *_) = context(name), shown(name)
    found: list[tuple[str, str]] = []
    for widget in widgets(overview, "log"):
        title, query = of(widget)["title"], of(widget)["query"]
        if title.startswith("Recent errors: "):
            groups = re.findall(r"SOURCE '([^']+)'", query)
            assert 1 <= len(groups) <= quotas.QUERY_LOG_GROUPS
            kind = title.removeprefix("Recent errors: ").partition(" (")[0]
            found += [(kind, group) for group in groups]
            assert query.count("| filter level in") == 1
            assert query.endswith(f"| limit {one.env.dashboard.recent_errors}")
    assert sorted(found) == sorted(
        (service.kind_title, one.log_groups[service.log_group_key].name)
        for service in one.catalog.services
        if service.log_group_key
    )


@pytest.mark.parametrize("name", EVERY)
def test_every_dashboard_begins_with_links(name: str) -> None:
    """To traces, logs and alarms of its own region; a page also back to the overview."""
    region = context(name).env.region
    for page in shown(name):
        heading = of(next(widgets(page)))["markdown"]
        targets = dict(re.findall(r"\[([^]]+)\]\(([^)]+)\)", heading))
        console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#"
        assert targets.pop("Overview", None) == (
            None if page.key == "main" else f"{console}dashboards/dashboard/{shown(name)[0].name}"
        )
        assert targets == {
            "Trace map": f"{console}xray:service-map/map",
            "Logs Insights": f"{console}logsV2:logs-insights",
            "Alarms": f"{console}alarmsV2:",
        }


def test_runbooks_are_links_where_config_says_where_they_are() -> None:
    """In the heading of the dashboard, and of each section to the file about its kind."""
    given = environment.read("prod", variables={})[0].model_dump(by_alias=True)
    given["notifications"]["runbooks_url"] = "https://example.com/runbooks/"
    (overview,) = drawn(Environment.model_validate(given))
    texts = [of(widget)["markdown"] for widget in widgets(overview, "text")]
    assert "[Runbooks](https://example.com/runbooks/)" in texts[0]
    sections = {text.split()[1]: text for text in texts if " owner " in text}
    assert "[Runbook](https://example.com/runbooks/lambda.md)" in sections["payment-handler"]
    assert "[Runbook](https://example.com/runbooks/ecs.md)" in sections["checkout-api"]


@pytest.mark.parametrize("name", EVERY)
def test_all_widgets_are_of_the_environment_s_region(name: str) -> None:
    """Dashboards are global: a widget has to say which region it is about."""
    region = context(name).env.region
    for widget in [*all_widgets(name, "metric"), *all_widgets(name, "log")]:
        assert of(widget)["region"] == region


@pytest.mark.parametrize("name", EVERY)
def test_dashboards_begin_as_config_says_and_keep_each_graph_s_period(name: str) -> None:
    """`periodOverride` would draw sums over other times than the alarms'."""
    for page in shown(name):
        assert page.body["start"] == context(name).env.dashboard.start
        assert page.body["periodOverride"] == "inherit"


@pytest.mark.parametrize("name", EVERY)
def test_a_graph_s_period_is_that_of_the_alarms_drawn_on_it(name: str) -> None:
    """A sum over ten minutes and a sum over one are different heights."""
    one = context(name)
    for service in one.catalog.services:
        for graph in service.graphs:
            periods = {series.period_s for series in graph.series}
            alarms: list[Alarm] = [one.catalog.alarm(key) for key in graph.thresholds]
            assert not alarms or {each.period_s for each in alarms} == periods


def test_all_that_is_tested_here_is_there() -> None:
    """Bands, both consequences, objectives, pages: no claim above is about nothing."""
    assert bands("prod")
    assert context("prod").catalog.slos
    assert len(shown("sixty")) > 2
    assert len(shown("one")) == 1
