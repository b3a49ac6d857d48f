"""Where the alarms of a rehearsal come from: the catalog, a synthesized configuration, a live account."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws import clients
from catalog import environment
from config.errors import ConfigError, Problem
from config.models import LOCAL_CREDENTIALS
from drill.model import System
from drill.sources import catalog

CATALOG, AWS = "catalog", "aws"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where to look."""

    environment: str | None = None
    """Name of the environment; None for alarms of nobody's environment."""
    where: str = CATALOG
    """`catalog`, `aws`, or a folder with Terraform's JSON."""
    region: str | None = None
    """Of a live account."""
    endpoint: str | None = None
    """Of an AWS that is none, such as http://127.0.0.1:4566."""
    prefix: str = ""
    """Of a live account: only alarms whose names begin so."""
    progress: Callable[[str], None] = lambda _: None
    """Is told what has been read, where that takes a while."""


def system(origin: Origin) -> System:
    """Return what is rehearsed.

    Raises:
        ConfigError: the environment is refused, or there is no such folder.
        SourceError: it cannot be read.
        CommandError: the account is another than the environment's.
    """
    if origin.where == CATALOG:
        env, watched = environment.read(origin.environment)
        return catalog.system(env, watched)
    if origin.where == AWS:
        return _account(origin)
    folder = Path(origin.where)
    if not folder.is_dir():
        text = f"must be {CATALOG}, {AWS}, or a folder such as cdktf.out (found: {origin.where})"
        raise ConfigError([Problem("--from", "", text)])
    from drill.sources import synthesized  # noqa: PLC0415  # what the catalog's alarms need not wait for

    return synthesized.system(folder, origin.environment)


def _account(origin: Origin) -> System:
    # Imported late: boto3 takes a third of a second.
    from drill.sources import account  # noqa: PLC0415

    if origin.environment is None:
        return account.system(_client(origin), prefix=origin.prefix, progress=origin.progress)
    env, watched = environment.read(origin.environment)
    if origin.region or origin.endpoint:
        text = f"{env.environment} has its own region and endpoint: leave --region and --endpoint out"
        raise ConfigError([Problem("--from aws", "", text)])
    if env.is_local:
        clients.forget_the_users_aws(os.environ)
    else:
        clients.check_account(env)
    return account.system(
        functools.partial(clients.client, env),
        known=catalog.system(env, watched),
        prefix=origin.prefix,
        progress=origin.progress,
    )


def _client(origin: Origin) -> Callable[[str], Any]:
    """Return what makes clients of nobody's environment: of the user's credentials and region."""
    import boto3  # noqa: PLC0415  # as above

    if origin.endpoint:
        # What has an endpoint is a local AWS, which takes any credentials.
        session: Any = boto3.Session(LOCAL_CREDENTIALS, LOCAL_CREDENTIALS, region_name=origin.region)
    else:
        session = boto3.Session(region_name=origin.region)
    if session.region_name is None:
        raise ConfigError([Problem("--from aws", "", "needs --region, or AWS_REGION")])
    return functools.partial(
        clients.bounded, session.client, session.region_name, endpoint_url=origin.endpoint
    )
