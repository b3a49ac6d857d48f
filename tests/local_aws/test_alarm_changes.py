"""Renaming, removing and moving children of a composite alarm in one apply.

CloudWatch rejects deleting an alarm in the rule of a composite, and identifies alarms only by name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_aws.terraform_cli import Terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.e2e

_METRIC, _COMPOSITE = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"
_REFUSED = "Cannot delete latency as there are composite alarm(s) depending on it."


def _metric_alarm(name: str, *, create_first: bool) -> dict[str, Any]:
    return {
        "alarm_name": name,
        "namespace": "Shop",
        "metric_name": name,
        "statistic": "Sum",
        "period": 60,
        "evaluation_periods": 1,
        "threshold": 1,
        "comparison_operator": "GreaterThanThreshold",
        "lifecycle": {"create_before_destroy": create_first},
    }


def _configuration(
    children: Mapping[str, str],
    *,
    alone: str | None = None,
    create_first: bool = True,
    moved: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Return Terraform's configuration as JSON.

    Args:
        children: Terraform address -> name of each alarm in the rule of the composite.
        alone: the address of an alarm without a composite, if there is one. Another resource references it,
            which defines the order in Terraform: create, update the reference, destroy.
        create_first: whether metric alarms are created before others are destroyed.
        moved: the addresses of a `moved` block, from and to.
    """
    named = {**children, **({alone: "alone"} if alone else {})}
    alarms = {key: _metric_alarm(name, create_first=create_first) for key, name in named.items()}
    rule = " OR ".join(f'ALARM("${{{_METRIC}.{key}.alarm_name}}")' for key in children)
    configuration: dict[str, Any] = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}},
        "provider": {"aws": {"skip_credentials_validation": True, "skip_metadata_api_check": True}},
        "resource": {_METRIC: alarms, _COMPOSITE: {"impact": {"alarm_name": "impact", "alarm_rule": rule}}},
    }
    if alone:
        configuration["resource"]["terraform_data"] = {
            "page": {"input": f"{alone}: ${{{_METRIC}.{alone}.alarm_name}}"}
        }
    if moved:
        origin, goal = moved
        configuration["moved"] = {"from": f"{_METRIC}.{origin}", "to": f"{_METRIC}.{goal}"}
    return configuration


class Stack:
    """A configuration that is applied, changed and applied again.

    Args:
        folder: an empty folder.
        endpoint: the URL of the local AWS.
        cloudwatch: a client of it.
    """

    def __init__(self, folder: Path, endpoint: str, cloudwatch: Any) -> None:
        self._folder = folder
        self._cloudwatch = cloudwatch
        self._initialized = False
        self.terraform = Terraform(folder, {}, endpoint)

    def apply(self, children: Mapping[str, str], **settings: Any) -> str:
        """Apply a configuration; return the error, or an empty string."""
        written = json.dumps(_configuration(children, **settings))
        (self._folder / "main.tf.json").write_text(written, encoding="utf-8")
        if not self._initialized:
            self.terraform.run("init")
            self._initialized = True
        result = self.terraform.run("apply", "-auto-approve", "-parallelism=1", succeeds=False)
        return result.stderr if result.returncode else ""

    def alarms(self) -> set[str]:
        """Return the names of all metric alarms in AWS."""
        return {row["AlarmName"] for row in self._cloudwatch.describe_alarms()["MetricAlarms"]}

    def rule(self) -> str:
        """Return the rule of the composite in AWS."""
        (row,) = self._cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return str(row["AlarmRule"])


@pytest.fixture
def stack(tmp_path: Path, endpoint: str, client: Callable[[str], Any]) -> Iterator[Stack]:
    """Yield a stack in an empty account; destroy it after the test."""
    new_stack = Stack(tmp_path, endpoint, client("cloudwatch"))
    yield new_stack
    new_stack.apply({"errors": "errors"})
    new_stack.terraform.run("destroy", "-auto-approve")
    assert new_stack.alarms() == set()


_BEFORE = {"errors": "errors", "latency": "latency"}


def test_a_child_is_renamed(stack: Stack) -> None:
    """The new alarm exists and is in the rule before the old one is deleted."""
    assert stack.apply(_BEFORE) == ""
    assert stack.apply({**_BEFORE, "latency": "slowness"}) == ""
    assert stack.alarms() == {"errors", "slowness"}
    assert stack.rule() == 'ALARM("errors") OR ALARM("slowness")'
    assert stack.terraform.changes() == ""


def test_a_child_is_removed(stack: Stack) -> None:
    """The rule is updated before the alarm is deleted."""
    assert stack.apply(_BEFORE) == ""
    assert stack.apply({"errors": "errors"}) == ""
    assert stack.alarms() == {"errors"}
    assert stack.rule() == 'ALARM("errors")'
    assert stack.terraform.changes() == ""


def test_a_child_moves_to_another_address(stack: Stack) -> None:
    """With a `moved` block nothing is created and nothing is destroyed."""
    assert stack.apply(_BEFORE) == ""
    assert stack.apply({"errors": "errors", "slow": "latency"}, moved=("latency", "slow")) == ""
    assert stack.alarms() == {"errors", "latency"}
    assert stack.terraform.changes() == ""


def test_an_alarm_of_its_own_moves_to_another_address(stack: Stack) -> None:
    """The same for an alarm without a composite."""
    assert stack.apply(_BEFORE, alone="first") == ""
    assert stack.apply(_BEFORE, alone="second", moved=("first", "second")) == ""
    assert stack.alarms() == {"errors", "latency", "alone"}
    assert stack.terraform.changes() == ""


def test_without_creating_first_a_child_cannot_be_removed(stack: Stack) -> None:
    """Terraform destroys before it updates, and CloudWatch rejects deleting a child."""
    assert stack.apply(_BEFORE, create_first=False) == ""
    assert _REFUSED in " ".join(stack.apply({"errors": "errors"}, create_first=False).split())
    assert stack.alarms() == {"errors", "latency"}


def test_without_a_moved_block_the_move_deletes_what_it_made(stack: Stack) -> None:
    """The alarms at the old and the new address have the same name, so the destroy deletes the new one."""
    assert stack.apply(_BEFORE, alone="first") == ""
    assert stack.apply(_BEFORE, alone="second") == ""
    assert stack.alarms() == {"errors", "latency"}
    assert stack.terraform.changes() != ""


def test_without_a_moved_block_a_child_cannot_move(stack: Stack) -> None:
    """The composite depends on the alarm to be deleted, so the apply fails."""
    assert stack.apply(_BEFORE) == ""
    assert _REFUSED in " ".join(stack.apply({"errors": "errors", "slow": "latency"}).split())
    assert stack.alarms() == {"errors", "latency"}
