"""Fixtures: a local AWS per session, and clients for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from local_aws import clock, process
from tests.local_aws.support import ACCOUNT, REGION, SPEED, QueryClient, free_port, set_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


_DEVELOPERS = (
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "AWS_CONFIG_FILE", "AWS_DEFAULT_REGION",
)  # fmt: skip
"""Variables of a developer's shell that functions must not see."""


@pytest.fixture(name="free_port")
def _port() -> int:
    """Return a free TCP port."""
    return free_port()


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the state directory of the session's local AWS."""
    return tmp_path_factory.mktemp("local-aws")


@pytest.fixture(scope="session")
def server_log(state_dir: Path) -> Path:
    """Return the log of the session's local AWS."""
    return process.log_path(state_dir)


@pytest.fixture(scope="session")
def endpoint(state_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a local AWS for the session, started with a developer's environment; yield its URL."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _DEVELOPERS:
            patch.setenv(name, "the developer's")
        patch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
        home = tmp_path_factory.mktemp("home")
        (home / ".aws").mkdir()
        (home / ".aws" / "config").write_text("[default]\nignore_configured_endpoint_urls = true\n")
        patch.setenv("HOME", str(home))
        for name in ("http_proxy", "HTTP_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")
        url = process.start(free_port(), state_dir)
    # States that a test sets are not evaluated again.
    set_clock(url, evaluating=False)
    yield url
    process.stop(state_dir)


@pytest.fixture(scope="session")
def fast_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a second local AWS that evaluates alarms, at 300 times real time; yield its URL."""
    folder = tmp_path_factory.mktemp("fast-local-aws")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(clock.VARIABLE, str(SPEED))
        url = process.start(free_port(), folder)
    yield url
    process.stop(folder)


def _clients(endpoint: str) -> Callable[[str], Any]:
    def make(service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload] # the stubs list services one by one
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",  # noqa: S106 - the local AWS checks no signature
            config=Config(retries={"max_attempts": 1}, read_timeout=30),
        )

    return make


@pytest.fixture(scope="session")
def client(endpoint: str) -> Callable[[str], Any]:
    """Return a function that creates a boto3 client for a service of the local AWS."""
    return _clients(endpoint)


@pytest.fixture(scope="session")
def fast(fast_endpoint: str) -> Callable[[str], Any]:
    """Return a function that creates a boto3 client for a service of the fast local AWS."""
    return _clients(fast_endpoint)


@pytest.fixture(scope="session")
def query(endpoint: str) -> Callable[[str], QueryClient]:
    """Return a function that creates a client with the Query (XML) protocol, which the provider uses."""
    return lambda service: QueryClient(endpoint, service)


@pytest.fixture
def topic(client: Callable[[str], Any]) -> Iterator[str]:
    """Yield a topic; delete it after the test."""
    sns = client("sns")
    arn = sns.create_topic(Name="test")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)
