"""The origin of alarms: the catalog, a synthesized configuration, or a live account."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws import clients
from catalog import baseline, environment
from catalog.baseline import Baseline
from config.errors import ConfigError, Problem
from config.loader import environments
from config.models import LOCAL_CREDENTIALS
from drill.model import System
from drill.sources import catalog

CATALOG, AWS = "catalog", "aws"


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of alarms."""

    environment: str | None = None
    """Name of the environment; None for alarms without an environment."""
    where: str = CATALOG
    """`catalog`, `aws`, or a folder or a file with Terraform JSON."""
    region: str | None = None
    """The region of a live account."""
    endpoint: str | None = None
    """The endpoint of a local AWS, such as http://127.0.0.1:4566."""
    prefix: str = ""
    """With a live account: the prefix of alarm names."""
    progress: Callable[[str], None] = lambda _: None
    """Receives progress messages."""


def system(origin: Origin) -> System:
    """Return the system of an origin.

    Raises:
        ConfigError: the environment is not valid, or the folder or file does not exist.
        SourceError: it cannot be read.
        CommandError: the account is not that of the environment.
    """
    if origin.where == CATALOG:
        env, env_catalog = environment.read(origin.environment)
        return catalog.system(env, env_catalog)
    if origin.where == AWS:
        return _account(origin)
    folder = Path(origin.where)
    if not folder.exists():
        text = f"must be {CATALOG}, {AWS}, a folder such as cdktf.out, or a plan (found: {origin.where})"
        raise ConfigError([Problem("--from", "", text)])
    from drill.sources import synthesized  # noqa: PLC0415  # not needed for the catalog

    return synthesized.system(folder, origin.environment, baseline_of=_baseline)


def _baseline(project: str, name: str) -> Baseline:
    """Return the baseline of an environment of this project; empty for other projects."""
    if name not in environments():
        return Baseline()
    env, env_catalog = environment.read(name)
    return baseline.baseline(env, env_catalog) if env.project == project else Baseline()


def _account(origin: Origin) -> System:
    # Imported late: boto3 takes a third of a second.
    from drill.sources import account  # noqa: PLC0415

    if origin.environment is None:
        return account.system(_client(origin), prefix=origin.prefix, progress=origin.progress)
    env, env_catalog = environment.read(origin.environment)
    if origin.region or origin.endpoint:
        text = f"{env.environment} has its own region and endpoint: omit --region and --endpoint"
        raise ConfigError([Problem("--from aws", "", text)])
    if env.is_local:
        clients.forget_the_users_aws(os.environ)
    else:
        clients.check_account(env)
    return account.system(
        functools.partial(clients.client, env),
        known=catalog.system(env, env_catalog),
        prefix=origin.prefix,
        progress=origin.progress,
    )


def _client(origin: Origin) -> Callable[[str], Any]:
    """Return the factory of clients without an environment, with the credentials and region of the user."""
    import boto3  # noqa: PLC0415  # as above

    if origin.endpoint:
        # An endpoint is a local AWS, which accepts any credentials.
        session: Any = boto3.Session(LOCAL_CREDENTIALS, LOCAL_CREDENTIALS, region_name=origin.region)
    else:
        session = boto3.Session(region_name=origin.region)
    if session.region_name is None:
        raise ConfigError([Problem("--from aws", "", "requires --region, or AWS_REGION")])
    return functools.partial(
        clients.bounded, session.client, session.region_name, endpoint_url=origin.endpoint
    )
