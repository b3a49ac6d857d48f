"""Where the alarms of a rehearsal come from: the catalog, a synthesized configuration, a live account."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import boto3

from catalog.naming import Names
from config.errors import ConfigError, Problem
from config.models import LOCAL_CREDENTIALS, Environment
from drill.model import System
from drill.sources import account, catalog, synthesized
from ops import clients, environment

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


def system(origin: Origin) -> System:
    """Return what is rehearsed.

    Raises:
        ConfigError: the environment is refused, or there is no such folder.
        SourceError: it cannot be read.
        OpsError: the account is another than the environment's.
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
    return synthesized.system(folder, origin.environment or environment.current())


def _account(origin: Origin) -> System:
    env = environment.read(origin.environment)[0] if origin.environment else None
    if env is None:
        return account.system(_session(origin), region=origin.region, endpoint=origin.endpoint)
    if env.is_local:
        clients.forget_the_users_aws(os.environ)
    else:
        clients.check_account(env)
    return account.system(
        _session(origin, env),
        region=origin.region or env.region,
        endpoint=origin.endpoint or env.endpoint,
        names=Names.of(env),
    )


def _session(origin: Origin, env: Environment | None = None) -> boto3.Session:
    if origin.endpoint or (env and env.endpoint):
        return boto3.Session(LOCAL_CREDENTIALS, LOCAL_CREDENTIALS)
    return boto3.Session()
