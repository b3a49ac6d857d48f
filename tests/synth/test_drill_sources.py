"""What is rehearsed of the synthesized configuration is what is rehearsed of the catalog, value by value."""

from __future__ import annotations

import dataclasses
import functools
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from catalog.baseline import Baseline
from drill import origin
from drill.model import System
from drill.origin import Origin
from drill.sources import catalog, synthesized
from drill.sources.errors import SourceError
from tests.synth.everything import NAMES, made


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_T = TypeVar("_T", bound=_Named)


@functools.cache
def read(name: str) -> System:
    """Return what is rehearsed of an environment's synthesized configuration."""
    with tempfile.TemporaryDirectory() as folder:
        return synthesized.system(written(made(name).stacks, Path(folder)))


def written(stacks: Mapping[str, dict[str, Any]], folder: Path) -> Path:
    """Write stacks as cdktf does, and return the folder."""
    for stack, content in stacks.items():
        (folder / "stacks" / stack).mkdir(parents=True)
        (folder / "stacks" / stack / "cdk.tf.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def by_name(values: Iterable[_T]) -> dict[str, _T]:
    """Return values by their names, each of which is there once."""
    listed = list(values)
    found = {item.name: item for item in listed}
    assert len(found) == len(listed)
    return found


@functools.cache
def planned(name: str) -> System:
    """Return what is rehearsed of an environment's catalog."""
    one = made(name)
    return catalog.system(one.env, one.catalog)


@pytest.mark.parametrize("name", NAMES)
def test_alarms_are_the_catalogs(name: str) -> None:
    """Every value of every alarm; only the unit of a threshold is in no resource."""
    expected = {
        key: dataclasses.replace(metric_alarm, unit="")
        for key, metric_alarm in by_name(planned(name).alarms).items()
    }
    found = by_name(read(name).alarms)
    assert found.keys() == expected.keys()
    for key, alarm in found.items():
        assert alarm == expected[key]


@pytest.mark.parametrize("name", NAMES)
def test_composites_are_the_catalogs(name: str) -> None:
    """Rules with names in place of references, suppressors, and whom they notify."""
    found, expected = by_name(read(name).composites), by_name(planned(name).composites)
    assert found.keys() == expected.keys()
    for key, composite in found.items():
        assert composite == expected[key]


@pytest.mark.parametrize("name", NAMES)
def test_filters_are_the_catalogs(name: str) -> None:
    """On the log groups that another stack makes, by their names."""
    assert by_name(read(name).filters) == by_name(planned(name).filters)


@pytest.mark.parametrize("name", NAMES)
def test_topics_and_queues_are_the_catalogs(name: str) -> None:
    """Whom each topic reaches, how urgent it is, and what a queue does with what nobody could process."""
    assert by_name(read(name).topics) == by_name(planned(name).topics)
    assert read(name).queues == planned(name).queues


@pytest.mark.parametrize("name", NAMES)
def test_services_and_short_names_are_the_catalogs(name: str) -> None:
    """So that a scenario is the same for both."""
    assert read(name).log_groups == planned(name).log_groups
    assert read(name).short_names == planned(name).short_names


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    """For the report."""
    environment = made(name).env.environment
    assert read(name).title == f"{environment}, as synthesized"
    assert planned(name).title == environment


def test_every_kind_of_alarm_is_compared() -> None:
    """The tests above would pass without one: plain, percentile, math, band, suppressed, with dimensions."""
    everything = read("everything")
    stats = {statistic.stat for alarm in everything.alarms for statistic in alarm.statistics}
    assert {"Sum", "p99"} <= stats
    assert {alarm.returned for alarm in everything.alarms} == {"metric", "result", "observed"}
    assert any(composite.suppressor for composite in everything.composites)
    assert any(metric_filter.dimensions for metric_filter in everything.filters)
    assert any(metric_filter.default_value is not None for metric_filter in everything.filters)
    assert {topic.severity for topic in everything.topics} == {"page", "ticket", None}
    actions = [composite.actions for composite in everything.composites]
    assert any(action.ok for action in actions) or any(
        item.ok for item in (a.actions for a in read("prod").composites)
    )


def test_another_environment_than_asked_for_is_refused(tmp_path: Path) -> None:
    """A scenario of staging must not pass on what was synthesized for production."""
    folder = written(made("prod").stacks, tmp_path)
    assert synthesized.system(folder, "prod").title == "prod, as synthesized"
    with pytest.raises(SourceError, match="contains prod, not staging: run `make synth ENV=staging`"):
        synthesized.system(folder, "staging")


FAULTS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "threshold": ("aws_cloudwatch_metric_alarm", "alarms", {"threshold": 12345}),
    "periods": ("aws_cloudwatch_metric_alarm", "alarms", {"evaluation_periods": 77}),
    "missing data": ("aws_cloudwatch_metric_alarm", "alarms", {"treat_missing_data": "ignore"}),
    "switched off": ("aws_cloudwatch_composite_alarm", "composites", {"actions_enabled": False}),
    "rule": ("aws_cloudwatch_composite_alarm", "composites", {"alarm_rule": "FALSE"}),
    "pattern": ("aws_cloudwatch_log_metric_filter", "filters", {"pattern": "FATAL"}),
    "receives": ("aws_sqs_queue", "queues", {"redrive_policy": None}),
    "hidden": ("aws_sqs_queue", "queues", {"visibility_timeout_seconds": 5}),
    "nobody": ("aws_sns_topic_subscription", "topics", {"topic_arn": "arn:aws:sns:x:1:other"}),
    "severity": ("aws_sns_topic", "topics", {"name": "somewhere"}),
}
"""A change of every resource of a type, and what of the system has to be another by it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_change_of_the_configuration_shows(fault: str, tmp_path: Path) -> None:
    """The comparison above can fail: what is read is what is written there."""
    kind, field, change = FAULTS[fault]
    stacks = json.loads(json.dumps(made("prod").stacks))
    for body in stacks["monitoring"]["resource"][kind].values():
        if "threshold" in body or fault != "threshold":  # a band has none, and may not
            body.update(change)
    system = synthesized.system(written(stacks, tmp_path))
    assert getattr(system, field) != getattr(read("prod"), field)


def test_the_baseline_is_that_of_the_environment(tmp_path: Path) -> None:
    """Of this project only: alarms of others have none, although their environment has the same name."""
    own = written(made("prod").stacks, tmp_path / "own")
    expected = planned("prod").baseline
    assert expected.metrics
    for environment in ("prod", None):
        assert origin.system(Origin(environment, str(own))).baseline == expected
    other = {
        name: json.loads(json.dumps(stack).replace('"Project": "reveille"', '"Project": "other"'))
        for name, stack in made("prod").stacks.items()
    }
    assert origin.system(Origin(None, str(written(other, tmp_path / "other")))).baseline == Baseline()
