"""The baseline of the catalog: with it alone every alarm is OK, whatever is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from catalog.baseline import baseline
from catalog.kinds import EVERY_KIND, PLATFORM
from catalog.specs import Unit
from catalog.templates import FROM_LOG, LOGS, MetricTemplate, metrics_of, steady
from drill import simulation
from drill.scenarios import reading
from drill.sources import catalog as source
from tests.support.shop import DRILLS
from tests.unit.catalog.catalogs import ACCOUNT, EVERY, LOAD_BALANCER, Made, changed
from tests.unit.drill.rehearsing import no_recording, scenario


def states(made: Made) -> dict[str, set[str]]:
    """Return the states of each alarm that is not OK throughout, in a scenario in which nothing happens."""
    played = simulation.run(source.system(*made), scenario(duration="2h", warm_up="1d"), no_recording)
    assert not played.system.left_out
    # The warm-up is as long as the longest window of an alarm.
    all_states: dict[str, set[str]] = {
        alarm.name: {
            played.state(alarm.name, played.begins_s),
            *(change.new for change in played.changes.get(alarm.name, ()) if change.at_s > played.begins_s),
        }
        for alarm in played.system.all_alarms
    }
    return {name: seen for name, seen in all_states.items() if seen != {"OK"}}


@pytest.mark.parametrize("name", EVERY)
def test_with_the_baseline_alone_every_alarm_is_ok(name: str) -> None:
    """Of every kind, in every environment, with every option, anomaly bands and SLOs."""
    assert states(EVERY[name]) == {}


TUNED: dict[str, dict[str, Any]] = {
    "payment-handler": {
        "timeout_s": 1,
        "reserved_concurrency": 1,
        "alarms": {
            "latency": {"threshold": 50},
            "memory": {"threshold": 30},
            "log-flood": {
                "anomaly_band": 2,
                "period_s": 86400,
                "evaluation_periods": 1,
                "datapoints_to_alarm": 1,
            },
        },
        "slos": {
            "fast": {"objective_percent": 99, "slower_than_ms": 20},
            "logged": {"objective_percent": 99, "slower_than_ms": 15.5, "events": "logged-requests"},
        },
    },
    "checkout-api": {
        "desired_count": 37,
        "load_balancer": LOAD_BALANCER,
        "alarms": {
            "cpu": {"threshold": 20},
            "memory": {"threshold": 52},
            "target-latency": {"threshold": 0.01},
            "no-healthy-target": {"threshold": 3},
        },
        "slos": {"fast": {"objective_percent": 99, "slower_than_ms": 90, "events": "requests"}},
    },
    "inventory-worker": {"desired_count": 0},
    "order-processor": {"alarms": {"queue-age": {"threshold": 0}}},
}
"""Settings of services that the values of the kinds would break."""


def _tuned(data: dict[str, Any]) -> None:
    for name, settings in TUNED.items():
        data["services"][name] |= settings
    data["quotas"] = {"lambda_concurrency": 10}
    data["alarms"]["lambda"]["concurrency"]["threshold"] = "80 % of concurrency_limit"


def test_the_baseline_is_within_the_thresholds_of_the_configuration() -> None:
    """A function with a low threshold for its latency is healthy below it."""
    assert states(changed(_tuned)) == {}


def _behind_a_load_balancer(data: dict[str, Any]) -> None:
    services = data["services"]
    services["checkout-api"]["load_balancer"] = LOAD_BALANCER
    services["storefront"] = {
        **services["checkout-api"],
        "load_balancer": {
            **LOAD_BALANCER,
            "target_group_arn": f"{ACCOUNT}:targetgroup/front/0123456789abcdef",
        },
    }


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(DRILLS.glob("*.yaml")), ids=lambda path: path.stem)
def test_scenarios_pass_with_services_behind_load_balancers(path: Path) -> None:
    """A new service, and new metrics of an old one, need no entry in any scenario."""
    played = simulation.run(
        source.system(*changed(_behind_a_load_balancer)), reading.read(path), no_recording
    )
    assert [verdict.expected for verdict in played.verdicts if not verdict.passed] == []


def test_every_metric_of_an_alarm_has_a_baseline() -> None:
    """A metric without one is an error on import; only metrics of a log get theirs from its lines."""
    without: dict[str, Any] = {"namespace": "AWS/Lambda", "name": "Errors", "unit": "Count"}
    with pytest.raises(ValidationError, match="baseline"):
        MetricTemplate.model_validate(without)
    templates = [
        (kind, metric) for kind in EVERY_KIND for alarm in kind.alarms for metric in metrics_of(alarm.watches)
    ]
    for kind, template in templates:
        # The log groups of the platform have no lines in a drill.
        is_logged = template.namespace in {LOGS, "AWS/Logs"} and kind is not PLATFORM
        assert (template.baseline is FROM_LOG) == is_logged, template


def test_the_baseline_has_the_unit_of_the_metric() -> None:
    """For every metric of every environment, and only metrics of alarms or SLOs."""
    units: dict[tuple[str, str], Unit] = {}
    for kind in EVERY_KIND:
        for alarm in kind.alarms:
            units |= {(metric.namespace, metric.name): metric.unit for metric in metrics_of(alarm.watches)}
    healthy = baseline(*EVERY["everything"]).metrics
    assert healthy
    for metric, samples in healthy.items():
        assert samples.unit == units.get((metric.namespace, metric.name), samples.unit)
        assert samples.values


def test_a_metric_of_a_share_follows_the_service() -> None:
    """As many tasks run as are desired, however many that are."""
    (tasks,) = {
        samples.values
        for metric, samples in baseline(*changed(_tuned)).metrics.items()
        if metric.name == "RunningTaskCount"
        and ("ServiceName", "reveille-checkout-api-prod") in metric.dimensions
    }
    assert tasks == steady(37).values
