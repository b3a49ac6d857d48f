"""Logs of which no line matches a filter: `make doctor` says so, and nothing of a log without lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from catalog import Catalog, environment
from catalog.kinds.logs import OF_FORMAT
from config import formats
from config.errors import CommandError
from config.models import Environment
from ops import unmatched_logs
from tests.support.tables import each
from tests.unit.catalog.catalogs import EVERY

PROD, CATALOG = environment.read("prod", variables={})


def read(variables: dict[str, str]) -> tuple[Environment, Catalog]:
    """Return production with other settings."""
    return environment.read("prod", variables=variables)


def answer(monkeypatch: pytest.MonkeyPatch, made: Catalog, values: Mapping[tuple[str, str], float]) -> None:
    """Let CloudWatch answer with these sums: service and metric -> sum."""
    cloudwatch = boto3.client(
        "cloudwatch",
        region_name=PROD.region,
        aws_access_key_id="x",
        aws_secret_access_key="x",  # noqa: S106
    )
    asked: list[dict[str, Any]] = []
    groups = {group.name: group.service for group in made.log_groups}
    services = {item.namespace: item.service for item in made.filters}

    def record(params: Mapping[str, Any], **_: object) -> None:
        asked.extend(params["MetricDataQueries"])

    def value(query: Mapping[str, Any]) -> float:
        metric = query["MetricStat"]["Metric"]
        group = next((item["Value"] for item in metric["Dimensions"]), None)
        service = groups[group] if group else services[metric["Namespace"]]
        return values.get((str(service), metric["MetricName"]), 0)

    def fill(parsed: dict[str, Any], **_: object) -> None:
        parsed["MetricDataResults"] = [{"Id": query["Id"], "Values": [value(query)]} for query in asked]

    stubber = Stubber(cloudwatch)
    expected = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
    stubber.add_response("get_metric_data", {"MetricDataResults": []}, expected)
    stubber.activate()
    cloudwatch.meta.events.register("provide-client-params.cloudwatch.GetMetricData", record)
    cloudwatch.meta.events.register("after-call.cloudwatch.GetMetricData", fill)
    monkeypatch.setattr(unmatched_logs, "client", lambda *_: cloudwatch)


def test_lines_without_a_match_are_reported_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each service with lines and no match; a match in one metric is enough."""
    variables: dict[str, str] = {}
    for name in PROD.services:
        at = f"REVEILLE_SERVICES__{name.upper().replace('-', '_')}__LOGS"
        variables |= {f"{at}__FORMAT": "json", f"{at}__DURATION_KEY": "duration_ms"}
    env, made = read(variables)
    events = {(name, "IncomingLogEvents"): 5000.0 for name in env.services}
    answer(monkeypatch, made, {**events, ("order-processor", "Errors"): 1, ("checkout-api", "Latency"): 9})
    with pytest.raises(CommandError) as raised:
        unmatched_logs.check(env, made)
    lines = str(raised.value).splitlines()
    assert lines[0] == "no line of 2 logs matched a metric filter in 7 days:"
    assert [line.strip() for line in lines[1:3]] == ["payment-handler", "inventory-worker"]
    assert "`make logs ENV=prod SERVICE=payment-handler FILE=sample.log`" in lines[3]


def test_a_log_without_lines_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service may have no traffic yet."""
    answer(monkeypatch, CATALOG, {})
    assert unmatched_logs.check(PROD, CATALOG) == "0 logs with lines in 7 days"


@each("name", formats.names())
def test_a_log_may_have_no_errors(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It passes, and is named: the file does not state that lines have a duration, so only errors match."""
    env, made = read({"REVEILLE_SERVICES__CHECKOUT_API__LOGS__FORMAT": name})
    answer(monkeypatch, made, {("checkout-api", "IncomingLogEvents"): 10})
    found = unmatched_logs.check(env, made)
    assert found.startswith(
        "1 log with lines in 7 days, of which no line matched a metric filter: checkout-api (`make logs`"
    )


@each("name", EVERY)
def test_every_catalog_is_checked(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With own metrics of every form, which match: they show nothing of the errors."""
    env, made = EVERY[name]
    of_services = [item for item in made.filters if item.service]
    lines = {(str(item.service), "IncomingLogEvents"): 10.0 for item in of_services}
    own = {(str(item.service), item.metric): 5.0 for item in of_services if item.metric not in OF_FORMAT}
    answer(monkeypatch, made, {**lines, **own})
    try:
        found = unmatched_logs.check(env, made)
    except CommandError as error:
        found = str(error)
    assert all(str(item.service) in found for item in of_services)
