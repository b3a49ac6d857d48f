"""Requests of scenarios: how they are read, when they are sent, and what a rehearsal takes them for."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import catalog
from catalog import environment
from cloudwatch.alarms import Metric
from config.errors import ConfigError
from config.paths import ROOT
from drill import choosing
from drill.live import preparation
from drill.live.preparation import Plan
from drill.scenarios import reading
from drill.scenarios.model import EXPECTATIONS, HAPPENINGS, Fault, Head, LogLevel, Request
from drill.scenarios.reading import Scenario, Sending
from functions.shared import drills
from tests.support.shop import DRILLS
from tests.support.tables import each
from tests.unit.catalog.catalogs import plain
from tests.unit.drill.rehearsing import (
    alarm,
    counts,
    log_filter,
    metric,
    moves,
    refused,
    run,
    scenario,
    sums,
    system,
    workload,
)

LOCAL, CATALOG = environment.read("local", variables={})
GOOD = """\
description: It fails
duration: 10m
invoke:
  - {service: payment-handler, event: {amount_minor: 1}, fault: error, per_min: 20, to: 6m}
expect:
  - {alarm: payment-handler-errors, state: ALARM, by: 8m}
"""
SEND = "  - {service: payment-handler, event: {amount_minor: 1}, fault: error, per_min: 20, to: 6m}"


@pytest.fixture(autouse=True)
def _beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where the scenario is, so that places are short."""
    monkeypatch.chdir(tmp_path)


def read(text: str) -> Scenario:
    """Return the scenario that a text is."""
    Path("it.yaml").write_text(text, encoding="utf-8")
    return reading.read(Path("it.yaml"))


def plan(text: str) -> Plan:
    """Return the scenario that a text is, as it is played in the local environment."""
    Path("it.yaml").write_text(text, encoding="utf-8")
    (made,) = preparation.plans(LOCAL, CATALOG, [Path("it.yaml")])
    return made


def test_what_may_be_asked_for_is_what_functions_understand() -> None:
    """Both lists, which no layer may share."""
    assert set(get_args(Fault)) == drills.FAULTS
    assert set(get_args(LogLevel)) == drills.LOG_LEVELS


@each("path", sorted(DRILLS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_knows_every_key_that_is_used(path: Path) -> None:
    """Editors that understand it do not complain about what is shipped, and complete all of it."""
    schema = json.loads((ROOT / "drills" / "schema.json").read_text(encoding="utf-8"))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(schema["properties"]) == {*Head.model_fields, "happens", "invoke", "expect"}
    assert data.keys() <= set(schema["properties"])
    for entries, models in (
        ("invoke", [Request]),
        ("happens", HAPPENINGS.values()),
        ("expect", EXPECTATIONS.values()),
    ):
        refs = [item["$ref"].rpartition("/")[2] for item in schema["properties"][entries]["items"]["anyOf"]]
        assert refs == [model.__name__ for model in models]
        known = [set(schema["$defs"][name]["properties"]) for name in refs]
        for entry in data.get(entries, ()):
            assert any(entry.keys() <= keys for keys in known)


@pytest.mark.parametrize(
    "called", ["payment-handler-errors", "payment-handler_errors", "reveille-payment-handler-errors-local"]
)
def test_an_alarm_may_be_called_by_its_key_and_with_or_without_project_and_environment(called: str) -> None:
    """All three are its name in AWS."""
    assert plan(GOOD.replace("payment-handler-errors", called)).alarms == (
        "reveille-payment-handler-errors-local",
    )


def test_what_is_never_to_happen_may_be_a_pattern() -> None:
    """Of names as alarms may be called; each alarm counts once."""
    made = plan(f"{GOOD}  - {{never: ['payment-handler*errors', order-processor-impact]}}\n")
    assert set(made.alarms) == {
        "reveille-payment-handler-errors-local",
        "reveille-payment-handler-log-errors-local",
        "reveille-order-processor-impact-local",
    }


def test_a_scenario_says_where_everything_was_written() -> None:
    """File and line."""
    found = read(GOOD)
    assert found.invoke[0].place == "it.yaml:4"
    assert found.expect[0].place == "it.yaml:6"


def test_an_event_may_be_a_file_beside_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command is typed."""
    Path("event.json").write_text(json.dumps({"a": 1}), encoding="utf-8")
    path = tmp_path / "it.yaml"
    path.write_text(GOOD.replace("{amount_minor: 1}", "event.json"), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert reading.read(path).invoke[0].event == {"a": 1}


REFUSED = [
    (GOOD.replace("fault: error", "fault: crash"), "it.yaml:4: invoke.0.fault: must be one of: error, timeout (found: crash)"),
    (GOOD.replace("fault: error", "log_level: INFO"), "it.yaml:4: invoke.0.log_level: must be one of: WARNING, ERROR, CRITICAL (found: INFO)"),
    (GOOD.replace("fault: error", "slow_ms: 900001"), "it.yaml:4: invoke.0.slow_ms: must be at most 900000 (found: 900001)"),
    (GOOD.replace("fault: error", "fault: timeout"), "it.yaml:4: invoke.0.fault: timeout requires duration_ms, the function's timeout (found: timeout)"),
    (GOOD.replace("per_min: 20", "per_min: 0"), "it.yaml:4: invoke.0.per_min: must be more than 0 (found: 0)"),
    (GOOD.replace("per_min: 20", "per_min: 601"), "it.yaml:4: invoke.0.per_min: must be at most 600 (found: 601)"),
    (GOOD.replace("to: 6m", "for: 6m"), "it.yaml:4: invoke.0.for: is not a valid key: use `to`, the end time (found: 6m)"),
    (GOOD.replace("to: 6m", "to: 0s"), "it.yaml:4: invoke.0.to: must be later than 0s (found: 0s)"),
    (GOOD.replace("to: 6m", "to: 6 min"), "it.yaml:4: invoke.0.to: must be a duration such as 90s, 10m, 1h30m or 1d (found: 6 min)"),
    (GOOD.replace("to: 6m", "to: 11m"), "it.yaml:4: to: is after the end: the scenario lasts 10m (found: 11m)"),
    (GOOD.replace("to: 6m", "to: 90s"), "it.yaml:4: to: must be whole steps of 1m, the resolution (found: 1m30s)"),
    (GOOD.replace("{amount_minor: 1}", "nowhere.json"), "it.yaml:4: invoke.0.event: cannot be read: No such file or directory (found: nowhere.json)"),
    (GOOD.replace("{amount_minor: 1}", "it.yaml"), "it.yaml:4: invoke.0.event: must be a JSON file (found: it.yaml)"),
    (GOOD.replace("{amount_minor: 1}", "list.json"), "it.yaml:4: invoke.0.event: must be a JSON file with an object (found: list.json)"),
    (GOOD.replace(SEND, "  - payment-handler"), "it.yaml:4: invoke.0: must be a mapping of keys to values (found: payment-handler)"),
    (GOOD.replace("{amount_minor: 1}", "5"), "it.yaml:4: invoke.0.event: must be a mapping, or the name of a JSON file beside the scenario (found: 5)"),
    (GOOD.replace(SEND, "  {}"), "it.yaml:3: invoke: must be a list"),
    (GOOD.replace(SEND, "  []"), "it.yaml:3: invoke: has no requests"),
]  # fmt: skip


@each(("text", "said"), REFUSED)
def test_a_wrong_request_is_refused_with_its_line_and_what_is_allowed(text: str, said: str) -> None:
    """All of it, and nothing else."""
    Path("list.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read(text)
    assert str(error.value).splitlines() == [said]


def test_a_wrong_request_is_not_said_to_be_missing() -> None:
    """What stops a rehearsal stops a live drill with the same message."""
    with pytest.raises(ConfigError) as error:
        plan(GOOD.replace("to: 6m", "for: 6m"))
    assert str(error.value).splitlines() == [
        "it.yaml:4: invoke.0.for: is not a valid key: use `to`, the end time (found: 6m)"
    ]


MISSING = "cannot run as a live drill: it has no `invoke`, the requests to deployed functions"
UNFIT = [
    (GOOD.replace(f"invoke:\n{SEND}\n", ""), f"it.yaml: {MISSING}"),
    (GOOD + "happens: [{no_logs: payment-handler}]\n", "it.yaml:7: happens: is not supported in live drills: use `invoke` to send requests to deployed functions"),
    (GOOD + "environments: [dev, prod]\n", "it.yaml: environments: is for dev, prod only (found: local)"),
    (GOOD + "  - {message: payment-handler-impact, queue: alarms-dead-letters}\n", "it.yaml:7: queue: is not observed in live drills: they only read the queue alarms"),
    (GOOD + "  - {notification: payment-handler-impact, delivered_to: [alarms, notifier]}\n", "it.yaml:7: delivered_to: is not observed in live drills: they only read the queue alarms"),
    (GOOD.replace("service: payment-handler", "service: payment-handlr"), "it.yaml:4: service: no such Lambda function in local; known: order-processor, payment-handler (found: payment-handlr)   did you mean payment-handler?"),
    (GOOD.replace("service: payment-handler", "service: checkout-api"), "it.yaml:4: service: no such Lambda function in local; known: order-processor, payment-handler (found: checkout-api)"),
    (GOOD.replace("alarm: payment-handler-errors", "alarm: payment-handler-eror"), "it.yaml:6: alarm: no such alarm in local (found: payment-handler-eror)   did you mean payment-handler-errors?"),
]  # fmt: skip


@each(("text", "said"), UNFIT)
def test_what_cannot_be_played_live_is_refused_before_anything_is_sent(text: str, said: str) -> None:
    """In one message for one reason."""
    with pytest.raises(ConfigError) as error:
        plan(text)
    assert str(error.value).splitlines() == [said]


def test_a_live_drill_of_an_existing_function_is_refused_with_the_reason() -> None:
    """It has no code of this project that fails on request; its alarms can be rehearsed."""
    Path("it.yaml").write_text(GOOD.replace("service: payment-handler", "service: orders"), encoding="utf-8")
    orders = {"kind": "lambda", "description": "Takes orders", "function": "shop-orders", "timeout_s": 10}
    env = LOCAL.model_validate({**plain(LOCAL), "services": {**plain(LOCAL)["services"], "orders": orders}})
    with pytest.raises(ConfigError) as error:
        preparation.plans(env, catalog.build(env), [Path("it.yaml")])
    assert str(error.value).splitlines() == [
        "it.yaml:4: service: orders is an existing service, which does not fail on request: live drills send requests to functions of this project only. `make drill` rehearses its alarms"
    ]


def test_unless_some_are_named_those_with_requests_are_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this environment; the others are for rehearsals."""
    Path("sent.yaml").write_text(GOOD, encoding="utf-8")
    Path("elsewhere.yaml").write_text(GOOD + "environments: prod\n", encoding="utf-8")
    Path("described.yaml").write_text(UNFIT[0][0], encoding="utf-8")
    monkeypatch.setattr(choosing, "FOLDER", Path())
    assert [item.scenario.name for item in preparation.plans(LOCAL, CATALOG, [])] == ["sent"]


def request(**said: Any) -> Request:
    """Return requests to the function `pay`, one a minute unless said."""
    return Request.model_validate({"service": "pay", "event": {}, "per_min": 1, **said})


@each(
    ("said", "count", "first_s", "last_s"),
    [
        ({"per_min": 20, "to": "6m"}, 120, 0, 357),
        ({"per_min": 3, "to": "1m"}, 3, 0, 40),
        ({"per_min": 0.5, "from": "1m", "to": "11m"}, 5, 60, 540),
        ({"to": "1s"}, 1, 0, 0),
        ({"per_min": 0.55}, 33, 0, 3490.91),
        ({"per_min": 7, "from": "2m", "to": "3m30s"}, 11, 120, 205.71),
        ({"per_min": 2, "at": "5m30s"}, 2, 300, 330),
        ({"per_min": 2, "to": "5m", "gaps": [["1m", "3m"]]}, 6, 0, 270),
    ],
)
def test_requests_are_spread_evenly_and_none_is_sent_at_the_end(
    said: Mapping[str, Any], count: int, first_s: float, last_s: float
) -> None:
    """As many as the rate says, and at least one; to the end of an hour unless said."""
    times_s = request(**said).times_s(3600)
    assert len(times_s) == count
    assert times_s[0] == first_s
    assert times_s[-1] == pytest.approx(last_s, abs=0.01)
    assert all(at_s < request(**said).ends_s(3600) for at_s in times_s)


INVOCATIONS, ERRORS, DURATION = (
    metric(name, namespace="AWS/Lambda") for name in ("Invocations", "Errors", "Duration")
)
LOGGED = Metric("Logs", "Logged")
FUNCTION = system(
    *(alarm(item.name, item) for item in (INVOCATIONS, ERRORS, DURATION)),
    alarm("logged", LOGGED, service=None),
    filters=(log_filter('{ $.level = "ERROR" }', name="Logged"),),
)
USUAL = ({"metric": "AWS/Lambda *", "value": 40}, {"metric": "Errors", "value": 0})


def sent(*requests: Request, **more: Any) -> Scenario:
    """Return a scenario in which requests are sent."""
    sendings = tuple(
        Sending(f"s.yaml:{21 + position}", Path("drills"), item, {}) for position, item in enumerate(requests)
    )
    return replace(scenario(baseline=USUAL, **more), invoke=sendings)


def by_minute(values: Mapping[float, float], *minutes: int) -> list[float]:
    """Return what some minutes hold."""
    return [values.get(minute, 0) for minute in minutes]


def test_a_rehearsal_takes_requests_for_invocations_errors_and_durations() -> None:
    """Of all entries of a function together, instead of what is usual; before and after them it is usual."""
    played = workload(
        FUNCTION,
        sent(request(per_min=6, to="20m"), request(per_min=2, fault="error", to="5m", **{"from": "2m"})),
    )
    assert by_minute(sums(played.series(INVOCATIONS)), -1, 0, 2, 4, 5, 19, 20) == [40, 6, 8, 8, 6, 6, 40]
    assert by_minute(sums(played.series(ERRORS)), -1, 1, 2, 4, 5, 20) == [0, 0, 2, 2, 0, 0]
    assert by_minute(counts(played.series(ERRORS)), 1, 2) == [6, 8], "one sample for each invocation"
    assert by_minute(sums(played.series(DURATION)), 0, 2) == [600, 800]


def test_requests_may_pause_and_be_in_one_minute() -> None:
    """As everything else that happens."""
    played = workload(FUNCTION, sent(request(gaps=[["1m", "3m"]], to="5m"), request(per_min=3, at="8m")))
    assert by_minute(sums(played.series(INVOCATIONS)), 0, 1, 2, 3, 5, 8, 9) == [1, 40, 40, 1, 40, 3, 40]


@pytest.mark.parametrize(
    ("said", "lasts_ms"),
    [({}, 100), ({"slow_ms": 900}, 1000), ({"slow_ms": 900, "duration_ms": 1200}, 1200),
     ({"fault": "timeout", "duration_ms": 10_000}, 10_000)],
)  # fmt: skip
def test_how_long_an_invocation_takes_is_said_or_follows(said: Mapping[str, Any], lasts_ms: float) -> None:
    """From the time that it waits."""
    played = workload(FUNCTION, sent(request(**said)))
    assert by_minute(sums(played.series(DURATION)), 0) == [lasts_ms]
    assert by_minute(sums(played.series(ERRORS)), 0) == [1 if "fault" in said else 0]


@pytest.mark.parametrize(
    ("said", "errors"),
    [({}, 0), ({"fault": "error"}, 1), ({"log_level": "ERROR"}, 1), ({"fault": "error", "log_level": "ERROR"}, 2),
     ({"fault": "timeout", "duration_ms": 5}, 0)],
)  # fmt: skip
def test_requests_write_the_lines_that_functions_write(said: Mapping[str, Any], errors: int) -> None:
    """Which metric filters count; none in the warm-up."""
    played = workload(FUNCTION, sent(request(to="5m", **said)))
    assert by_minute(sums(played.series(LOGGED)), -1, 0, 4, 5) == [0, errors, errors, 0]


def test_requests_make_alarms_fire_and_other_functions_are_no_concern_of_theirs() -> None:
    """From the first minute on; a service of which no Lambda metric is watched is refused with its line."""
    played = sent(request(fault="error", to="5m"))
    rehearsal = run(FUNCTION, baseline=USUAL, invoke=played.invoke)
    assert moves(rehearsal, "Errors") == [(1.0, "ALARM"), (6.0, "OK")]
    stranger = sent(request(service="cart")).invoke
    assert refused(FUNCTION, invoke=stranger) == [
        "s.yaml:21: service: no such Lambda function in shop; known: pay (found: cart)"
    ]
