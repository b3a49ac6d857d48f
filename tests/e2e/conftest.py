"""One platform for the whole session: deployed by the commands that users type, to a local AWS of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from catalog import Catalog, environment
from config.models import Environment
from config.paths import BUILD, ROOT
from local_aws import clock, process
from tests.e2e.endpoint import SLACK, WEBHOOK, Endpoint, listening
from tests.local_aws.support import free_port, set_clock


@dataclass(frozen=True)
class Platform:
    """A checkout, a local AWS, and folders that belong to this test run alone."""

    endpoint: str
    folder: Path
    env: Environment
    catalog: Catalog
    variables: dict[str, str] = field(default_factory=dict)

    def make(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `make` as a user would and return how it ended."""
        return self.run("make", "--no-print-directory", *arguments, **variables)

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout with this platform's variables."""
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def client(self, service: str) -> Any:
        """Return a boto3 client of this platform's AWS."""
        return cast("Any", boto3).client(
            service,
            region_name=self.env.region,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # the local AWS takes anything
        )

    def outputs(self) -> dict[str, Any]:
        """Return what the stacks published."""
        done = self.make("output", "JSON=1")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


LOCAL_AWS_SPEED = 20
"""How many times faster alarms' waits pass than in AWS."""

SLACK_PARAMETER = "/reveille/local/slack"


def everything(webhooks: Endpoint) -> dict[str, str]:
    """Return overrides that switch on what the local environment does not have by itself."""
    here = "arn:aws:elasticloadbalancing:eu-west-1:000000000000"
    return {
        # A webhook that nobody answers stays pending, as an e-mail address does.
        "REVEILLE_NOTIFICATIONS__CRITICAL": json.dumps(
            {
                "emails": ["somebody@example.com"],
                "webhooks": ["https://127.0.0.1:9/alarms", f"{webhooks.url}{WEBHOOK}"],
                "slack": [f"ssm:{SLACK_PARAMETER}"],
            }
        ),
        "REVEILLE_NOTIFICATIONS__WARNING": json.dumps(
            {"emails": ["somebody@example.com"], "webhooks": [f"{webhooks.url}{WEBHOOK}"]}
        ),
        "REVEILLE_MAINTENANCE__PATCHING": json.dumps(
            {"cron": "0 3 ? * SUN *", "duration_min": 60, "reason": "The database is patched"}
        ),
        "REVEILLE_SERVICES__CHECKOUT_API__LOAD_BALANCER": json.dumps(
            {
                "load_balancer_arn": f"{here}:loadbalancer/app/shop/0123456789abcdef",
                "target_group_arn": f"{here}:targetgroup/checkout/0123456789abcdef",
                "security_group_id": "sg-0123456789abcdef0",
            }
        ),
        "REVEILLE_SERVICES__PAYMENT_HANDLER__ALARMS__LOG_FLOOD": json.dumps({"anomaly_band": 3}),
        "REVEILLE_SERVICES__PAYMENT_HANDLER__ALARMS__HEARTBEAT": json.dumps({"enabled": True}),
        "REVEILLE_SERVICES__PAYMENT_HANDLER__RESERVED_CONCURRENCY": "20",
        "REVEILLE_SERVICES__PAYMENT_HANDLER__ALARMS__CONCURRENCY": json.dumps(
            {"threshold": "80 % of concurrency_limit"}
        ),
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of the live drill run on the deployed platform before the last test destroys it."""
    drills = [item for item in items if item.path.name == "test_drill.py" and item.path.parent.name == "e2e"]
    last = next((item for item in items if item.name == "test_destroying_leaves_nothing"), None)
    if last is not None:
        items[:] = [item for item in items if item not in drills]
        place = items.index(last)
        items[place:place] = drills


@pytest.fixture(scope="session")
def webhooks() -> Iterator[Endpoint]:
    """Where notifications arrive."""
    with listening() as endpoint:
        yield endpoint


@contextmanager
def local_aws(folder: Path) -> Iterator[str]:
    """Run a local AWS on a free port while the block runs, with its record in `folder`; yield its URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(clock.VARIABLE, str(LOCAL_AWS_SPEED))
        endpoint = process.start(free_port(), folder / "local-aws")
    try:
        yield endpoint
    finally:
        process.stop(folder / "local-aws")


def variables(folder: Path, overrides: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a test's commands, which write only to `folder`."""
    return {
        **overrides,
        "ENV": "local",
        "BUILD_DIR": str(folder / "build"),
        # One download of the provider per machine, not per session.
        "TF_PLUGIN_CACHE_DIR": os.environ.get("TF_PLUGIN_CACHE_DIR") or str(BUILD / "terraform-plugins"),
    }


@pytest.fixture(scope="session")
def empty_platform(tmp_path_factory: pytest.TempPathFactory, webhooks: Endpoint) -> Iterator[Platform]:
    """A local AWS on a free port with nothing in it."""
    folder = tmp_path_factory.mktemp("platform")
    with local_aws(folder) as endpoint:
        # States that a rehearsal sets by hand stay.
        set_clock(endpoint, evaluating=False)
        overrides = {"REVEILLE_ENDPOINT": endpoint, **everything(webhooks)}
        env, catalog = environment.read("local", variables=overrides)
        made = Platform(endpoint, folder, env, catalog, variables(folder, overrides))
        made.client("ssm").put_parameter(
            Name=SLACK_PARAMETER, Value=f"{webhooks.url}{SLACK}", Type="SecureString"
        )
        yield made


@pytest.fixture(scope="session")
def platform(empty_platform: Platform) -> Platform:
    """The platform, deployed."""
    done = empty_platform.make("deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    return empty_platform
