"""Probes of the assumptions about AWS, against a local AWS that violates them, and one that does not.

A probe that can only find that an assumption holds proves nothing: each must report a violation.
"""

from __future__ import annotations

import functools
import io
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from aws import clients
from catalog import environment
from catalog.naming import Names
from local_aws import process, violations
from probe import run
from probe.assumptions import PROBED
from tests.local_aws.support import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.models import Environment
    from probe.verdicts import Verdict

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("probe")]

SPEED = 40

RUNS: tuple[frozenset[str], ...] = (
    frozenset({
        "evaluation-range", "topic-policy", "key-policy", "event-key", "log-group-key", "event-line",
        "field-separators",
    }),
    frozenset({"missing-data", "fill", "suppression-extension", "alarm-message", "state-reason"}),
    frozenset({"suppression-wait"}),
)  # fmt: skip
"""Violations that do not hide each other: a run each is enough for all of them."""

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
            "Resource": "*",
        }
    ],
}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a local AWS that can be set to violate assumptions; yield its URL."""
    folder = tmp_path_factory.mktemp("probed-local-aws")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(violations.VARIABLE, "1")
        url = process.start(free_port(), folder)
    yield url
    process.stop(folder)


@pytest.fixture(scope="module")
def env(endpoint: str) -> Environment:
    """Return an environment whose key, topic and queue are deployed to the local AWS."""
    env, _ = environment.read("local", variables={"REVEILLE_ENDPOINT": endpoint})
    names, client = Names.of(env), functools.partial(make_client, env)
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    client("kms").create_alias(AliasName=names.key_alias, TargetKeyId=key)
    client("sns").create_topic(Name=names.topic("critical"), Attributes={"Policy": json.dumps(POLICY)})
    client("sqs").create_queue(QueueName=names.alarm_queue, Attributes={"Policy": json.dumps(POLICY)})
    return env


@pytest.fixture(scope="module")
def found(env: Environment) -> Callable[[frozenset[str]], dict[str, Verdict]]:
    """Return the verdicts of the probes of violated assumptions, and of all probes if none is violated."""

    @functools.cache
    def verdicts(violated: frozenset[str]) -> dict[str, Verdict]:
        violate(env, violated)
        checked = [assumption for assumption in PROBED if not violated or assumption.id in violated]
        results = run.run(env, checked, Console(file=io.StringIO()), speed=SPEED)
        return {verdict.id: verdict for verdict in results}

    return verdicts


def make_client(env: Environment, service: Any) -> Any:
    """Return a client of the local AWS."""
    return clients.client(env, service)


def violate(env: Environment, names: frozenset[str]) -> None:
    """Set which assumptions the local AWS violates."""
    body = json.dumps({"violated": sorted(names)}).encode()
    request = urllib.request.Request(f"{env.endpoint}{violations.PATH}", body, method="PUT")  # noqa: S310 - the local AWS
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the local AWS
        pass


@pytest.mark.parametrize("name", [assumption.id for assumption in PROBED])
def test_a_violation_is_reported(name: str, found: Callable[[frozenset[str]], dict[str, Verdict]]) -> None:
    """By the probe of the violated assumption, and not as a probe without a result."""
    (together,) = [names for names in RUNS if name in names]
    verdict = found(together)[name]
    assert verdict.outcome == "does not hold", verdict.observed


@pytest.mark.parametrize("name", [assumption.id for assumption in PROBED])
def test_an_assumption_holds_if_it_is_not_violated(
    name: str, found: Callable[[frozenset[str]], dict[str, Verdict]]
) -> None:
    """The local AWS behaves as the assumptions state."""
    verdict = found(frozenset())[name]
    assert verdict.outcome == "holds", verdict.observed


def test_nothing_is_left(env: Environment, found: Callable[[frozenset[str]], dict[str, Verdict]]) -> None:
    """After all of these runs, only what was deployed before is there."""
    for names in (*RUNS, frozenset[str]()):
        found(names)
    client = functools.partial(make_client, env)
    alarms = client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    left = {
        "alarms": [*alarms["MetricAlarms"], *alarms["CompositeAlarms"]],
        "topics": client("sns").list_topics()["Topics"][1:],
        "subscriptions": client("sns").list_subscriptions()["Subscriptions"],
        "queues": client("sqs").list_queues()["QueueUrls"][1:],
        "log groups": client("logs").describe_log_groups()["logGroups"],
        "rules": client("events").list_rules()["Rules"],
    }
    assert left == {kind: [] for kind in left}
